package am_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"weft/am/dirtytable"
	"weft/internal/checkpoint"
	"weft/internal/fsys"
	"weft/internal/fsys/faulty"
	"weft/internal/fsys/mem"
	"weft/internal/job"
	"weft/internal/memtest"
)

// openOn finds every location on one file system, but for /down, which does not answer.
func openOn(store fsys.FS) dirtytable.Open {
	return func(_ context.Context, location string, _ map[string]string) (fsys.FS, string, error) {
		if location == "/down" {
			return nil, "", fsys.ErrUnavailable
		}
		return store, location, nil
	}
}

// dirtyWorld refuses every third row, on writing or on reading.
func dirtyWorld() (*memtest.World, *job.Spec) {
	world := crashWorld()
	world.BeforeWrite = func(_ context.Context, id int64) error {
		if id%3 == 0 {
			return memtest.Dirty()
		}
		return nil
	}
	spec := world.Spec(1)
	spec.Setting.UnitBytes, spec.Setting.Zone = 3*16, "UTC"
	spec.Setting.ErrorLimit.Record = -1
	spec.Setting.Dirty = job.Dirty{DirtyTable: job.DirtyTable{Table: "ops.dirty", Location: "/table", Deadline: job.Duration(time.Minute)}, Path: "/old"}
	return world, spec
}

// laid counts the rows below a folder by split and position.
func laid(t *testing.T, store fsys.FS, dir string) map[string]int {
	t.Helper()
	rows := map[string]int{}
	entries, err := store.List(context.Background(), dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	for _, e := range entries {
		name := path.Join(dir, e.Name)
		if e.Dir {
			if strings.HasPrefix(e.Name, ".") {
				t.Errorf("%s was left behind", name)
			}
			for key, n := range laid(t, store, name) {
				rows[key] += n
			}
			continue
		}
		data, err := fsys.ReadFile(context.Background(), store, name, 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(data)) {
			if f := strings.Split(line, "\x01"); len(f) == 11 {
				rows[f[2]+"/"+f[4]]++
			} else {
				rows[f[0]]++
			}
		}
	}
	return rows
}

// onlyOnce returns the keys, after making sure that each is there once.
func onlyOnce(t *testing.T, rows map[string]int) map[string]bool {
	t.Helper()
	keys := map[string]bool{}
	for key, n := range rows {
		keys[key] = true
		if n != 1 {
			t.Errorf("dirty row %s is there %d times", key, n)
		}
	}
	return keys
}

// Killed before and after each durable operation of a run with dirty rows, twice, and then gone on with: the table has each
// dirty row once, and no other.
func TestDirtyRowsSurviveEveryCrash(t *testing.T) {
	world, spec := dirtyWorld()
	golden := mem.New(mem.Options{Leases: true})
	counted := faulty.Wrap(golden)
	synctest.Test(t, func(t *testing.T) {
		result, err := newLife(t, world, spec, counted).run(t.Context())
		if err != nil || result.State != job.StateSucceeded || result.Dirty == nil || len(result.Dirty.Statements) != 2 {
			t.Fatalf("golden run: %+v, %v", result, err)
		}
	})
	want, old := onlyOnce(t, laid(t, golden, "/table")), laid(t, golden, "/old")
	if len(want) != 5 || len(old) == 0 { // ids 0, 3, 6 of split 0, and two of split 1
		t.Fatalf("%d dirty rows in the golden run: %v", len(want), want)
	}
	for k := 1; k <= counted.Durable(); k++ {
		for _, when := range []faulty.When{faulty.Before, faulty.After} {
			t.Run(fmt.Sprintf("%d/%v", k, when), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					store := mem.New(mem.Options{Leases: true})
					world, spec := dirtyWorld()
					dieTwice(t, store, world, spec, k, when)
					result, err := newLife(t, world, spec, store.Client()).run(t.Context())
					if err != nil || result.State != job.StateSucceeded || result.RowsDirty != int64(len(want)) {
						t.Fatalf("last life: %+v, %v", result, err)
					}
					if diff := cmp.Diff(want, onlyOnce(t, laid(t, store, "/table"))); diff != "" {
						t.Errorf("table (-want +got):\n%s", diff)
					}
					if diff := cmp.Diff(old, laid(t, store, "/old")); diff != "" {
						t.Errorf("four-column files (-want +got):\n%s", diff)
					}
				})
			})
		}
	}
}

func dieTwice(t *testing.T, store *mem.FS, world *memtest.World, spec *job.Spec, k int, when faulty.When) {
	t.Helper()
	for range 2 {
		victim := store.Client()
		f := faulty.Wrap(victim)
		f.Add(faulty.Rule{DurableNth: k, When: when, Err: errDead, Dead: true, Do: victim.Crash})
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
		if _, err := newLife(t, world, spec, f).run(ctx); ctx.Err() != nil {
			t.Fatalf("a dying process did not end: %v", err)
		}
		cancel()
	}
}

// A run that stops for its error limit shows the rows that it stopped for, and names the query; what it had accepted, and
// nothing else, is in the table. With a larger limit it goes on, and the old rows still count.
func TestDirtyRowsOfAStoppedRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		world, spec := dirtyWorld()
		spec.Setting.ErrorLimit.Record = 1
		store := mem.New(mem.Options{Leases: true})
		result, err := newLife(t, world, spec, store).run(t.Context())
		if err != nil || result.State != job.StateFailed || result.ExitCode != job.ExitErrorLimit || result.RowsDirty < 2 {
			t.Fatalf("stopped run: %+v, %v", result, err)
		}
		state, err := checkpoint.Look(t.Context(), checkpoint.Root{FS: store, Dir: "/weft"}.Run("r1"))
		if err != nil {
			t.Fatal(err)
		}
		sealed := int64(0)
		for _, u := range state.Units(world.Splits) {
			sealed += u.Counters.RowsDirty
		}
		first := onlyOnce(t, laid(t, store, "/table"))
		if int64(len(first)) != sealed || sealed != result.RowsDirty {
			t.Errorf("%d rows in the table, %d accepted, %d in the result", len(first), sealed, result.RowsDirty)
		}
		if !strings.Contains(result.Hint, "weft dirty r1") || result.Dirty == nil ||
			!strings.Contains(result.Dirty.Query, "WHERE dt = '2000-01-01' AND job = 'mem' AND run_id = 'r1'") {
			t.Errorf("hint %q, place %+v", result.Hint, result.Dirty)
		}
		if !strings.Contains(result.Cause, "; sealed: ") {
			t.Errorf("cause %q", result.Cause)
		}
		// Resumed as it was it stops at once, and still says why.
		again, err := newLife(t, world, spec, store).run(t.Context())
		if err != nil || again.ExitCode != job.ExitErrorLimit || again.RowsDirty != result.RowsDirty || !strings.Contains(again.Cause, "; sealed: ") {
			t.Fatalf("resumed with the same limit: %+v, %v", again, err)
		}
		spec.Setting.ErrorLimit.Record = 5
		result, err = newLife(t, world, spec, store).run(t.Context())
		if err != nil || result.State != job.StateSucceeded || result.RowsDirty != 5 {
			t.Fatalf("resumed run: %+v, %v", result, err)
		}
		all := onlyOnce(t, laid(t, store, "/table"))
		for key := range maps.Keys(first) {
			if !all[key] {
				t.Errorf("%s is not in the table any more: identity must be the same", key)
			}
		}
		if len(all) != 5 {
			t.Errorf("%d rows at last", len(all))
		}
	})
}

// Where the rows cannot be put, a good run fails before anything of it is visible, and goes on later; a failed one keeps its
// own cause.
func TestDirtyRowsCannotBeLaid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		world, spec := dirtyWorld()
		store := mem.New(mem.Options{Leases: true})
		spec.Setting.Dirty.Location = "/down"
		start := time.Now()
		result, err := newLife(t, world, spec, store).run(t.Context())
		if err != nil || result.Reason != job.ReasonDirtyRows || result.ExitCode != job.ExitTemporary ||
			!strings.Contains(result.Hint, "weft resume r1") || len(result.Outputs) > 0 || time.Since(start) < time.Minute {
			t.Fatalf("result %+v, %v after %s", result, err, time.Since(start))
		}
		if rows, err := world.Written(t.Context()); err != nil || len(rows) > 0 {
			t.Errorf("%d rows are visible, %v", len(rows), err)
		}
		spec.Setting.Dirty.Location = "/table"
		if result, err = newLife(t, world, spec, store).run(t.Context()); err != nil || result.State != job.StateSucceeded {
			t.Fatalf("resumed: %+v, %v", result, err)
		}
		world, spec = dirtyWorld()
		spec.Setting.ErrorLimit.Record = 0
		spec.Setting.Dirty.Location = "/down"
		result, err = newLife(t, world, spec, mem.New(mem.Options{})).run(t.Context())
		if err != nil || result.ExitCode != job.ExitErrorLimit || !strings.Contains(result.Cause, "in the run folder only") {
			t.Errorf("result %+v, %v", result, err)
		}
	})
}
