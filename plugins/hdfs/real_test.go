package hdfs

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"weft/internal/fsys"
	realhdfs "weft/internal/fsys/hdfs"
	"weft/internal/fsys/local"
	"weft/plugins"
	"weft/plugins/plugintest"
	"weft/test/cluster"
	"weft/yarnrpc/hadoopconf"

	"github.com/google/go-cmp/cmp"
)

var shared = cluster.Shared{Options: cluster.HadoopOptions{NodeManagers: 1}}

func TestMain(m *testing.M) { os.Exit(shared.Run(m)) }

// realWorld is a folder on the HDFS of the shared cluster.
func realWorld(t *testing.T, dir string) *world {
	t.Helper()
	h := shared.Hadoop(t)
	if err := h.Mkdir(t.Context(), dir, "alice", "755"); err != nil {
		t.Fatal(err)
	}
	conf, err := hadoopconf.Load(h.ConfDir(), os.LookupEnv)
	if err != nil {
		t.Fatal(err)
	}
	f, err := realhdfs.New(conf, "", realhdfs.Options{User: "alice"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	return &world{t: t, fs: f}
}

func TestConformanceOnHDFS(t *testing.T) {
	w := realWorld(t, "/conformance")
	suite := writerSuite(t, escaped)
	n := 0
	suite.NewTarget = func() (*plugintest.Target, error) {
		n++
		dir := fmt.Sprintf("/conformance/%d", n)
		if err := w.fs.Mkdir(context.Background(), dir, 0o755); err != nil {
			return nil, err
		}
		c := w.config(dir+"/out", escaped)
		return &plugintest.Target{
			New:     func() (plugins.Writer, error) { return newWriter(c, setup(), connectTo(w.fs)) },
			Visible: func(ctx context.Context) ([]string, error) { return visibleRows(ctx, w.fs, dir+"/out") },
		}, nil
	}
	plugintest.Run(t, plugintest.Suite{Writer: suite})
}

// What the plugin wrote, seen through WebHDFS and read back by the reader.
func TestThereAndBackOnHDFS(t *testing.T) {
	w := realWorld(t, "/back")
	c := w.config("/back/out", func(c *WriterConfig) { c.WriteMode, c.Compress = "overwrite", "gzip" })
	for _, run := range []string{"first", "second"} {
		wr := w.writer(c)
		wr.setup.Run = run
		w.begin(wr)
		if _, err := wr.Open(t.Context(), w.attempt(wr, 0, 1)); err != nil {
			t.Fatal(err)
		}
		ops, err := wr.Plan(t.Context(), []plugins.Manifest{w.unit(wr, 0, 0), w.unit(wr, 1, 2)})
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			for _, op := range ops {
				if err := wr.Apply(t.Context(), op); err != nil {
					t.Fatal(err)
				}
			}
		}
		if diff := cmp.Diff(eight[:4], w.rows("/back/out")); diff != "" {
			t.Fatalf("after the run %s (-want +got):\n%s", run, diff)
		}
	}
	name := w.visible("/back/out")[0]
	data, err := shared.Hadoop(t).ReadFile(t.Context(), "/back/out/"+name)
	if err != nil {
		t.Fatal(err)
	}
	if text, err := unzipped(name, data); err != nil || text != "0\x01n0\n1\x01\\N\n" {
		t.Errorf("WebHDFS reads %q, %v", text, err)
	}
	r := w.reader("/back/out", func(c *ReaderConfig) {
		c.FieldDelimiter = "\x01"
		c.Column = []ColumnSpec{{Index: 0, Type: "int"}, {Index: 1, Type: "string"}}
	})
	if diff := cmp.Diff([]string{"0/n0", `1/\N`, "2/n2", `3/\N`}, w.readAll(r, 3)); diff != "" {
		t.Errorf("read back (-want +got):\n%s", diff)
	}
	replaced, err := w.fs.List(t.Context(), "/back/out/.weft-second/replaced")
	if err != nil || len(replaced) != 2 {
		t.Errorf("%d replaced files, %v; want the two of the first run", len(replaced), err)
	}
}

// A folder that the user may not write is a Fatal error before any row is read.
func TestNoPermissionOnHDFS(t *testing.T) {
	w := realWorld(t, "/mine")
	if err := shared.Hadoop(t).Mkdir(t.Context(), "/theirs", "bob", "755"); err != nil {
		t.Fatal(err)
	}
	err := w.writer(w.config("/theirs/out", nil)).Prepare(t.Context())
	if plugins.ClassOf(err) != plugins.Fatal || plugins.ReasonOf(err) != plugins.ReasonPermission {
		t.Errorf("Prepare: %v; want fatal, permission", err)
	}
}

// The same plugin on file://.
func TestLocalDisk(t *testing.T) {
	dir := t.TempDir()
	connect := func(defaultFS string, _ map[string]string) (*fsys.Opener, error) {
		return fsys.NewOpener(defaultFS, map[string]fsys.Connect{"file": local.Connect}), nil
	}
	disk, err := local.Connect(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, fs: disk}
	for _, location := range []string{"file://" + dir + "/a", dir + "/b"} {
		c := w.config(location, func(c *WriterConfig) { c.DefaultFS = "file:///" })
		wr, err := newWriter(c, setup(), connect)
		if err != nil {
			t.Fatal(err)
		}
		w.begin(wr)
		if _, err := wr.Open(t.Context(), w.attempt(wr, 0, 1)); err != nil {
			t.Fatal(err)
		}
		ops, err := wr.Plan(t.Context(), []plugins.Manifest{w.unit(wr, 0, 0)})
		if err != nil {
			t.Fatal(err)
		}
		for _, op := range ops {
			if err := wr.Apply(t.Context(), op); err != nil {
				t.Fatal(err)
			}
		}
		name := filepath.Join(dir, filepath.Base(location))
		if diff := cmp.Diff(eight[:2], w.rows(name)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", location, diff)
		}
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if strings.HasPrefix(e.Name(), ".") {
				t.Errorf("%s is left in %s", e.Name(), dir)
			}
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "a", ".weft-run-1")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder of the run is left: %v", err)
	}
}
