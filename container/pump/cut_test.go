package pump

import (
	"context"
	"fmt"
	"io"
	"testing"

	"weft/internal/memtest"
	"weft/internal/umbilical"
	"weft/plugins"
)

// cut is how a server that goes away looks: the connection ends, and what a
// client library makes of that wraps io.EOF.
func cut() error {
	return &plugins.Error{Class: plugins.Transient, Reason: plugins.ReasonUnreachable, Op: "read table t",
		Err: fmt.Errorf("read packet: %w", io.EOF)}
}

// A lost connection is not the end of the split, wherever it happens. Row 500
// begins a batch of 10, row 505 lies inside one.
func TestLostConnectionIsNotTheEnd(t *testing.T) {
	for _, at := range []int64{0, 500, 505, 999} {
		world, lost := &memtest.World{}, 0
		world.BeforeRow = func(_ context.Context, id int64) error {
			if id == at && lost < 2 {
				lost++
				return cut()
			}
			return nil
		}
		test(t, world, func(t *testing.T, m *moving) {
			e := m.run(t)
			if rows := m.sequences(t); e.Outcome != umbilical.OutcomeDone || rows != 1000 || lost != 2 {
				t.Errorf("lost at row %d: ended %+v with %d rows after %d losses, want 1000 after 2", at, e, rows, lost)
			}
		})
	}
}

// unwilling is a reader that cannot be opened the first times.
type unwilling struct {
	plugins.Reader
	left *int
}

func (u unwilling) Open(ctx context.Context, s plugins.Split, from plugins.Position) error {
	if *u.left--; *u.left >= 0 {
		return cut()
	}
	return u.Reader.Open(ctx, s, from)
}

// A server that is starting closes connections that it has taken.
func TestLostConnectionOnOpenIsNotTheEnd(t *testing.T) {
	world, lost := &memtest.World{}, false
	world.BeforeRow = func(_ context.Context, id int64) error {
		if id == 500 && !lost {
			lost = true
			return cut()
		}
		return nil
	}
	test(t, world, func(t *testing.T, m *moving) {
		left, opened := 2, m.o.Ends.NewReader
		m.o.Ends.NewReader = func() (plugins.Reader, error) {
			r, err := opened()
			if lost {
				r = unwilling{r, &left}
			}
			return r, err
		}
		e := m.run(t)
		if rows := m.sequences(t); e.Outcome != umbilical.OutcomeDone || rows != 1000 || left >= 0 {
			t.Errorf("ended %+v with %d rows, want 1000", e, rows)
		}
	})
}
