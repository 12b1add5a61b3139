package mem

import (
	"io"
	"io/fs"

	"weft/internal/fsys"
)

type readFile struct {
	c    *FS
	name string
	n    *node
	off  int64
	done bool
}

var (
	_ fsys.File   = (*readFile)(nil)
	_ io.Seeker   = (*readFile)(nil)
	_ io.ReaderAt = (*readFile)(nil)
)

func (r *readFile) Read(p []byte) (int, error) {
	n, err := r.ReadAt(p, r.off)
	r.off += int64(n)
	if n > 0 {
		err = nil
	}
	return n, err
}

func (r *readFile) ReadAt(p []byte, off int64) (int, error) {
	r.c.s.mu.Lock()
	defer r.c.s.mu.Unlock()
	switch {
	case r.c.crashed:
		return 0, wrap("read", r.name, ErrCrashed)
	case r.done:
		return 0, wrap("read", r.name, fs.ErrClosed)
	case off < 0:
		return 0, wrap("read", r.name, fs.ErrInvalid)
	}
	data := r.c.s.visible(r.n)
	if off >= int64(len(data)) {
		return 0, io.EOF
	}
	n := copy(p, data[off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func (r *readFile) Seek(off int64, whence int) (int64, error) {
	r.c.s.mu.Lock()
	defer r.c.s.mu.Unlock()
	switch whence {
	case io.SeekCurrent:
		off += r.off
	case io.SeekEnd:
		off += int64(len(r.c.s.visible(r.n)))
	}
	if off < 0 {
		return 0, wrap("seek", r.name, fs.ErrInvalid)
	}
	r.off = off
	return off, nil
}

func (r *readFile) Write([]byte) (int, error) { return 0, wrap("write", r.name, fsys.ErrMode) }

func (r *readFile) Sync() error { return wrap("sync", r.name, fsys.ErrMode) }

func (r *readFile) Close() error {
	r.done = true
	return nil
}

// writeFile is a file open for writing. Its fields are guarded by store.mu.
type writeFile struct {
	c      *FS
	name   string // as it was created; the node may have been renamed since
	n      *node
	broken error
	done   bool
}

var _ fsys.File = (*writeFile)(nil)

func (w *writeFile) Read([]byte) (int, error) { return 0, wrap("read", w.name, fsys.ErrMode) }

func (w *writeFile) Write(p []byte) (int, error) {
	w.c.s.mu.Lock()
	defer w.c.s.mu.Unlock()
	if err := w.fit("write"); err != nil {
		return 0, err
	}
	if w.c.s.used+int64(len(p)) > w.c.s.opts.LimitBytes {
		w.broken = wrap("write", w.name, fsys.ErrNoSpace)
		return 0, w.broken
	}
	if w.n.parent != nil {
		w.c.s.used += int64(len(p))
	}
	w.n.data = append(w.n.data, p...)
	w.n.mod = w.c.s.now()
	return len(p), nil
}

// fit says why this file cannot be written any more.
func (w *writeFile) fit(op string) error {
	switch {
	case w.c.crashed:
		return wrap(op, w.name, ErrCrashed)
	case w.done:
		return wrap(op, w.name, fs.ErrClosed)
	case w.broken != nil:
		return w.broken
	case w.n.writer != w:
		w.broken = wrap(op, w.name, fsys.ErrLease)
	case w.n.parent == nil && w.c.s.opts.Leases:
		w.broken = wrap(op, w.name, fs.ErrNotExist)
	}
	return w.broken
}

func (w *writeFile) Sync() error {
	w.c.s.mu.Lock()
	defer w.c.s.mu.Unlock()
	err := w.fit("sync")
	if err == nil && !w.c.s.opts.Leases {
		w.n.durable, w.n.named = len(w.n.data), true
	}
	return err
}

func (w *writeFile) Close() error {
	w.c.s.mu.Lock()
	defer w.c.s.mu.Unlock()
	if w.done {
		return nil
	}
	err := w.fit("close")
	w.done = true
	if err != nil {
		return err // the file stays as it is, open in the eyes of HDFS
	}
	w.n.durable, w.n.named, w.n.writer = len(w.n.data), true, nil
	w.c.forget(w)
	return nil
}
