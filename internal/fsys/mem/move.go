package mem

import (
	"context"
	"fmt"
	"io/fs"

	"weft/internal/fsys"
)

// Rename implements fsys.Mover.
func (c *FS) Rename(ctx context.Context, from, to string) error {
	return c.rename(ctx, from, to, true)
}

// RenameNoReplace implements fsys.Mover.
func (c *FS) RenameNoReplace(ctx context.Context, from, to string) error {
	return c.rename(ctx, from, to, false)
}

func (c *FS) rename(ctx context.Context, from, to string, replace bool) error {
	if err := fsys.CheckRename("rename", from, to); err != nil {
		return err
	}
	return c.do(ctx, "rename", from, func() error {
		if err := c.s.rename(from, to, replace); err != nil {
			return fmt.Errorf("to %s: %w", to, err)
		}
		return nil
	})
}

func (s *store) rename(from, to string, replace bool) error {
	n, err := s.find(from)
	if err != nil {
		return err
	}
	dir, base, err := s.parent(to)
	if err != nil {
		return err
	}
	if old, ok := dir.children[base]; ok {
		if err := mayReplace(n, old, replace); err != nil {
			return err
		}
		s.unlink(dir, base)
	}
	oldDir, oldBase, err := s.parent(from)
	if err != nil {
		return err
	}
	delete(oldDir.children, oldBase)
	oldDir.mod = s.now()
	s.link(dir, base, n)
	return nil
}

func mayReplace(n, old *node, replace bool) error {
	switch {
	case !replace:
		return fs.ErrExist
	case old.dir() && !n.dir():
		return fsys.ErrIsDir
	case !old.dir() && n.dir():
		return fsys.ErrNotDir
	case len(old.children) > 0:
		return fsys.ErrNotEmpty
	}
	return nil
}

// Remove implements fsys.Remover.
func (c *FS) Remove(ctx context.Context, name string) error {
	return c.do(ctx, "remove", name, func() error {
		n, err := c.s.find(name)
		if err == nil && len(n.children) > 0 {
			err = fsys.ErrNotEmpty
		}
		if err != nil {
			return err
		}
		return c.s.remove(name)
	})
}

// RemoveAll implements fsys.Remover; here it is one atomic act.
func (c *FS) RemoveAll(ctx context.Context, name string) error {
	return c.do(ctx, "remove", name, func() error {
		if name == "/" {
			return fs.ErrInvalid
		}
		_, err := c.s.find(name)
		if err == fs.ErrNotExist {
			return nil
		}
		if err != nil {
			return err
		}
		return c.s.remove(name)
	})
}

func (s *store) remove(name string) error {
	dir, base, err := s.parent(name)
	if err != nil {
		return fs.ErrInvalid // the root
	}
	s.unlink(dir, base)
	return nil
}
