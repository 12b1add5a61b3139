package commit

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"weft/internal/checkpoint"
	"weft/internal/fsys/faulty"
	"weft/internal/fsys/mem"
	"weft/internal/job"
	"weft/plugins"
)

// target is a committer that notes the operations that took effect, repeated
// ones too, in their order.
type target struct {
	shown  []string
	planOf func(units []plugins.Manifest) ([]plugins.Op, error)
	before func(op plugins.Op) error // may fail an operation
	after  func(op plugins.Op) error // may lose its answer
}

var _ plugins.Committer = (*target)(nil)

func newTarget() *target {
	return &target{planOf: func(units []plugins.Manifest) ([]plugins.Op, error) {
		var ops []plugins.Op
		for _, u := range units {
			for _, f := range u.Files {
				ops = append(ops, plugins.Op{Do: "show", Label: f.Path, Output: "/out"})
			}
		}
		return append(ops, plugins.Op{Do: "clean", Label: "clean"}), nil
	}}
}

func (w *target) Prepare(context.Context) error                         { return nil }
func (w *target) Fence(context.Context, int64, []plugins.Attempt) error { return nil }
func (w *target) Abort(context.Context) error                           { return nil }

func (w *target) Plan(_ context.Context, units []plugins.Manifest) ([]plugins.Op, error) {
	return w.planOf(units)
}

func (w *target) Apply(_ context.Context, op plugins.Op) error {
	if w.before != nil {
		if err := w.before(op); err != nil {
			return err
		}
	}
	w.shown = append(w.shown, op.Label)
	if w.after != nil {
		return w.after(op)
	}
	return nil
}

// journal is a checkpoint.Store that remembers.
type journal struct {
	generation int64
	records    []checkpoint.Record
	before     func() error
}

func (j *journal) Generation() int64 { return j.generation }

func (j *journal) Append(_ context.Context, records ...checkpoint.Record) error {
	if j.before != nil {
		if err := j.before(); err != nil {
			return err
		}
	}
	j.records = append(j.records, records...)
	return nil
}

// run is a run that is ready to commit, on a store that outlives processes.
type run struct {
	store  *mem.FS
	target *target
}

func newRun(t *testing.T) *run {
	t.Helper()
	r := &run{store: mem.New(mem.Options{}), target: newTarget()}
	root := checkpoint.Root{FS: r.store, Dir: "/weft"}
	if err := root.Run("r1").Create(t.Context()); err != nil {
		t.Fatal(err)
	}
	return r
}

// master returns what a generation commits with, its files behind faults.
func (r *run) master(generation int64, faults ...faulty.Rule) (Options, *journal) {
	root := checkpoint.Root{FS: faulty.Wrap(r.store.Client(), faults...), Dir: "/weft"}
	j := &journal{generation: generation}
	return Options{Committer: r.target, Root: root, Folder: root.Run("r1"), Journal: j, Job: "orders",
		Plan: &job.Plan{Run: "r1", Until: "u9"}, Units: []plugins.Manifest{unit("a", 3, 5), unit("b", 4, 6)},
		Window: func() error { return nil }, Log: slog.New(slog.DiscardHandler)}, j
}

func unit(file string, rows int64, hash uint64) plugins.Manifest {
	return plugins.Manifest{Unit: plugins.Unit{Hash: hash, Counters: plugins.Counters{RowsRead: rows, RowsWritten: rows}},
		Files: []plugins.File{{Path: file, Rows: rows}}}
}

// complete checks that the last master applied the whole plan in its order,
// and set the position.
func (r *run) complete(t *testing.T) {
	t.Helper()
	if n := len(r.target.shown); n < 3 || !slices.Equal(r.target.shown[n-3:], []string{"a", "b", "clean"}) {
		t.Errorf("applied %q, want a, b and clean at last", r.target.shown)
	}
	p, err := checkpoint.Root{FS: r.store, Dir: "/weft"}.Position(t.Context(), "orders")
	if want := (checkpoint.Position{Location: "u9", Run: "r1"}); err != nil || p != want {
		t.Errorf("position %+v, %v; want %+v", p, err, want)
	}
}

func TestCommit(t *testing.T) {
	r := newRun(t)
	o, j := r.master(3)
	outputs, err := Run(t.Context(), o)
	if err != nil || !slices.Equal(outputs, []string{"/out"}) {
		t.Errorf("outputs %q, %v; want /out once", outputs, err)
	}
	if diff := cmp.Diff([]string{"a", "b", "clean"}, r.target.shown); diff != "" {
		t.Errorf("applied (-want +got):\n%s", diff)
	}
	r.complete(t)
	if len(j.records) != 1 || !j.records[0].Committing {
		t.Errorf("journalled %+v, want that the commit began", j.records)
	}
	c, err := o.Folder.Commit(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if want := (plugins.Counters{RowsRead: 7, RowsWritten: 7}); c.Counters != want || c.Hash != 11 || c.Generation != 3 {
		t.Errorf("commit plan %+v, want the sum of the units", c)
	}
}

// Dying at any durable step and between any two operations, before and after
// each, leaves a commit that a successor completes.
func TestCrashAnywhereIsRolledForward(t *testing.T) {
	golden := newRun(t)
	o, _ := golden.master(1)
	counting := o.Root.FS.(*faulty.FS)
	if _, err := Run(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	steps := counting.Durable()
	if steps < 6 {
		t.Fatalf("%d durable steps; want those of commit.json and position.json at least", steps)
	}
	dead := errors.New("died here")
	for k := 1; k <= steps; k++ {
		for _, when := range []faulty.When{faulty.Before, faulty.After} {
			r := newRun(t)
			o, _ := r.master(1, faulty.Rule{DurableNth: k, When: when, Err: dead, Dead: true})
			if _, err := Run(t.Context(), o); !errors.Is(err, dead) {
				t.Fatalf("step %d %v: error %v, want the death", k, when, err)
			}
			r.succeed(t)
		}
	}
	for _, label := range []string{"a", "b", "clean"} {
		r := newRun(t)
		die := func(op plugins.Op) error {
			if op.Label == label {
				return dead
			}
			return nil
		}
		for _, hook := range []*func(plugins.Op) error{&r.target.before, &r.target.after} {
			*hook = die
			o, _ := r.master(1)
			if _, err := Run(t.Context(), o); !errors.Is(err, dead) {
				t.Fatalf("operation %s: error %v, want the death", label, err)
			}
			*hook = nil
		}
		r.succeed(t)
	}
}

// succeed lets another generation commit.
func (r *run) succeed(t *testing.T) {
	t.Helper()
	o, _ := r.master(2)
	if _, err := Run(t.Context(), o); err != nil {
		t.Fatalf("successor: %v", err)
	}
	r.complete(t)
}

// The plan that stands is applied, whatever the successor would plan.
func TestStandingPlanIsNeverDrawnAgain(t *testing.T) {
	r := newRun(t)
	r.target.before = func(plugins.Op) error { return errors.New("no") }
	o, _ := r.master(1)
	if _, err := Run(t.Context(), o); err == nil {
		t.Fatal("committed although the target refused")
	}
	r.target.before = nil
	r.target.planOf = func([]plugins.Manifest) ([]plugins.Op, error) {
		t.Error("planned again although commit.json stands")
		return nil, nil
	}
	o, j := r.master(2)
	o.Units = nil
	if _, err := Run(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	r.complete(t)
	if len(j.records) != 0 {
		t.Errorf("the successor journalled %+v: the commit had begun already", j.records)
	}
}

// Two masters plan at the same time: the one whose plan is put in place first
// wins, and the other applies that one.
func TestLoserAppliesTheWinnersPlan(t *testing.T) {
	r := newRun(t)
	o, j := r.master(1)
	j.before = func() error { // between drawing the plan and putting it in place
		winner, _ := r.master(2)
		return winner.Folder.PutCommit(t.Context(), &checkpoint.Commit{Generation: 2,
			Ops: []plugins.Op{{Do: "show", Label: "the winner's", Output: "/won"}}})
	}
	outputs, err := Run(t.Context(), o)
	if err != nil || !slices.Equal(outputs, []string{"/won"}) {
		t.Errorf("outputs %q, %v; want the winner's", outputs, err)
	}
	if diff := cmp.Diff([]string{"the winner's"}, r.target.shown); diff != "" {
		t.Errorf("visible (-want +got):\n%s", diff)
	}
}

// A lost answer to putting the plan in place is no reason to plan again.
func TestLostAnswerOfThePlan(t *testing.T) {
	r := newRun(t)
	o, _ := r.master(1, faulty.Rule{Kinds: []faulty.Kind{faulty.RenameNoReplace}, Nth: 1, When: faulty.After})
	if _, err := Run(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	r.complete(t)
}

var errUnsure = errors.New("the ResourceManager is silent")

func TestWindowRefusedBeforeThePlan(t *testing.T) {
	r := newRun(t)
	o, j := r.master(1)
	o.Window = func() error { return errUnsure }
	if _, err := Run(t.Context(), o); !errors.Is(err, errUnsure) {
		t.Errorf("error %v, want the window's", err)
	}
	if _, err := o.Folder.Commit(t.Context()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("commit.json: %v, want none", err)
	}
	if len(j.records) != 0 || len(r.target.shown) != 0 {
		t.Errorf("journalled %+v, applied %q; want nothing", j.records, r.target.shown)
	}
}

func TestWindowRefusedBeforeTheFirstOperation(t *testing.T) {
	r := newRun(t)
	o, _ := r.master(1)
	asked := 0
	o.Window = func() error {
		if asked++; asked == 2 {
			return errUnsure
		}
		return nil
	}
	if _, err := Run(t.Context(), o); !errors.Is(err, errUnsure) {
		t.Errorf("error %v, want the window's", err)
	}
	if len(r.target.shown) != 0 {
		t.Errorf("applied %q; want nothing", r.target.shown)
	}
	r.succeed(t)
}

func TestFencedMasterPlansNothing(t *testing.T) {
	r := newRun(t)
	o, j := r.master(1)
	fenced := errors.New("another generation lives")
	j.before = func() error { return fenced }
	if _, err := Run(t.Context(), o); !errors.Is(err, fenced) {
		t.Errorf("error %v, want the journal's", err)
	}
	if _, err := o.Folder.Commit(t.Context()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("commit.json: %v, want none", err)
	}
}

func TestLostRowsAreNeverCommitted(t *testing.T) {
	r := newRun(t)
	o, _ := r.master(1)
	o.Units[1].Counters.RowsWritten--
	_, err := Run(t.Context(), o)
	if plugins.ClassOf(err) != plugins.Bug || !strings.Contains(err.Error(), "appeared or vanished") {
		t.Errorf("error %v, want a bug", err)
	}
	if _, err := o.Folder.Commit(t.Context()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("commit.json: %v, want none", err)
	}
}

// tried applies operation a, which fails with err the first n times.
func tried(t *testing.T, n int, failure error) (calls int, err error) {
	synctest.Test(t, func(t *testing.T) {
		r := newRun(t)
		o, _ := r.master(1)
		r.target.before = func(op plugins.Op) error {
			if op.Label != "a" {
				return nil
			}
			if calls++; calls <= n {
				return failure
			}
			return nil
		}
		if _, err = Run(t.Context(), o); err == nil {
			r.complete(t)
		}
	})
	return calls, err
}

func TestTransientErrorsAreTriedAgain(t *testing.T) {
	transient := &plugins.Error{Class: plugins.Transient, Err: errors.New("busy")}
	lost := &plugins.Error{Class: plugins.Lost, Err: errors.New("gone")}
	permanent := &plugins.Error{Class: plugins.Permanent, Err: errors.New("never")}
	for _, c := range []struct {
		name    string
		n       int
		failure error
		calls   int
		ok      bool
	}{
		{"once busy", 1, transient, 2, true},
		{"connection lost", 1, lost, 2, true},
		{"busy to the last try", tries - 1, transient, tries, true},
		{"busy for ever", tries, transient, tries, false},
		{"permanent", 1, permanent, 1, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			calls, err := tried(t, c.n, c.failure)
			if calls != c.calls || (err == nil) != c.ok {
				t.Errorf("%d calls, %v; want %d, success %t", calls, err, c.calls, c.ok)
			}
			if err != nil && !strings.Contains(err.Error(), "commit operation 1 of 3, a") {
				t.Errorf("error %q does not name the operation", err)
			}
		})
	}
}

// The connection that prepared the target has been idle since.
func TestPlanIsDrawnAgainAfterATransientError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRun(t)
		drawn, plan := 0, r.target.planOf
		r.target.planOf = func(units []plugins.Manifest) ([]plugins.Op, error) {
			if drawn++; drawn < 3 {
				return nil, &plugins.Error{Class: plugins.Transient, Err: errors.New("server has gone away")}
			}
			return plan(units)
		}
		o, _ := r.master(1)
		if _, err := Run(t.Context(), o); err != nil || drawn != 3 {
			t.Errorf("drawn %d times, %v; want 3", drawn, err)
		}
		r.complete(t)
	})
}

func TestEndedContextEndsTheTries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRun(t)
		o, _ := r.master(1)
		stop := errors.New("told to stop")
		ctx, cancel := context.WithCancelCause(t.Context())
		calls := 0
		r.target.before = func(plugins.Op) error {
			calls++
			time.AfterFunc(firstPause/2, func() { cancel(stop) }) // while Run waits for the next try
			return &plugins.Error{Class: plugins.Transient, Err: errors.New("busy")}
		}
		if _, err := Run(ctx, o); !errors.Is(err, stop) || calls != 1 {
			t.Errorf("%d calls, error %v; want one, and the cause", calls, err)
		}
	})
}

// A target without a commit of its own has nothing to apply. The position of an
// incremental job is set all the same, from a plan that stands.
func TestTargetWithoutCommit(t *testing.T) {
	r := newRun(t)
	o, _ := r.master(1)
	o.Committer = nil
	if outputs, err := Run(t.Context(), o); err != nil || len(outputs) != 0 {
		t.Errorf("outputs %q, %v; want none", outputs, err)
	}
	if p, err := o.Root.Position(t.Context(), "orders"); err != nil || p.Location != "u9" {
		t.Errorf("position %+v, %v; want u9", p, err)
	}
	o, _ = r.master(2)
	if _, err := Run(t.Context(), o); err != nil || len(r.target.shown) != 0 {
		t.Errorf("applied %q, %v; the plan that stands has no operations", r.target.shown, err)
	}
}

// Where nothing becomes visible and no position moves there is nothing to roll
// forward, and so nothing to write ahead.
func TestNothingToCommit(t *testing.T) {
	r := newRun(t)
	o, j := r.master(1)
	o.Committer, o.Plan = nil, &job.Plan{Run: "r1"}
	if outputs, err := Run(t.Context(), o); err != nil || len(outputs) != 0 {
		t.Errorf("outputs %q, %v; want none", outputs, err)
	}
	if _, err := o.Folder.Commit(t.Context()); !errors.Is(err, fs.ErrNotExist) || len(j.records) != 0 {
		t.Errorf("commit.json: %v, journalled %+v; want neither", err, j.records)
	}
	if p, err := o.Root.Position(t.Context(), "orders"); err != nil || p != (checkpoint.Position{}) {
		t.Errorf("position %+v, %v; want none", p, err)
	}
}

// commit.json that cannot be read is not the same as none.
func TestDamagedPlanStopsTheCommit(t *testing.T) {
	r := newRun(t)
	o, _ := r.master(1, faulty.Rule{Kinds: []faulty.Kind{faulty.Open}, Name: "commit.json"})
	if _, err := Run(t.Context(), o); !errors.Is(err, faulty.ErrInjected) || len(r.target.shown) != 0 {
		t.Errorf("applied %q, error %v; want nothing, and the cause", r.target.shown, err)
	}
}
