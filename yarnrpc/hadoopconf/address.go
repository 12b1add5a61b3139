package hadoopconf

import (
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
)

// NamenodePort is the RPC port of a NameNode that names none
// (HdfsClientConfigKeys.DFS_NAMENODE_RPC_PORT_DEFAULT).
const NamenodePort = 8020

// DefaultFS is the file system of paths without a scheme: fs.defaultFS, or
// file:/// as in core-default.xml.
func (c *Conf) DefaultFS() string { return c.String("fs.defaultFS", "file:///") }

// Nameservices are the logical names of dfs.nameservices.
func (c *Conf) Nameservices() []string { return c.Strings("dfs.nameservices") }

// IsLogical reports whether an authority is a nameservice and not a host; the
// service of its delegation tokens is then "ha-hdfs:" with that name
// (HAUtilClient.isLogicalUri).
func (c *Conf) IsLogical(authority string) bool {
	return slices.Contains(c.Nameservices(), authority)
}

// Namenodes returns the RPC addresses (host:port) of one authority of hdfs://,
// in the order in which they are to be tried: all NameNodes of a nameservice, or
// the one host. "" means the authority of the default FS.
func (c *Conf) Namenodes(authority string) ([]string, error) {
	if authority == "" {
		var err error
		if authority, err = c.defaultAuthority(); err != nil {
			return nil, err
		}
	}
	if !c.IsLogical(authority) {
		addr, err := withPort(authority, NamenodePort)
		if err != nil {
			return nil, fmt.Errorf("namenodes of hdfs://%s: %w", authority, err)
		}
		return []string{addr}, nil
	}
	ids := c.Strings("dfs.ha.namenodes." + authority)
	if len(ids) == 0 {
		ids = []string{""} // a federated nameservice with one NameNode
	}
	var addrs []string
	for _, id := range ids {
		addr, err := c.namenode(authority, id)
		if err != nil {
			return nil, fmt.Errorf("namenodes of hdfs://%s: %w", authority, err)
		}
		addrs = append(addrs, addr)
	}
	return addrs, nil
}

func (c *Conf) namenode(nameservice, id string) (string, error) {
	key := "dfs.namenode.rpc-address." + nameservice
	if id != "" {
		key += "." + id
	}
	v, ok := c.Lookup(key)
	if !ok {
		return "", fmt.Errorf("%s is not set, though %s lists the nameservice", key, c.Origin("dfs.nameservices"))
	}
	addr, err := withPort(v, NamenodePort)
	if err != nil {
		return "", fmt.Errorf("%s: %s: %w", c.Origin(key), key, err)
	}
	return addr, nil
}

func (c *Conf) defaultAuthority() (string, error) {
	rest, ok := strings.CutPrefix(c.DefaultFS(), "hdfs://")
	authority, _, _ := strings.Cut(rest, "/")
	if !ok || authority == "" {
		origin := c.Origin("fs.defaultFS")
		if origin == "" {
			origin = "default"
		}
		return "", fmt.Errorf("%s: fs.defaultFS: %q names no HDFS", origin, c.DefaultFS())
	}
	return authority, nil
}

// Service is one of the addresses that every ResourceManager has.
type Service int

// The services of a ResourceManager, with their default ports
// (YarnConfiguration).
const (
	Client    Service = iota // ApplicationClientProtocol, 8032
	Scheduler                // ApplicationMasterProtocol, 8030
	Admin                    // ResourceManagerAdministrationProtocol and HAServiceProtocol, 8033
	Web                      // web pages and REST: 8088, or 8090 under yarn.http.policy HTTPS_ONLY
)

func (c *Conf) rmKey(s Service) (key string, port int) {
	switch {
	case s == Scheduler:
		return "yarn.resourcemanager.scheduler.address", 8030
	case s == Admin:
		return "yarn.resourcemanager.admin.address", 8033
	case s == Web && c.WebScheme() == "https":
		return "yarn.resourcemanager.webapp.https.address", 8090
	case s == Web:
		return "yarn.resourcemanager.webapp.address", 8088
	}
	return "yarn.resourcemanager.address", 8032
}

// WebScheme is "https" where YARN's pages are served by TLS alone, else "http".
func (c *Conf) WebScheme() string {
	if strings.EqualFold(c.String("yarn.http.policy", ""), "HTTPS_ONLY") {
		return "https"
	}
	return "http"
}

// ResourceManagers returns one address (host:port) for each ResourceManager, in
// the order of yarn.resourcemanager.ha.rm-ids. An address that is not set is the
// hostname of that RM with the default port; where no hostname is set either, a
// cluster without HA is taken to be on this machine, as Java does.
func (c *Conf) ResourceManagers(s Service) ([]string, error) {
	ha, err := c.Bool("yarn.resourcemanager.ha.enabled", false)
	if err != nil {
		return nil, fmt.Errorf("resourcemanagers: %w", err)
	}
	ids := []string{""}
	if ha {
		if ids = c.Strings("yarn.resourcemanager.ha.rm-ids"); len(ids) == 0 {
			return nil, fmt.Errorf("resourcemanagers: yarn.resourcemanager.ha.rm-ids is not set, though %s turns HA on",
				c.Origin("yarn.resourcemanager.ha.enabled"))
		}
	}
	var addrs []string
	for _, id := range ids {
		addr, err := c.resourceManager(s, id)
		if err != nil {
			return nil, fmt.Errorf("resourcemanagers: %w", err)
		}
		addrs = append(addrs, addr)
	}
	return addrs, nil
}

func (c *Conf) resourceManager(s Service, id string) (string, error) {
	key, port := c.rmKey(s)
	hostKey := "yarn.resourcemanager.hostname"
	if id != "" {
		key, hostKey = key+"."+id, hostKey+"."+id
	}
	if v, ok := c.Lookup(key); ok {
		addr, err := withPort(v, port)
		if err != nil {
			return "", fmt.Errorf("%s: %s: %w", c.Origin(key), key, err)
		}
		return addr, nil
	}
	host, ok := c.Lookup(hostKey)
	switch {
	case !ok && id != "":
		return "", fmt.Errorf("neither %s nor %s is set", key, hostKey)
	case !ok:
		host = "0.0.0.0"
	}
	addr, err := withPort(host, port)
	if err != nil {
		return "", fmt.Errorf("%s: %s: %w", c.Origin(hostKey), hostKey, err)
	}
	return addr, nil
}

// withPort adds the port where there is none. The wildcard address, which
// servers bind to, becomes localhost (NetUtils.getConnectAddress).
func withPort(addr string, port int) (string, error) {
	host, text, err := net.SplitHostPort(addr)
	if err != nil {
		host, text = strings.Trim(addr, "[]"), strconv.Itoa(port)
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > 65535 || host == "" || strings.ContainsAny(host, "/ ,@") {
		return "", fmt.Errorf("%q is not host:port", addr)
	}
	if host == "0.0.0.0" || host == "::" {
		host = "localhost"
	}
	return net.JoinHostPort(host, strconv.Itoa(n)), nil
}
