package compare

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"sort"
	"strings"
)

// Folder is a place with files. Names are relative to it, with slashes.
type Folder interface {
	// List returns the names of all files below, hidden ones left out, in order.
	List(ctx context.Context) ([]string, error)
	// Open returns the content of one of them.
	Open(ctx context.Context, name string) (io.ReadCloser, error)
}

// Local is a folder of the local disk.
type Local string

var _ Folder = Local("")

// List implements Folder.
func (l Local) List(context.Context) ([]string, error) {
	var names []string
	err := filepath.WalkDir(string(l), func(p string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if p != string(l) && hidden(e.Name()) {
			if e.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if e.Type().IsRegular() {
			rel, err := filepath.Rel(string(l), p)
			names = append(names, filepath.ToSlash(rel))
			return err
		}
		return nil
	})
	return names, err
}

// Open implements Folder.
func (l Local) Open(_ context.Context, name string) (io.ReadCloser, error) {
	return os.Open(filepath.Join(string(l), filepath.FromSlash(name)))
}

// WebHDFS is a folder of an HDFS without Kerberos, read through the REST interface of its NameNode.
type WebHDFS struct {
	Base string // http://host:port of the NameNode
	Path string // absolute
	User string // who asks
}

var _ Folder = WebHDFS{}

// List implements Folder.
func (w WebHDFS) List(ctx context.Context) ([]string, error) {
	names, err := w.list(ctx, "")
	sort.Strings(names)
	return names, err
}

func (w WebHDFS) list(ctx context.Context, below string) ([]string, error) {
	body, err := w.get(ctx, below, "LISTSTATUS")
	if err != nil {
		return nil, err
	}
	defer body.Close()
	var answer struct {
		FileStatuses struct {
			FileStatus []struct{ PathSuffix, Type string }
		}
	}
	if err := json.NewDecoder(body).Decode(&answer); err != nil {
		return nil, fmt.Errorf("list %s: %w", path.Join(w.Path, below), err)
	}
	var names []string
	for _, f := range answer.FileStatuses.FileStatus {
		name := path.Join(below, f.PathSuffix)
		switch {
		case hidden(f.PathSuffix):
		case f.Type == "DIRECTORY":
			more, err := w.list(ctx, name)
			if err != nil {
				return nil, err
			}
			names = append(names, more...)
		default:
			names = append(names, name)
		}
	}
	return names, nil
}

// Open implements Folder.
func (w WebHDFS) Open(ctx context.Context, name string) (io.ReadCloser, error) {
	return w.get(ctx, name, "OPEN")
}

func (w WebHDFS) get(ctx context.Context, name, op string) (io.ReadCloser, error) {
	full := path.Join(w.Path, name)
	target := w.Base + "/webhdfs/v1" + (&url.URL{Path: full}).EscapedPath() + "?op=" + op + "&user.name=" + url.QueryEscape(w.User)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
	if err != nil {
		return nil, err
	}
	direct := &http.Client{Transport: &http.Transport{Proxy: nil, DisableKeepAlives: true}}
	resp, err := direct.Do(req)
	if err != nil {
		return nil, fmt.Errorf("get %s: %w", full, err)
	}
	if resp.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(resp.Body, 2000)) // only to explain the status
		resp.Body.Close()
		return nil, fmt.Errorf("get %s: %s: %s", full, resp.Status, text)
	}
	return resp.Body, nil
}

// hidden tells whether Hive and MapReduce overlook a name.
func hidden(name string) bool { return strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") }
