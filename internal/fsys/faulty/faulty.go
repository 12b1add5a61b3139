package faulty

import (
	"context"
	"io"
	"io/fs"
	"path"
	"slices"
	"sync"

	"weft/internal/fsys"
)

// FS is a file system with faults. Safe for many goroutines; rules are asked in
// the order in which operations arrive.
type FS struct {
	inner fsys.FS

	mu      sync.Mutex
	rules   []*Rule
	durable int
	dead    error // set once a rule with Dead has fired
	trace   []Op
}

var (
	_ fsys.FS     = (*FS)(nil)
	_ fsys.Locker = (*FS)(nil)
)

// Wrap returns inner with the given rules.
func Wrap(inner fsys.FS, rules ...Rule) *FS {
	f := &FS{inner: inner}
	for _, r := range rules {
		f.Add(r)
	}
	return f
}

// Add adds a rule; it may be called while operations run. A pattern that
// path.Match does not understand is a mistake in the test, and panics.
func (f *FS) Add(r Rule) {
	if _, err := path.Match(r.Name, ""); err != nil {
		panic("faulty: rule with the name " + r.Name + ": " + err.Error()) // a mistake in the test itself
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	r.seen = 0
	f.rules = append(f.rules, &r)
}

// Durable is the number of durable operations begun so far, see Op.Durable.
func (f *FS) Durable() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.durable
}

// Trace returns the durable operations begun so far, in order.
func (f *FS) Trace() []Op {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.trace)
}

// do runs one operation between the faults of its two sides.
func (f *FS) do(op Op, durable bool, call func() error) error {
	before, after := f.judge(&op, durable)
	if before != nil {
		return f.fire(op, before)
	}
	if err := call(); err != nil || after == nil {
		return err
	}
	return f.fire(op, after)
}

// judge counts the operation and finds the rule for each side.
func (f *FS) judge(op *Op, durable bool) (before, after *Rule) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.dead != nil {
		return &Rule{Err: f.dead}, nil
	}
	if durable {
		f.durable++
		op.Durable = f.durable
		f.trace = append(f.trace, *op)
	}
	for _, r := range f.rules {
		if !r.fires(*op) {
			continue
		}
		if r.When == Before && before == nil {
			before = r
		}
		if r.When == After && after == nil {
			after = r
		}
	}
	return before, after
}

// fire carries out a rule. Do is called without the lock: it may use f.
func (f *FS) fire(op Op, r *Rule) error {
	if r.Dead {
		f.mu.Lock()
		f.dead = r.err()
		f.mu.Unlock()
	}
	if r.Do != nil {
		r.Do()
	}
	return wrap(op, r.err())
}

// Open implements fsys.Reader.
func (f *FS) Open(ctx context.Context, name string) (fsys.File, error) {
	return f.file(Op{Kind: Open, Name: name}, false, func() (fsys.File, error) { return f.inner.Open(ctx, name) })
}

// List implements fsys.Reader.
func (f *FS) List(ctx context.Context, dir string) (infos []fsys.Info, err error) {
	err = f.do(Op{Kind: List, Name: dir}, false, func() (err error) {
		infos, err = f.inner.List(ctx, dir)
		return err
	})
	return infos, err
}

// Stat implements fsys.Reader.
func (f *FS) Stat(ctx context.Context, name string) (info fsys.Info, err error) {
	err = f.do(Op{Kind: Stat, Name: name}, false, func() (err error) {
		info, err = f.inner.Stat(ctx, name)
		return err
	})
	return info, err
}

// Create implements fsys.Creator.
func (f *FS) Create(ctx context.Context, name string, perm fs.FileMode) (fsys.File, error) {
	return f.file(Op{Kind: Create, Name: name}, true, func() (fsys.File, error) { return f.inner.Create(ctx, name, perm) })
}

// CreateExclusive implements fsys.Creator.
func (f *FS) CreateExclusive(ctx context.Context, name string, perm fs.FileMode) (fsys.File, error) {
	return f.file(Op{Kind: CreateExclusive, Name: name}, true, func() (fsys.File, error) { return f.inner.CreateExclusive(ctx, name, perm) })
}

// Mkdir implements fsys.Creator.
func (f *FS) Mkdir(ctx context.Context, name string, perm fs.FileMode) error {
	return f.do(Op{Kind: Mkdir, Name: name}, true, func() error { return f.inner.Mkdir(ctx, name, perm) })
}

// Rename implements fsys.Mover.
func (f *FS) Rename(ctx context.Context, from, to string) error {
	return f.do(Op{Kind: Rename, Name: from, To: to}, true, func() error { return f.inner.Rename(ctx, from, to) })
}

// RenameNoReplace implements fsys.Mover.
func (f *FS) RenameNoReplace(ctx context.Context, from, to string) error {
	return f.do(Op{Kind: RenameNoReplace, Name: from, To: to}, true, func() error { return f.inner.RenameNoReplace(ctx, from, to) })
}

// Remove implements fsys.Remover.
func (f *FS) Remove(ctx context.Context, name string) error {
	return f.do(Op{Kind: Remove, Name: name}, true, func() error { return f.inner.Remove(ctx, name) })
}

// RemoveAll implements fsys.Remover.
func (f *FS) RemoveAll(ctx context.Context, name string) error {
	return f.do(Op{Kind: RemoveAll, Name: name}, true, func() error { return f.inner.RemoveAll(ctx, name) })
}

// RecoverLease implements fsys.Recoverer.
func (f *FS) RecoverLease(ctx context.Context, name string) (closed bool, err error) {
	err = f.do(Op{Kind: RecoverLease, Name: name}, true, func() (err error) {
		closed, err = f.inner.RecoverLease(ctx, name)
		return err
	})
	return closed && err == nil, err
}

// IsClosed implements fsys.Recoverer.
func (f *FS) IsClosed(ctx context.Context, name string) (closed bool, err error) {
	err = f.do(Op{Kind: IsClosed, Name: name}, false, func() (err error) {
		closed, err = f.inner.IsClosed(ctx, name)
		return err
	})
	return closed && err == nil, err
}

// SyncDurable implements fsys.Describer.
func (f *FS) SyncDurable() bool { return f.inner.SyncDurable() }

// Space implements fsys.Describer.
func (f *FS) Space(ctx context.Context, dir string) (space fsys.Space, err error) {
	err = f.do(Op{Kind: Space, Name: dir}, false, func() (err error) {
		space, err = f.inner.Space(ctx, dir)
		return err
	})
	return space, err
}

// Lock implements fsys.Locker: fsys.ErrUnsupported where inner has no locks.
func (f *FS) Lock(ctx context.Context, dir string) (held io.Closer, err error) {
	l, ok := f.inner.(fsys.Locker)
	if !ok {
		return nil, wrap(Op{Kind: Lock, Name: dir}, fsys.ErrUnsupported)
	}
	err = f.do(Op{Kind: Lock, Name: dir}, false, func() (err error) {
		held, err = l.Lock(ctx, dir)
		return err
	})
	if err != nil {
		return nil, err
	}
	return held, nil
}
