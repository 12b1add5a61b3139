package pump

import (
	"context"
	"io"
	"testing"

	"weft/internal/memtest"
	"weft/internal/umbilical"
	"weft/plugins"
)

// proofread is a writer that reads back what a function says.
type proofread struct {
	plugins.Writer
	read func(m plugins.Manifest) ([]int64, error)
}

func (w proofread) Reread(_ context.Context, m plugins.Manifest, _ []plugins.Column) (plugins.Reader, plugins.Split, error) {
	ids, err := w.read(m)
	return &idReader{ids: ids}, plugins.Split{}, err
}

// idReader reads the rows of memtest with the given ids.
type idReader struct{ ids []int64 }

func (r *idReader) Open(context.Context, plugins.Split, plugins.Position) error { return nil }

func (r *idReader) Read(_ context.Context, b *plugins.Batch) error {
	if len(r.ids) == 0 {
		return io.EOF
	}
	for _, id := range r.ids {
		b.Columns[0].AppendInt(id)
		b.Columns[1].AppendString(memtest.Name(id))
		b.EndRow(1)
	}
	r.ids = nil
	return nil
}

func (r *idReader) Close() error { return nil }

// proving runs a split of 10 rows, one unit, whose target reads back as read says.
func proving(t *testing.T, read func(m plugins.Manifest) ([]int64, error), check func(e umbilical.Ending, offered int)) {
	t.Helper()
	test(t, &memtest.World{Splits: 1, Rows: 10}, func(t *testing.T, m *moving) {
		m.o.Reread = true
		opened := m.o.Ends.NewWriter
		m.o.Ends.NewWriter = func() (plugins.Writer, error) {
			w, err := opened()
			return proofread{w, read}, err
		}
		check(m.run(t), len(m.master.units))
	})
}

func TestUnitIsReadBack(t *testing.T) {
	all := []int64{9, 8, 7, 6, 5, 4, 3, 2, 1, 0} // the order does not count
	reads := 0
	proving(t, func(plugins.Manifest) ([]int64, error) { reads++; return all, nil }, func(e umbilical.Ending, offered int) {
		if e.Outcome != umbilical.OutcomeDone || offered != 1 || reads != 1 {
			t.Errorf("ended %+v with %d units offered, read back %d times", e, offered, reads)
		}
	})
}

// A row that is missing, another one in its place, or one twice: nothing is
// offered, and the run ends for that reason.
func TestMismatchIsNeverOffered(t *testing.T) {
	for _, ids := range [][]int64{nil, {0, 1, 2, 3, 4, 5, 6, 7, 8}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 8}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 10}} {
		proving(t, func(plugins.Manifest) ([]int64, error) { return ids, nil }, func(e umbilical.Ending, offered int) {
			if e.Outcome == umbilical.OutcomeDone || e.Reason != plugins.ReasonMismatch || e.Class != plugins.Fatal || offered != 0 {
				t.Errorf("read back %v: ended %+v with %d units offered", ids, e, offered)
			}
		})
	}
}

// What cannot be read back for the moment is written again.
func TestReadBackIsTriedAgain(t *testing.T) {
	tries := 0
	proving(t, func(plugins.Manifest) ([]int64, error) {
		if tries++; tries == 1 {
			return nil, cut()
		}
		return []int64{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, nil
	}, func(e umbilical.Ending, offered int) {
		if e.Outcome != umbilical.OutcomeDone || offered != 1 || tries != 2 {
			t.Errorf("ended %+v with %d units offered after %d tries", e, offered, tries)
		}
	})
}

func TestTargetThatCannotBeReadBackIsTaken(t *testing.T) {
	proving(t, func(plugins.Manifest) ([]int64, error) { return nil, plugins.ErrNotReadable }, func(e umbilical.Ending, offered int) {
		if e.Outcome != umbilical.OutcomeDone || offered != 1 {
			t.Errorf("ended %+v with %d units offered", e, offered)
		}
	})
}
