// Package web is the ApplicationMaster's status page, which YARN's proxy shows
// under the application's tracking URL.
//
// It shows counts and states, never a value of a row, a setting or a secret;
// everything in it is also in `weft status`. It works without scripts, and its
// links are relative, since the proxy changes the path (WebAppProxyServlet). It
// answers GET alone, and only to the hosts of that proxy, which knows who may
// look.
//
//	err := web.Serve(ctx, listener, proxy, master.Snapshot)
package web

import (
	"context"
	"errors"
	"fmt"
	"html/template"
	"net"
	"net/http"
	"time"

	"weft/am/tracker"
)

// readDeadline bounds how long a request may take to arrive.
const readDeadline = 10 * time.Second

// Serve answers on the listener until ctx ends, and closes it. Who does not come
// from a host of the proxy is sent there.
func Serve(ctx context.Context, listener net.Listener, proxy Proxy, snapshot func() tracker.Snapshot) error {
	server := &http.Server{Handler: newGuard(proxy, Handler(snapshot)), ReadHeaderTimeout: readDeadline, MaxHeaderBytes: 16 << 10}
	ended := make(chan error, 1) // one value, when Serve below returns
	go func() { ended <- server.Serve(listener) }()
	select {
	case err := <-ended:
		return fmt.Errorf("serve status page: %w", err)
	case <-ctx.Done():
	}
	err := server.Close()
	if served := <-ended; !errors.Is(served, http.ErrServerClosed) {
		return errors.Join(err, served)
	}
	return err
}

// Handler answers / with the page and /healthz with "ok".
func Handler(snapshot func() tracker.Snapshot) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("ok\n")) // the asker is gone
	})
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'")
		if err := page.Execute(w, snapshot()); err != nil {
			return // half a page went out: nothing can be added to it
		}
	})
	return mux
}

var page = template.Must(template.New("page").Parse(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="refresh" content="5">
<meta name="viewport" content="width=device-width"><title>weft {{.RunID}}</title>
<style>
:root{color-scheme:light dark}body{font:15px system-ui,sans-serif;margin:2em;max-width:70em}
table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.3em .8em;border-bottom:1px solid #8884}
td.n{text-align:right;font-variant-numeric:tabular-nums}progress{width:100%;height:1.2em}
</style></head><body>
<h1>{{.Job}}</h1>
<p>run <b>{{.RunID}}</b>, {{.State}}, attempt {{.Attempt}}</p>
{{if ge .Percent 0.0}}<progress max="100" value="{{.Percent}}"></progress><p>{{printf "%.1f" .Percent}} %</p>{{else}}<p>estimating</p>{{end}}
<table><tr><th>rows read</th><th>rows written</th><th>dirty</th><th>rows/s</th><th>reader waits</th><th>writer waits</th><th>containers</th></tr>
<tr><td>{{.RowsRead}}</td><td>{{.RowsWritten}}</td><td>{{.RowsDirty}}</td><td>{{printf "%.0f" .RowsPerSecond}}</td>
<td>{{printf "%.0f" .ReaderWait}} %</td><td>{{printf "%.0f" .WriterWait}} %</td><td>{{.Containers}}</td></tr></table>
<h2>Splits: {{.SplitsDone}} of {{.Splits}} done, {{.SplitsRunning}} running</h2>
<table><tr><th>split</th><th>state</th><th>attempt</th><th>container</th><th>rows</th><th>failures</th><th>last error</th></tr>
{{range .Detail}}<tr><td>{{.ID}}</td><td>{{.State}}</td><td>{{.Attempt}}</td><td>{{.Container}}</td><td class="n">{{.RowsRead}}</td><td>{{.Failures}}</td><td>{{.Cause}}</td></tr>
{{end}}</table></body></html>
`))
