package metastore

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"weft/internal/metastore/thrift"
	"weft/plugins"
	"weft/test/cluster"
)

// each runs a test against both releases.
func each(t *testing.T, test func(t *testing.T, h *cluster.Hive)) {
	t.Helper()
	for _, version := range []cluster.HiveVersion{cluster.Hive4, cluster.Hive3} {
		t.Run(string(version), func(t *testing.T) { test(t, shared.Hive(t, version)) })
	}
}

func open(t *testing.T, uris ...string) *Client {
	t.Helper()
	c, err := New(Options{URIs: uris, User: "tester", CallTimeout: 20 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

var eventColumns = []Column{{"id", "bigint", ""}, {"note", "string", "free text"}}

func events(dir, name string) *Table {
	return &Table{Database: "default", Name: name, Owner: "tester", Parameters: map[string]string{"made.by": "weft"},
		Storage:       Text("file://"+dir, "\x01", eventColumns, map[string]string{"escape.delim": `\`}),
		PartitionKeys: []Column{{"dt", "string", ""}, {"job", "string", ""}}}
}

func TestDatabase(t *testing.T) {
	each(t, func(t *testing.T, h *cluster.Hive) {
		c := open(t, h.MetastoreURI())
		got, err := c.Database(t.Context(), "default")
		if err != nil || got.Name != "default" || !strings.Contains(got.Location, "warehouse") {
			t.Errorf("database %+v, %v", got, err)
		}
		_, err = c.Database(t.Context(), "nowhere")
		if !errors.Is(err, ErrNotFound) || plugins.ReasonOf(err) != plugins.ReasonNotFound || plugins.ClassOf(err) != plugins.Fatal {
			t.Errorf("a database that is not there: %v", err)
		}
	})
}

// The life of an external table: made once, found by all later calls, with partitions, changed, still whole.
func TestTable(t *testing.T) {
	each(t, func(t *testing.T, h *cluster.Hive) {
		c, ctx, dir := open(t, h.MetastoreURI()), t.Context(), t.TempDir()
		if _, err := c.Table(ctx, "default", "events"); !errors.Is(err, ErrNotFound) {
			t.Fatalf("a table that is not there: %v", err)
		}
		want := events(dir, "events")
		for range 2 { // the second finds it
			got, err := c.EnsureTable(ctx, want)
			if err != nil {
				t.Fatal(err)
			}
			if got.Kind != External || got.Transactional() || got.Parameters["made.by"] != "weft" || got.Owner != "tester" {
				t.Errorf("table %+v", got)
			}
			if diff := cmp.Diff(want.PartitionKeys, got.PartitionKeys); diff != "" {
				t.Errorf("partition keys (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(eventColumns, got.Storage.Columns); diff != "" {
				t.Errorf("columns (-want +got):\n%s", diff)
			}
			if got.Storage.Parameters["field.delim"] != "\x01" || got.Storage.Parameters["escape.delim"] != `\` ||
				got.Storage.InputFormat != want.Storage.InputFormat || strings.TrimRight(got.Storage.Location, "/") != "file:"+dir && got.Storage.Location != "file://"+dir {
				t.Errorf("storage %+v", got.Storage)
			}
		}
		checkPartitions(t, c, dir)
		checkAlter(t, c)
	})
}

func checkPartitions(t *testing.T, c *Client, dir string) {
	t.Helper()
	ctx := t.Context()
	table, err := c.Table(ctx, "default", "events")
	if err != nil {
		t.Fatal(err)
	}
	values := []string{"2026-03-01", "a=b/c"}
	place := dir + "/" + Directory(table.PartitionKeys, values)
	if err := os.MkdirAll(place, 0o755); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second changes nothing
		if err := c.AddPartitions(ctx, table, PartitionAt("file://"+place, values...)); err != nil {
			t.Fatal(err)
		}
	}
	got, err := c.Partition(ctx, "default", "events", values...)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(values, got.Values); diff != "" || !strings.HasSuffix(got.Storage.Location, "/dt=2026-03-01/job=a%3Db%2Fc") {
		t.Errorf("partition %+v", got)
	}
	if got.Storage.Serializer != table.Storage.Serializer || got.Storage.Parameters["escape.delim"] != `\` || len(got.Storage.Columns) != 2 {
		t.Errorf("the partition's storage is not the table's: %+v", got.Storage)
	}
	if _, err := c.Partition(ctx, "default", "events", "2026-03-02", "x"); !errors.Is(err, ErrNotFound) {
		t.Errorf("a partition that is not there: %v", err)
	}
	if err := c.AddPartitions(ctx, table, PartitionAt("file://"+place, "only one")); err == nil {
		t.Error("a partition with too few values was added")
	}
	got.Parameters["numRows"] = "7"
	if err := c.AlterPartition(ctx, table, got); err != nil {
		t.Fatal(err)
	}
	if got, err = c.Partition(ctx, "default", "events", values...); err != nil || got.Parameters["numRows"] != "7" {
		t.Errorf("altered partition %+v, %v", got, err)
	}
}

// Fields that this package has no name for survive being written back.
func checkAlter(t *testing.T, c *Client) {
	t.Helper()
	ctx := t.Context()
	table, err := c.Table(ctx, "default", "events")
	if err != nil {
		t.Fatal(err)
	}
	const retention = 6
	table.raw = table.raw.With(retention, int32(42))
	table.Parameters["numFiles"] = "3"
	if err := c.AlterTable(ctx, table); err != nil {
		t.Fatal(err)
	}
	got, err := c.Table(ctx, "default", "events")
	if err != nil || got.Parameters["numFiles"] != "3" || got.raw.Int(retention) != 42 || got.Kind != External {
		t.Fatalf("altered table %+v, %v", got, err)
	}
	got.Parameters["numFiles"] = "4"
	if err := c.AlterTable(ctx, got); err != nil {
		t.Fatal(err)
	}
	if got, err = c.Table(ctx, "default", "events"); err != nil || got.raw.Int(retention) != 42 || got.Parameters["numFiles"] != "4" {
		t.Errorf("table altered again %+v, %v", got, err)
	}
}

// Hive itself reads what was made without it.
func TestHiveServerReads(t *testing.T) {
	h := shared.Hive(t, cluster.Hive4)
	c, ctx, dir := open(t, h.MetastoreURI()), t.Context(), t.TempDir()
	table, err := c.EnsureTable(ctx, events(dir, "readable"))
	if err != nil {
		t.Fatal(err)
	}
	place := filepath.Join(dir, "p1")
	if err := os.MkdirAll(place, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(place+"/f.txt", []byte("1\x01a\\\x01b\n2\x01\\N\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := c.AddPartitions(ctx, table, PartitionAt("file://"+place, "2026-03-01", "j")); err != nil {
		t.Fatal(err)
	}
	got, err := h.Query(ctx, "SELECT id, note, dt, job FROM readable ORDER BY id")
	if err != nil {
		t.Fatal(err)
	}
	want := [][]string{{"1", "a\x01b", "2026-03-01", "j"}, {"2", "NULL", "2026-03-01", "j"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

// A server that is down is passed by; a paused one costs the call's timeout.
func TestFailover(t *testing.T) {
	h := shared.Hive(t, cluster.Hive3)
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	dead := "thrift://" + closed.Addr().String()
	closed.Close()
	c := open(t, dead+","+h.MetastoreURI())
	if _, err := c.Database(t.Context(), "default"); err != nil {
		t.Fatal(err)
	}
	_, err = open(t, dead).Database(t.Context(), "default")
	if plugins.ClassOf(err) != plugins.Transient || plugins.ReasonOf(err) != plugins.ReasonUnreachable || !strings.Contains(err.Error(), closed.Addr().String()) {
		t.Errorf("nobody listens: %v", err)
	}
	if err := h.Kill(); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Database(t.Context(), "default"); plugins.ClassOf(err) != plugins.Transient {
		t.Errorf("killed under the client: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	if err := h.Start(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Database(ctx, "default"); err != nil {
		t.Errorf("after the restart: %v", err)
	}
	if err := h.Pause(); err != nil {
		t.Fatal(err)
	}
	defer h.Resume()
	c.o.CallTimeout = 50 * time.Millisecond
	_, err = c.Database(t.Context(), "default")
	if plugins.ReasonOf(err) != plugins.ReasonTimeout || !strings.Contains(err.Error(), "50ms") || !strings.Contains(err.Error(), "get database default") {
		t.Errorf("a server that hangs: %v", err)
	}
}

// A metastore that has no get_table_req is asked the old way.
func TestOldMetastore(t *testing.T) {
	c := open(t, "thrift://"+fake(t, func(method string, args thrift.Struct) (thrift.Struct, *thrift.Exception) {
		switch method {
		case "get_table_req":
			return nil, &thrift.Exception{Kind: thrift.ExceptionUnknownMethod, Message: "Invalid method name"}
		case "get_table":
			return thrift.Struct{{ID: 0, Value: thrift.Struct{{ID: 1, Value: args.String(2)}, {ID: 2, Value: args.String(1)}}}}, nil
		}
		return thrift.Struct{{ID: 0, Value: thrift.Strings()}}, nil
	}))
	got, err := c.Table(t.Context(), "sales", "orders")
	if err != nil || got.String() != "sales.orders" {
		t.Errorf("table %v, %v", got, err)
	}
}
