package rig

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"testing"
	"time"
)

// webLimit bounds one question over HTTP.
const webLimit = 20 * time.Second

// ask gets one JSON document. there is false for 404.
func ask(ctx context.Context, address string, into any) (there bool, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, webLimit, fmt.Errorf("no answer of %s within %s", address, webLimit))
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return false, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return false, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	switch {
	case err != nil:
		return false, err
	case resp.StatusCode == http.StatusNotFound:
		return false, nil
	case resp.StatusCode != http.StatusOK:
		return false, fmt.Errorf("get %s: %s: %s", address, resp.Status, body)
	}
	return true, json.Unmarshal(body, into)
}

// Entry is one name in an HDFS folder.
type Entry struct {
	Name  string `json:"pathSuffix"`
	Type  string `json:"type"` // FILE or DIRECTORY
	Bytes int64  `json:"length"`
}

// Entries lists a folder of HDFS, hidden names included; nil if it does not exist.
func (r *Rig) Entries(ctx context.Context, dir string) ([]Entry, error) {
	var answer struct {
		FileStatuses struct{ FileStatus []Entry }
	}
	where := url.URL{Path: "/webhdfs/v1" + path.Clean(dir)}
	_, err := ask(ctx, r.Hadoop.ActiveNNWeb()+where.String()+"?op=LISTSTATUS&user.name="+r.Hadoop.Superuser(), &answer)
	return answer.FileStatuses.FileStatus, err
}

// Names are the names of Entries, sorted.
func (r *Rig) Names(t testing.TB, dir string) []string {
	t.Helper()
	entries, err := r.Entries(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	names := []string{}
	for _, e := range entries {
		names = append(names, e.Name)
	}
	slices.Sort(names)
	return names
}

// Visible are the names that Hive would read.
func (r *Rig) Visible(t testing.TB, dir string) []string {
	t.Helper()
	return slices.DeleteFunc(r.Names(t, dir), func(name string) bool {
		return strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_")
	})
}

// Target is a folder of HDFS that belongs to one test, as does the one above it; neither exists.
func (r *Rig) Target(t testing.TB) string {
	name := strings.NewReplacer("/", "-", " ", "-", "#", "-").Replace(t.Name())
	return "/user/" + r.Hadoop.Superuser() + "/" + name + "/out"
}

// Quota bounds the space below a folder of HDFS, replicas counted.
func (r *Rig) Quota(t testing.TB, dir string, bytes int64) {
	t.Helper()
	r.quota(t, dir, math.MaxInt64, bytes)
}

// NameQuota bounds the number of files and folders below a folder of HDFS, itself included.
func (r *Rig) NameQuota(t testing.TB, dir string, names int64) {
	t.Helper()
	r.quota(t, dir, names, math.MaxInt64)
}

// quota sets both; math.MaxInt64 leaves one as it is (HdfsConstants.QUOTA_DONT_SET).
func (r *Rig) quota(t testing.TB, dir string, names, bytes int64) {
	t.Helper()
	address := fmt.Sprintf("%s/webhdfs/v1%s?op=SETQUOTA&namespacequota=%d&storagespacequota=%d&user.name=%s",
		r.Hadoop.ActiveNNWeb(), dir, names, bytes, r.Hadoop.Superuser())
	ctx, cancel := context.WithTimeout(t.Context(), webLimit)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if body, err := io.ReadAll(resp.Body); err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("set quota of %s: %s: %s, %v", dir, resp.Status, body, err)
	}
}
