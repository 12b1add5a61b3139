package compare

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path"
	"sort"
)

// WebHDFS is a folder of an HDFS without Kerberos, read through the REST interface of its NameNode.
type WebHDFS struct {
	Base string // http://host:port of the NameNode
	Path string // absolute
	User string // who asks
}

var _ Folder = WebHDFS{}

// File is a file of a folder.
type File struct {
	Name  string // relative to the folder, with slashes
	Bytes int64
}

// Files returns the files below, hidden ones left out, in order of their names.
func (w WebHDFS) Files(ctx context.Context) ([]File, error) {
	files, err := w.list(ctx, "")
	sort.Slice(files, func(i, j int) bool { return files[i].Name < files[j].Name })
	return files, err
}

// List implements Folder.
func (w WebHDFS) List(ctx context.Context) ([]string, error) {
	files, err := w.Files(ctx)
	names := make([]string, len(files))
	for i, f := range files {
		names[i] = f.Name
	}
	return names, err
}

func (w WebHDFS) list(ctx context.Context, below string) ([]File, error) {
	body, err := w.get(ctx, below, "LISTSTATUS")
	if err != nil {
		return nil, err
	}
	defer body.Close()
	var answer struct {
		FileStatuses struct {
			FileStatus []struct {
				PathSuffix, Type string
				Length           int64
			}
		}
	}
	if err := json.NewDecoder(body).Decode(&answer); err != nil {
		return nil, fmt.Errorf("list %s: %w", path.Join(w.Path, below), err)
	}
	var files []File
	for _, f := range answer.FileStatuses.FileStatus {
		name := path.Join(below, f.PathSuffix)
		switch {
		case hidden(f.PathSuffix):
		case f.Type == "DIRECTORY":
			more, err := w.list(ctx, name)
			if err != nil {
				return nil, err
			}
			files = append(files, more...)
		default:
			files = append(files, File{Name: name, Bytes: f.Length})
		}
	}
	return files, nil
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
