package web

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"weft/am/tracker"
	"weft/plugins"
)

func snapshot() tracker.Snapshot {
	return tracker.Snapshot{RunID: "orders-1", Job: "<orders>", State: "RUNNING", Percent: 41.26, Splits: 2,
		Counters: plugins.Counters{RowsRead: 1234567},
		Detail:   []tracker.Split{{ID: 0, State: "running", Cause: "lost <b>"}}}
}

func TestPage(t *testing.T) {
	w := httptest.NewRecorder()
	Handler(snapshot).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	body := w.Body.String()
	for _, want := range []string{"orders-1", "&lt;orders&gt;", "41.3 %", "1234567", "lost &lt;b&gt;"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	// The proxy forwards no path of its own: absolute links would leave it.
	if strings.Contains(body, `href="/`) || strings.Contains(body, `src="/`) {
		t.Error("the page has absolute links")
	}
}

func TestTrap25_OnlyGet(t *testing.T) {
	w := httptest.NewRecorder()
	Handler(snapshot).ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/", nil))
	if w.Code != http.StatusMethodNotAllowed {
		t.Errorf("POST gave %d", w.Code)
	}
}

func TestServeEndsWithItsContext(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- Serve(ctx, listener, Proxy{}, snapshot) }()
	resp, err := http.Get("http://" + listener.Addr().String() + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	if err != nil || string(body) != "ok\n" {
		t.Errorf("healthz: %q, %v", body, err)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
