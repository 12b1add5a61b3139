package mem

import (
	"context"
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"weft/internal/fsys"
)

// ErrCrashed is what every call on a crashed client, and on its files, fails
// with. The code under test sees it where a real process would be dead.
var ErrCrashed = errors.New("this client has crashed")

// Options chooses what the memory plays.
type Options struct {
	// Leases: be like HDFS; otherwise like a disk. See the package comment.
	Leases bool
	// LimitBytes is the size of the store; 0 means 1 TiB.
	LimitBytes int64
	// RecoverPolls is how often IsClosed says no after a RecoverLease that
	// found an open file: real recovery takes seconds.
	RecoverPolls int
	// Keep chooses how many bytes of an open file are left by a crash or a lease
	// recovery, between those that were durable and those that were written;
	// nil keeps the durable ones alone. Use it to make torn files.
	Keep func(name string, durable, written int64) int64
	// Now is the clock of modification times; nil is time.Now.
	Now func() time.Time
}

// FS is one client of a store: one process. Safe for many goroutines.
type FS struct {
	s       *store
	crashed bool         // guarded by s.mu
	open    []*writeFile // open for writing, oldest first; guarded by s.mu
}

var (
	_ fsys.FS     = (*FS)(nil)
	_ fsys.Locker = (*FS)(nil)
)

// store is what all clients share.
type store struct {
	opts Options
	mu   sync.Mutex
	root *node
	used int64 // bytes in all files
}

// New makes an empty store and returns its first client.
func New(opts Options) *FS {
	if opts.LimitBytes == 0 {
		opts.LimitBytes = 1 << 40
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.Keep == nil {
		opts.Keep = func(_ string, durable, _ int64) int64 { return durable }
	}
	s := &store{opts: opts}
	s.root = s.newDir(0o755)
	return &FS{s: s}
}

// Client makes another client of the same store, as a second process would be.
func (c *FS) Client() *FS { return &FS{s: c.s} }

// do runs one call under the store's lock, after the checks common to all.
func (c *FS) do(ctx context.Context, op, name string, call func() error) error {
	if ctx.Err() != nil {
		return wrap(op, name, context.Cause(ctx))
	}
	if err := fsys.CheckName(op, name); err != nil {
		return err
	}
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	if c.crashed {
		return wrap(op, name, ErrCrashed)
	}
	return wrap(op, name, call())
}

// Open implements fsys.Reader.
func (c *FS) Open(ctx context.Context, name string) (fsys.File, error) {
	var file *readFile
	err := c.do(ctx, "open", name, func() error {
		n, err := c.s.find(name)
		if err == nil && n.dir() {
			err = fsys.ErrIsDir
		}
		file = &readFile{c: c, name: name, n: n}
		return err
	})
	if err != nil {
		return nil, err
	}
	return file, nil
}

// List implements fsys.Reader.
func (c *FS) List(ctx context.Context, dir string) ([]fsys.Info, error) {
	var infos []fsys.Info
	err := c.do(ctx, "list", dir, func() error {
		n, err := c.s.find(dir)
		if err == nil && !n.dir() {
			err = fsys.ErrNotDir
		}
		if err != nil {
			return err
		}
		for name, child := range n.children {
			infos = append(infos, c.s.info(name, child))
		}
		return nil
	})
	slices.SortFunc(infos, func(a, b fsys.Info) int { return strings.Compare(a.Name, b.Name) })
	return infos, err
}

// Stat implements fsys.Reader.
func (c *FS) Stat(ctx context.Context, name string) (fsys.Info, error) {
	var info fsys.Info
	err := c.do(ctx, "stat", name, func() error {
		n, err := c.s.find(name)
		if err == nil {
			info = c.s.info(strings.TrimPrefix(path.Base(name), "/"), n)
		}
		return err
	})
	return info, err
}

// Create implements fsys.Creator.
func (c *FS) Create(ctx context.Context, name string, perm fs.FileMode) (fsys.File, error) {
	return c.create(ctx, name, perm, true)
}

// CreateExclusive implements fsys.Creator.
func (c *FS) CreateExclusive(ctx context.Context, name string, perm fs.FileMode) (fsys.File, error) {
	return c.create(ctx, name, perm, false)
}

func (c *FS) create(ctx context.Context, name string, perm fs.FileMode, replace bool) (fsys.File, error) {
	var file *writeFile
	err := c.do(ctx, "create", name, func() error {
		parent, base, err := c.s.parent(name)
		if err != nil {
			return err
		}
		old, exists := parent.children[base]
		switch {
		case exists && !replace:
			return fs.ErrExist
		case exists && old.dir():
			return fsys.ErrIsDir
		case exists:
			c.s.unlink(parent, base)
		}
		n := &node{perm: perm.Perm(), mod: c.s.now(), named: c.s.opts.Leases || exists}
		file = &writeFile{c: c, name: name, n: n}
		n.writer = file
		c.s.link(parent, base, n)
		c.open = append(c.open, file)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return file, nil
}

// Mkdir implements fsys.Creator; here it is exclusive.
func (c *FS) Mkdir(ctx context.Context, name string, perm fs.FileMode) error {
	return c.do(ctx, "mkdir", name, func() error {
		parent, base, err := c.s.parent(name)
		if err != nil {
			return err
		}
		if parent.children[base] != nil {
			return fs.ErrExist
		}
		c.s.link(parent, base, c.s.newDir(perm))
		return nil
	})
}

// SyncDurable implements fsys.Describer.
func (c *FS) SyncDurable() bool { return !c.s.opts.Leases }

// Space implements fsys.Describer.
func (c *FS) Space(ctx context.Context, dir string) (fsys.Space, error) {
	space := fsys.Space{FreeNames: -1}
	err := c.do(ctx, "space", dir, func() error {
		space.TotalBytes = c.s.opts.LimitBytes
		space.FreeBytes = max(0, c.s.opts.LimitBytes-c.s.used)
		_, err := c.s.find(dir)
		return err
	})
	return space, err
}

func wrap(op, name string, err error) error {
	if err == nil {
		return nil
	}
	return &fs.PathError{Op: op, Path: name, Err: err}
}
