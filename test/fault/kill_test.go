package fault

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"weft/test/cluster/compare"
	"weft/test/cluster/dataset"
	"weft/test/rig"
)

// kills is the number of runs of TestKilledRuns; `make fault KILLS=500` has more.
var kills = flag.Int("kills", 8, "runs of TestKilledRuns")

// killed is a job that `weft run` moves in some tenths of a second.
type killed struct {
	*rig.Rig
	table  *rig.Table
	points rig.Points
	state  string
}

func newKilled(t *testing.T, rows int64) *killed {
	t.Helper()
	r := rig.New(t, nil, shared.MariaDB(t), &pointed)
	return &killed{Rig: r, table: r.Table(t, dataset.Wide(), rows), points: pointed.PointsFor(t), state: t.TempDir()}
}

// call is one life of a run into a folder of its own, which does not exist before.
func (k *killed) call(t *testing.T, id, target string, channels int) rig.Call {
	t.Helper()
	job := k.table.Job("file://"+target, channels, nil)
	job.Setting["unitBytes"] = 200_000
	return rig.Call{Args: []string{"run", job.File(t), "--run-id", id, "--state-dir", k.state, "-o", "json"}}
}

// succeeds is the oracle: the last life ends well, each row is there once, nothing else is, and one more life does nothing.
func (k *killed) succeeds(t *testing.T, call rig.Call, target string) rig.Result {
	t.Helper()
	got := k.Run(t, call)
	got.Want(t, 0)
	result := got.Result(t)
	if result.RowsRead != k.table.Rows || result.RowsWritten != k.table.Rows || result.RowsDirty+result.RowsFiltered != 0 {
		t.Errorf("want %d rows read and written: %+v", k.table.Rows, result)
	}
	k.table.Equal(t, compare.Local(target))
	for _, dir := range []string{target, filepath.Dir(target)} {
		names, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			if strings.HasPrefix(name.Name(), ".weft") {
				t.Errorf("%s is left in %s", name.Name(), dir)
			}
		}
	}
	again := k.Run(t, call)
	again.Want(t, 0)
	if more := again.Result(t); more.Attempts != result.Attempts || more.AMAttempts != result.AMAttempts {
		t.Errorf("one more life worked again: %+v after %+v", more, result)
	}
	return result
}

// A process of `weft run` is killed at a random moment, or before or after a random durable operation, up to three times;
// the same command then finishes the run.
func TestKilledRuns(t *testing.T) {
	random := newRandom(t)
	k := newKilled(t, 4_000)
	k.points.Trace(t)
	whole := filepath.Join(t.TempDir(), "out")
	took := time.Duration(k.succeeds(t, k.call(t, "whole", whole, 2), whole).Millis) * time.Millisecond
	steps := len(k.points.Passed(t, "run"))
	if steps < 40 {
		t.Fatalf("only %d durable operations: the run is not what this test is about", steps/2)
	}
	lives, dead := 0, 0
	for i := range *kills {
		target := filepath.Join(t.TempDir(), fmt.Sprintf("out%d", i))
		call := k.call(t, fmt.Sprintf("killed-%d", i), target, 2)
		for range 1 + random.IntN(3) {
			lives++
			if k.killOnce(t, random, call, took, steps) {
				dead++
			}
		}
		k.succeeds(t, call, target)
		if t.Failed() {
			t.Fatalf("run %d of %d", i+1, *kills)
		}
	}
	t.Logf("%d runs of %d rows, %d of %d lives killed: nothing lost, nothing twice", *kills, k.table.Rows, dead, lives)
	if dead == 0 {
		t.Error("nobody was killed")
	}
}

// killOnce lives one life that is to be killed, and says whether it was.
func (k *killed) killOnce(t *testing.T, random *rand.Rand, call rig.Call, took time.Duration, steps int) bool {
	t.Helper()
	if random.IntN(3) > 0 {
		k.points.Kill(t, "run.*", random.IntN(steps))
		defer k.points.Disarm(t)
		return k.died(t, k.Run(t, call))
	}
	running := k.Start(t, call)
	<-time.NewTimer(time.Duration(random.Int64N(int64(took + 100*time.Millisecond)))).C
	running.Kill(t)
	return k.died(t, running.Wait(t))
}

// died wants a life to have been killed or to have ended well, nothing else.
func (k *killed) died(t *testing.T, got rig.Ran) bool {
	t.Helper()
	if got.Code != -1 {
		got.Want(t, 0)
	}
	return got.Code == -1
}

// Each life is killed when its first unit is accepted. As many lives as there are units finish the run, each having
// moved one; what one accepted, the next does not read again.
func TestOneUnitForEachLife(t *testing.T) {
	k := newKilled(t, 20_000) // a batch is 1 MiB, and a unit at least one batch
	target := filepath.Join(t.TempDir(), "out")
	call := k.call(t, "unit-by-unit", target, 1)
	lives := 0
	for ; lives < 100; lives++ {
		k.points.Kill(t, "run.offer.unit.after", 0)
		if !k.died(t, k.Run(t, call)) {
			break
		}
	}
	k.points.Disarm(t)
	result := k.succeeds(t, call, target)
	t.Logf("%d lives, %d ApplicationMasters by the journal", lives, result.AMAttempts)
	if lives < 5 {
		t.Errorf("%d lives: the units are too large for what this test is about", lives)
	}
}

// The first process of a real cluster that comes to a durable operation of the ApplicationMaster dies there: before it, or
// after it and before anybody was told. All operations are noted in a golden run; some are tried, by the seed.
func TestF05MasterDiesAtDurableOperations(t *testing.T) {
	random := newRandom(t)
	r := rig.New(t, shared.Hadoop(t), shared.MariaDB(t), &pointed)
	points := pointed.PointsFor(t)
	table := r.Table(t, dataset.Wide(), 3_000)
	run := func(id string) {
		target := r.Target(t) + "-" + id
		job := table.Job(target, 2, nil)
		job.Setting["unitBytes"] = 300_000
		got := r.Run(t, rig.Call{Args: []string{"submit", job.File(t), "--run-id", table.Schema + id, "-o", "json"}})
		r.Succeeded(t, got, target, table.Rows)
		table.Equal(t, r.Folder(target))
	}
	points.Trace(t)
	run("golden")
	places := points.Passed(t, "am")
	slices.Sort(places)
	places = slices.Compact(places)
	if len(places) < 20 {
		t.Fatalf("the ApplicationMaster passes only %v", places)
	}
	for i := range *masters {
		place := places[random.IntN(len(places))]
		points.Kill(t, place, 0)
		run(fmt.Sprint(i))
		if !points.Hit(place) {
			t.Errorf("nobody died at %s", place)
		}
		t.Logf("died at %s", place)
	}
}

// masters is the number of deaths of TestF05MasterDiesAtDurableOperations.
var masters = flag.Int("masters", 3, "deaths of TestF05MasterDiesAtDurableOperations")
