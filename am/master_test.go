package am_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"weft/am"
	"weft/internal/checkpoint"
	"weft/internal/fsys"
	"weft/internal/fsys/mem"
	"weft/internal/job"
	"weft/internal/memtest"
	"weft/plugins"
)

func bigWorld() *memtest.World {
	return &memtest.World{Dir: "/out", Splits: 5, Rows: 1000, BatchRows: 100}
}

func TestManySlotsAndUnits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		world := bigWorld()
		spec := world.Spec(3)
		spec.Setting.UnitBytes = 16 * 250
		l := newLife(t, world, spec, mem.New(mem.Options{}))
		result := mustSucceed(t, l)
		if result.Attempts != 5 || result.Splits != 5 || result.Guarantee != "exactly-once" || len(result.Hash) != 16 {
			t.Errorf("result %+v", result)
		}
		if l.host.final == nil || l.host.final.State != job.StateSucceeded {
			t.Errorf("the ResourceManager was told %+v", l.host.final)
		}
		if snap := l.master.Snapshot(); snap.Percent != 100 || snap.SplitsDone != 5 {
			t.Errorf("last snapshot %+v", snap)
		}
	})
}

// The hash does not depend on how the rows were cut into splits, batches, units.
func TestHashDoesNotDependOnTheCut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var hashes []string
		for _, batch := range []int{1, 7, 1000} {
			world := &memtest.World{Dir: "/out", Splits: 2, Rows: 50, BatchRows: batch}
			spec := world.Spec(2)
			spec.Setting.UnitBytes = int64(16 * batch * 2)
			hashes = append(hashes, mustSucceed(t, newLife(t, world, spec, mem.New(mem.Options{}))).Hash)
		}
		if hashes[0] != hashes[1] || hashes[1] != hashes[2] {
			t.Errorf("hashes differ: %v", hashes)
		}
	})
}

func TestDirtyRowsAreCountedAndKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		world := bigWorld()
		world.Refused = func(id int64) bool { return id%100 == 3 }
		world.BeforeWrite = func(_ context.Context, id int64) error {
			if id%100 == 5 {
				return memtest.Dirty()
			}
			return nil
		}
		spec := world.Spec(2)
		spec.Setting.ErrorLimit.Record = 100
		spec.Setting.UnitBytes = 16 * 300
		l := newLife(t, world, spec, mem.New(mem.Options{}))
		result, err := l.run(t.Context())
		if err != nil || result.State != job.StateSucceeded {
			t.Fatalf("run: %+v, %v", result, err)
		}
		checkTarget(t, l, func(id int64) bool { return id%100 == 3 || id%100 == 5 })
		if result.RowsDirty != 100 || result.RowsWritten != 4900 || !result.Conserved() {
			t.Errorf("counters %+v, want 100 dirty and 4900 written", result.Counters)
		}
		if got := dirtyLines(t, l); got != 100 {
			t.Errorf("%d rows in dirty files, want 100", got)
		}
		if result.DirtyReasons[plugins.RowFormat] != 50 || result.DirtyReasons[plugins.RowTooLong] != 50 {
			t.Errorf("reasons %v, want 50 of each", result.DirtyReasons)
		}
	})
}

// dirtyLines counts the rows in the dirty files that accepted units name.
func dirtyLines(t *testing.T, l *life) int {
	t.Helper()
	folder := checkpoint.Root{FS: l.fs, Dir: "/weft"}.Run("r1")
	entries, err := l.fs.List(t.Context(), folder.DirtyDir())
	if err != nil {
		t.Fatal(err)
	}
	lines := 0
	for _, e := range entries {
		data, err := fsys.ReadFile(t.Context(), l.fs, folder.DirtyDir()+"/"+e.Name, 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		lines += strings.Count(string(data), "\n")
	}
	return lines
}

func TestErrorLimitSealsFirstAndResumes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := mem.New(mem.Options{})
		world := bigWorld()
		world.Refused = func(id int64) bool { return id%1000 == 500 }
		spec := world.Spec(1)
		spec.Setting.ErrorLimit.Record = 1
		l := newLife(t, world, spec, store.Client())
		result, err := l.run(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if result.State != job.StateFailed || result.ExitCode != job.ExitErrorLimit || !strings.Contains(result.Cause, "format 2") {
			t.Fatalf("run ended as %s, exit code %d: %s", result.State, result.ExitCode, result.Cause)
		}
		if got := dirtyLines(t, l); got != 2 || result.RowsDirty != 2 {
			t.Errorf("%d rows in dirty files, %d counted, want the 2 that tripped the limit", got, result.RowsDirty)
		}
		if diff, _ := l.world.Difference(t.Context(), nil); !strings.Contains(diff, "missing 5000") {
			t.Errorf("a failed run shows output: %s", diff)
		}

		spec.Setting.ErrorLimit.Record = 5
		l = newLife(t, world, spec, store.Client())
		result, err = l.run(t.Context())
		if err != nil || result.State != job.StateSucceeded || result.RowsDirty != 5 {
			t.Fatalf("resumed with a higher limit: %+v, %v", result, err)
		}
		checkTarget(t, l, world.Refused)
		if n := world.Prepared.Load(); n != 1 {
			t.Errorf("the target was prepared %d times, want once for the run", n)
		}
	})
}

func TestPanicsAreNarrowedToTheRow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		world := bigWorld()
		bad := func(id int64) bool { return id == 120 || id == 170 || id == memtest.SplitStride+999 }
		world.BeforeWrite = func(_ context.Context, id int64) error {
			if bad(id) {
				panic("cannot bear this row")
			}
			return nil
		}
		spec := world.Spec(2)
		spec.Setting.ErrorLimit.Record = 3
		l := newLife(t, world, spec, mem.New(mem.Options{}))
		result, err := l.run(t.Context())
		if err != nil || result.State != job.StateSucceeded {
			t.Fatalf("run: %+v, %v", result, err)
		}
		checkTarget(t, l, bad)
		if result.RowsDirty != 3 || result.Attempts != 5 {
			t.Errorf("%d dirty rows in %d attempts, want 3 in 5: a panic spends no attempt", result.RowsDirty, result.Attempts)
		}
	})
}

func TestPanicInReadingSpendsAttempts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		world := bigWorld()
		world.BeforeRow = func(_ context.Context, id int64) error {
			if id == 42 {
				panic("unreadable")
			}
			return nil
		}
		result, err := newLife(t, world, world.Spec(1), mem.New(mem.Options{})).run(t.Context())
		if err != nil || result.State != job.StateFailed || !strings.Contains(result.Cause, "failed 4 times") {
			t.Errorf("run: %+v, %v", result, err)
		}
	})
}

func TestTransientErrorsAreRidden(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		world := bigWorld()
		var reads, writes, seals atomic.Int64
		transient := func(n *atomic.Int64, each int64) error {
			if n.Add(1)%each == 0 {
				return &plugins.Error{Class: plugins.Transient, Err: errors.New("connection reset")}
			}
			return nil
		}
		world.BeforeRow = func(context.Context, int64) error { return transient(&reads, 1700) }
		world.BeforeWrite = func(context.Context, int64) error { return transient(&writes, 2300) }
		world.BeforeSeal = func(context.Context, plugins.Unit) error { return transient(&seals, 7) }
		spec := world.Spec(2)
		spec.Setting.UnitBytes = 16 * 250
		result := mustSucceed(t, newLife(t, world, spec, mem.New(mem.Options{})))
		if result.Attempts != 5 {
			t.Errorf("%d attempts, want 5: transient errors are ridden inside of one", result.Attempts)
		}
	})
}

// A reader without positions redoes the whole split, as one unit.
func TestReaderThatCannotResume(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		world := bigWorld()
		world.NoPositions = true
		var once atomic.Bool
		world.BeforeRow = func(_ context.Context, id int64) error {
			if id == 500 && once.CompareAndSwap(false, true) {
				return &plugins.Error{Class: plugins.Transient, Err: errors.New("connection reset")}
			}
			return nil
		}
		spec := world.Spec(2)
		spec.Setting.UnitBytes = 16
		mustSucceed(t, newLife(t, world, spec, mem.New(mem.Options{})))
	})
}

func TestContainerKilledAtRandomPlaces(t *testing.T) {
	for at := int64(50); at < 1000; at += 190 {
		t.Run(fmt.Sprint(at), bubble(func(t *testing.T) {
			world := bigWorld()
			spec := world.Spec(2)
			spec.Setting.UnitBytes = 16 * 200
			l := newLife(t, world, spec, mem.New(mem.Options{}))
			var once atomic.Bool
			world.BeforeWrite = func(ctx context.Context, id int64) error {
				if id == memtest.SplitStride+at && once.CompareAndSwap(false, true) {
					l.host.kill("c1")
					<-ctx.Done()
					return context.Cause(ctx)
				}
				return nil
			}
			result := mustSucceed(t, l)
			if result.Attempts <= 5 {
				t.Errorf("%d attempts, want more than the 5 splits", result.Attempts)
			}
		}))
	}
}

func TestPermanentErrorFailsAfterItsAttempts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		world := bigWorld()
		world.BeforeSeal = func(context.Context, plugins.Unit) error {
			return &plugins.Error{Class: plugins.Permanent, Reason: plugins.ReasonSpace, Err: errors.New("disk full"), Hint: "make room"}
		}
		l := newLife(t, world, world.Spec(1), mem.New(mem.Options{}))
		result, err := l.run(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if result.State != job.StateFailed || result.Reason != plugins.ReasonSpace || result.Hint != "make room" ||
			!strings.Contains(result.Cause, "failed 4 times") || !strings.Contains(result.Cause, "disk full") {
			t.Errorf("result %+v", result)
		}
		if !strings.HasPrefix(l.host.final.Diagnostics, "split 0 failed 4 times") {
			t.Errorf("diagnostics %q do not begin with the cause", l.host.final.Diagnostics)
		}
	})
}

func TestKillDrainsAndTheNextLifeGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := mem.New(mem.Options{})
		world := bigWorld()
		spec := world.Spec(1)
		l := newLife(t, world, spec, store.Client())
		var reached atomic.Bool
		world.BeforeWrite = func(_ context.Context, id int64) error {
			if id == 450 && reached.CompareAndSwap(false, true) {
				l.master.Kill(job.ReasonKilled, "enough", 10*time.Second)
			}
			return nil
		}
		world.BeforeRow = func(ctx context.Context, id int64) error {
			if id < 800 || !reached.Load() || id > 999 {
				return nil
			}
			<-ctx.Done() // nothing more to read until the attempt ends
			return context.Cause(ctx)
		}
		result, err := l.run(t.Context())
		if err != nil || result.State != job.StateKilled || result.ExitCode != job.ExitKilled {
			t.Fatalf("killed run: %+v, %v", result, err)
		}
		if result.RowsRead == 0 || result.RowsRead >= 1000 {
			t.Errorf("%d rows were sealed on the way out, want some of the split", result.RowsRead)
		}
		world.BeforeRow, world.BeforeWrite = nil, nil
		var first atomic.Int64
		first.Store(-1)
		world.BeforeRow = func(_ context.Context, id int64) error {
			first.CompareAndSwap(-1, id)
			return nil
		}
		mustSucceed(t, newLife(t, world, spec, store.Client()))
		if first.Load() != result.RowsRead {
			t.Errorf("the second life began to read at row %d, the first had sealed %d", first.Load(), result.RowsRead)
		}
	})
}

// A second master takes over while the first one lives: the first must not
// publish anything, whatever it had under way.
func TestTwoMasters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := mem.New(mem.Options{Leases: true})
		world := bigWorld()
		spec := world.Spec(1)
		spec.Setting.UnitBytes = 16 * 200
		taken := make(chan struct{})
		var once atomic.Bool
		old := newLife(t, world, spec, store.Client())
		world.BeforeWrite = func(ctx context.Context, id int64) error {
			if id == 2*memtest.SplitStride+300 && once.CompareAndSwap(false, true) {
				young := bigWorld()
				mustSucceed(t, newLife(t, young, spec, store.Client()))
				close(taken)
			}
			return nil
		}
		result, err := old.run(t.Context())
		select {
		case <-taken:
		default:
			t.Fatal("nobody took over")
		}
		if !errors.Is(err, am.ErrNotCurrent) || result != nil {
			t.Errorf("the fenced master says %+v, %v; want ErrNotCurrent", result, err)
		}
		if old.host.final != nil {
			t.Errorf("the fenced master told the ResourceManager %+v", old.host.final)
		}
		checkTarget(t, old, nil)
	})
}

func TestCommitIsRolledForward(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := mem.New(mem.Options{})
		world := bigWorld()
		var ops atomic.Int64
		world.BeforeOp = func(context.Context, plugins.Op) error {
			if ops.Add(1) == 3 {
				return &plugins.Error{Class: plugins.Permanent, Reason: plugins.ReasonPermission, Err: errors.New("no right to rename")}
			}
			return nil
		}
		result, err := newLife(t, world, world.Spec(2), store.Client()).run(t.Context())
		if err != nil || result.State != job.StateFailed || result.ExitCode != job.ExitAuth {
			t.Fatalf("run: %+v, %v", result, err)
		}
		world.BeforeOp = nil
		reads := 0
		world.BeforeRow = func(context.Context, int64) error { reads++; return nil }
		mustSucceed(t, newLife(t, world, world.Spec(2), store.Client()))
		if reads > 0 {
			t.Errorf("%d rows were read again to roll a commit forward", reads)
		}
	})
}

func TestCommitRidesOutTransientErrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		world := bigWorld()
		var ops atomic.Int64
		world.BeforeOp = func(context.Context, plugins.Op) error {
			if ops.Add(1)%2 == 1 {
				return &plugins.Error{Class: plugins.Transient, Err: errors.New("standby")}
			}
			return nil
		}
		mustSucceed(t, newLife(t, world, world.Spec(1), mem.New(mem.Options{})))
	})
}

// The ResourceManager says that this app attempt is over: nothing is told, no
// result stored.
func TestNotCurrentStopsWithoutAWord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		world := bigWorld()
		l := newLife(t, world, world.Spec(1), mem.New(mem.Options{}))
		world.BeforeWrite = func(_ context.Context, id int64) error {
			l.host.mu.Lock()
			l.host.silent = fmt.Errorf("heartbeat: %w", am.ErrNotCurrent)
			l.host.mu.Unlock()
			return &plugins.Error{Class: plugins.Transient, Err: errors.New("again")}
		}
		result, err := l.run(t.Context())
		if !errors.Is(err, am.ErrNotCurrent) || result != nil || l.host.final != nil {
			t.Errorf("run: %+v, %v, told %+v", result, err, l.host.final)
		}
		folder := checkpoint.Root{FS: l.fs, Dir: "/weft"}.Run("r1")
		if r, err := folder.Result(t.Context()); err == nil {
			t.Errorf("it stored a result: %+v", r)
		}
	})
}

func TestEndedContextKillsTheRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		world := bigWorld()
		ctx, cancel := context.WithCancel(t.Context())
		world.BeforeWrite = func(_ context.Context, id int64) error {
			cancel()
			return nil
		}
		result, err := newLife(t, world, world.Spec(1), mem.New(mem.Options{})).run(ctx)
		if err != nil || result.State != job.StateKilled {
			t.Errorf("run: %+v, %v", result, err)
		}
	})
}
