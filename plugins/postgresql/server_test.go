package postgresql

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"weft/plugins"
	"weft/test/cluster"
)

var shared cluster.Shared

func TestMain(m *testing.M) { os.Exit(shared.Run(m)) }

// schema is an empty database of the shared server with ways to fill it.
type schema struct {
	t    testing.TB
	name string
	db   *cluster.Postgres
}

func newSchema(t testing.TB) *schema {
	t.Helper()
	db := shared.Postgres(t)
	name, err := db.NewDatabase(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return &schema{t: t, name: name, db: db}
}

// on returns the schema for a subtest, which ends with its readers.
func (s *schema) on(t testing.TB) *schema { return &schema{t: t, name: s.name, db: s.db} }

func (s *schema) exec(statements ...string) {
	s.t.Helper()
	if err := s.db.Exec(s.t.Context(), s.name, statements...); err != nil {
		s.t.Fatal(err)
	}
}

// column returns the texts of the first column of a query.
func (s *schema) column(query string) []string {
	s.t.Helper()
	rows, err := s.db.Query(s.t.Context(), s.name, query)
	if err != nil {
		s.t.Fatal(err)
	}
	var list []string
	for _, r := range rows {
		list = append(list, text(r[0]))
	}
	return list
}

// config returns a config for the database, with the JSON of settings over it.
func (s *schema) config(settings string) *Config {
	s.t.Helper()
	c := newConfig().(*Config)
	base := fmt.Sprintf(`{"url": "jdbc:postgresql://%s/%s?sslmode=disable", "username": "test", "password": "test"}`, s.db.Addr(), s.name)
	for _, part := range []string{base, settings} {
		if err := json.Unmarshal([]byte(part), c); err != nil {
			s.t.Fatal(err)
		}
	}
	for _, f := range c.Validate() {
		if f.Severity == plugins.Fail {
			s.t.Fatalf("%s: %s", f.Key, f.Text)
		}
	}
	return c
}

func (s *schema) setup() plugins.Setup {
	return plugins.Setup{Run: "r", Job: "j", Zone: time.UTC, MaxRowBytes: 64 << 20, Log: slog.New(slog.DiscardHandler)}
}

// reader returns a described reader; it is closed at the end of the test.
func (s *schema) reader(settings string, change ...func(*plugins.Setup)) *Reader {
	s.t.Helper()
	setup := s.setup()
	for _, f := range change {
		f(&setup)
	}
	made, err := NewReader(s.config(settings), setup)
	if err != nil {
		s.t.Fatal(err)
	}
	r := made.(*Reader)
	s.t.Cleanup(func() {
		if err := r.Close(); err != nil {
			s.t.Error(err)
		}
	})
	if r.setup.Columns, err = r.Describe(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
	return r
}

// readAll reads splits one after the other and returns the rows as texts and
// the refusals.
func readAll(t testing.TB, r *Reader, splits []plugins.Split) (rows []string, refused []plugins.Refusal) {
	t.Helper()
	for _, split := range splits {
		got, bad, err := readSplit(t, r, split, "", nil)
		if err != nil {
			t.Fatal(err)
		}
		rows, refused = append(rows, got...), append(refused, bad...)
	}
	return rows, refused
}

// readSplit reads a split from a position; seen is called after each batch with
// the number of rows so far.
func readSplit(t testing.TB, r *Reader, split plugins.Split, from plugins.Position, seen func(plugins.Position, int)) (rows []string, refused []plugins.Refusal, err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := r.Open(ctx, split, from); err != nil {
		return nil, nil, err
	}
	b := plugins.NewBatch(r.setup.Columns)
	b.MaxRows = testBatchRows
	for {
		b.Reset(r.setup.Columns)
		err := r.Read(ctx, b)
		if err == io.EOF {
			return rows, refused, nil
		}
		if err != nil {
			return rows, refused, err
		}
		for i := range b.Rows {
			rows = append(rows, rowText(r.setup.Columns, b, i))
		}
		refused = append(refused, slices.Clone(b.Refused)...)
		if seen != nil {
			seen(b.Position, len(rows))
		}
	}
}

// testBatchRows is small, so that batches end in the middle of things.
const testBatchRows = 97

func rowText(columns []plugins.Column, b *plugins.Batch, i int) string {
	var out []string
	for c := range b.Columns {
		v := &b.Columns[c]
		switch {
		case v.IsNull(i):
			out = append(out, "NULL")
		case v.Kind == plugins.KindBytes:
			out = append(out, fmt.Sprintf("x'%X'", v.Bytes(i)))
		default:
			out = append(out, string(plugins.AppendText(nil, v, i, columns[c].Scale)))
		}
	}
	return strings.Join(out, "|")
}

func whole() []plugins.Split { return []plugins.Split{{Rows: -1}} }

func splitsOf(t testing.TB, r *Reader, want int) []plugins.Split {
	t.Helper()
	list, err := r.Splits(t.Context(), want)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func errorOf(t testing.TB, err error) *plugins.Error {
	t.Helper()
	var classed *plugins.Error
	if !errors.As(err, &classed) {
		t.Fatalf("%v is no *plugins.Error", err)
	}
	return classed
}
