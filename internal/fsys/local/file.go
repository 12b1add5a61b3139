package local

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"

	"golang.org/x/sys/unix"

	"weft/internal/fsys"
)

// writeBackBytes is how much is written before the kernel is told to start
// putting it on the disk. Larger and the fsync at the end waits longer; smaller
// costs system calls and nothing else.
const writeBackBytes = 8 << 20

type readFile struct {
	name string
	f    *os.File
	done bool
}

var (
	_ fsys.File   = (*readFile)(nil)
	_ io.Seeker   = (*readFile)(nil)
	_ io.ReaderAt = (*readFile)(nil)
)

func (r *readFile) Read(p []byte) (int, error) {
	n, err := r.f.Read(p)
	return n, wrapRead(r.name, err)
}

func (r *readFile) ReadAt(p []byte, off int64) (int, error) {
	n, err := r.f.ReadAt(p, off)
	return n, wrapRead(r.name, err)
}

func (r *readFile) Seek(off int64, whence int) (int64, error) {
	n, err := r.f.Seek(off, whence)
	return n, wrap("seek", r.name, err)
}

func (r *readFile) Write([]byte) (int, error) { return 0, wrap("write", r.name, fsys.ErrMode) }

func (r *readFile) Sync() error { return wrap("sync", r.name, fsys.ErrMode) }

func (r *readFile) Close() error {
	if r.done {
		return nil
	}
	r.done = true
	return wrap("close", r.name, r.f.Close())
}

// writeFile is a file open for writing. broken holds the first error: from then
// on the file cannot be closed with success.
type writeFile struct {
	name    string
	f       *os.File
	written int64 // bytes handed to the kernel
	pushed  int64 // of these, bytes whose writing back was started
	broken  error
	done    bool
}

var _ fsys.File = (*writeFile)(nil)

func (w *writeFile) Read([]byte) (int, error) { return 0, wrap("read", w.name, fsys.ErrMode) }

func (w *writeFile) Write(p []byte) (int, error) {
	if w.broken != nil {
		return 0, w.broken
	}
	n, err := w.f.Write(p)
	w.written += int64(n)
	if err != nil {
		w.broken = wrap("write", w.name, err)
		return n, w.broken
	}
	if w.written-w.pushed >= writeBackBytes {
		// Only a hint: its errors come back from fsync.
		_ = unix.SyncFileRange(int(w.f.Fd()), w.pushed, w.written-w.pushed, unix.SYNC_FILE_RANGE_WRITE)
		w.pushed = w.written
	}
	return n, nil
}

func (w *writeFile) Sync() error {
	if w.broken != nil {
		return w.broken
	}
	// An fsync error is final: the kernel may have dropped the pages, and the
	// next fsync would report success.
	w.broken = wrap("sync", w.name, errors.Join(w.f.Sync(), syncDir(path.Dir(w.name))))
	return w.broken
}

func (w *writeFile) Close() error {
	if w.done {
		return nil
	}
	w.done = true
	err := w.broken
	if err == nil {
		err = wrap("close", w.name, w.f.Sync())
	}
	if cerr := w.f.Close(); err == nil {
		err = wrap("close", w.name, cerr)
	}
	if err == nil {
		err = wrap("close", w.name, syncDir(path.Dir(w.name)))
	}
	if w.broken == nil {
		w.broken = wrap("write", w.name, fs.ErrClosed)
	}
	return err
}

func wrapRead(name string, err error) error {
	if err == io.EOF {
		return err
	}
	return wrap("read", name, err)
}

func wrapRename(from, to string, err error) error {
	if err == nil {
		return nil
	}
	return &fs.PathError{Op: "rename", Path: from, Err: fmt.Errorf("to %s: %w", to, translate(err))}
}

// wrap gives an error of the os package the form of the seam.
func wrap(op, name string, err error) error {
	if err == nil {
		return nil
	}
	return &fs.PathError{Op: op, Path: name, Err: translate(err)}
}

// translate takes off what the os package wrapped around an errno and replaces
// the numbers that the seam has words for.
func translate(err error) error {
	var pathErr *fs.PathError
	var linkErr *os.LinkError
	switch {
	case errors.As(err, &pathErr):
		err = pathErr.Err
	case errors.As(err, &linkErr):
		err = linkErr.Err
	}
	switch {
	case errors.Is(err, unix.ENOTEMPTY): // Errno calls this one ErrExist as well
		return fsys.ErrNotEmpty
	case errors.Is(err, unix.EISDIR):
		return fsys.ErrIsDir
	case errors.Is(err, unix.ENOTDIR):
		return fsys.ErrNotDir
	case errors.Is(err, unix.ENOSPC):
		return fsys.ErrNoSpace
	case errors.Is(err, unix.EDQUOT):
		return fmt.Errorf("%w: disk quota exceeded", fsys.ErrNoSpace)
	case errors.Is(err, unix.EROFS):
		return fmt.Errorf("%w: the file system is read-only", fs.ErrPermission)
	}
	return err
}
