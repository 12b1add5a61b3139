package checkpoint

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"path"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"weft/internal/fsys"
	"weft/internal/fsys/faulty"
	"weft/internal/fsys/local"
	"weft/internal/fsys/mem"
	"weft/internal/job"
	"weft/plugins"
)

func newFolder(t *testing.T, fs fsys.FS) Folder {
	t.Helper()
	f := Folder{FS: fs, Dir: "/weft/runs/r"}
	if err := f.Create(t.Context()); err != nil {
		t.Fatal(err)
	}
	return f
}

func mustOpen(t *testing.T, f Folder) (*Store, *State) {
	t.Helper()
	store, state, err := Open(t.Context(), f, "test")
	if err != nil {
		t.Fatal(err)
	}
	return store, state
}

func unitOf(split, sequence int) Record {
	return Record{Unit: &plugins.Manifest{Split: split, Number: 1, Generation: 1, Unit: plugins.Unit{Sequence: sequence,
		Position: plugins.Position(fmt.Sprint(sequence + 1)), Counters: plugins.Counters{RowsRead: 1, RowsWritten: 1}}}}
}

func TestWhatIsAppendedIsLoaded(t *testing.T) {
	for _, leases := range []bool{false, true} {
		store := mem.New(mem.Options{Leases: leases})
		f := newFolder(t, store.Client())
		s, state := mustOpen(t, f)
		if state.Generations != 1 || len(state.Splits) != 0 {
			t.Errorf("a new run has the state %+v", state)
		}
		last := unitOf(1, 1)
		last.Unit.Last = true
		for _, records := range [][]Record{{{Prepared: true}}, {unitOf(1, 0), unitOf(2, 0)}, {last},
			{{Failure: &Failed{Split: 2, Number: 3, Cause: "x"}}}, {{Committing: true}}} {
			if err := s.Append(t.Context(), records...); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		f.FS = store.Client()
		_, got := mustOpen(t, f)
		want := &State{Generations: 2, Prepared: true, Committing: true, Splits: map[int]*SplitState{
			1: {Attempts: 1, Units: []plugins.Manifest{*unitOf(1, 0).Unit, *last.Unit}},
			2: {Attempts: 3, Failures: 1, Cause: "x", Units: []plugins.Manifest{*unitOf(2, 0).Unit}}}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("leases=%t: loaded another state (-want +got):\n%s", leases, diff)
		}
		if !got.Splits[1].Done() || got.Splits[2].Done() {
			t.Error("split 1 is done, split 2 is not")
		}
		if n := len(got.Units(3)); n != 3 {
			t.Errorf("%d units, want 3", n)
		}
	}
}

// Many generations, each compacting: nothing is lost, nothing piles up.
func TestCompaction(t *testing.T) {
	store := mem.New(mem.Options{Leases: true})
	f := newFolder(t, store)
	next := 0
	for generation := range 5 {
		s, state := mustOpen(t, f)
		if got := len(state.Units(1)); got != next {
			t.Fatalf("generation %d loaded %d units, want %d", generation+1, got, next)
		}
		if err := s.Compact(t.Context(), state); err != nil {
			t.Fatal(err)
		}
		for range compactAfter + 10 {
			if err := s.Append(t.Context(), unitOf(0, next)); err != nil {
				t.Fatal(err)
			}
			next++
		}
		files, err := store.List(t.Context(), s.dir)
		if err != nil {
			t.Fatal(err)
		}
		if len(files) > compactAfter {
			t.Errorf("%d files after %d appends", len(files), compactAfter+10)
		}
	}
	entries, err := store.List(t.Context(), f.Dir)
	if err != nil {
		t.Fatal(err)
	}
	fenced := 0
	for _, e := range entries {
		if _, ok := number(e.Name, "fenced-"); ok {
			fenced++
		}
	}
	if fenced != 0 {
		t.Errorf("%d fenced journals stay behind though an image covers them", fenced)
	}
}

func TestPredecessorIsFenced(t *testing.T) {
	store := mem.New(mem.Options{Leases: true})
	f := newFolder(t, store.Client())
	old, _ := mustOpen(t, f)
	if err := old.Append(t.Context(), unitOf(0, 0)); err != nil {
		t.Fatal(err)
	}
	young := Folder{FS: store.Client(), Dir: f.Dir}
	_, state := mustOpen(t, young)
	if len(state.Units(1)) != 1 {
		t.Errorf("the successor sees %d units, want 1", len(state.Units(1)))
	}
	for name, err := range map[string]error{"append": old.Append(t.Context(), unitOf(0, 1)),
		"compact": old.Compact(t.Context(), &State{})} {
		if !errors.Is(err, ErrFenced) {
			t.Errorf("%s of the predecessor: %v, want ErrFenced", name, err)
		}
	}
}

// A predecessor that is in the middle of a write when it is fenced: its record
// is there afterwards exactly if its Append says so.
func TestFencedInTheMiddleOfAWrite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, at := range map[string]faulty.Rule{
			"before create": {Kinds: []faulty.Kind{faulty.CreateExclusive}, When: faulty.Before},
			"after create":  {Kinds: []faulty.Kind{faulty.CreateExclusive}, When: faulty.After},
			"before close":  {Kinds: []faulty.Kind{faulty.Close}, When: faulty.Before},
		} {
			store := mem.New(mem.Options{Leases: true, RecoverPolls: 3})
			f := newFolder(t, store.Client())
			wrapped := faulty.Wrap(store.Client())
			old, _ := mustOpen(t, Folder{FS: wrapped, Dir: f.Dir})
			var state *State
			at.Name, at.Err = "*.j", errors.New("the answer was lost")
			at.Do = func() { _, state = mustOpen(t, f) }
			at.Nth = 1
			wrapped.Add(at)
			err := old.Append(t.Context(), unitOf(0, 0))
			if err == nil {
				t.Errorf("%s: the append of a fenced generation went through", name)
			}
			if !errors.Is(err, ErrFenced) || len(state.Units(1)) != 0 {
				t.Errorf("%s: %v with %d units, want ErrFenced and none", name, err, len(state.Units(1)))
			}
		}
	})
}

// One lost answer does not end a generation: the records are written again, and
// count once.
func TestLostAnswersOfTheJournal(t *testing.T) {
	for _, kind := range []faulty.Kind{faulty.CreateExclusive, faulty.Write, faulty.Close} {
		for _, when := range []faulty.When{faulty.Before, faulty.After} {
			store := mem.New(mem.Options{Leases: true})
			f := newFolder(t, store.Client())
			wrapped := faulty.Wrap(store.Client())
			s, _ := mustOpen(t, Folder{FS: wrapped, Dir: f.Dir})
			wrapped.Add(faulty.Rule{Kinds: []faulty.Kind{kind}, When: when, Nth: 1, Name: "*.j", Err: fsys.ErrOutcomeUnknown})
			for i := range 3 {
				if err := s.Append(t.Context(), unitOf(0, i)); err != nil {
					t.Fatalf("%v %v: %v", kind, when, err)
				}
			}
			if _, state := mustOpen(t, f); len(state.Units(1)) != 3 {
				t.Errorf("%v %v: %d units, want 3", kind, when, len(state.Units(1)))
			}
		}
	}
}

func TestRaceForAGeneration(t *testing.T) {
	store := mem.New(mem.Options{Leases: true})
	f := newFolder(t, store.Client())
	var won, lost int
	var mu sync.Mutex
	var racing sync.WaitGroup
	for range 8 {
		racing.Go(func() {
			s, _, err := Open(t.Context(), Folder{FS: store.Client(), Dir: f.Dir}, "racer")
			if err == nil {
				err = s.Append(t.Context(), Record{Prepared: true})
			}
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				won++
			case errors.Is(err, ErrFenced) || errors.Is(err, fs.ErrNotExist):
				lost++
			default:
				t.Errorf("racer: %v", err)
			}
		})
	}
	racing.Wait()
	// Whoever is the newest generation now must still be able to append; all
	// others must not. A winner may have been overtaken after its append.
	if won == 0 {
		t.Errorf("%d racers won and %d lost, want at least one winner", won, lost)
	}
}

func TestLockKeepsASecondProcessAway(t *testing.T) {
	f := Folder{FS: local.FS{}, Dir: path.Join(t.TempDir(), "r")}
	if err := f.Create(t.Context()); err != nil {
		t.Fatal(err)
	}
	s, _ := mustOpen(t, f)
	if _, _, err := Open(t.Context(), f, "second"); !errors.Is(err, fsys.ErrLocked) {
		t.Errorf("a second process: %v, want ErrLocked", err)
	}
	if err := s.Append(t.Context(), unitOf(0, 0)); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.Close(), s.Close()); err != nil {
		t.Fatal(err)
	}
	if _, state := mustOpen(t, f); len(state.Units(1)) != 1 {
		t.Errorf("%d units after the lock was given back, want 1", len(state.Units(1)))
	}
}

// Files put in place are whole or not there, and only once.
func TestPutInPlace(t *testing.T) {
	f := newFolder(t, mem.New(mem.Options{}))
	if _, err := f.Plan(t.Context()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("plan of a new run: %v", err)
	}
	first := &job.Plan{Run: "first"}
	if err := f.PutPlan(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	if err := f.PutPlan(t.Context(), &job.Plan{Run: "second"}); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a second plan: %v, want fs.ErrExist", err)
	}
	got, err := f.Plan(t.Context())
	if err != nil || got.Run != "first" {
		t.Errorf("plan %+v, %v", got, err)
	}
	for _, state := range []job.State{job.StateFailed, job.StateSucceeded} {
		if err := f.PutResult(t.Context(), &job.Result{State: state}); err != nil {
			t.Fatal(err)
		}
		if r, err := f.Result(t.Context()); err != nil || r.State != state {
			t.Errorf("result %+v, %v; want %s", r, err, state)
		}
	}
	entries, err := f.FS.List(t.Context(), f.Dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name[0] == '.' {
			t.Errorf("a temporary file stays: %s", e.Name)
		}
	}
}

func TestPosition(t *testing.T) {
	root := Root{FS: mem.New(mem.Options{}), Dir: "/weft"}
	if p, err := root.Position(t.Context(), "Orders/1"); err != nil || p != (Position{}) {
		t.Errorf("position before the first run: %+v, %v", p, err)
	}
	for _, want := range []Position{{"10", "r1"}, {"20", "r2"}} {
		if err := root.SetPosition(t.Context(), "Orders/1", want); err != nil {
			t.Fatal(err)
		}
		if got, err := root.Position(t.Context(), "Orders/1"); err != nil || got != want {
			t.Errorf("position %+v, %v; want %+v", got, err, want)
		}
	}
}

// A journal cut anywhere loads to a prefix of what was written; one that was
// damaged in the middle is refused.
func TestTornTailIsCut(t *testing.T) {
	whole := appendHeader(nil, header{generation: 1})
	var err error
	for i := range 3 {
		if whole, err = appendRecord(whole, unitOf(0, i)); err != nil {
			t.Fatal(err)
		}
	}
	for size := range len(whole) + 1 {
		store := mem.New(mem.Options{})
		f := newFolder(t, store)
		putJournal(t, f, map[string][]byte{"000001.j": whole[:size]})
		_, state := mustOpen(t, f)
		if n := len(state.Units(1)); n > 3 || size == len(whole) && n != 3 || size < len(whole) && n == 3 {
			t.Errorf("cut at %d of %d bytes: %d units", size, len(whole), n)
		}
	}
}

func putJournal(t *testing.T, f Folder, files map[string][]byte) {
	t.Helper()
	dir := path.Join(f.Dir, "live-000001")
	if err := fsys.MkdirAll(t.Context(), f.FS, dir, 0o700); err != nil {
		t.Fatal(err)
	}
	files["../gen-000001"] = nil
	for name, data := range files {
		if err := fsys.WriteFileExclusive(t.Context(), f.FS, path.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestCorruptionIsRefused(t *testing.T) {
	file := func(generation, first int64, records ...Record) []byte {
		data := appendHeader(nil, header{generation: generation, first: first})
		for _, r := range records {
			var err error
			if data, err = appendRecord(data, r); err != nil {
				t.Fatal(err)
			}
		}
		return data
	}
	damaged := file(1, 0, unitOf(0, 0))
	damaged[3] ^= 1
	flipped := file(1, 0, unitOf(0, 0), unitOf(0, 1))
	flipped[headerBytes+frameBytes+5] ^= 1
	for name, files := range map[string]map[string][]byte{
		"header":              {"000001.j": damaged},
		"another generation":  {"000001.j": file(7, 0, unitOf(0, 0))},
		"a missing file":      {"000001.j": file(1, 0, unitOf(0, 0)), "000003.j": file(1, 2, unitOf(0, 2))},
		"a damaged record":    {"000001.j": flipped, "000002.j": file(1, 2, unitOf(0, 2))},
		"a unit out of order": {"000001.j": file(1, 0, unitOf(0, 1))},
		"a torn image":        {"image-000001": file(1, 1, unitOf(0, 0))[:headerBytes+20]},
	} {
		f := newFolder(t, mem.New(mem.Options{}))
		putJournal(t, f, files)
		if _, _, err := Open(t.Context(), f, "test"); !errors.Is(err, ErrCorrupt) {
			t.Errorf("%s: %v, want ErrCorrupt", name, err)
		}
	}
}

// TestCrashWhileAppending kills the writer at random operations; a confirmed
// record is always there, and the sequence never has a hole.
func TestCrashWhileAppending(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	rng := rand.New(rand.NewPCG(seed, 1))
	for run := range 200 {
		leases := run%2 == 0
		store := mem.New(mem.Options{Leases: leases, Keep: func(_ string, durable, written int64) int64 {
			return durable + rng.Int64N(written-durable+1)
		}})
		f := newFolder(t, store.Client())
		confirmed := 0
		for range 4 {
			victim := store.Client()
			wrapped := faulty.Wrap(victim)
			when := []faulty.When{faulty.Before, faulty.After}[rng.IntN(2)]
			wrapped.Add(faulty.Rule{DurableNth: 1 + rng.IntN(40), When: when, Err: mem.ErrCrashed, Dead: true, Do: victim.Crash})
			confirmed = appendUntilDead(t.Context(), Folder{FS: wrapped, Dir: f.Dir}, confirmed)
			victim.Crash()
		}
		_, state := mustOpen(t, Folder{FS: store.Client(), Dir: f.Dir})
		if got := len(state.Units(1)); got < confirmed {
			t.Fatalf("seed %d, run %d: %d units were confirmed, %d are there", seed, run, confirmed, got)
		}
	}
}

func appendUntilDead(ctx context.Context, f Folder, confirmed int) int {
	s, state, err := Open(ctx, f, "victim")
	if err != nil {
		return confirmed
	}
	confirmed = max(confirmed, len(state.Units(1)))
	if err := s.Compact(ctx, state); err != nil {
		return confirmed
	}
	for next := len(state.Units(1)); ; next++ {
		if err := s.Append(ctx, unitOf(0, next)); err != nil {
			return confirmed
		}
		confirmed = next + 1
	}
}

func FuzzParseFile(f *testing.F) {
	seed := appendHeader(nil, header{generation: 3, first: 9})
	f.Add(seed)
	if whole, err := appendRecord(seed, unitOf(1, 2)); err == nil {
		f.Add(whole)
		f.Add(whole[:len(whole)-1])
	}
	f.Add([]byte("weft-j1\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		h, records, whole, err := parseFile(data)
		if err != nil && (len(records) > 0 || whole) {
			t.Errorf("an error together with %d records", len(records))
		}
		if whole && h.generation < 1 {
			t.Errorf("a whole file of generation %d", h.generation)
		}
	})
}
