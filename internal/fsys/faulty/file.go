package faulty

import (
	"io"

	"weft/internal/fsys"
)

// file runs an operation that gives a file. When its answer is lost, nobody
// holds the file: it stays open, as with a process whose create timed out.
func (f *FS) file(op Op, writes bool, call func() (fsys.File, error)) (fsys.File, error) {
	var inner fsys.File
	err := f.do(op, writes, func() (err error) {
		inner, err = call()
		return err
	})
	if err != nil {
		return nil, err
	}
	return &file{fs: f, name: op.Name, inner: inner, writes: writes}, nil
}

// file is an open file with the faults of its file system.
type file struct {
	fs     *FS
	name   string
	inner  fsys.File
	writes bool
	broken error // first failure of a file being written
	done   bool
}

var (
	_ fsys.File   = (*file)(nil)
	_ io.Seeker   = (*file)(nil)
	_ io.ReaderAt = (*file)(nil)
)

// Read implements fsys.File.
func (f *file) Read(p []byte) (n int, err error) {
	err = f.fs.do(Op{Kind: Read, Name: f.name}, false, func() (err error) {
		n, err = f.inner.Read(p)
		return err
	})
	return n, err
}

// ReadAt implements io.ReaderAt.
func (f *file) ReadAt(p []byte, off int64) (n int, err error) {
	r, ok := f.inner.(io.ReaderAt)
	if !ok {
		return 0, wrap(Op{Kind: Read, Name: f.name}, fsys.ErrMode)
	}
	err = f.fs.do(Op{Kind: Read, Name: f.name}, false, func() (err error) {
		n, err = r.ReadAt(p, off)
		return err
	})
	return n, err
}

// Seek implements io.Seeker; it has no faults.
func (f *file) Seek(off int64, whence int) (int64, error) {
	s, ok := f.inner.(io.Seeker)
	if !ok {
		return 0, wrap(Op{Kind: Read, Name: f.name}, fsys.ErrMode)
	}
	return s.Seek(off, whence)
}

// Write implements fsys.File.
func (f *file) Write(p []byte) (n int, err error) {
	err = f.guard(Op{Kind: Write, Name: f.name}, false, func() (err error) {
		n, err = f.inner.Write(p)
		return err
	})
	return n, err
}

// Sync implements fsys.File.
func (f *file) Sync() error {
	return f.guard(Op{Kind: Sync, Name: f.name}, f.fs.SyncDurable() && f.writes, f.inner.Sync)
}

// guard runs an operation of a file being written: after its first failure the
// file is broken, as the seam says.
func (f *file) guard(op Op, durable bool, call func() error) error {
	if f.done || !f.writes {
		return call() // inner knows best how to refuse
	}
	if f.broken != nil {
		return f.broken
	}
	f.broken = f.fs.do(op, durable, call)
	return f.broken
}

// Close implements fsys.File. A broken file is left open for ever: asking inner
// to close it would complete it, which no back end does with a broken file.
func (f *file) Close() error {
	if f.done {
		return nil
	}
	f.done = true
	if !f.writes {
		return f.inner.Close()
	}
	if f.broken != nil {
		return f.broken
	}
	return f.fs.do(Op{Kind: Close, Name: f.name}, true, f.inner.Close)
}
