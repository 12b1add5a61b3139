package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"time"

	"weft/internal/checkpoint"
	"weft/internal/fsys"
	"weft/internal/job"
)

// cleaner looks through a staging folder. What it finds goes into the report,
// and away if yes.
type cleaner struct {
	env  *env
	root checkpoint.Root
	site job.Clean
	yes  bool
	now  time.Time
	// lives says who works on a run now; empty for nobody. free, if not nil,
	// lets others begin to work on it again.
	lives func(ctx context.Context, folder checkpoint.Folder, run string) (who string, free io.Closer, err error)
	// left knows what runs leave in their targets.
	left remains

	report cleanReport
}

// remains finds, and removes if it is allowed to, what an ended run has left
// outside its folder. refused says why the run must stay as it is.
type remains interface {
	of(ctx context.Context, r *oldRun) (found []cleaned, refused string, err error)
}

// oldRun is a run that has ended long ago.
type oldRun struct {
	id     string
	folder checkpoint.Folder
	result *job.Result // nil if it has left none
}

func (c *cleaner) clean(ctx context.Context) error {
	c.report = cleanReport{DryRun: !c.yes, Removed: []cleaned{}, Kept: []cleaned{}}
	if err := c.cleanRuns(ctx); err != nil {
		return err
	}
	if err := c.cleanBinaries(ctx); err != nil {
		return err
	}
	if c.env.output == "json" {
		return c.env.object(c.report)
	}
	return c.report.print(c.env.scrub.Writer(c.env.stdout))
}

// cleanRuns removes the folders of runs that are old and over.
func (c *cleaner) cleanRuns(ctx context.Context) error {
	entries, err := list(ctx, c.root.FS, path.Join(c.root.Dir, "runs"))
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if !entry.Dir || job.ID(entry.Name) != entry.Name {
			continue // nothing that weft made
		}
		if err := c.cleanRun(ctx, &oldRun{id: entry.Name, folder: c.root.Run(entry.Name)}); err != nil {
			return fmt.Errorf("clean run %s: %w", entry.Name, err)
		}
	}
	return nil
}

func (c *cleaner) cleanRun(ctx context.Context, r *oldRun) error {
	size, err := measure(ctx, r.folder.FS, r.folder.Dir)
	if err != nil {
		return err
	}
	it := size.cleaned(c.now, "run", r.id, r.folder.Dir)
	if c.now.Sub(size.newest) < time.Duration(c.site.Runs) {
		c.report.Young++
		return nil
	}
	who, free, err := c.lives(ctx, r.folder, r.id)
	if err != nil {
		return err
	}
	if free != nil {
		defer func() { _ = free.Close() }() // a lock of a folder that may be gone
	}
	if who != "" {
		c.report.kept(it, "it lives: "+who)
		return nil
	}
	if r.result, err = r.folder.Result(ctx); err != nil && !errors.Is(err, fs.ErrNotExist) {
		c.report.kept(it, err.Error())
		return nil
	}
	found, refused, err := c.left.of(ctx, r)
	if err != nil {
		refused = err.Error()
	}
	for _, f := range found {
		c.report.removed(f)
	}
	if refused != "" {
		c.report.kept(it, refused)
		return nil
	}
	if r.result != nil {
		it.Why = string(r.result.State)
	}
	return c.remove(ctx, it)
}

// remove removes a folder of the staging folder.
func (c *cleaner) remove(ctx context.Context, it cleaned) error {
	if c.yes {
		if err := c.root.FS.RemoveAll(ctx, it.Path); err != nil {
			return fmt.Errorf("remove %s: %w", it.Path, err)
		}
	}
	c.report.removed(it)
	return nil
}

// cleanBinaries removes uploaded programs that are old and that no run folder
// names. A run folder that names none, and has not ended, may be that of a
// submission under way: then all of them stay.
func (c *cleaner) cleanBinaries(ctx context.Context) error {
	// First the programs, then who needs them: a run that begins in between
	// is seen.
	programs, err := list(ctx, c.root.FS, path.Join(c.root.Dir, "bin"))
	if err != nil {
		return err
	}
	needed, unsure, err := c.needed(ctx)
	if err != nil {
		return err
	}
	for _, entry := range programs {
		dir := path.Join(c.root.Dir, "bin", entry.Name)
		if !entry.Dir || len(entry.Name) != 2*32 { // SHA-256 in hexadecimal
			continue
		}
		size, err := measure(ctx, c.root.FS, dir)
		if err != nil {
			return err
		}
		it := size.cleaned(c.now, "program", "", dir)
		switch {
		case c.now.Sub(size.newest) < time.Duration(c.site.Binaries):
			c.report.Young++
		case needed[entry.Name] != "":
			c.report.kept(it, "run "+needed[entry.Name]+" uses it")
		case unsure != "":
			c.report.kept(it, "run "+unsure+" may be about to use it")
		default:
			if err := c.remove(ctx, it); err != nil {
				return err
			}
		}
	}
	return nil
}

// needed says by which of the remaining runs a program is used, by its hash,
// and names a run of which nobody can tell.
func (c *cleaner) needed(ctx context.Context) (by map[string]string, unsure string, err error) {
	gone := make(map[string]bool)
	for _, it := range c.report.Removed {
		gone[it.Path] = it.What == "run"
	}
	entries, err := list(ctx, c.root.FS, path.Join(c.root.Dir, "runs"))
	by = make(map[string]string)
	for _, entry := range entries {
		folder := c.root.Run(entry.Name)
		if !entry.Dir || gone[folder.Dir] {
			continue
		}
		binary, err := folder.Binary(ctx)
		if err == nil {
			by[path.Base(path.Dir(binary.URI))] = entry.Name
			continue
		}
		if _, err := folder.Result(ctx); err != nil {
			unsure = entry.Name
		}
	}
	return by, unsure, err
}

// list is FS.List; a folder that is not there is empty.
func list(ctx context.Context, f fsys.FS, dir string) ([]fsys.Info, error) {
	entries, err := f.List(ctx, dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return entries, err
}

// measured is the size of a folder, and when anything in it was last changed.
type measured struct {
	files  int
	bytes  int64
	newest time.Time
}

func (m measured) cleaned(now time.Time, what, run, dir string) cleaned {
	return cleaned{What: what, Run: run, Path: dir, Files: m.files, Bytes: m.bytes,
		AgeSeconds: max(int64(now.Sub(m.newest).Seconds()), 0)}
}

// measure walks through a folder. What disappears meanwhile is not counted.
func measure(ctx context.Context, f fsys.FS, dir string) (measured, error) {
	info, err := f.Stat(ctx, dir)
	if err != nil {
		return measured{}, err
	}
	m := measured{newest: info.ModTime}
	open := []string{dir}
	for len(open) > 0 {
		here := open[len(open)-1]
		open = open[:len(open)-1]
		entries, err := list(ctx, f, here)
		if err != nil {
			return measured{}, err
		}
		for _, entry := range entries {
			if entry.ModTime.After(m.newest) {
				m.newest = entry.ModTime
			}
			if entry.Dir {
				open = append(open, path.Join(here, entry.Name))
				continue
			}
			m.files++
			m.bytes += entry.Size
		}
	}
	return m, nil
}

// lockedBy says whether weft run works on a run here: it holds the folder's
// lock. Nobody can begin to while this process holds it.
func lockedBy(ctx context.Context, folder checkpoint.Folder, _ string) (string, io.Closer, error) {
	held, _, err := fsys.Lock(ctx, folder.FS, folder.Dir)
	if errors.Is(err, fsys.ErrLocked) {
		return "weft run holds its lock", nil, nil
	}
	return "", held, err
}
