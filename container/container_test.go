package container

import (
	"context"
	"errors"
	"math"
	"path"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"weft/internal/checkpoint"
	"weft/internal/fsys"
	"weft/internal/fsys/mem"
	"weft/internal/job"
	"weft/internal/memtest"
	"weft/internal/umbilical"
	"weft/plugins"
)

// master gives out the splits of a world one after the other and says yes to
// everything, unless a function says otherwise.
type master struct {
	mu      sync.Mutex
	splits  []int // still to be given out
	asked   map[int]int
	units   []plugins.Manifest
	endings []umbilical.Ending
	next    func(asked int) (answer *umbilical.Assignment, err error)
	done    func(calls int) error
	calls   int // of Next
	dones   int
}

func (m *master) Next(_ context.Context, w umbilical.Want) (umbilical.Assignment, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.calls++
	m.asked[w.Slot]++
	if m.next != nil {
		a, err := m.next(m.calls)
		if err != nil {
			return umbilical.Assignment{}, err
		}
		if a != nil {
			return *a, nil
		}
	}
	if len(m.splits) == 0 {
		return umbilical.Assignment{Directive: umbilical.Stop}, nil
	}
	split := m.splits[0]
	m.splits = m.splits[1:]
	return umbilical.Assignment{Directive: umbilical.GoOn, Task: &job.Task{Attempt: plugins.Attempt{Run: w.Run, Generation: 1, Number: 1,
		Split: plugins.Split{ID: split}, Columns: memtest.Columns(), Target: memtest.Columns()}}}, nil
}

func (m *master) Report(context.Context, umbilical.Progress) (umbilical.Order, error) {
	return umbilical.Order{Directive: umbilical.GoOn}, nil
}

func (m *master) Sealed(_ context.Context, u umbilical.Sealed) (umbilical.Verdict, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.units = append(m.units, u.Manifest)
	return umbilical.Accepted, nil
}

func (m *master) Done(_ context.Context, e umbilical.Ending) (umbilical.Order, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.dones++
	if m.done != nil {
		if err := m.done(m.dones); err != nil {
			return umbilical.Order{}, err
		}
	}
	m.endings = append(m.endings, e)
	return umbilical.Order{}, nil
}

// rig is a container, its world and its master.
type rig struct {
	world  *memtest.World
	master *master
	o      Options
	// made and open count readers; a slot keeps its own from task to task.
	made, open atomic.Int64
}

// counted is a reader that is missed when it is not closed.
type counted struct {
	plugins.Reader
	open *atomic.Int64
	once sync.Once
}

func (r *counted) Close() error {
	r.once.Do(func() { r.open.Add(-1) })
	return r.Reader.Close()
}

func newRig(t *testing.T, world *memtest.World) *rig {
	t.Helper()
	world.FS, world.Dir = mem.New(mem.Options{}), "/out"
	r := &rig{world: world, master: &master{asked: map[int]int{}}}
	for split := range world.Splits {
		r.master.splits = append(r.master.splits, split)
	}
	plugin := world.Plugin()
	newReader := plugin.NewReader
	plugin.NewReader = func(c plugins.Config, s plugins.Setup) (plugins.Reader, error) {
		r.made.Add(1)
		r.open.Add(1)
		reader, err := newReader(c, s)
		return &counted{Reader: reader, open: &r.open}, err
	}
	registry, err := plugins.NewRegistry(plugin)
	if err != nil {
		t.Fatal(err)
	}
	folder := checkpoint.Root{FS: world.FS, Dir: "/weft"}.Run("r1")
	if err := errors.Join(folder.Create(t.Context()), folder.PutPlan(t.Context(), &job.Plan{Run: "r1"}),
		fsys.MkdirAll(t.Context(), world.FS, "/out/.weft-r1", 0o700)); err != nil {
		t.Fatal(err)
	}
	r.o = Options{ID: "c1", Run: "r1", Slots: 2, Link: r.master, Spec: world.Spec(2), Registry: registry, Folder: folder}
	return r
}

// run runs the container and checks that it has left nothing open.
func (r *rig) run(t *testing.T) error {
	t.Helper()
	err := Run(t.Context(), r.o)
	if n := r.open.Load(); n != 0 {
		t.Errorf("%d readers are still open", n)
	}
	return err
}

// rows checks that the accepted units hold each row of the world once.
func (r *rig) rows(t *testing.T) {
	t.Helper()
	var ops []plugins.Op
	writer, err := r.world.Plugin().NewWriter(nil, plugins.Setup{Run: "r1"})
	if err != nil {
		t.Fatal(err)
	}
	committer := writer.(plugins.Committer)
	if ops, err = committer.Plan(t.Context(), r.master.units); err != nil {
		t.Fatal(err)
	}
	for _, op := range ops {
		if err := committer.Apply(t.Context(), op); err != nil {
			t.Fatal(err)
		}
	}
	if diff, err := r.world.Difference(t.Context(), nil); err != nil || diff != "" {
		t.Errorf("rows differ: %s, %v", diff, err)
	}
}

func test(t *testing.T, world *memtest.World, f func(t *testing.T, r *rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { f(t, newRig(t, world)) })
}

func TestSlotsMoveEverySplit(t *testing.T) {
	test(t, &memtest.World{Splits: 9, Rows: 50, BatchRows: 10, BeforeRow: func(ctx context.Context, _ int64) error {
		return after(ctx, time.Millisecond) // so that neither slot is done before the other begins
	}}, func(t *testing.T, r *rig) {
		if err := r.run(t); err != nil {
			t.Fatal(err)
		}
		r.rows(t)
		if len(r.master.endings) != 9 {
			t.Errorf("%d attempts ended, want 9", len(r.master.endings))
		}
		for _, e := range r.master.endings {
			if e.Outcome != umbilical.OutcomeDone || e.Container != "c1" {
				t.Errorf("ending %+v", e)
			}
		}
		if r.master.asked[0] < 4 || r.master.asked[1] < 4 {
			t.Errorf("asked by slot: %v, want both to have worked", r.master.asked)
		}
		if r.made.Load() != 2 {
			t.Errorf("%d readers made; each slot keeps its own", r.made.Load())
		}
	})
}

// after waits, or returns the cause of the context's end.
func after(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// A failed attempt is the master's affair: the slot says so and goes on.
func TestFailedAttemptIsToldAndTheSlotGoesOn(t *testing.T) {
	world := &memtest.World{Splits: 3, Rows: 5, BeforeRow: func(_ context.Context, id int64) error {
		if id == memtest.SplitStride+2 {
			return &plugins.Error{Class: plugins.Permanent, Reason: plugins.ReasonChanged, Err: errors.New("the row is gone")}
		}
		return nil
	}}
	test(t, world, func(t *testing.T, r *rig) {
		r.o.Slots = 1
		if err := r.run(t); err != nil {
			t.Fatal(err)
		}
		var outcomes []umbilical.Outcome
		for _, e := range r.master.endings {
			outcomes = append(outcomes, e.Outcome)
		}
		if want := []umbilical.Outcome{umbilical.OutcomeDone, umbilical.OutcomeFailed, umbilical.OutcomeDone}; !slices.Equal(outcomes, want) {
			t.Fatalf("outcomes %q, want %q", outcomes, want)
		}
		if e := r.master.endings[1]; e.Reason != plugins.ReasonChanged || !strings.Contains(e.Cause, "the row is gone") || e.Split != 1 {
			t.Errorf("ending %+v", e)
		}
	})
}

func TestDirtyRowsLieInTheRunFolder(t *testing.T) {
	test(t, &memtest.World{Splits: 1, Rows: 5, Refused: func(id int64) bool { return id == 3 }}, func(t *testing.T, r *rig) {
		r.o.Spec.Setting.ErrorLimit.Record = 1
		if err := r.run(t); err != nil {
			t.Fatal(err)
		}
		name := r.master.units[0].DirtyFile
		text, err := fsys.ReadFile(t.Context(), r.world.FS, path.Join(r.o.Folder.DirtyDir(), name), 1<<20)
		if err != nil || !strings.Contains(string(text), `"row":`) || strings.Count(string(text), "\n") != 1 {
			t.Errorf("dirty file %s: %q, %v", name, text, err)
		}
	})
}

func TestHoldMeansAskAgain(t *testing.T) {
	test(t, &memtest.World{Splits: 2, Rows: 5}, func(t *testing.T, r *rig) {
		r.master.next = func(asked int) (*umbilical.Assignment, error) {
			if asked < 10 {
				return &umbilical.Assignment{Directive: umbilical.Hold}, nil
			}
			return nil, nil
		}
		if err := r.run(t); err != nil {
			t.Fatal(err)
		}
		r.rows(t)
	})
}

var errNet = errors.New("connection refused")

// A master that comes back within the lease has lost nothing; what it was told
// while it was away is told again.
func TestMasterAwayForAWhile(t *testing.T) {
	test(t, &memtest.World{Splits: 3, Rows: 5}, func(t *testing.T, r *rig) {
		r.master.next = func(asked int) (*umbilical.Assignment, error) {
			if asked%3 != 0 {
				return nil, errNet
			}
			return nil, nil
		}
		r.master.done = func(calls int) error {
			if calls%3 != 0 {
				return errNet
			}
			return nil
		}
		if err := r.run(t); err != nil {
			t.Fatal(err)
		}
		r.rows(t)
		if len(r.master.endings) != 3 {
			t.Errorf("%d endings arrived, want 3", len(r.master.endings))
		}
	})
}

func TestSilentMasterEndsTheContainer(t *testing.T) {
	for name, lease := range map[string]time.Duration{"default": 0, "short": 6 * time.Second} {
		t.Run(name, func(t *testing.T) {
			test(t, &memtest.World{Splits: 1, Rows: 5}, func(t *testing.T, r *rig) {
				r.o.Lease = lease
				if lease == 0 {
					lease = umbilical.DefaultLease
				}
				r.master.next = func(int) (*umbilical.Assignment, error) { return nil, errNet }
				start := time.Now()
				err := r.run(t)
				if !errors.Is(err, errNet) || !strings.Contains(err.Error(), lease.String()) {
					t.Errorf("error %v, want one that names the cause and %s", err, lease)
				}
				if took := time.Since(start); took < lease || took > lease*11/10 {
					t.Errorf("gave up after %s, want the lease of %s", took, lease)
				}
			})
		})
	}
}

func TestEndedMasterEndsTheContainer(t *testing.T) {
	for _, where := range []string{"next", "done"} {
		t.Run(where, func(t *testing.T) {
			test(t, &memtest.World{Splits: 1, Rows: 5}, func(t *testing.T, r *rig) {
				closed := false
				r.master.next = func(int) (*umbilical.Assignment, error) {
					if where == "next" || closed {
						return nil, umbilical.ErrClosed
					}
					return nil, nil
				}
				r.master.done = func(int) error { closed = true; return umbilical.ErrClosed }
				r.o.Slots = 1
				if err := r.run(t); err != nil {
					t.Errorf("error %v, want none: the run is over", err)
				}
			})
		})
	}
}

func TestEndedContextEndsTheContainer(t *testing.T) {
	killed := errors.New("killed")
	ctx, cancel := context.WithCancelCause(t.Context())
	world := &memtest.World{Splits: 1, Rows: 5, BeforeRow: func(ctx context.Context, id int64) error {
		if id < 2 {
			return nil
		}
		cancel(killed)
		<-ctx.Done()
		return context.Cause(ctx)
	}}
	r := newRig(t, world)
	r.master.done = func(int) error { return errNet } // the master is gone as well
	if err := Run(ctx, r.o); !errors.Is(err, killed) {
		t.Errorf("error %v, want the cause", err)
	}
	if n := r.open.Load(); n != 0 {
		t.Errorf("%d readers are still open", n)
	}
	if len(r.master.units) != 0 {
		t.Errorf("sealed %+v", r.master.units)
	}
}

func TestContainerNeedsThePlan(t *testing.T) {
	test(t, &memtest.World{Splits: 1, Rows: 5}, func(t *testing.T, r *rig) {
		r.o.Folder.Dir = "/weft/runs/other"
		if err := r.run(t); err == nil || !strings.Contains(err.Error(), "read plan") {
			t.Errorf("error %v, want one about the plan", err)
		}
	})
}

// Go is told to stay below four fifths of the container, for as long as it runs.
func TestMemoryLimit(t *testing.T) {
	before := debug.SetMemoryLimit(-1)
	var during atomic.Int64
	world := &memtest.World{Splits: 1, Rows: 5, BeforeRow: func(context.Context, int64) error {
		during.Store(debug.SetMemoryLimit(-1))
		return nil
	}}
	test(t, world, func(t *testing.T, r *rig) {
		r.o.MemoryBytes = 10 << 30
		if err := r.run(t); err != nil {
			t.Fatal(err)
		}
	})
	if during.Load() != 8<<30 || debug.SetMemoryLimit(-1) != before {
		t.Errorf("limit %d while running, %d before and %d after; want 8 GiB", during.Load(), before, debug.SetMemoryLimit(-1))
	}
}

// A limit of 0 in the spec is no limit.
func TestUnitsWithoutALimit(t *testing.T) {
	if orMax(0) != math.MaxInt64 || orMax(5) != 5 {
		t.Errorf("sizes %d and %d", orMax(0), orMax(5))
	}
	if interval(job.Setting{}) != math.MaxInt64 || interval(job.Setting{UnitInterval: job.Duration(time.Minute)}) != time.Minute {
		t.Errorf("ages %s and %s", interval(job.Setting{}), interval(job.Setting{UnitInterval: job.Duration(time.Minute)}))
	}
}
