package hdfs

import (
	"fmt"
	"os"
	"testing"

	"weft/internal/fsys/fsystest"
	"weft/test/cluster"
	"weft/yarnrpc/hadoopconf"
)

var shared cluster.Shared

func TestMain(m *testing.M) {
	code := shared.Run(m)
	if err := trio.close(); err != nil {
		fmt.Fprintln(os.Stderr, "stop the three data nodes:", err)
		code = max(code, 1)
	}
	os.Exit(code)
}

// connect returns a file system of the shared cluster, acting as user.
func connect(t testing.TB, opts Options) *FS {
	t.Helper()
	return connectTo(t, shared.Hadoop(t), opts)
}

func connectTo(t testing.TB, h *cluster.Hadoop, opts Options) *FS {
	t.Helper()
	conf, err := hadoopconf.Load(h.ConfDir(), os.LookupEnv)
	if err != nil {
		t.Fatal(err)
	}
	f, err := New(conf, "", opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	return f
}

// home makes an empty folder that alice owns.
func home(t testing.TB, name string) string {
	t.Helper()
	if err := shared.Hadoop(t).Mkdir(t.Context(), name, "alice", "755"); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestConformance(t *testing.T) {
	alice := Options{User: "alice", BlockSizeBytes: 1 << 20} // several blocks a file
	fsystest.Run(t, fsystest.Env{
		FS: connect(t, alice), Other: connect(t, alice), Stranger: connect(t, Options{User: "mallory"}),
		Dir: home(t, "/conformance"), Leases: true, Entries: 1100,
	})
}
