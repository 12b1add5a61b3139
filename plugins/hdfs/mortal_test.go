package hdfs

import (
	"context"
	"io/fs"

	"weft/internal/fsys"
)

// mortalFS lets its process die when left moments have passed: every call that
// changes something has two, before and after it takes effect.
type mortalFS struct {
	fsys.FS
	die  func()
	left int
}

// tick says whether this is the moment to die.
func (m *mortalFS) tick() bool {
	m.left--
	return m.left == -1
}

func (m *mortalFS) change(call func() error) error {
	if m.tick() {
		m.die()
	}
	err := call()
	if m.tick() {
		m.die()
	}
	return err
}

func (m *mortalFS) Mkdir(ctx context.Context, name string, perm fs.FileMode) error {
	return m.change(func() error { return m.FS.Mkdir(ctx, name, perm) })
}

func (m *mortalFS) Rename(ctx context.Context, from, to string) error {
	return m.change(func() error { return m.FS.Rename(ctx, from, to) })
}

func (m *mortalFS) RenameNoReplace(ctx context.Context, from, to string) error {
	return m.change(func() error { return m.FS.RenameNoReplace(ctx, from, to) })
}

func (m *mortalFS) Remove(ctx context.Context, name string) error {
	return m.change(func() error { return m.FS.Remove(ctx, name) })
}

func (m *mortalFS) RemoveAll(ctx context.Context, name string) error {
	return m.change(func() error { return m.FS.RemoveAll(ctx, name) })
}
