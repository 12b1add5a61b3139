package hdfs

import (
	"context"
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"

	"weft/internal/fsys"
	"weft/yarnrpc/nn"
)

// Stat implements fsys.Reader.
func (f *FS) Stat(ctx context.Context, name string) (fsys.Info, error) {
	if err := begin(ctx, "stat", name); err != nil {
		return fsys.Info{}, err
	}
	s, err := f.nn.Stat(ctx, name)
	if err != nil {
		return fsys.Info{}, wrap(ctx, "stat", name, err, looks)
	}
	return info(s, strings.TrimPrefix(path.Base(name), "/")), nil
}

// Access implements fsys.Accessor (ClientProtocol.checkAccess).
func (f *FS) Access(ctx context.Context, name string, bits fs.FileMode) error {
	if err := begin(ctx, "check access to", name); err != nil {
		return err
	}
	return wrap(ctx, "check access to", name, f.nn.CheckAccess(ctx, name, int32(bits&7)), looks)
}

// List implements fsys.Reader.
func (f *FS) List(ctx context.Context, dir string) ([]fsys.Info, error) {
	if err := begin(ctx, "list", dir); err != nil {
		return nil, err
	}
	entries, err := f.nn.List(ctx, dir)
	if err == nil && len(entries) == 1 && entries[0].Name == "" {
		err = fsys.ErrNotDir // a file lists itself
	}
	if err != nil {
		return nil, wrap(ctx, "list", dir, err, looks)
	}
	infos := make([]fsys.Info, 0, len(entries))
	for _, s := range entries {
		infos = append(infos, info(s, s.Name))
	}
	slices.SortFunc(infos, func(a, b fsys.Info) int { return strings.Compare(a.Name, b.Name) })
	return infos, nil
}

func info(s nn.Status, name string) fsys.Info {
	return fsys.Info{
		Name: name, Size: s.Length, Dir: s.Kind == nn.Dir, Perm: fs.FileMode(s.Perm).Perm(),
		ModTime: s.ModTime, Owner: s.Owner, Group: s.Group,
	}
}

// Mkdir implements fsys.Creator.
func (f *FS) Mkdir(ctx context.Context, name string, perm fs.FileMode) error {
	if err := begin(ctx, "mkdir", name); err != nil {
		return err
	}
	_, err := f.nn.Stat(ctx, name)
	if err == nil {
		return wrap(ctx, "mkdir", name, fs.ErrExist, looks)
	}
	if errors.Is(err, fs.ErrNotExist) {
		err = f.nn.Mkdir(ctx, name, uint32(perm.Perm()), false)
	}
	return wrap(ctx, "mkdir", name, err, changes)
}

// Rename implements fsys.Mover.
func (f *FS) Rename(ctx context.Context, from, to string) error {
	return f.rename(ctx, from, to, true)
}

// RenameNoReplace implements fsys.Mover.
func (f *FS) RenameNoReplace(ctx context.Context, from, to string) error {
	return f.rename(ctx, from, to, false)
}

func (f *FS) rename(ctx context.Context, from, to string, replace bool) error {
	if err := begin(ctx, "rename", from); err != nil {
		return err
	}
	if err := fsys.CheckRename("rename", from, to); err != nil {
		return err
	}
	err := f.nn.Rename(ctx, from, to, replace)
	if hasText(err, "must both be directories") { // FSDirRenameOp.validateOverwrite
		err = fs.ErrExist
		if replace {
			err = f.kindMismatch(ctx, from, to)
		}
	}
	return wrapRename(ctx, from, to, err)
}

// kindMismatch says which of the two was a directory and which a file.
func (f *FS) kindMismatch(ctx context.Context, from, to string) error {
	s, err := f.nn.Stat(ctx, from)
	switch {
	case err != nil:
		return err
	case s.Kind == nn.Dir:
		return fsys.ErrNotDir
	}
	return fsys.ErrIsDir
}

// Remove implements fsys.Remover.
func (f *FS) Remove(ctx context.Context, name string) error {
	if err := begin(ctx, "remove", name); err != nil {
		return err
	}
	return wrap(ctx, "remove", name, f.nn.Delete(ctx, name, false), changes)
}

// RemoveAll implements fsys.Remover.
func (f *FS) RemoveAll(ctx context.Context, name string) error {
	if err := begin(ctx, "remove", name); err != nil {
		return err
	}
	if name == "/" {
		return wrap(ctx, "remove", name, fs.ErrInvalid, looks)
	}
	err := f.nn.Delete(ctx, name, true)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return wrap(ctx, "remove", name, err, changes)
}

// RecoverLease implements fsys.Recoverer.
func (f *FS) RecoverLease(ctx context.Context, name string) (bool, error) {
	if err := begin(ctx, "recover lease", name); err != nil {
		return false, err
	}
	closed, err := f.nn.RecoverLease(ctx, name, f.holder)
	return closed, wrap(ctx, "recover lease", name, err, changes)
}

// IsClosed implements fsys.Recoverer.
func (f *FS) IsClosed(ctx context.Context, name string) (bool, error) {
	if err := begin(ctx, "is closed", name); err != nil {
		return false, err
	}
	closed, err := f.nn.IsClosed(ctx, name)
	return closed, wrap(ctx, "is closed", name, err, looks)
}

// SyncDurable implements fsys.Describer: Sync brings the bytes to the disks of
// all DataNodes that write them; recovering the lease closes the file with them.
func (f *FS) SyncDurable() bool { return true }
