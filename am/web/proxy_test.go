package web

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"
)

// names is a resolver of fixed names.
type names map[string][]string

func (n names) lookup(_ context.Context, host string) ([]string, error) {
	if list, ok := n[host]; ok {
		return list, nil
	}
	return nil, errors.New("no such host")
}

func guarded(p Proxy, n names, alive ...string) *guard {
	g := newGuard(p, Handler(snapshot))
	g.resolve = n.lookup
	g.alive = func(_ context.Context, address string) bool { return slices.Contains(alive, address) }
	return g
}

func ask(g *guard, peer, target string) *http.Response {
	r := httptest.NewRequest(http.MethodGet, target, nil)
	r.RemoteAddr = peer
	r.Header.Set("X-Forwarded-For", "10.0.0.1") // what a request says of itself counts nothing
	w := httptest.NewRecorder()
	g.ServeHTTP(w, r)
	return w.Result()
}

var pair = Proxy{Addresses: []string{"rm1:8088", "rm2:8088"}, Scheme: "http", Path: "/proxy/application_1_0001"}

// Only proxy hosts see the page; all others are sent to the proxy, with path and
// query.
func TestTrap25_OnlyTheProxySeesThePage(t *testing.T) {
	g := guarded(pair, names{"rm1": {"10.0.0.1"}, "rm2": {"10.0.0.2", "fe80::2%eth0"}}, "rm2:8088")
	for peer, want := range map[string]int{"10.0.0.1:5": 200, "10.0.0.2:5": 200, "[::ffff:10.0.0.2]:5": 200, "[fe80::2%eth1]:5": 200,
		"10.0.0.3:5": 302, "nonsense": 302} {
		got := ask(g, peer, "/?a=b%20c&d=1")
		if got.StatusCode != want {
			t.Errorf("%s got %d, want %d", peer, got.StatusCode, want)
		}
		if got.Header.Get("Cache-Control") != "no-store" || got.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s got the headers %v", peer, got.Header)
		}
		const there = "http://rm2:8088/proxy/redirect/application_1_0001/?a=b%20c&d=1"
		if at := got.Header.Get("Location"); want == 302 && at != there {
			t.Errorf("%s was sent to %s, want %s", peer, at, there)
		}
	}
	if got := ask(guarded(Proxy{}, nil), "10.0.0.3:5", "/"); got.StatusCode != 200 {
		t.Errorf("without a proxy: %d", got.StatusCode)
	}
}

// Names are looked up again after a while; what a resolver does not know for
// the moment is what it was.
func TestProxyMoves(t *testing.T) {
	n := names{"rm1": {"10.0.0.1"}, "rm2": {"10.0.0.2"}}
	g := guarded(pair, n)
	now := time.Now()
	g.now = func() time.Time { return now }
	for _, step := range []struct {
		name string
		do   func()
		want int // for 10.0.0.9
	}{
		{"first", func() {}, 302},
		{"moved a moment ago", func() { n["rm2"] = []string{"10.0.0.9"} }, 302},
		{"moved", func() { now = now.Add(resolveEvery) }, 200},
		{"resolver down", func() { now = now.Add(resolveEvery); delete(n, "rm1"); delete(n, "rm2") }, 200},
	} {
		step.do()
		if got := ask(g, "10.0.0.9:5", "/"); got.StatusCode != step.want {
			t.Errorf("%s: %d, want %d", step.name, got.StatusCode, step.want)
		}
	}
}
