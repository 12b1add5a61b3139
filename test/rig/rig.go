package rig

import (
	"database/sql"
	"fmt"
	"testing"

	_ "github.com/go-sql-driver/mysql" // the test account's pool

	"weft/test/cluster"
	"weft/test/cluster/dataset"
)

// Rig is one cluster, one database and weft. Its methods may be called by parallel tests.
type Rig struct {
	Hadoop *cluster.Hadoop
	DB     *cluster.Database

	program string
}

// New joins what the tests of a binary share. Without a cluster (nil) only `weft run` makes sense.
func New(t testing.TB, h *cluster.Hadoop, db *cluster.Database, p *Program) *Rig {
	t.Helper()
	return &Rig{Hadoop: h, DB: db, program: p.Path(t)}
}

// Table is a table in a schema that belongs to one test.
type Table struct {
	rig          *Rig
	Schema, Name string
	Rows         int64
	// Pool is the test account's, with the schema selected.
	Pool *sql.DB
}

// Schema makes an empty schema and a pool for it.
func (r *Rig) Schema(t testing.TB) (string, *sql.DB) {
	t.Helper()
	schema, err := r.DB.NewSchema(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	pool, err := sql.Open("mysql", r.DB.DSN(schema))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pool.Close() })
	return schema, pool
}

// Table loads rows 0 to rows-1 of a shape into a table "orders".
func (r *Rig) Table(t testing.TB, shape dataset.Shape, rows int64) *Table {
	t.Helper()
	schema, pool := r.Schema(t)
	if err := dataset.Load(t.Context(), pool, "orders", shape, rows, dataset.Seed); err != nil {
		t.Fatal(err)
	}
	return &Table{rig: r, Schema: schema, Name: "orders", Rows: rows, Pool: pool}
}

// Exec runs statements.
func (tb *Table) Exec(t testing.TB, statements ...string) {
	t.Helper()
	for _, s := range statements {
		if _, err := tb.Pool.ExecContext(t.Context(), s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

// JDBC is the address of the schema as jobs give it.
func (tb *Table) JDBC() string { return tb.rig.JDBC(tb.Schema) }

// JDBC is the address of a schema as jobs give it.
func (r *Rig) JDBC(schema string) string {
	return fmt.Sprintf("jdbc:mysql://%s/%s?useUnicode=true&characterEncoding=utf8", r.DB.Addr(), schema)
}

// Named is a table that a test makes by itself.
func (r *Rig) Named(schema, name string, rows int64, pool *sql.DB) *Table {
	return &Table{rig: r, Schema: schema, Name: name, Rows: rows, Pool: pool}
}
