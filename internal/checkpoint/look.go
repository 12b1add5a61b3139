package checkpoint

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"

	"weft/internal/fsys"
)

// Look returns what the journals of a run say without claiming anything and
// without changing anything: for people who ask, before a run goes on. While an
// ApplicationMaster lives, what it returns may be out of date, or an error.
// Errors are those of Open.
func Look(ctx context.Context, f Folder) (*State, error) {
	if err := f.usable(ctx); err != nil {
		return nil, err
	}
	state, err := load(ctx, f, "fenced-", "live-")
	if err != nil {
		return nil, err
	}
	state.Generations, err = newestGeneration(ctx, f)
	return state, err
}

// usable says whether the folder may be gone on with at all.
func (f Folder) usable(ctx context.Context) error {
	if err := f.CheckFormat(ctx); err != nil {
		return err
	}
	_, err := f.FS.Stat(ctx, path.Join(f.Dir, scratchName))
	if err == nil {
		return fmt.Errorf("run folder %s: %w", f.Dir, ErrHalfway)
	}
	return ignoreAbsent(err)
}

// journals lists the journals whose folders begin with one of the prefixes,
// oldest first. A run with a plan has had a generation with a journal, so none
// at all means that it was lost.
func journals(ctx context.Context, f Folder, prefixes ...string) ([]*journal, error) {
	entries, err := f.FS.List(ctx, f.Dir)
	if err != nil {
		return nil, fmt.Errorf("list run folder: %w", err)
	}
	var all []*journal
	for _, e := range entries {
		for _, prefix := range prefixes {
			if n, ok := number(e.Name, prefix); ok {
				all = append(all, &journal{folder: f, dir: path.Join(f.Dir, e.Name), generation: n})
			}
		}
	}
	planned := slices.ContainsFunc(entries, func(e fsys.Info) bool { return e.Name == planName })
	if len(all) == 0 && planned {
		return nil, fmt.Errorf("load journal of %s: %w: there is a plan, and no journal", f.Dir, ErrCorrupt)
	}
	slices.SortFunc(all, func(a, b *journal) int { return cmp.Compare(a.generation, b.generation) })
	for _, j := range all {
		files, err := f.FS.List(ctx, j.dir)
		if err != nil {
			return nil, fmt.Errorf("list journal: %w", err)
		}
		j.sort(files)
	}
	return all, nil
}

// exists says whether a file of the run folder is there.
func (f Folder) exists(ctx context.Context, name string) (bool, error) {
	_, err := f.FS.Stat(ctx, path.Join(f.Dir, name))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}
