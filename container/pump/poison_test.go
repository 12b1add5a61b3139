package pump

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"

	"weft/internal/fsys"
	"weft/internal/memtest"
	"weft/internal/umbilical"
	"weft/plugins"
)

// A row that makes the writer panic is found by redoing the unit with one-row
// batches, is set aside with what happened and where, and no other with it.
func TestF41PoisonRow(t *testing.T) {
	const bad = 437
	tries := 0
	world := &memtest.World{BeforeWrite: func(_ context.Context, id int64) error {
		if id == bad {
			tries++
			panic("index out of range: poisoned")
		}
		return nil
	}}
	test(t, world, func(t *testing.T, m *moving) {
		var log bytes.Buffer
		m.o.Log = slog.New(slog.NewTextHandler(&log, nil))
		m.o.UnitBytes = 16 * 300
		e := m.run(t)
		if e.Outcome != umbilical.OutcomeDone || m.sequences(t) != 1000 || e.Dirty[plugins.RowPanic] != 1 {
			t.Fatalf("ended %+v after %d rows", e, m.sequences(t))
		}
		if tries != 2 {
			t.Errorf("the row was tried %d times, want 2", tries)
		}
		for i, u := range m.master.units {
			if u.Counters.RowsDirty != map[bool]int64{true: 1}[u.DirtyFile != ""] {
				t.Errorf("unit %d: %+v", i, u)
			}
			if u.DirtyFile == "" {
				continue
			}
			text, err := fsys.ReadFile(t.Context(), m.world.FS, "/dirty/"+u.DirtyFile, 1<<20)
			if err != nil || !bytes.Contains(text, []byte("memtest.(*writer).Write")) {
				t.Errorf("dirty file: %s, %v", text, err)
			}
			if bytes.Count(text, []byte("\n")) != 1 || !bytes.Contains(text, []byte("row-437")) {
				t.Errorf("dirty file: %s", text)
			}
		}
		if !strings.Contains(log.String(), "memtest.(*writer).Write") {
			t.Errorf("the stack is not in the log: %s", log.String())
		}
	})
}

func TestCallsOfAStack(t *testing.T) {
	stack := "goroutine 7 [running]:\nruntime/debug.Stack()\n\t/x.go:1 +0x1\npanic({0x1, 0x2})\n\t/y.go:2 +0x3\n" +
		"weft/plugins/x.(*Writer).put(0xc, {0x1, 0x2})\n\t/z.go:3\nweft/plugins/x.(*Writer).Write(...)\n\t/z.go:4\nweft/container/pump.guard(0x1)\n\t/g.go:5\n"
	if got := strings.Join(calls(stack), " < "); got != "weft/plugins/x.(*Writer).put < weft/plugins/x.(*Writer).Write" {
		t.Errorf("got %s", got)
	}
}
