package am_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"weft/internal/fsys/faulty"
	"weft/internal/fsys/mem"
	"weft/internal/memtest"
)

var errDead = errors.New("the process died here")

// crashWorld is small, yet has several splits, units, files and a commit.
func crashWorld() *memtest.World {
	return &memtest.World{Dir: "/out", Splits: 2, Rows: 7, BatchRows: 2}
}

// TestCrashAtEveryStep kills the process before and after each durable operation
// of a run, on a disk and on HDFS, and lets another one go on: the target must
// have each row once, whatever was under way.
func TestCrashAtEveryStep(t *testing.T) {
	for _, leases := range []bool{false, true} {
		golden := faulty.Wrap(mem.New(mem.Options{Leases: leases}))
		world := crashWorld()
		spec := world.Spec(1)
		spec.Setting.UnitBytes = 3 * 16
		synctest.Test(t, func(t *testing.T) { mustSucceed(t, newLife(t, world, spec, golden)) })
		steps := golden.Durable()
		if steps < 20 {
			t.Fatalf("only %d durable operations: the run is not what this test is about", steps)
		}
		for k := 1; k <= steps; k++ {
			for _, when := range []faulty.When{faulty.Before, faulty.After} {
				t.Run(fmt.Sprintf("leases=%t/%d/%v", leases, k, when), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) { crashAt(t, leases, k, when) })
				})
			}
		}
	}
}

// crashAt dies at step k, and then once more at step k of the second life, so
// that recovering is interrupted as well.
func crashAt(t *testing.T, leases bool, k int, when faulty.When) {
	store := mem.New(mem.Options{Leases: leases, RecoverPolls: 0,
		Keep: func(_ string, durable, written int64) int64 { return (durable + written) / 2 }})
	world := crashWorld()
	spec := world.Spec(1)
	spec.Setting.UnitBytes = 3 * 16
	for range 2 {
		victim := store.Client()
		f := faulty.Wrap(victim)
		f.Add(faulty.Rule{DurableNth: k, When: when, Err: errDead, Dead: true, Do: victim.Crash})
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		result, err := newLife(t, world, spec, f).run(ctx)
		cancel()
		if ctx.Err() != nil && errors.Is(context.Cause(ctx), context.DeadlineExceeded) {
			t.Fatalf("a dying process did not end: %+v, %v", result, err)
		}
	}
	result := mustSucceed(t, newLife(t, world, spec, store.Client()))
	if result.MasterAttempts < 1 || result.Attempts < world.Splits {
		t.Errorf("result %+v does not count what happened", result)
	}
}
