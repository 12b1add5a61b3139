package mysql

import (
	"context"
	"errors"
	"strings"
	"testing"

	"weft/plugins"
)

// loading is one attempt of a run on a table.
type loading struct {
	t       testing.TB
	w       *Writer
	source  []plugins.Column
	attempt plugins.Attempt
	unit    plugins.Unit
	refused []plugins.RowError
}

// prepared returns a writer that has done what the master does before it hands
// out work, and the target's columns.
func (s *schema) prepared(run string, source []plugins.Column, settings ...string) (*Writer, []plugins.Column) {
	s.t.Helper()
	w, err := s.newWriter(run, settings...)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { w.Close() })
	target, found, err := w.Map(s.t.Context(), source)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, f := range found {
		if f.Severity == plugins.Fail {
			s.t.Fatalf("map: %s", f.Text)
		}
	}
	if err := w.Prepare(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
	if err := w.Fence(s.t.Context(), 1, nil); err != nil {
		s.t.Fatal(err)
	}
	return w, target
}

// open opens an attempt of generation 1 with a writer of its own.
func (s *schema) open(run string, source, target []plugins.Column, split, number int, settings ...string) *loading {
	s.t.Helper()
	w, err := s.newWriter(run, settings...)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { w.Close() })
	l := &loading{t: s.t, w: w, source: source, attempt: plugins.Attempt{Run: run, Generation: 1, Number: number,
		Split: plugins.Split{ID: split}, Columns: source, Target: target}}
	held, err := w.Open(s.t.Context(), l.attempt)
	if err != nil {
		s.t.Fatal(err)
	}
	if held != nil {
		l.unit.Sequence = held.Sequence + 1
	}
	return l
}

// start is prepared and open at once, for split 0.
func (s *schema) start(run string, source []plugins.Column, settings ...string) *loading {
	s.t.Helper()
	_, target := s.prepared(run, source, settings...)
	return s.open(run, source, target, 0, 1, settings...)
}

// write writes rows [from, to) as fill makes them, and keeps what was refused.
func (l *loading) write(ctx context.Context, from, to int, fill func(b *plugins.Batch, row int)) error {
	b := plugins.NewBatch(l.source)
	for row := from; row < to; row++ {
		fill(b, row)
		b.EndRow(50)
	}
	err := l.w.Write(ctx, b)
	var rows *plugins.RowErrors
	if errors.As(err, &rows) {
		l.refused = append(l.refused, rows.Rows...)
		l.unit.Counters.RowsDirty += int64(len(rows.Rows))
		l.unit.Counters.RowsWritten -= int64(len(rows.Rows))
		err = nil
	}
	l.unit.Counters.RowsRead += int64(to - from)
	l.unit.Counters.RowsWritten += int64(to - from)
	return err
}

// seal seals the unit and begins the next one.
func (l *loading) seal(ctx context.Context) (plugins.Manifest, error) {
	m, err := l.w.Seal(ctx, l.unit)
	if err == nil {
		l.unit = plugins.Unit{Sequence: l.unit.Sequence + 1}
	}
	return m, err
}

// must fails the test on an error.
func (l *loading) must(err error) {
	l.t.Helper()
	if err != nil {
		l.t.Fatal(err)
	}
}

// pair is a table of a key and a text, and its reader's columns.
const pair = " (id bigint PRIMARY KEY, v varchar(20) NOT NULL)"

func pairColumns() []plugins.Column {
	return []plugins.Column{{Name: "id", Kind: plugins.KindInt64}, {Name: "v", Kind: plugins.KindString, Length: 20}}
}

func pairRow(b *plugins.Batch, row int) {
	b.Columns[0].AppendInt(int64(row))
	b.Columns[1].AppendString("row")
}

// applyAll plans and applies the commit.
func applyAll(t testing.TB, w *Writer, units ...plugins.Manifest) {
	t.Helper()
	ops, err := w.Plan(t.Context(), units)
	if err != nil {
		t.Fatal(err)
	}
	for _, op := range ops {
		if err := w.Apply(t.Context(), op); err != nil {
			t.Fatalf("%s: %v", op.Label, err)
		}
	}
}

// mappedText is the names of the columns, or what a finding says against them.
func mappedText(target []plugins.Column, found []plugins.Finding) string {
	for _, f := range found {
		if f.Severity == plugins.Fail {
			return f.Text + " " + f.Hint
		}
	}
	var names []string
	for _, c := range target {
		names = append(names, c.Name)
	}
	return strings.Join(names, " ")
}

func contains(text, part string) bool { return strings.Contains(text, part) }
