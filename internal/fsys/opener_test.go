package fsys_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"weft/internal/fsys"
	"weft/internal/fsys/local"
	"weft/internal/fsys/mem"
)

// closable is a file system that counts its Close calls.
type closable struct {
	*mem.FS
	closed int
	err    error
}

func (c *closable) Close() error {
	c.closed++
	return c.err
}

func TestOpenerSharesWhatItOpened(t *testing.T) {
	made := map[string]*closable{}
	opener := fsys.NewOpener("hdfs://ns1", map[string]fsys.Connect{
		"file": local.Connect,
		"hdfs": func(_ context.Context, authority string) (fsys.FS, error) {
			if made[authority] != nil {
				t.Errorf("authority %q was connected twice", authority)
			}
			made[authority] = &closable{FS: mem.New(mem.Options{})}
			return made[authority], nil
		},
	})
	for _, tt := range []struct{ location, authority, name string }{
		{"/a/b", "ns1", "/a/b"},
		{"hdfs://ns1/x", "ns1", "/x"},
		{"hdfs:///y", "ns1", "/y"},
		{"hdfs://ns2/z", "ns2", "/z"},
	} {
		f, name, err := opener.Open(t.Context(), tt.location)
		if err != nil || f != made[tt.authority] || name != tt.name {
			t.Errorf("Open(%q) = %v, %q, %v; want the FS of %s and %q", tt.location, f, name, err, tt.authority, tt.name)
		}
	}
	if f, _, err := opener.Open(t.Context(), "file:///tmp"); err != nil || f != (local.FS{}) {
		t.Errorf("Open(file:///tmp) = %v, %v; want the local disk", f, err)
	}
	stuck := errors.New("stuck")
	made["ns2"].err = stuck
	if err := opener.Close(); !errors.Is(err, stuck) || !strings.Contains(err.Error(), "hdfs://ns2") {
		t.Errorf("Close = %v; want the error of hdfs://ns2", err)
	}
	if err := opener.Close(); err != nil {
		t.Errorf("second Close = %v", err)
	}
	for authority, c := range made {
		if c.closed != 1 {
			t.Errorf("%s was closed %d times; want once", authority, c.closed)
		}
	}
	if _, _, err := opener.Open(t.Context(), "/a"); err == nil {
		t.Error("Open after Close succeeded")
	}
}

func TestOpenerRefuses(t *testing.T) {
	refused := errors.New("refused")
	schemes := map[string]fsys.Connect{
		"hdfs": func(context.Context, string) (fsys.FS, error) { return nil, refused },
	}
	for _, tt := range []struct{ defaultFS, location, want string }{
		{"hdfs://ns1", "s3a://bucket/x", `unknown scheme "s3a" (known: hdfs)`},
		{"", "/x", "no default file system is configured"},
		{"ns1", "/x", "not absolute"},
		{"/ns1", "/x", "has no scheme"},
		{"viewfs://x", "/x", `unknown scheme "viewfs"`},
		{"hdfs://ns1", "x", "not absolute"},
		{"hdfs://ns1", "/x", "open file system hdfs://ns1: refused"},
	} {
		_, _, err := fsys.NewOpener(tt.defaultFS, schemes).Open(t.Context(), tt.location)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("default %q, Open(%q) = %v; want %q in it", tt.defaultFS, tt.location, err, tt.want)
		}
	}
}

func TestResolveNamesTheSamePlaceForEverybody(t *testing.T) {
	opener := fsys.NewOpener("hdfs://ns1/", map[string]fsys.Connect{"hdfs": nil, "file": nil})
	for in, want := range map[string]string{
		"/a": "hdfs://ns1/a", "hdfs:///a": "hdfs://ns1/a", "hdfs://nn:8020/a": "hdfs://nn:8020/a", "file:/a": "file:///a",
	} {
		got, err := opener.Resolve(in)
		if err != nil || got.String() != want {
			t.Errorf("Resolve(%q) = %v, %v; want %s", in, got, err, want)
		}
	}
}

func TestWaitClosedNamesItsDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := mem.New(mem.Options{Leases: true, RecoverPolls: 1 << 30})
		if _, err := store.Create(t.Context(), "/f", 0o644); err != nil {
			t.Fatal(err)
		}
		err := fsys.WaitClosed(t.Context(), store.Client(), "/f")
		if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "recover lease /f: still open after 5m0s") {
			t.Errorf("without a deadline: %v; want one of 5 minutes", err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		if err := fsys.WaitClosed(ctx, store, "/f"); err == nil || !strings.Contains(err.Error(), "after 3s") {
			t.Errorf("with a deadline of 3 s: %v", err)
		}
	})
}
