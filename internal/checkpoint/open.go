package checkpoint

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"weft/internal/fsys"
)

// closeDeadline is how long the files of a predecessor may take to be closed.
const closeDeadline = 5 * time.Minute

// Open makes the caller the living generation of a run and returns what its
// predecessors made durable. The order of its steps is what keeps two masters
// apart:
//
//	lock the folder (local disk)      a living process holds it: fsys.ErrLocked
//	look at its format                another version's: ErrNewer, ErrOlder
//	create gen-<n>                    one winner; the loser gets ErrFenced
//	rename live-<m>, m < n            the predecessor cannot create files any more
//	recover the leases in it          nor write into the one it has open
//	read fenced-*                     now, and only now, nothing can be added
//	mkdir live-<n>
//	look for gen-<n+1>                a successor that did not see live-<n>
//
// owner is written into the claim, for people. The Store must be closed.
func Open(ctx context.Context, f Folder, owner string) (*Store, *State, error) {
	held, _, err := fsys.Lock(ctx, f.FS, f.Dir)
	if err != nil {
		return nil, nil, fmt.Errorf("lock run folder: %w", err)
	}
	store, state, err := open(ctx, f, owner)
	if err != nil {
		if held != nil {
			err = errors.Join(err, held.Close())
		}
		return nil, nil, err
	}
	store.lock = held
	return store, state, nil
}

func open(ctx context.Context, f Folder, owner string) (*Store, *State, error) {
	if err := f.usable(ctx); err != nil {
		return nil, nil, err
	}
	generation, err := claim(ctx, f, owner)
	if err != nil {
		return nil, nil, err
	}
	if err := fence(ctx, f, generation); err != nil {
		return nil, nil, err
	}
	state, err := load(ctx, f, "fenced-")
	if err != nil {
		return nil, nil, err
	}
	state.Generations = generation
	store := &Store{folder: f, generation: generation, dir: path.Join(f.Dir, numbered("live-", generation))}
	if err := f.FS.Mkdir(ctx, store.dir, dirPerm); err != nil {
		return nil, nil, fmt.Errorf("open journal: %w", err)
	}
	newest, err := newestGeneration(ctx, f)
	if err != nil {
		return nil, nil, err
	}
	if newest != generation {
		return nil, nil, fmt.Errorf("open journal of generation %d: %w (%d)", generation, ErrFenced, newest)
	}
	return store, state, nil
}

func numbered(prefix string, n int64) string { return fmt.Sprintf("%s%06d", prefix, n) }

// number returns the number behind prefix in a name that numbered made.
func number(name, prefix string) (int64, bool) {
	digits, ok := strings.CutPrefix(name, prefix)
	if !ok || len(digits) < 6 {
		return 0, false
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	return n, err == nil && n > 0
}

// claim takes the next generation. Losing the race for it means that somebody
// else is the master now.
func claim(ctx context.Context, f Folder, owner string) (int64, error) {
	newest, err := newestGeneration(ctx, f)
	if err != nil {
		return 0, err
	}
	generation := newest + 1
	text := fmt.Sprintf("{\"owner\": %q, \"claimed\": %q}\n", owner, time.Now().UTC().Format(time.RFC3339))
	err = fsys.WriteFileExclusive(ctx, f.FS, path.Join(f.Dir, numbered("gen-", generation)), []byte(text), filePerm)
	if errors.Is(err, fs.ErrExist) {
		return 0, fmt.Errorf("claim generation %d: %w", generation, ErrFenced)
	}
	if err != nil {
		return 0, fmt.Errorf("claim generation %d: %w", generation, err)
	}
	return generation, nil
}

func newestGeneration(ctx context.Context, f Folder) (int64, error) {
	entries, err := f.FS.List(ctx, f.Dir)
	if err != nil {
		return 0, fmt.Errorf("look for generations: %w", err)
	}
	var newest int64
	for _, e := range entries {
		if n, ok := number(e.Name, "gen-"); ok {
			newest = max(newest, n)
		}
	}
	return newest, nil
}

// fence takes the journals of all earlier generations away from them.
func fence(ctx context.Context, f Folder, generation int64) error {
	entries, err := f.FS.List(ctx, f.Dir)
	if err != nil {
		return fmt.Errorf("fence predecessors: %w", err)
	}
	for _, e := range entries {
		n, ok := number(e.Name, "live-")
		if !ok || n >= generation {
			continue
		}
		from, to := path.Join(f.Dir, e.Name), path.Join(f.Dir, numbered("fenced-", n))
		if err := f.FS.RenameNoReplace(ctx, from, to); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("fence generation %d: %w", n, err)
		}
	}
	return recoverLeases(ctx, f, generation)
}

// recoverLeases closes every file of the fenced generations: a rename does not
// stop a stream that is already open.
func recoverLeases(ctx context.Context, f Folder, generation int64) error {
	ctx, cancel := context.WithTimeout(ctx, closeDeadline)
	defer cancel()
	return eachFenced(ctx, f, func(_ int64, dir string, files []fsys.Info) error {
		for _, file := range files {
			if err := fsys.WaitClosed(ctx, f.FS, path.Join(dir, file.Name)); err != nil {
				return fmt.Errorf("fence before generation %d: %w", generation, err)
			}
		}
		return nil
	})
}

// eachFenced visits the journals of the fenced generations, oldest first.
func eachFenced(ctx context.Context, f Folder, visit func(generation int64, dir string, files []fsys.Info) error) error {
	entries, err := f.FS.List(ctx, f.Dir)
	if err != nil {
		return fmt.Errorf("list run folder: %w", err)
	}
	slices.SortFunc(entries, func(a, b fsys.Info) int { return strings.Compare(a.Name, b.Name) })
	for _, e := range entries {
		n, ok := number(e.Name, "fenced-")
		if !ok {
			continue
		}
		dir := path.Join(f.Dir, e.Name)
		files, err := f.FS.List(ctx, dir)
		if err != nil {
			return fmt.Errorf("list journal: %w", err)
		}
		if err := visit(n, dir, files); err != nil {
			return err
		}
	}
	return nil
}

var _ io.Closer = (*Store)(nil)
