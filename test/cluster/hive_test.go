package cluster

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"
)

// Both releases start, die and come back with their tables, and leave nothing behind.
func TestHive(t *testing.T) {
	t.Parallel()
	for _, version := range []HiveVersion{Hive4, Hive3} {
		t.Run(string(version), func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), firstStartLimit)
			defer cancel()
			start := time.Now()
			h, err := StartHive(ctx, HiveOptions{Version: version})
			if err != nil {
				t.Fatal(err)
			}
			defer h.Close()
			t.Logf("ready after %s", time.Since(start).Round(100*time.Millisecond))
			if (h.ServerAddr != "") != (version == Hive4) || !strings.HasPrefix(h.MetastoreURI(), "thrift://127.0.0.1:") {
				t.Errorf("addresses %q and %q", h.MetastoreURI(), h.ServerAddr)
			}
			pid := h.Pid()
			if err := h.Kill(); err != nil {
				t.Fatal(err)
			}
			if conn, err := net.Dial("tcp", h.MetastoreAddr); err == nil {
				conn.Close()
				t.Error("the metastore listens after its death")
			}
			if err := h.Start(ctx); err != nil {
				t.Fatal(err)
			}
			if h.Pid() == pid || h.Pid() == 0 {
				t.Errorf("pid %d after %d", h.Pid(), pid)
			}
			if err := h.Close(); err != nil {
				t.Fatal(err)
			}
			if isDir(h.box.dir) || h.Pid() != 0 {
				t.Errorf("left behind: folder %t, pid %d", isDir(h.box.dir), h.Pid())
			}
		})
	}
}
