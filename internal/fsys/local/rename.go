package local

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path"

	"golang.org/x/sys/unix"

	"weft/internal/fsys"
)

// Rename implements fsys.Mover by rename(2).
func (FS) Rename(ctx context.Context, from, to string) error {
	return rename(ctx, from, to, unix.Rename)
}

// RenameNoReplace implements fsys.Mover.
func (FS) RenameNoReplace(ctx context.Context, from, to string) error {
	return rename(ctx, from, to, renameNoReplace)
}

func rename(ctx context.Context, from, to string, do func(from, to string) error) error {
	if err := ctx.Err(); err != nil {
		return wrap("rename", from, context.Cause(ctx))
	}
	if err := fsys.CheckRename("rename", from, to); err != nil {
		return err
	}
	if err := do(from, to); err != nil {
		return wrapRename(from, to, err)
	}
	// First the new name, then the end of the old one: a power cut between the
	// two leaves one too many, never none.
	err := syncDir(path.Dir(to))
	if path.Dir(from) != path.Dir(to) {
		err = errors.Join(err, syncDir(path.Dir(from)))
	}
	return wrapRename(from, to, err)
}

func renameNoReplace(from, to string) error {
	err := unix.Renameat2(unix.AT_FDCWD, from, unix.AT_FDCWD, to, unix.RENAME_NOREPLACE)
	if errors.Is(err, unix.ENOSYS) || errors.Is(err, unix.EINVAL) {
		return claimAndRename(from, to)
	}
	return err
}

// claimAndRename does the same for file systems without RENAME_NOREPLACE (some
// network and FUSE ones). For a file, link(2) is exclusive, and for a moment
// both names exist. For a directory, mkdir(2) claims the name and rename(2)
// replaces the empty directory; a crash in between leaves it behind.
func claimAndRename(from, to string) error {
	info, err := os.Lstat(from)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		if err := unix.Link(from, to); err != nil {
			return err
		}
		return unix.Unlink(from)
	}
	if err := os.Mkdir(to, info.Mode().Perm()); err != nil {
		return err
	}
	err = unix.Rename(from, to)
	if errors.Is(err, unix.ENOTEMPTY) {
		return fs.ErrExist // somebody filled it between the two calls
	}
	return err
}

func syncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	err = f.Sync()
	if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOTSUP) {
		err = nil // a file system that cannot sync directories has no use for it
	}
	return errors.Join(err, f.Close())
}
