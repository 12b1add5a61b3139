package local

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"weft/internal/fsys"
	"weft/internal/fsys/fsystest"
)

func TestConformance(t *testing.T) {
	fsystest.Run(t, fsystest.Env{FS: FS{}, Dir: t.TempDir(), Entries: 50})
}

// The fallback for file systems without RENAME_NOREPLACE keeps the same promises.
func TestClaimAndRename(t *testing.T) {
	dir := t.TempDir()
	file, sub := filepath.Join(dir, "f"), filepath.Join(dir, "d")
	for _, err := range []error{os.WriteFile(file, []byte("x"), 0o600), os.Mkdir(sub, 0o700), os.WriteFile(sub+"/in", nil, 0o600)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, from := range []string{file, sub} {
		for _, to := range []string{file, sub} {
			if err := claimAndRename(from, to); !errors.Is(err, fs.ErrExist) {
				t.Errorf("claimAndRename(%s, %s) = %v; want ErrExist", from, to, err)
			}
		}
	}
	for _, from := range []string{file, sub} {
		if err := claimAndRename(from, from+"2"); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(from); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s is still there: %v", from, err)
		}
	}
	if _, err := os.Stat(sub + "2/in"); err != nil {
		t.Error(err)
	}
	if err := claimAndRename(filepath.Join(dir, "nothing"), file); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("claimAndRename of nothing = %v; want ErrNotExist", err)
	}
}

func TestConnectRefusesHosts(t *testing.T) {
	for authority, ok := range map[string]bool{"": true, "localhost": true, "nn1": false} {
		if _, err := Connect(t.Context(), authority); (err == nil) != ok {
			t.Errorf("Connect(%q) = %v; want ok=%v", authority, err, ok)
		}
	}
}

func TestLockHasOneHolder(t *testing.T) {
	ctx, dir := t.Context(), t.TempDir()
	first, err := FS{}.Lock(ctx, dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := (FS{}).Lock(ctx, dir); !errors.Is(err, fsys.ErrLocked) {
		t.Errorf("second Lock = %v; want ErrLocked", err)
	}
	// The lock goes with the folder when that is renamed.
	moved := dir + "-moved"
	if err := (FS{}).Rename(ctx, dir, moved); err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(moved)
	if _, err := (FS{}).Lock(ctx, moved); !errors.Is(err, fsys.ErrLocked) {
		t.Errorf("Lock of the renamed folder = %v; want ErrLocked", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := FS{}.Lock(ctx, moved)
	if err != nil {
		t.Fatalf("Lock after Close = %v", err)
	}
	if err := again.Close(); err != nil {
		t.Error(err)
	}
}

// /dev/full answers every write with ENOSPC.
func TestDiskFull(t *testing.T) {
	f, err := FS{}.Create(t.Context(), "/dev/full", 0o600)
	if err != nil {
		t.Fatal(err)
	}
	_, werr := f.Write([]byte("x"))
	if !errors.Is(werr, fsys.ErrNoSpace) {
		t.Errorf("Write = %v; want ErrNoSpace", werr)
	}
	if err := f.Close(); !errors.Is(err, fsys.ErrNoSpace) {
		t.Errorf("Close after a failed write = %v; want the error of that write", err)
	}
}

// What even root may not do: run a file that nobody may run.
func TestAccess(t *testing.T) {
	dir := t.TempDir()
	plain := dir + "/plain"
	if err := os.WriteFile(plain, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]error{dir: nil, plain: fs.ErrPermission, dir + "/gone": fs.ErrNotExist} {
		if err := fsys.Access(t.Context(), FS{}, name, 3); !errors.Is(err, want) {
			t.Errorf("Access %s = %v; want %v", name, err, want)
		}
	}
}

func TestCauseOfCancellation(t *testing.T) {
	fenced := errors.New("fenced")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(fenced)
	if _, err := (FS{}).Stat(ctx, "/"); !errors.Is(err, fenced) {
		t.Errorf("Stat = %v; want the cause of the cancellation", err)
	}
}
