package main

import (
	"weft/am/web"
	"weft/yarnrpc/hadoopconf"
)

// proxy is YARN's web proxy: one of its own, or else each ResourceManager
// (WebAppUtils.getProxyHostsAndPortsForAmFilter). A run that knows none, or not
// where it shows the application, shows its page to everybody, as without a
// cluster.
func (p *process) proxy() web.Proxy {
	path, ok := p.env.lookup("APPLICATION_WEB_PROXY_BASE")
	if !ok {
		return web.Proxy{}
	}
	conf := p.cluster.Conf
	addresses := conf.Strings("yarn.web-proxy.address")
	if len(addresses) == 0 {
		found, err := conf.ResourceManagers(hadoopconf.Web)
		if err != nil {
			p.env.log.Warn("the web proxy of YARN is not known: the status page is shown to everybody", "err", err)
		}
		addresses = found
	}
	return web.Proxy{Addresses: addresses, Scheme: conf.WebScheme(), Path: path}
}
