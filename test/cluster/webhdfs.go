package cluster

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os/user"
)

// Superuser returns the name of the HDFS superuser, which is the OS user that runs the daemons.
func (h *Hadoop) Superuser() string {
	u, err := user.Current()
	if err != nil {
		return "root"
	}
	return u.Username
}

// prepareHDFS makes the folders that every cluster has.
func (h *Hadoop) prepareHDFS(ctx context.Context) error {
	for _, d := range []struct{ path, mode string }{{"/tmp", "1777"}, {"/tmp/logs", "1777"}, {"/user", "755"}, {"/user/" + h.Superuser(), "755"}} {
		if err := h.Mkdir(ctx, d.path, h.Superuser(), d.mode); err != nil {
			return err
		}
	}
	return nil
}

// Mkdir makes an HDFS folder with its parents as superuser and gives it an owner and an octal mode such as "755".
func (h *Hadoop) Mkdir(ctx context.Context, path, owner, mode string) error {
	for _, op := range []string{
		"op=MKDIRS",
		"op=SETPERMISSION&permission=" + url.QueryEscape(mode), // the mode of MKDIRS is subject to the umask
		"op=SETOWNER&owner=" + url.QueryEscape(owner),
	} {
		if _, err := h.webHDFS(ctx, http.MethodPut, path, op, nil); err != nil {
			return err
		}
	}
	return nil
}

// WriteFile puts a file into HDFS as superuser, replacing one that is there.
func (h *Hadoop) WriteFile(ctx context.Context, path string, content []byte) error {
	_, err := h.webHDFS(ctx, http.MethodPut, path, "op=CREATE&overwrite=true", content)
	return err
}

// ReadFile returns the content of an HDFS file.
func (h *Hadoop) ReadFile(ctx context.Context, path string) ([]byte, error) {
	return h.webHDFS(ctx, http.MethodGet, path, "op=OPEN", nil)
}

// Remove removes an HDFS file, or a folder with all below it, as superuser; a path that is not there is no error.
func (h *Hadoop) Remove(ctx context.Context, path string) error {
	_, err := h.webHDFS(ctx, http.MethodDelete, path, "op=DELETE&recursive=true", nil)
	return err
}

// webHDFS makes one call of the WebHDFS REST API as superuser. The NameNode answers OPEN and CREATE with a redirect to
// a DataNode, which the HTTP client follows with method and body (307).
func (h *Hadoop) webHDFS(ctx context.Context, method, path, query string, body []byte) ([]byte, error) {
	target := h.ActiveNNWeb() + "/webhdfs/v1" + (&url.URL{Path: path}).EscapedPath() + "?" + query + "&user.name=" + url.QueryEscape(h.Superuser())
	req, err := http.NewRequestWithContext(ctx, method, target, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("webhdfs %s: %w", path, err)
	}
	resp, err := loopback.Do(req)
	if err != nil {
		return nil, fmt.Errorf("webhdfs %s: %w", path, err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, fmt.Errorf("webhdfs %s: %w", path, err)
	}
	if resp.StatusCode/100 != 2 {
		return nil, fmt.Errorf("webhdfs %s %s %s: %s: %s", method, path, query, resp.Status, answer)
	}
	return answer, nil
}
