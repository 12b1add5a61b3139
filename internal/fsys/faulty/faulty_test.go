package faulty

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"testing"

	"github.com/google/go-cmp/cmp"

	"weft/internal/fsys"
	"weft/internal/fsys/fsystest"
	"weft/internal/fsys/mem"
)

func TestConformanceWithoutRules(t *testing.T) {
	store := mem.New(mem.Options{Leases: true})
	if err := store.Mkdir(t.Context(), "/suite", 0o755); err != nil {
		t.Fatal(err)
	}
	fsystest.Run(t, fsystest.Env{FS: Wrap(store), Other: Wrap(store.Client()), Dir: "/suite", Leases: true, Entries: 20})
}

// work publishes a file the way that runs do: write, close, rename, mark.
func work(ctx context.Context, f fsys.FS) error {
	if err := f.Mkdir(ctx, "/run", 0o700); err != nil {
		return err
	}
	if err := fsys.WriteFileExclusive(ctx, f, "/run/tmp", []byte("plan"), 0o600); err != nil {
		return err
	}
	if err := f.RenameNoReplace(ctx, "/run/tmp", "/run/plan.json"); err != nil {
		return err
	}
	return fsys.WriteFileExclusive(ctx, f, "/run/done", nil, 0o600)
}

func TestDurableOperationsAreCounted(t *testing.T) {
	f := Wrap(mem.New(mem.Options{}))
	if err := work(t.Context(), f); err != nil {
		t.Fatal(err)
	}
	want := []Op{
		{Kind: Mkdir, Name: "/run", Durable: 1},
		{Kind: CreateExclusive, Name: "/run/tmp", Durable: 2},
		{Kind: Close, Name: "/run/tmp", Durable: 3},
		{Kind: RenameNoReplace, Name: "/run/tmp", To: "/run/plan.json", Durable: 4},
		{Kind: CreateExclusive, Name: "/run/done", Durable: 5},
		{Kind: Close, Name: "/run/done", Durable: 6},
	}
	if diff := cmp.Diff(want, f.Trace()); diff != "" {
		t.Error(diff)
	}
	if f.Durable() != len(want) {
		t.Errorf("Durable() = %d; want %d", f.Durable(), len(want))
	}
}

// Every crash point: what a survivor finds is what the operations before the
// crash made durable, and the one at the crash only if it fell after it.
func TestCrashAtEveryPoint(t *testing.T) {
	ctx := t.Context()
	golden := Wrap(mem.New(mem.Options{}))
	if err := work(ctx, golden); err != nil {
		t.Fatal(err)
	}
	states := []string{ // what exists after so many durable operations
		"", "", "", "tmp:plan", "plan.json:plan", "plan.json:plan", "done: plan.json:plan",
	}
	died := errors.New("died")
	for k := 1; k <= golden.Durable(); k++ {
		for _, when := range []When{Before, After} {
			store := mem.New(mem.Options{})
			victim := store.Client()
			f := Wrap(victim, Rule{DurableNth: k, When: when, Err: died, Dead: true, Do: victim.Crash})
			if err := work(ctx, f); !errors.Is(err, died) {
				t.Fatalf("crash at %d: work = %v; want the injected error", k, err)
			}
			if _, err := f.Stat(ctx, "/"); !errors.Is(err, died) {
				t.Errorf("crash at %d: the dead process still sees %v", k, err)
			}
			want := states[k-1]
			if when == After {
				want = states[k]
			}
			if got := state(t, store); got != want {
				t.Errorf("crash at %d (%v): the survivor finds %q; want %q", k, when, got, want)
			}
		}
	}
}

func state(t *testing.T, f fsys.FS) string {
	t.Helper()
	infos, err := f.List(t.Context(), "/run")
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	text := ""
	for _, info := range infos {
		data, err := fsys.ReadFile(t.Context(), f, "/run/"+info.Name, 100)
		if err != nil {
			t.Fatal(err)
		}
		if text != "" {
			text += " "
		}
		text += fmt.Sprintf("%s:%s", info.Name, data)
	}
	return text
}

func TestRulesMatch(t *testing.T) {
	for name, tt := range map[string]struct {
		rule Rule
		want string // outcome of each of the six operations: . or F
	}{
		"kind":        {Rule{Kinds: []Kind{Stat}}, "F.F..F"},
		"two kinds":   {Rule{Kinds: []Kind{Stat, Mkdir}}, "FFF.FF"},
		"base name":   {Rule{Name: "*.j"}, "..FF.."},
		"whole name":  {Rule{Name: "/a/*"}, "..FF.."},
		"nth":         {Rule{Kinds: []Kind{Stat}, Nth: 2}, "..F..."},
		"durable nth": {Rule{DurableNth: 2}, "....F."},
		"match":       {Rule{Match: func(op Op) bool { return op.Name == "/b" }}, "....FF"},
		"never":       {Rule{Nth: 7}, "......"},
	} {
		ctx := t.Context()
		store := mem.New(mem.Options{})
		if err := fsys.MkdirAll(ctx, store, "/a", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := fsys.WriteFileExclusive(ctx, store, "/a/1.j", nil, 0o644); err != nil {
			t.Fatal(err)
		}
		f := Wrap(store, tt.rule)
		got := ""
		for _, err := range []error{
			second(f.Stat(ctx, "/a")),
			f.Mkdir(ctx, "/c", 0o755),
			second(f.Stat(ctx, "/a/1.j")),
			second(f.Open(ctx, "/a/1.j")),
			f.Mkdir(ctx, "/b", 0o755),
			second(f.Stat(ctx, "/b")),
		} {
			if errors.Is(err, ErrInjected) {
				got += "F"
			} else {
				got += "."
			}
		}
		if got != tt.want {
			t.Errorf("%s: %s; want %s", name, got, tt.want)
		}
	}
}

func second[T any](_ T, err error) error { return err }

func TestBrokenFileIsNeverClosedWithSuccess(t *testing.T) {
	ctx, store := t.Context(), mem.New(mem.Options{Leases: true})
	f := Wrap(store, Rule{Kinds: []Kind{Write}, Nth: 2, When: After})
	w, err := f.Create(ctx, "/f", 0o644)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte("a")); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := w.Write([]byte("b")); !errors.Is(err, ErrInjected) {
			t.Errorf("write = %v; want the injected error from the second on", err)
		}
	}
	if err := w.Close(); !errors.Is(err, ErrInjected) {
		t.Errorf("close = %v; want the error of the write", err)
	}
	if closed, err := store.IsClosed(ctx, "/f"); err != nil || closed {
		t.Errorf("IsClosed = %v, %v; want the file left open", closed, err)
	}
}

func TestLostAnswerOfClose(t *testing.T) {
	ctx, store := t.Context(), mem.New(mem.Options{Leases: true})
	f := Wrap(store, Rule{Kinds: []Kind{Close}, When: After, Err: fsys.ErrOutcomeUnknown})
	err := fsys.WriteFileExclusive(ctx, f, "/f", []byte("x"), 0o644)
	if !errors.Is(err, fsys.ErrOutcomeUnknown) {
		t.Errorf("close = %v; want the injected error", err)
	}
	if got, err := fsys.ReadFile(ctx, store, "/f", 10); err != nil || string(got) != "x" {
		t.Errorf("the file holds %q, %v; want that it was closed all the same", got, err)
	}
}

func TestLockGoesThrough(t *testing.T) {
	for leases, want := range map[bool]bool{true: false, false: true} {
		_, ok, err := fsys.Lock(t.Context(), Wrap(mem.New(mem.Options{Leases: leases})), "/")
		if ok != want || err != nil {
			t.Errorf("Lock with leases %v = %v, %v; want %v", leases, ok, err, want)
		}
	}
}

func TestBadPatternPanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a rule with a bad pattern was accepted")
		}
	}()
	Wrap(mem.New(mem.Options{}), Rule{Name: "["})
}
