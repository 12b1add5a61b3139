package am_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"weft/am"
	"weft/internal/checkpoint"
	"weft/internal/fsys"
	"weft/internal/fsys/faulty"
	"weft/internal/job"
	"weft/plugins"
)

// The master dies at any moment, twice; its containers go on. No row is read
// twice, no split tried twice.
func TestAdoptedContainersReadNothingTwice(t *testing.T) {
	for at := 100 * time.Millisecond; at < 10*time.Second; at += 330 * time.Millisecond {
		t.Run(at.String(), bubble(func(t *testing.T) {
			world, seen, spec := slowWorld()
			y := newYard(t, world, spec)
			first := y.start(bigWorld(), nil)
			<-time.After(at)
			first.die()
			before := len(y.ids())
			<-time.After(5 * time.Second) // YARN starts the next attempt
			second := y.start(bigWorld(), nil)
			<-time.After(700 * time.Millisecond)
			second.die()
			third := y.start(bigWorld(), nil)
			result := y.finish(third)
			if n := seen.again(); n > 0 || result.Attempts != result.Splits {
				t.Errorf("%d rows were read again; %d splits in %d attempts", n, result.Splits, result.Attempts)
			}
			if result.MasterAttempts != 3 || y.granted > max(before, 3) {
				t.Errorf("%d masters, %d containers for %d slots", result.MasterAttempts, y.granted, 3)
			}
			if text := third.master.Snapshot().Beginning; at < 3*time.Second && !strings.Contains(text, "adopted") {
				t.Errorf("the beginning does not say that containers were adopted: %q", text)
			}
		}))
	}
}

// Without keeping, the next master repeats what was not accepted, and no more:
// the unit that was under way in each slot, with what was read ahead of it, and
// the one that was sealed but not answered.
func TestNewContainersRepeatAUnitEach(t *testing.T) {
	for at := 300 * time.Millisecond; at < 9*time.Second; at += 770 * time.Millisecond {
		t.Run(at.String(), bubble(func(t *testing.T) {
			world, seen, spec := slowWorld()
			y := newYard(t, world, spec)
			y.keep = false
			first := y.start(bigWorld(), nil)
			<-time.After(at)
			first.die()
			synctest.Wait()
			result := y.finish(y.start(bigWorld(), nil))
			const unit, ahead, slots = 200, 4 * 100, 3
			if n := seen.again(); n > slots*(unit+ahead) || n == 0 {
				t.Errorf("%d rows were read again, want 1 to %d", n, slots*(unit+ahead))
			}
			if result.Attempts > result.Splits+slots {
				t.Errorf("%d splits in %d attempts", result.Splits, result.Attempts)
			}
		}))
	}
}

// The successor comes after the lease: the containers have stopped by then, each
// by itself, and are gone after two leases.
func TestSurvivorsStopAfterTheLease(t *testing.T) {
	bubble(func(t *testing.T) {
		world, seen, spec := slowWorld()
		seen.pause = time.Second
		y := newYard(t, world, spec)
		first := y.start(bigWorld(), nil)
		<-time.After(20 * time.Second)
		first.die()
		died := time.Now()
		y.running.Wait()
		if took := time.Since(died); took < 30*time.Second || took > 62*time.Second {
			t.Errorf("the containers ended after %s, want one to two leases of 30 s", took)
		}
		seen.pause = time.Millisecond
		result := y.finish(y.start(bigWorld(), nil))
		if n := seen.again(); n == 0 || result.State != job.StateSucceeded {
			t.Errorf("%d rows were read again, want those of the units that were given up", n)
		}
	})(t)
}

// The master dies before and after each durable operation of its own, while its
// containers go on; so does its successor. What was journalled counts once, what
// was not is handed over.
func TestMasterCrashesAtEveryStepContainersGoOn(t *testing.T) {
	steps := 0
	bubble(func(t *testing.T) {
		world, _, spec := slowWorld()
		y := newYard(t, world, spec)
		var golden *faulty.FS
		y.finish(y.start(bigWorld(), func(_ *attempt, f fsys.FS) fsys.FS { golden = faulty.Wrap(f); return golden }))
		steps = golden.Durable()
	})(t)
	if steps < 30 {
		t.Fatalf("only %d durable operations", steps)
	}
	for k := 1; k <= steps; k++ {
		for _, when := range []faulty.When{faulty.Before, faulty.After} {
			t.Run(fmt.Sprintf("%d/%v", k, when), bubble(func(t *testing.T) {
				world, seen, spec := slowWorld()
				y := newYard(t, world, spec)
				for range 2 {
					y.crashAt(k, when)
				}
				last := y.start(bigWorld(), nil)
				result := y.finish(last)
				if n := seen.again(); n > 0 || result.Attempts != result.Splits {
					t.Errorf("%d rows were read again; %d splits in %d attempts: %+v", n, result.Splits, result.Attempts, last.master.Snapshot().Detail)
				}
			}))
		}
	}
}

// crashAt lives until a durable operation, or to the end.
func (y *yard) crashAt(k int, when faulty.When) {
	died := make(chan struct{})
	a := y.start(bigWorld(), func(a *attempt, f fsys.FS) fsys.FS {
		w := faulty.Wrap(f)
		w.Add(faulty.Rule{DurableNth: k, When: when, Err: errDead, Dead: true, Do: func() { a.kill(); close(died) }})
		return w
	})
	select {
	case <-died:
	case <-a.ended:
	}
	a.die()
}

// Containers and masters die at random.
func TestRandomDeathsWithAdoption(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	for run := range uint64(40) {
		t.Run(fmt.Sprint(run), bubble(func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, run))
			world, _, spec := slowWorld()
			spec.Setting.MaxAttempts = 50 // chance may kill one split four times
			y := newYard(t, world, spec)
			y.keep = random.IntN(4) > 0
			a := y.start(bigWorld(), nil)
			for range 2 + random.IntN(5) {
				<-time.After(time.Duration(random.Int64N(int64(3 * time.Second))))
				if ids := y.ids(); len(ids) > 0 && random.IntN(2) == 0 {
					y.mu.Lock()
					y.living[ids[random.IntN(len(ids))]](errors.New("killed"))
					y.mu.Unlock()
					continue
				}
				a.die()
				<-time.After(time.Duration(random.Int64N(int64(40 * time.Second))))
				a = y.start(bigWorld(), nil)
			}
			y.finish(a)
			if t.Failed() {
				t.Errorf("seed %d, run %d", seed, run)
			}
		}))
	}
}

// A master that is replaced while it lives leaves its containers to the new one,
// and says nothing to anybody.
func TestReplacedMasterLeavesItsContainers(t *testing.T) {
	bubble(func(t *testing.T) {
		world, seen, spec := slowWorld()
		y := newYard(t, world, spec)
		old := y.start(bigWorld(), nil)
		<-time.After(2 * time.Second)
		young := y.start(bigWorld(), nil)
		<-time.After(3 * time.Second)
		state, err := checkpoint.Look(t.Context(), checkpoint.Root{FS: world.FS, Dir: "/weft"}.Run("r1"))
		if err != nil || state.Adopted.Generation != 2 || len(state.Adopted.Attempts) != 3 {
			t.Errorf("the journal says %+v of who was adopted, %v; want 3 attempts by generation 2", state.Adopted, err)
		}
		result := y.finish(young)
		<-old.ended
		if !errors.Is(old.err, am.ErrNotCurrent) || old.result != nil || old.told != nil {
			t.Errorf("the replaced master says %+v, %v and told %+v", old.result, old.err, old.told)
		}
		if n := seen.again(); n > 0 || result.Attempts != result.Splits || y.granted != 3 {
			t.Errorf("%d rows were read again; %d splits in %d attempts; %d containers", n, result.Splits, result.Attempts, y.granted)
		}
	})(t)
}

// The old master is frozen in mid-commit, at each of its operations in turn; its
// successor rolls the commit forward; then the old one wakes up and goes on with
// what it was doing.
func TestOldMasterWakesUpInMidCommit(t *testing.T) {
	for frozenAt := 1; frozenAt <= 6; frozenAt++ {
		t.Run(fmt.Sprint(frozenAt), bubble(func(t *testing.T) {
			world, _, spec := slowWorld()
			y := newYard(t, world, spec)
			mine, ops, frozen, wake := bigWorld(), 0, make(chan struct{}), make(chan struct{})
			mine.BeforeOp = func(context.Context, plugins.Op) error {
				if ops++; ops == frozenAt {
					close(frozen)
					<-wake
				}
				return nil
			}
			old := y.start(mine, nil)
			<-frozen
			young := y.start(bigWorld(), nil)
			<-young.ended
			close(wake)
			<-old.ended
			y.finish(young)
			if old.told != nil || old.result != nil && old.result.State != job.StateSucceeded {
				t.Errorf("the old master says %+v, %v and told %+v", old.result, old.err, old.told)
			}
		}))
	}
}
