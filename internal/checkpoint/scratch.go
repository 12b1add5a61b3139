package checkpoint

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"

	"weft/internal/fsys"
	"weft/internal/job"
	"weft/plugins"
)

// scratchName says that a start from scratch was begun: nothing else may use
// the folder before it is through.
const scratchName = "scratch.json"

// scratch is the content of scratchName.
type scratch struct {
	Generation int64 `json:"generation"`
}

// Errors of StartOver; test with errors.Is.
var (
	// ErrHalfway: a start from scratch was begun and did not come to its end.
	ErrHalfway error = &plugins.Error{Class: plugins.Fatal, Reason: job.ReasonCheckpoint,
		Err:  errors.New("a start from scratch was begun and did not come to its end"),
		Hint: "weft resume RUN --from-scratch ends it"}
	// ErrCommitBegun: the run has begun to make its output visible, which only
	// goes forward.
	ErrCommitBegun error = &plugins.Error{Class: plugins.Fatal, Reason: job.ReasonCheckpoint, Err: errors.New("its commit has begun"),
		Hint: "nothing was changed; weft resume RUN ends the commit, and a new --run-id begins anew"}
)

// StartOver makes a new start under the same run id. What the run has in its
// target is taken away by forget; what it has in its folder is kept aside, not
// deleted. Generations go on counting. In this order:
//
//	lock, claim and fence, as Open does       the old ones can do nothing any more
//	refuse if commit.json is there            ErrCommitBegun
//	put scratch.json                          from here on nobody but StartOver uses the folder
//	forget(generation)                        the target
//	rename to before-<n>/                     journals (newest first), plan, result, dirty rows
//	remove scratch.json
//
// Whoever dies on the way leaves a folder that only another StartOver opens.
// It returns the name of the folder aside.
func StartOver(ctx context.Context, f Folder, owner string, forget func(ctx context.Context, generation int64) error) (aside string, err error) {
	held, _, err := fsys.Lock(ctx, f.FS, f.Dir)
	if err != nil {
		return "", fmt.Errorf("lock run folder: %w", err)
	}
	if held != nil {
		defer func() { err = errors.Join(err, held.Close()) }()
	}
	if err := f.CheckFormat(ctx); err != nil {
		return "", err
	}
	if err := f.uncommitted(ctx); err != nil {
		return "", err
	}
	generation, err := claim(ctx, f, owner)
	if err != nil {
		return "", err
	}
	if err := fence(ctx, f, generation); err != nil {
		return "", err
	}
	if err := f.uncommitted(ctx); err != nil { // a predecessor may have been at it until now
		return "", err
	}
	if err := f.put(ctx, scratchName, &scratch{Generation: generation}, f.FS.Rename); err != nil {
		return "", err
	}
	if err := forget(ctx, generation); err != nil {
		return "", err
	}
	return f.setAside(ctx, generation)
}

// uncommitted refuses a folder with a commit plan.
func (f Folder) uncommitted(ctx context.Context) error {
	begun, err := f.exists(ctx, commitName)
	if err != nil {
		return fmt.Errorf("look for a commit plan: %w", err)
	}
	if begun {
		return fmt.Errorf("run folder %s: %w", f.Dir, ErrCommitBegun)
	}
	return nil
}

func (f Folder) setAside(ctx context.Context, generation int64) (string, error) {
	aside := path.Join(f.Dir, numbered("before-", generation))
	if err := f.FS.Mkdir(ctx, aside, dirPerm); err != nil {
		return "", fmt.Errorf("set the earlier state aside: %w", err)
	}
	entries, err := f.FS.List(ctx, f.Dir)
	if err != nil {
		return "", fmt.Errorf("set the earlier state aside: %w", err)
	}
	for _, name := range stale(entries) {
		err := f.FS.RenameNoReplace(ctx, path.Join(f.Dir, name), path.Join(aside, name))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("set the earlier state aside: %w", err)
		}
	}
	if err := f.Create(ctx); err != nil { // the folder of dirty rows again
		return "", err
	}
	if err := f.FS.Mkdir(ctx, path.Join(f.Dir, numbered("live-", generation)), dirPerm); err != nil {
		return "", fmt.Errorf("open journal: %w", err)
	}
	if err := f.FS.Remove(ctx, path.Join(f.Dir, scratchName)); err != nil {
		return "", fmt.Errorf("end the start from scratch: %w", err)
	}
	return aside, nil
}

// stale lists what of a run folder belongs to what the run did so far: journals,
// the newest first, then the rest. The job, its key and the counting of
// generations and submissions stay.
func stale(entries []fsys.Info) []string {
	var journals, others []string
	for _, e := range entries {
		_, fenced := number(e.Name, "fenced-")
		_, living := number(e.Name, "live-")
		switch {
		case fenced || living:
			journals = append(journals, e.Name)
		case e.Name == planName, e.Name == resultName, e.Name == dirtyName, e.Name == masterName:
			others = append(others, e.Name)
		}
	}
	slices.Sort(journals)
	slices.Reverse(journals)
	return append(journals, others...)
}
