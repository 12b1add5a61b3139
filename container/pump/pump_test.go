package pump

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"weft/container/limit"
	"weft/internal/dirty"
	"weft/internal/fsys"
	"weft/internal/fsys/mem"
	"weft/internal/job"
	"weft/internal/memtest"
	"weft/internal/umbilical"
	"weft/plugins"
)

// master is a link that keeps what it is told and answers by functions; nil
// ones say yes.
type master struct {
	mu      sync.Mutex
	units   []plugins.Manifest // accepted
	reports []umbilical.Progress
	report  func(umbilical.Progress) (umbilical.Order, error)
	sealed  func(umbilical.Sealed) (umbilical.Verdict, error)
}

func (m *master) Next(context.Context, umbilical.Want) (umbilical.Assignment, error) {
	return umbilical.Assignment{Directive: umbilical.Stop}, nil
}

func (m *master) Report(_ context.Context, p umbilical.Progress) (umbilical.Order, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.reports = append(m.reports, p)
	if m.report != nil {
		return m.report(p)
	}
	return umbilical.Order{Directive: umbilical.GoOn}, nil
}

func (m *master) Sealed(_ context.Context, u umbilical.Sealed) (umbilical.Verdict, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	verdict, err := umbilical.Accepted, error(nil)
	if m.sealed != nil {
		verdict, err = m.sealed(u)
	}
	if verdict == umbilical.Accepted && err == nil {
		m.units = append(m.units, u.Manifest)
	}
	return verdict, err
}

func (m *master) Done(context.Context, umbilical.Ending) (umbilical.Order, error) {
	return umbilical.Order{}, nil
}

// moving is one attempt at split 0 of a world.
type moving struct {
	world  *memtest.World
	master *master
	o      Options
}

func newMoving(t *testing.T, world *memtest.World) *moving {
	t.Helper()
	fs := mem.New(mem.Options{})
	world.FS, world.Dir = fs, "/out"
	if world.Splits == 0 {
		world.Splits, world.Rows = 1, 1000
	}
	if err := fsys.MkdirAll(t.Context(), fs, "/dirty", 0o700); err != nil {
		t.Fatal(err)
	}
	plugin := world.Plugin()
	setup := plugins.Setup{Run: "r", Columns: memtest.Columns()}
	writer, err := plugin.NewWriter(nil, setup)
	if err != nil {
		t.Fatal(err)
	}
	if err := writer.(plugins.Committer).Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	attempt := plugins.Attempt{Run: "r", Generation: 1, Number: 1, Columns: memtest.Columns(), Target: memtest.Columns()}
	m := &moving{world: world, master: &master{}}
	m.o = Options{Task: job.Task{Attempt: attempt}, Container: "c1", Link: m.master, Checksum: true, MaxDirty: -1,
		Ends: &Ends{NewReader: func() (plugins.Reader, error) { return plugin.NewReader(nil, setup) },
			NewWriter: func() (plugins.Writer, error) { return plugin.NewWriter(nil, setup) }},
		Dirty: dirty.New(fs, "/dirty", attempt), Limiter: limit.New(limit.Rate{}),
		UnitBytes: math.MaxInt64, UnitInterval: math.MaxInt64, BatchRows: 10}
	return m
}

func (m *moving) run(t *testing.T) umbilical.Ending {
	t.Helper()
	e := Run(t.Context(), m.o)
	if err := m.o.Ends.Close(); err != nil {
		t.Error(err)
	}
	return e
}

// sequences checks that the accepted units follow one another and returns the
// number of rows in them.
func (m *moving) sequences(t *testing.T) int64 {
	t.Helper()
	var rows int64
	for i, u := range m.master.units {
		if u.Sequence != m.o.Task.Sequence+i {
			t.Errorf("unit %d has sequence %d", i, u.Sequence)
		}
		if u.Last != (i == len(m.master.units)-1) {
			t.Errorf("unit %d of %d: last is %t", i, len(m.master.units), u.Last)
		}
		rows += u.Counters.RowsRead
	}
	return rows
}

func test(t *testing.T, world *memtest.World, f func(t *testing.T, m *moving)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { f(t, newMoving(t, world)) })
}

func TestUnitsBySize(t *testing.T) {
	test(t, &memtest.World{}, func(t *testing.T, m *moving) {
		m.o.UnitBytes = 16 * 300
		if e := m.run(t); e.Outcome != umbilical.OutcomeDone {
			t.Fatalf("ended %+v", e)
		}
		if rows := m.sequences(t); rows != 1000 || len(m.master.units) != 4 {
			t.Errorf("%d rows in %d units, want 1000 in 4", rows, len(m.master.units))
		}
		if p := m.master.units[0].Position; p != "300" {
			t.Errorf("the first unit ends at %q, want 300", p)
		}
	})
}

func TestUnitsByAge(t *testing.T) {
	world := &memtest.World{BeforeRow: func(ctx context.Context, id int64) error {
		if id%100 == 99 {
			return sleep(ctx, time.Minute)
		}
		return nil
	}}
	test(t, world, func(t *testing.T, m *moving) {
		m.o.UnitInterval = 150 * time.Second
		if e := m.run(t); e.Outcome != umbilical.OutcomeDone {
			t.Fatalf("ended %+v", e)
		}
		if rows := m.sequences(t); rows != 1000 || len(m.master.units) != 5 {
			t.Errorf("%d rows in %d units, want 1000 in 5: a minute for 100 rows, a unit at most 150 s", rows, len(m.master.units))
		}
	})
}

// A reader that stalls does not keep a unit open beyond its age.
func TestUnitsByAgeWhileTheReaderStalls(t *testing.T) {
	start := time.Time{}
	world := &memtest.World{BeforeRow: func(ctx context.Context, id int64) error {
		if id == 500 {
			return sleep(ctx, time.Hour)
		}
		return nil
	}}
	test(t, world, func(t *testing.T, m *moving) {
		start = time.Now()
		m.o.UnitInterval = time.Minute
		var first time.Duration
		m.master.sealed = func(umbilical.Sealed) (umbilical.Verdict, error) {
			if first == 0 {
				first = time.Since(start)
			}
			return umbilical.Accepted, nil
		}
		m.run(t)
		if first != time.Minute {
			t.Errorf("the first unit was sealed after %s, want 1m", first)
		}
	})
}

func TestResumesFromThePosition(t *testing.T) {
	test(t, &memtest.World{}, func(t *testing.T, m *moving) {
		m.o.Task.From, m.o.Task.Sequence = "990", 7
		m.run(t)
		if rows := m.sequences(t); rows != 10 || m.master.units[0].Sequence != 7 {
			t.Errorf("moved %d rows as unit %d, want 10 as unit 7", rows, m.master.units[0].Sequence)
		}
	})
}

func TestEmptySplitHasALastUnit(t *testing.T) {
	test(t, &memtest.World{Splits: 1, Rows: 0}, func(t *testing.T, m *moving) {
		if e := m.run(t); e.Outcome != umbilical.OutcomeDone || len(m.master.units) != 1 || !m.master.units[0].Last {
			t.Errorf("ended %+v with units %+v", e, m.master.units)
		}
	})
}

func TestNotYetIsAskedAgain(t *testing.T) {
	test(t, &memtest.World{}, func(t *testing.T, m *moving) {
		asked := 0
		m.master.sealed = func(umbilical.Sealed) (umbilical.Verdict, error) {
			if asked++; asked < 300 { // a minute: longer than the lease, which each answer renews
				return umbilical.NotYet, nil
			}
			return umbilical.Accepted, nil
		}
		if e := m.run(t); e.Outcome != umbilical.OutcomeDone || asked != 300 {
			t.Errorf("ended %+v after %d offers", e, asked)
		}
	})
}

func TestFencedStops(t *testing.T) {
	test(t, &memtest.World{}, func(t *testing.T, m *moving) {
		m.o.UnitBytes = 16 * 100
		m.master.sealed = func(u umbilical.Sealed) (umbilical.Verdict, error) {
			if u.Manifest.Sequence == 2 {
				return umbilical.Fenced, nil
			}
			return umbilical.Accepted, nil
		}
		e := m.run(t)
		if e.Outcome != umbilical.OutcomeStopped || !strings.Contains(e.Cause, "fenced") || len(m.master.units) != 2 {
			t.Errorf("ended %+v after %d units", e, len(m.master.units))
		}
	})
}

func TestStopsWhenTheLeaseIsOver(t *testing.T) {
	world := &memtest.World{BeforeWrite: func(ctx context.Context, id int64) error { return sleep(ctx, time.Second) }}
	test(t, world, func(t *testing.T, m *moving) {
		gone := errors.New("connection refused")
		m.master.report = func(umbilical.Progress) (umbilical.Order, error) { return umbilical.Order{}, gone }
		start := time.Now()
		e := m.run(t)
		if e.Outcome != umbilical.OutcomeStopped || !strings.Contains(e.Cause, "lease") {
			t.Errorf("ended %+v", e)
		}
		if took := time.Since(start); took < 30*time.Second || took > 35*time.Second {
			t.Errorf("it wrote on for %s without an answer, want 30 s", took)
		}
	})
}

func TestClosedMasterStops(t *testing.T) {
	world := &memtest.World{BeforeWrite: func(ctx context.Context, id int64) error { return sleep(ctx, time.Second) }}
	test(t, world, func(t *testing.T, m *moving) {
		m.master.report = func(umbilical.Progress) (umbilical.Order, error) {
			return umbilical.Order{}, fmt.Errorf("report: %w", umbilical.ErrClosed)
		}
		if e := m.run(t); e.Outcome != umbilical.OutcomeStopped {
			t.Errorf("ended %+v", e)
		}
	})
}

func TestHoldPausesAndReportsOn(t *testing.T) {
	world := &memtest.World{BeforeWrite: func(ctx context.Context, id int64) error { return sleep(ctx, 10*time.Millisecond) }}
	test(t, world, func(t *testing.T, m *moving) {
		var held []int64
		m.master.report = func(p umbilical.Progress) (umbilical.Order, error) {
			if n := len(m.master.reports); n >= 3 && n < 10 {
				held = append(held, p.Counters.RowsRead)
				return umbilical.Order{Directive: umbilical.Hold}, nil
			}
			return umbilical.Order{Directive: umbilical.GoOn}, nil
		}
		if e := m.run(t); e.Outcome != umbilical.OutcomeDone {
			t.Fatalf("ended %+v", e)
		}
		if len(held) != 7 || held[2] != held[6] {
			t.Errorf("rows at the reports while held: %v, want them to stand still", held)
		}
		if rows := m.sequences(t); rows != 1000 {
			t.Errorf("%d rows, want 1000", rows)
		}
	})
}

func TestDrainSealsWhatIsMoved(t *testing.T) {
	world := &memtest.World{BeforeWrite: func(ctx context.Context, id int64) error { return sleep(ctx, 10*time.Millisecond) }}
	test(t, world, func(t *testing.T, m *moving) {
		m.master.report = func(umbilical.Progress) (umbilical.Order, error) {
			return umbilical.Order{Directive: umbilical.Drain}, nil
		}
		e := m.run(t)
		if e.Outcome != umbilical.OutcomeDrained || len(m.master.units) != 1 {
			t.Fatalf("ended %+v with %d units", e, len(m.master.units))
		}
		if u := m.master.units[0]; u.Last || u.Counters.RowsRead < 100 || u.Counters.RowsRead > 120 {
			t.Errorf("sealed %+v, want the hundred rows of the first second", u)
		}
	})
}

// Without positions a unit that is cut off would be read twice: it is given up.
func TestDrainWithoutPositionsSealsNothing(t *testing.T) {
	world := &memtest.World{NoPositions: true, Refused: func(id int64) bool { return id == 3 }}
	test(t, world, func(t *testing.T, m *moving) {
		m.o.MaxDirty = 0
		e := m.run(t)
		if e.Outcome != umbilical.OutcomeDrained || len(m.master.units) != 0 || e.Dirty[plugins.RowFormat] != 1 {
			t.Errorf("ended %+v with %d units", e, len(m.master.units))
		}
		if _, err := m.world.FS.Stat(t.Context(), "/dirty/"+dirty.Name(m.o.Task.Attempt, 0)); err != nil {
			t.Errorf("the dirty row cannot be seen: %v", err)
		}
	})
}

func TestDirtyRowsAreReportedAtOnce(t *testing.T) {
	world := &memtest.World{Refused: func(id int64) bool { return id == 500 },
		BeforeWrite: func(ctx context.Context, id int64) error {
			if id == 600 {
				return sleep(ctx, time.Millisecond)
			}
			return nil
		}}
	test(t, world, func(t *testing.T, m *moving) {
		m.run(t)
		if len(m.master.reports) != 1 || m.master.reports[0].Dirty[plugins.RowFormat] != 1 || m.master.reports[0].Counters.RowsDirty != 1 {
			t.Errorf("reports %+v, want one, of the dirty row, though no second has passed", m.master.reports)
		}
	})
}

func TestLimitsFollowTheMaster(t *testing.T) {
	test(t, &memtest.World{}, func(t *testing.T, m *moving) {
		m.o.Limiter.Set(limit.Rate{RowsPerSecond: 10})
		m.master.report = func(umbilical.Progress) (umbilical.Order, error) {
			return umbilical.Order{Directive: umbilical.GoOn, Limits: umbilical.Limits{RowsPerSecond: 100}}, nil
		}
		start := time.Now()
		m.run(t)
		if took := time.Since(start); took < 9*time.Second || took > 14*time.Second {
			t.Errorf("1000 rows took %s, want about 10 s at 100 a second after one at 10", took)
		}
	})
}

func TestWaitsShowTheSlowerSide(t *testing.T) {
	slow := func(ctx context.Context, id int64) error { return sleep(ctx, 5*time.Millisecond) }
	for _, c := range []struct {
		name  string
		world *memtest.World
	}{{"writer", &memtest.World{BeforeWrite: slow}}, {"reader", &memtest.World{BeforeRow: slow}}} {
		t.Run(c.name, func(t *testing.T) {
			test(t, c.world, func(t *testing.T, m *moving) {
				m.run(t)
				last := m.master.reports[len(m.master.reports)-1]
				waits, works := last.WriterWait, last.ReaderWait
				if c.name == "writer" {
					waits, works = works, waits
				}
				if waits < 3*time.Second || works > time.Second {
					t.Errorf("after 4 s the %s is the slower side: reader waited %s, writer %s", c.name, last.ReaderWait, last.WriterWait)
				}
			})
		})
	}
}
