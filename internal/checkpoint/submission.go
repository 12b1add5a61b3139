package checkpoint

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"time"

	"weft/internal/job"
)

// Submission announces an application of the run before it is handed to YARN,
// so that two clients that submit one run id at the same moment make one
// application and not two. They are numbered from 1; each is put in place whole
// and never changed.
type Submission struct {
	// Application is the id that was reserved; empty for a run without YARN.
	Application string `json:"application"`
	// Changes are what resuming the run has changed in its settings, all times
	// together.
	Changes job.Changes `json:"changes,omitzero"`
	// Announced is when, by the clock of the file system.
	Announced time.Time `json:"-"`
}

// PutSubmission announces the n-th application. fs.ErrExist if somebody else has
// announced one under that number.
func (f Folder) PutSubmission(ctx context.Context, n int64, s Submission) error {
	return f.putNew(ctx, numbered("submit-", n), &s)
}

// NewestSubmission returns the newest announcement and its number; 0 and nil
// without any.
func (f Folder) NewestSubmission(ctx context.Context) (int64, *Submission, error) {
	entries, err := f.FS.List(ctx, f.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil, nil
	}
	if err != nil {
		return 0, nil, fmt.Errorf("look for submissions: %w", err)
	}
	var newest int64
	for _, e := range entries {
		if n, ok := number(e.Name, "submit-"); ok {
			newest = max(newest, n)
		}
	}
	if newest == 0 {
		return 0, nil, nil
	}
	name := numbered("submit-", newest)
	s, err := get[Submission](ctx, f, name)
	if err != nil {
		return 0, nil, err
	}
	info, err := f.FS.Stat(ctx, path.Join(f.Dir, name))
	if err != nil {
		return 0, nil, fmt.Errorf("look for submissions: %w", err)
	}
	s.Announced = info.ModTime
	return newest, s, nil
}

// Changes returns what resuming the run has changed in its settings so far.
func (f Folder) Changes(ctx context.Context) (job.Changes, error) {
	_, newest, err := f.NewestSubmission(ctx)
	if newest == nil || err != nil {
		return job.Changes{}, err
	}
	return newest.Changes, nil
}
