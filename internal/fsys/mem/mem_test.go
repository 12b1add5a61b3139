package mem

import (
	"errors"
	"io/fs"
	"strings"
	"testing"
	"time"

	"weft/internal/fsys"
	"weft/internal/fsys/fsystest"
)

func TestConformance(t *testing.T) {
	for name, opts := range map[string]Options{
		"hdfs": {Leases: true, RecoverPolls: 2},
		"disk": {},
	} {
		t.Run(name, func(t *testing.T) {
			store := New(opts)
			if err := store.Mkdir(t.Context(), "/suite", 0o755); err != nil {
				t.Fatal(err)
			}
			fsystest.Run(t, fsystest.Env{FS: store, Other: store.Client(), Dir: "/suite", Leases: opts.Leases, Entries: 1500})
		})
	}
}

// story is a store in which one client has written in all states that a file
// can be in, and has then crashed; text gives what another client finds.
func story(t *testing.T, opts Options) (survivor *FS, text func(name string) string) {
	t.Helper()
	ctx := t.Context()
	survivor = New(opts)
	victim := survivor.Client()
	if err := fsys.WriteFileExclusive(ctx, victim, "/closed", []byte("closed"), 0o644); err != nil {
		t.Fatal(err)
	}
	for name, syncAfter := range map[string]int{"/synced": 1, "/never": 99} {
		f, err := victim.CreateExclusive(ctx, name, 0o644)
		if err != nil {
			t.Fatal(err)
		}
		for i, part := range []string{"one ", "two ", "three"} {
			if i == syncAfter {
				err = f.Sync()
			}
			if _, werr := f.Write([]byte(part)); err != nil || werr != nil {
				t.Fatal(err, werr)
			}
		}
		t.Cleanup(func() {
			if _, err := f.Write([]byte("x")); !errors.Is(err, ErrCrashed) {
				t.Errorf("write after the crash = %v; want ErrCrashed", err)
			}
			if err := f.Close(); !errors.Is(err, ErrCrashed) {
				t.Errorf("close after the crash = %v; want ErrCrashed", err)
			}
		})
	}
	victim.Crash()
	victim.Crash()
	if _, err := victim.Stat(ctx, "/closed"); !errors.Is(err, ErrCrashed) {
		t.Errorf("stat by the crashed client = %v; want ErrCrashed", err)
	}
	return survivor, func(name string) string {
		data, err := fsys.ReadFile(ctx, survivor, name, 100)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return "absent"
		case err != nil:
			t.Fatal(err)
		}
		return string(data)
	}
}

func TestCrashOfADiskLosesWhatWasNotSynced(t *testing.T) {
	_, text := story(t, Options{})
	for name, want := range map[string]string{"/closed": "closed", "/synced": "one ", "/never": "absent"} {
		if got := text(name); got != want {
			t.Errorf("%s is %q; want %q", name, got, want)
		}
	}
}

func TestCrashOnHDFSLeavesEmptyFilesUnderLease(t *testing.T) {
	survivor, text := story(t, Options{Leases: true, RecoverPolls: 1})
	for name, want := range map[string]string{"/closed": "closed", "/synced": "", "/never": ""} {
		if got := text(name); got != want {
			t.Errorf("%s is %q; want %q", name, got, want)
		}
		closed, err := survivor.IsClosed(t.Context(), name)
		if err != nil || closed != (name == "/closed") {
			t.Errorf("IsClosed(%s) = %v, %v", name, closed, err)
		}
	}
	if err := fsys.WaitClosed(t.Context(), survivor, "/never"); err != nil {
		t.Error(err)
	}
}

func TestKeepMakesTornFiles(t *testing.T) {
	_, text := story(t, Options{Keep: func(name string, durable, written int64) int64 {
		if name == "/synced" {
			return (durable + written) / 2
		}
		return written + 1000 // more than there is: all of it
	}})
	// The disk never learned the name of /never, whatever was kept of its bytes.
	for name, want := range map[string]string{"/synced": "one two ", "/never": "absent"} {
		if got := text(name); got != want {
			t.Errorf("%s is %q; want %q", name, got, want)
		}
	}
}

func TestFullStore(t *testing.T) {
	ctx, store := t.Context(), New(Options{LimitBytes: 10})
	f, err := store.Create(ctx, "/f", 0o644)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write([]byte("12345678")); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write([]byte("901")); !errors.Is(err, fsys.ErrNoSpace) {
		t.Errorf("write beyond the limit = %v; want ErrNoSpace", err)
	}
	if err := f.Close(); !errors.Is(err, fsys.ErrNoSpace) {
		t.Errorf("close of a broken file = %v; want ErrNoSpace", err)
	}
	if err := store.Remove(ctx, "/f"); err != nil {
		t.Fatal(err)
	}
	if space, err := store.Space(ctx, "/"); err != nil || space.FreeBytes != 10 {
		t.Errorf("space after the removal = %+v, %v; want 10 bytes free", space, err)
	}
}

func TestLocksEndWithTheirClient(t *testing.T) {
	ctx, store := t.Context(), New(Options{})
	victim := store.Client()
	if _, ok, err := fsys.Lock(ctx, victim, "/"); !ok || err != nil {
		t.Fatalf("Lock = %v, %v", ok, err)
	}
	if _, _, err := fsys.Lock(ctx, store, "/"); !errors.Is(err, fsys.ErrLocked) {
		t.Errorf("second Lock = %v; want ErrLocked", err)
	}
	victim.Crash()
	held, ok, err := fsys.Lock(ctx, store, "/")
	if !ok || err != nil {
		t.Fatalf("Lock after the crash = %v, %v", ok, err)
	}
	if err := held.Close(); err != nil {
		t.Error(err)
	}
	if _, ok, err := fsys.Lock(ctx, New(Options{Leases: true}), "/"); ok || err != nil {
		t.Errorf("Lock with leases = %v, %v; want none and no error", ok, err)
	}
}

func TestRemovedFileCannotBeClosedOnHDFS(t *testing.T) {
	ctx, store := t.Context(), New(Options{Leases: true})
	f, err := store.Create(ctx, "/f", 0o644)
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Remove(ctx, "/f"); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("close = %v; want ErrNotExist", err)
	}
}

func TestClockComesFromOutside(t *testing.T) {
	now := time.Date(2024, 2, 29, 12, 0, 0, 1_234_567, time.UTC)
	store := New(Options{Now: func() time.Time { return now }})
	if err := store.Mkdir(t.Context(), "/d", 0o755); err != nil {
		t.Fatal(err)
	}
	info, err := store.Stat(t.Context(), "/d")
	if err != nil || !info.ModTime.Equal(now.Truncate(time.Millisecond)) {
		t.Errorf("time = %v, %v; want %v in milliseconds", info.ModTime, err, now)
	}
}

func TestErrorsReadOpPathCause(t *testing.T) {
	err := New(Options{}).Rename(t.Context(), "/a", "/b")
	if err == nil || !strings.HasPrefix(err.Error(), "rename /a: to /b: ") {
		t.Errorf("error %v; want it to start with %q", err, "rename /a: to /b: ")
	}
}
