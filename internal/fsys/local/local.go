package local

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"weft/internal/fsys"
)

// FS is the local disk. The zero value is ready; all values are the same.
type FS struct{}

var (
	_ fsys.FS     = FS{}
	_ fsys.Locker = FS{}
)

// Connect is the fsys.Connect of the scheme "file"; the authority must be empty
// or "localhost" (RFC 8089).
func Connect(_ context.Context, authority string) (fsys.FS, error) {
	if authority != "" && authority != "localhost" {
		return nil, fmt.Errorf("file://%s: a local path has no host; write file:///path", authority)
	}
	return FS{}, nil
}

// Open implements fsys.Reader.
func (FS) Open(ctx context.Context, name string) (fsys.File, error) {
	if err := begin(ctx, "open", name); err != nil {
		return nil, err
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, wrap("open", name, err)
	}
	info, err := f.Stat()
	if err == nil && info.IsDir() {
		err = fsys.ErrIsDir
	}
	if err != nil {
		f.Close()
		return nil, wrap("open", name, err)
	}
	return &readFile{name: name, f: f}, nil
}

// Access implements fsys.Accessor, for the effective user; a file system that is
// mounted read-only refuses writes.
func (FS) Access(ctx context.Context, name string, bits fs.FileMode) error {
	if err := begin(ctx, "access", name); err != nil {
		return err
	}
	return wrap("access", name, unix.Faccessat(unix.AT_FDCWD, name, uint32(bits), unix.AT_EACCESS))
}

// List implements fsys.Reader. Links are followed; a dangling one is listed as
// the link itself.
func (FS) List(ctx context.Context, dir string) ([]fsys.Info, error) {
	if err := begin(ctx, "list", dir); err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, wrap("list", dir, err)
	}
	infos := make([]fsys.Info, 0, len(entries))
	for _, e := range entries {
		fi, err := os.Stat(filepath.Join(dir, e.Name()))
		if errors.Is(err, fs.ErrNotExist) {
			fi, err = e.Info()
		}
		if errors.Is(err, fs.ErrNotExist) {
			continue // removed since the directory was read
		}
		if err != nil {
			return nil, wrap("list", dir, err)
		}
		infos = append(infos, toInfo(e.Name(), fi))
	}
	slices.SortFunc(infos, func(a, b fsys.Info) int { return strings.Compare(a.Name, b.Name) })
	return infos, nil
}

// Stat implements fsys.Reader.
func (FS) Stat(ctx context.Context, name string) (fsys.Info, error) {
	if err := begin(ctx, "stat", name); err != nil {
		return fsys.Info{}, err
	}
	fi, err := os.Stat(name)
	if err != nil {
		return fsys.Info{}, wrap("stat", name, err)
	}
	base := path.Base(name)
	if name == "/" {
		base = ""
	}
	return toInfo(base, fi), nil
}

func toInfo(name string, fi fs.FileInfo) fsys.Info {
	info := fsys.Info{
		Name:    name,
		Size:    fi.Size(),
		Dir:     fi.IsDir(),
		Perm:    fi.Mode().Perm(),
		ModTime: fi.ModTime().Truncate(time.Millisecond),
	}
	if info.Dir {
		info.Size = 0
	}
	return info
}

// Create implements fsys.Creator.
func (FS) Create(ctx context.Context, name string, perm fs.FileMode) (fsys.File, error) {
	return create(ctx, "create", name, os.O_TRUNC, perm)
}

// CreateExclusive implements fsys.Creator.
func (FS) CreateExclusive(ctx context.Context, name string, perm fs.FileMode) (fsys.File, error) {
	return create(ctx, "create", name, os.O_EXCL, perm)
}

func create(ctx context.Context, op, name string, flag int, perm fs.FileMode) (fsys.File, error) {
	if err := begin(ctx, op, name); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|flag, perm.Perm())
	if err != nil {
		return nil, wrap(op, name, err)
	}
	return &writeFile{name: name, f: f}, nil
}

// Mkdir implements fsys.Creator; here it is exclusive.
func (FS) Mkdir(ctx context.Context, name string, perm fs.FileMode) error {
	if err := begin(ctx, "mkdir", name); err != nil {
		return err
	}
	if err := os.Mkdir(name, perm.Perm()); err != nil {
		return wrap("mkdir", name, err)
	}
	return wrap("mkdir", name, syncDir(path.Dir(name)))
}

// Remove implements fsys.Remover.
func (FS) Remove(ctx context.Context, name string) error {
	if err := begin(ctx, "remove", name); err != nil {
		return err
	}
	return wrap("remove", name, os.Remove(name))
}

// RemoveAll implements fsys.Remover.
func (FS) RemoveAll(ctx context.Context, name string) error {
	if err := begin(ctx, "remove", name); err != nil {
		return err
	}
	if name == "/" {
		return wrap("remove", name, fs.ErrInvalid)
	}
	return wrap("remove", name, os.RemoveAll(name))
}

// RecoverLease implements fsys.Recoverer: there are no leases, it only checks
// that the file is there.
func (l FS) RecoverLease(ctx context.Context, name string) (bool, error) {
	return l.IsClosed(ctx, name)
}

// IsClosed implements fsys.Recoverer.
func (l FS) IsClosed(ctx context.Context, name string) (bool, error) {
	info, err := l.Stat(ctx, name)
	if err == nil && info.Dir {
		err = wrap("recover lease", name, fsys.ErrIsDir)
	}
	return err == nil, err
}

// SyncDurable implements fsys.Describer.
func (FS) SyncDurable() bool { return true }

// Space implements fsys.Describer by statfs(2).
func (FS) Space(ctx context.Context, dir string) (fsys.Space, error) {
	if err := begin(ctx, "space", dir); err != nil {
		return fsys.Space{}, err
	}
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		return fsys.Space{}, wrap("space", dir, err)
	}
	s := fsys.Space{
		TotalBytes: int64(st.Blocks) * st.Bsize,
		FreeBytes:  int64(st.Bavail) * st.Bsize,
		FreeNames:  int64(st.Ffree),
	}
	if st.Files == 0 { // btrfs and others make inodes as they go
		s.FreeNames = -1
	}
	return s, nil
}

// Lock implements fsys.Locker by flock(2) on the directory itself: the lock
// stays with the directory when that is renamed, and ends with the process.
func (FS) Lock(ctx context.Context, dir string) (io.Closer, error) {
	if err := begin(ctx, "lock", dir); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(dir, os.O_RDONLY|unix.O_DIRECTORY, 0)
	if err != nil {
		return nil, wrap("lock", dir, err)
	}
	err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		err = fsys.ErrLocked
	}
	if err != nil {
		f.Close()
		return nil, wrap("lock", dir, err)
	}
	return f, nil
}

// begin is the first line of every call.
func begin(ctx context.Context, op, name string) error {
	if err := ctx.Err(); err != nil {
		return wrap(op, name, context.Cause(ctx))
	}
	return fsys.CheckName(op, name)
}
