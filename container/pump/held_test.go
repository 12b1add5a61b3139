package pump

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"weft/internal/memtest"
	"weft/internal/umbilical"
	"weft/plugins"
)

// table is a target that keeps its newest unit itself, as a database does. It
// commits, and then loses the answer, as often as told.
type table struct {
	held     *plugins.Manifest
	rows     int64 // committed
	pending  int64
	lose     int
	attempt  plugins.Attempt
	sabotage func(*plugins.Manifest)
}

func (w *table) Open(_ context.Context, a plugins.Attempt) (*plugins.Manifest, error) {
	w.attempt, w.pending = a, 0
	return w.held, nil
}

func (w *table) Write(_ context.Context, b *plugins.Batch) error {
	w.pending += int64(b.Rows)
	return nil
}

func (w *table) Seal(_ context.Context, u plugins.Unit) (plugins.Manifest, error) {
	m := plugins.ManifestOf(w.attempt, u)
	if w.sabotage != nil {
		w.sabotage(&m)
		return m, nil
	}
	w.rows += w.pending
	w.pending = 0
	w.held = &m
	if w.lose > 0 {
		w.lose--
		return plugins.Manifest{}, &plugins.Error{Class: plugins.Transient, Err: errors.New("lost the answer to COMMIT")}
	}
	return m, nil
}

func (w *table) Close() error { w.pending = 0; return nil }

// The COMMIT went through, its answer did not: nothing is written twice.
func TestTargetsOwnUnitWins(t *testing.T) {
	test(t, &memtest.World{}, func(t *testing.T, m *moving) {
		w := &table{lose: 2}
		m.o.Ends.NewWriter = func() (plugins.Writer, error) { return w, nil }
		m.o.UnitBytes = 16 * 300
		if e := m.run(t); e.Outcome != umbilical.OutcomeDone {
			t.Fatalf("ended %+v", e)
		}
		if rows := m.sequences(t); rows != 1000 || w.rows != 1000 {
			t.Errorf("%d rows accepted, %d in the table, want 1000", rows, w.rows)
		}
	})
}

// The master crashed between COMMIT and journal: the new attempt begins behind
// what the table holds, its last unit included.
func TestTargetAheadOfTheJournal(t *testing.T) {
	for _, last := range []bool{false, true} {
		t.Run(fmt.Sprint(last), func(t *testing.T) {
			test(t, &memtest.World{}, func(t *testing.T, m *moving) {
				w := &table{held: &plugins.Manifest{Number: 1, Generation: 1, Unit: plugins.Unit{Sequence: 0, Position: "400", Last: last,
					Counters: plugins.Counters{RowsRead: 400, RowsWritten: 400}}}}
				m.o.Ends.NewWriter = func() (plugins.Writer, error) { return w, nil }
				if e := m.run(t); e.Outcome != umbilical.OutcomeDone {
					t.Fatalf("ended %+v", e)
				}
				want := int64(600)
				if last {
					want = 0
				}
				if w.rows != want {
					t.Errorf("%d rows were written again or not at all, want %d", w.rows, want)
				}
				m.sequences(t)
			})
		})
	}
}

func TestTargetTooFarAhead(t *testing.T) {
	test(t, &memtest.World{}, func(t *testing.T, m *moving) {
		m.o.Ends.NewWriter = func() (plugins.Writer, error) {
			return &table{held: &plugins.Manifest{Unit: plugins.Unit{Sequence: 3}}}, nil
		}
		e := m.run(t)
		if e.Outcome != umbilical.OutcomeFailed || e.Class != plugins.Bug || !strings.Contains(e.Cause, "holds unit 3") {
			t.Errorf("ended %+v", e)
		}
	})
}

// A writer that describes something else than it was given is not believed.
func TestManifestThatDoesNotFit(t *testing.T) {
	for name, sabotage := range map[string]func(*plugins.Manifest){
		"rows vanish":    func(m *plugins.Manifest) { m.Counters.RowsWritten-- },
		"rows appear":    func(m *plugins.Manifest) { m.Counters.RowsRead++; m.Counters.RowsWritten++ },
		"wrong sequence": func(m *plugins.Manifest) { m.Sequence++ },
		"wrong position": func(m *plugins.Manifest) { m.Position = "x" },
		"wrong split":    func(m *plugins.Manifest) { m.Split++ },
		"wrong hash":     func(m *plugins.Manifest) { m.Hash++ },
	} {
		t.Run(name, func(t *testing.T) {
			test(t, &memtest.World{}, func(t *testing.T, m *moving) {
				m.o.Ends.NewWriter = func() (plugins.Writer, error) { return &table{sabotage: sabotage}, nil }
				if e := m.run(t); e.Outcome != umbilical.OutcomeFailed || e.Class != plugins.Bug || len(m.master.units) > 0 {
					t.Errorf("ended %+v with %d units", e, len(m.master.units))
				}
			})
		})
	}
}

// wild is a reader or writer that breaks the contract.
type wild struct {
	table
	rows []plugins.RowError
}

func (w *wild) Write(context.Context, *plugins.Batch) error { return &plugins.RowErrors{Rows: w.rows} }

func TestRefusedRowsOutOfOrder(t *testing.T) {
	for name, rows := range map[string][]plugins.RowError{
		"descending":  {{Index: 3}, {Index: 1}},
		"twice":       {{Index: 3}, {Index: 3}},
		"beyond":      {{Index: 10}},
		"before zero": {{Index: -1}},
	} {
		t.Run(name, func(t *testing.T) {
			test(t, &memtest.World{}, func(t *testing.T, m *moving) {
				m.o.Ends.NewWriter = func() (plugins.Writer, error) { return &wild{rows: rows}, nil }
				if e := m.run(t); e.Class != plugins.Bug {
					t.Errorf("ended %+v", e)
				}
			})
		})
	}
}

// hungry is a reader of rows of a given size; it notes how many of its bytes are
// under way at most.
type hungry struct {
	left, size int
	out        func(int)
}

func (r *hungry) Open(context.Context, plugins.Split, plugins.Position) error { return nil }

func (r *hungry) Read(_ context.Context, b *plugins.Batch) error {
	if r.left == 0 {
		return io.EOF
	}
	for ; r.left > 0 && !b.Full(); r.left-- {
		b.Columns[0].AppendInt(1)
		b.Columns[1].AppendNull()
		b.EndRow(r.size)
	}
	r.out(int(b.BytesRead))
	return nil
}

func (r *hungry) Close() error { return nil }

// slow gives bytes back when it has written them.
type slow struct {
	table
	in func(int)
}

func (w *slow) Write(ctx context.Context, b *plugins.Batch) error {
	w.in(int(b.BytesRead))
	return w.table.Write(ctx, b)
}

// Rows of 10 MB do not pile up: with a budget of 16 MiB, two of them are under
// way, and a third is being read.
func TestBudgetBoundsTheBytesUnderWay(t *testing.T) {
	test(t, &memtest.World{}, func(t *testing.T, m *moving) {
		const size = 10 << 20
		underWay := make(chan int, 1)
		underWay <- 0
		most := 0
		add := func(n int) {
			now := <-underWay + n
			most = max(most, now)
			underWay <- now
		}
		m.o.Batches = 8
		m.o.Ends = &Ends{NewReader: func() (plugins.Reader, error) { return &hungry{left: 50, size: size, out: add}, nil },
			NewWriter: func() (plugins.Writer, error) { return &slow{in: func(n int) { add(-n) }}, nil }}
		if e := m.run(t); e.Outcome != umbilical.OutcomeDone {
			t.Fatalf("ended %+v", e)
		}
		if most > 3*size {
			t.Errorf("%d MiB were under way, want at most 30", most>>20)
		}
	})
}
