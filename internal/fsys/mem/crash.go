package mem

import (
	"context"
	"io"
	"slices"

	"weft/internal/fsys"
)

// Crash ends this client as kill -9 and a power cut together would. Its open
// files lose what was not durable; its locks are free. Calls in flight finish
// first. Crashing twice does nothing.
func (c *FS) Crash() {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	if c.crashed {
		return
	}
	c.crashed = true
	for _, w := range c.open {
		c.s.cut(w)
	}
	c.open = nil
	c.s.root.unlockAll(c)
}

// cut leaves of an open file what its dead writer made durable. On HDFS the
// lease stays, so writer stays set: the file is open until it is recovered.
func (s *store) cut(w *writeFile) {
	n := w.n
	if n.writer != w || n.parent == nil {
		return
	}
	keep := min(max(s.opts.Keep(w.name, int64(n.durable), int64(len(n.data))), int64(n.durable)), int64(len(n.data)))
	s.used -= int64(len(n.data)) - keep
	n.data = n.data[:keep]
	n.durable = int(keep)
	if s.opts.Leases {
		return
	}
	n.writer = nil
	if n.named {
		return
	}
	for base, child := range n.parent.children {
		if child == n {
			s.unlink(n.parent, base)
			return
		}
	}
}

func (c *FS) forget(w *writeFile) {
	c.open = slices.DeleteFunc(c.open, func(o *writeFile) bool { return o == w })
}

// RecoverLease implements fsys.Recoverer.
func (c *FS) RecoverLease(ctx context.Context, name string) (bool, error) {
	var closed bool
	err := c.do(ctx, "recover lease", name, func() error {
		n, err := c.s.file(name)
		if err != nil {
			return err
		}
		if w := n.writer; w != nil && c.s.opts.Leases {
			c.s.cut(w)
			w.c.forget(w)
			n.writer, n.polls = nil, c.s.opts.RecoverPolls
		}
		closed = n.polls == 0
		return nil
	})
	return closed, err
}

// IsClosed implements fsys.Recoverer.
func (c *FS) IsClosed(ctx context.Context, name string) (bool, error) {
	var closed bool
	err := c.do(ctx, "is closed", name, func() error {
		n, err := c.s.file(name)
		if err != nil {
			return err
		}
		if n.polls > 0 {
			n.polls--
			return nil
		}
		closed = n.writer == nil || !c.s.opts.Leases
		return nil
	})
	return closed, err
}

func (s *store) file(name string) (*node, error) {
	n, err := s.find(name)
	if err == nil && n.dir() {
		err = fsys.ErrIsDir
	}
	return n, err
}

// lock is the lock of a directory.
type lock struct {
	c *FS
	n *node
}

// Lock implements fsys.Locker; with leases there are no locks.
func (c *FS) Lock(ctx context.Context, dir string) (io.Closer, error) {
	var held *lock
	err := c.do(ctx, "lock", dir, func() error {
		n, err := c.s.find(dir)
		switch {
		case err != nil:
			return err
		case c.s.opts.Leases:
			return fsys.ErrUnsupported
		case !n.dir():
			return fsys.ErrNotDir
		case n.lock != nil:
			return fsys.ErrLocked
		}
		held = &lock{c: c, n: n}
		n.lock = held
		return nil
	})
	if err != nil {
		return nil, err
	}
	return held, nil
}

// Close gives the lock back. May be called twice.
func (l *lock) Close() error {
	l.c.s.mu.Lock()
	defer l.c.s.mu.Unlock()
	if l.n.lock == l {
		l.n.lock = nil
	}
	return nil
}

func (n *node) unlockAll(c *FS) {
	if n.lock != nil && n.lock.c == c {
		n.lock = nil
	}
	for _, child := range n.children {
		child.unlockAll(c)
	}
}
