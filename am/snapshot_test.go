package am_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"

	"weft/internal/fsys/mem"
	"weft/internal/job"
	"weft/internal/memtest"
	"weft/plugins"
)

// viewed returns a life of a job that asks for one view of its source.
func viewed(t *testing.T, world *memtest.World, loss job.SnapshotLoss) *life {
	t.Helper()
	spec := world.Spec(2)
	spec.Setting.Consistency, spec.Setting.OnSnapshotLoss = plugins.ConsistencySnapshot, loss
	spec.Setting.UnitBytes = 3 * 16
	return newLife(t, world, spec, mem.New(mem.Options{}))
}

func viewWorld() *memtest.World {
	return &memtest.World{Dir: "/out", Splits: 6, Rows: 20, BatchRows: 2}
}

func TestAllSplitsAreReadInOneView(t *testing.T) {
	for _, late := range []bool{false, true} {
		bubble(func(t *testing.T) {
			world := viewWorld()
			world.Views.Late = late
			result := mustSucceed(t, viewed(t, world, job.LossFail))
			if rows := world.Views.Rows(); len(rows) != 1 || rows["view-1"] < 120 {
				t.Errorf("rows by view: %v, want all in the first", rows)
			}
			if result.Consistency != "snapshot" || result.Snapshot != "moment 1" || result.Degraded != "" {
				t.Errorf("result %q %q %q", result.Consistency, result.Snapshot, result.Degraded)
			}
			if world.Views.Early() > 0 || world.Views.Held() {
				t.Errorf("%d rows were read while the source was held; held at the end: %t", world.Views.Early(), world.Views.Held())
			}
		})(t)
	}
}

// A slot that lost its view leaves its split, behind what was accepted, to one
// that still has it.
func TestSplitMovesToASlotWithTheView(t *testing.T) {
	for _, late := range []bool{false, true} {
		bubble(func(t *testing.T) {
			world := viewWorld()
			world.Views.Late = late
			var lost atomic.Bool
			world.Views.Lose = func(id int64) bool { return id == memtest.SplitStride+11 && lost.CompareAndSwap(false, true) }
			result := mustSucceed(t, viewed(t, world, job.LossFail))
			if rows := world.Views.Rows(); len(rows) != 1 || !lost.Load() {
				t.Errorf("rows by view: %v, lost %t", rows, lost.Load())
			}
			if result.Consistency != "snapshot" {
				t.Errorf("consistency %q", result.Consistency)
			}
		})(t)
	}
}

func TestLossOfEveryView(t *testing.T) {
	for _, loss := range []job.SnapshotLoss{job.LossFail, job.LossDegrade} {
		bubble(func(t *testing.T) {
			world := viewWorld()
			world.Views.Lose = func(id int64) bool { return id >= 2*memtest.SplitStride }
			l := viewed(t, world, loss)
			if loss == job.LossDegrade {
				result := mustSucceed(t, l)
				if rows := world.Views.Rows(); rows["view-1"] == 0 || rows[""] == 0 {
					t.Errorf("rows by view: %v, want some in none", rows)
				}
				if result.Consistency != "split" || result.Degraded == "" {
					t.Errorf("result %q %q", result.Consistency, result.Degraded)
				}
				return
			}
			result, err := l.run(t.Context())
			if err != nil || result.State != job.StateFailed || result.Reason != plugins.ReasonSnapshotLost ||
				!strings.Contains(result.Hint, "from-scratch") {
				t.Errorf("ended as %+v, %v", result, err)
			}
			if rows := world.Views.Rows(); rows[""] > 0 {
				t.Errorf("rows by view: %v: read outside of the view", rows)
			}
		})(t)
	}
}

// A snapshot ends with the containers that have it: a later generation goes on
// only if the job allows it, or if nothing was accepted yet.
func TestNextGenerationHasNoView(t *testing.T) {
	for _, loss := range []job.SnapshotLoss{job.LossFail, job.LossDegrade} {
		bubble(func(t *testing.T) {
			world := viewWorld()
			first := viewed(t, world, loss)
			ctx, die := context.WithCancelCause(t.Context())
			world.BeforeRow = func(_ context.Context, id int64) error {
				if id == memtest.SplitStride+15 {
					die(errors.New("killed"))
				}
				return nil
			}
			if result, err := first.run(ctx); err == nil && result.State == job.StateSucceeded {
				t.Fatal("the first life was to end early")
			}
			world.BeforeRow = nil
			second := newLife(t, world, first.spec, first.fs)
			if loss == job.LossDegrade {
				result := mustSucceed(t, second)
				if result.Consistency != "split" || !strings.Contains(result.Degraded, "ApplicationMaster") {
					t.Errorf("result %q %q", result.Consistency, result.Degraded)
				}
				return
			}
			result, err := second.run(t.Context())
			if err != nil || result.Reason != plugins.ReasonSnapshotLost {
				t.Errorf("ended as %+v, %v", result, err)
			}
		})(t)
	}
}

func TestSourceThatCannotStandStill(t *testing.T) {
	bubble(func(t *testing.T) {
		world := viewWorld()
		world.Views.Refuse = &plugins.Error{Class: plugins.Fatal, Reason: plugins.ReasonPermission, Hint: "grant RELOAD", Err: errors.New("denied")}
		result, err := viewed(t, world, job.LossDegrade).run(t.Context())
		if err != nil || result.Reason != plugins.ReasonPermission || result.Hint != "grant RELOAD" || result.RowsRead > 0 {
			t.Errorf("ended as %+v, %v", result, err)
		}
	})(t)
}
