package e2e

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"weft/test/cluster/dataset"
	"weft/test/rig"
	"weft/yarnrpc/yarnid"
)

// elsewhere is a web proxy that is on no machine of the tests (RFC 5737).
const elsewhere = "192.0.2.1:9099"

// withProxy is the client's configuration with another web proxy.
func withProxy(t *testing.T, r *rig.Rig) string {
	t.Helper()
	dir := t.TempDir()
	files, err := filepath.Glob(filepath.Join(r.Hadoop.ConfDir(), "*"))
	if err != nil {
		t.Fatal(err)
	}
	const property = "<property><name>yarn.web-proxy.address</name><value>" + elsewhere + "</value></property></configuration>"
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err == nil {
			text = []byte(strings.Replace(string(text), "</configuration>", property, 1))
			err = os.WriteFile(filepath.Join(dir, filepath.Base(file)), text, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// fetch gets a page without following redirects.
func fetch(ctx context.Context, address string) (*http.Response, string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, "", err
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(req)
	if err != nil {
		return nil, "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return resp, string(body), err
}

var errNoPage = errors.New("no page yet")

// The page of a living run is seen through the ResourceManager's proxy. An ApplicationMaster whose proxy is on another
// machine shows it to nobody here, and says where it is.
func TestTrap25_StatusPageThroughTheProxy(t *testing.T) {
	t.Parallel()
	r, c := newRig(t), newRPCCluster(t)
	table := r.Table(t, dataset.Bench(), 4000)
	for _, tt := range []struct {
		name, conf string
		fetch      func(context.Context, string) error
	}{
		{"own", r.Hadoop.ConfDir(), func(ctx context.Context, app string) error {
			resp, body, err := fetch(ctx, r.Hadoop.RMWeb+"/proxy/"+app+"/")
			if err == nil && (resp.StatusCode != http.StatusOK || !strings.Contains(body, "page-own")) {
				return fmt.Errorf("%w: %s", errNoPage, resp.Status)
			}
			return err
		}},
		{"elsewhere", withProxy(t, r), func(ctx context.Context, app string) error {
			id, err := yarnid.ParseApplication(app)
			if err != nil {
				return err
			}
			report, err := c.rm.Report(ctx, id)
			if err != nil || report.OriginalTrackingURL == "" {
				return errors.Join(errNoPage, err)
			}
			resp, _, err := fetch(ctx, report.OriginalTrackingURL+"/")
			if want := "http://" + elsewhere + "/proxy/redirect/" + app + "/"; err == nil && resp.Header.Get("Location") != want {
				return fmt.Errorf("%w: %s to %q", errNoPage, resp.Status, resp.Header.Get("Location"))
			}
			return err
		}},
	} {
		target, run := r.Target(t)+tt.name, "page-"+tt.name
		job := table.Job(target, 1, nil)
		job.Setting["speed"] = rig.Params{"channel": 1, "record": 200}
		w := r.Start(t, rig.Call{Args: []string{"submit", job.File(t), "--run-id", run, "-o", "json"}, Env: []string{"HADOOP_CONF_DIR=" + tt.conf}})
		app := w.Application(t, r, run)
		w.Until(t, time.Minute, "page of "+app, func(ctx context.Context) error { return tt.fetch(ctx, app) })
		w.Signal(t, os.Interrupt)
		w.Wait(t).Want(t, 130)
	}
}
