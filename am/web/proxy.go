package web

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"
)

// Times of the guard: how long a host's addresses are taken for true, and how
// long a look-up and a try of a proxy may take.
const (
	resolveEvery    = 5 * time.Minute
	resolveDeadline = 5 * time.Second
	probeDeadline   = time.Second
)

// Proxy is YARN's web proxy, through which alone the page is shown to people:
// it knows who may look at the application, and this page does not. Somebody who
// comes past it is sent there, as Hadoop's own filter does
// (org.apache.hadoop.yarn.server.webproxy.amfilter.AmIpFilter). With the zero
// value everybody is let in.
type Proxy struct {
	// Addresses are host:port of the proxies: of yarn.web-proxy.address, or of
	// each ResourceManager's pages.
	Addresses []string
	// Scheme is http or https.
	Scheme string
	// Path is where a proxy shows the application, "/proxy/application_1_0001":
	// APPLICATION_WEB_PROXY_BASE in the ApplicationMaster's environment.
	Path string
}

// guard lets requests from a proxy host through to next and redirects all
// others.
type guard struct {
	proxy   Proxy
	next    http.Handler
	resolve func(ctx context.Context, host string) ([]string, error)
	alive   func(ctx context.Context, address string) bool
	now     func() time.Time

	mu    sync.Mutex
	known []netip.Addr
	until time.Time // known is true so long
}

func newGuard(p Proxy, next http.Handler) *guard {
	return &guard{proxy: p, next: next, resolve: net.DefaultResolver.LookupHost, alive: connects, now: time.Now}
}

// connects says that somebody listens at an address.
func connects(ctx context.Context, address string) bool {
	ctx, cancel := context.WithTimeout(ctx, probeDeadline)
	defer cancel()
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil {
		return false
	}
	_ = conn.Close() // nothing was sent
	return true
}

// ServeHTTP implements http.Handler.
func (g *guard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	if len(g.proxy.Addresses) == 0 || g.trusted(r) {
		g.next.ServeHTTP(w, r)
		return
	}
	header.Set("Location", g.location(r))
	w.WriteHeader(http.StatusFound)
}

// trusted says that the peer is a proxy host. Nothing that a request says of
// itself counts.
func (g *guard) trusted(r *http.Request) bool {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	return err == nil && slices.Contains(g.hosts(r.Context()), peer.Addr().Unmap().WithZone(""))
}

// hosts are the addresses of the proxy hosts, looked up anew from time to time.
// What cannot be looked up now is what it was.
func (g *guard) hosts(ctx context.Context) []netip.Addr {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.now().Before(g.until) {
		return g.known
	}
	ctx, cancel := context.WithTimeout(ctx, resolveDeadline)
	defer cancel()
	var found []netip.Addr
	for _, address := range g.proxy.Addresses {
		host, _, err := net.SplitHostPort(address)
		if err != nil {
			continue
		}
		texts, err := g.resolve(ctx, host)
		if err != nil {
			return append(found, g.known...)
		}
		for _, text := range texts {
			if addr, err := netip.ParseAddr(text); err == nil {
				found = append(found, addr.Unmap().WithZone(""))
			}
		}
	}
	g.known, g.until = found, g.now().Add(resolveEvery)
	return found
}

// location is the same page behind the proxy: the first that answers, or the
// first. /redirect behind /proxy makes the proxy go where it is itself
// redirected to, instead of showing that.
func (g *guard) location(r *http.Request) string {
	address := g.proxy.Addresses[0]
	if len(g.proxy.Addresses) > 1 {
		for _, a := range g.proxy.Addresses {
			if g.alive(r.Context(), a) {
				address = a
				break
			}
		}
	}
	path := g.proxy.Path
	if rest, ok := strings.CutPrefix(path, "/proxy/"); ok {
		path = "/proxy/redirect/" + rest
	}
	return g.proxy.Scheme + "://" + address + strings.TrimSuffix(path, "/") + r.URL.RequestURI()
}
