package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"

	"weft/internal/checkpoint"
	"weft/internal/fault"
	"weft/internal/job"
)

// furnish makes a run folder: the key, and the spec with its secrets sealed by
// it. Of a run that exists already it changes nothing; fresh says that it did
// not exist. open has its secrets in clear.
func furnish(ctx context.Context, folder checkpoint.Folder, run string, open *job.Spec) (fresh bool, err error) {
	if err := folder.Create(ctx); err != nil {
		return false, err
	}
	key := job.NewKey()
	err = folder.PutKey(ctx, key)
	if errors.Is(err, fs.ErrExist) {
		if key, err = folder.Key(ctx); err == nil && len(bytes.TrimSpace(key)) == 0 {
			err = fault.New(job.CodeSealed, "run "+run, errors.New("the key of the run folder is empty"))
		}
	}
	if err != nil {
		return false, err
	}
	sealed, err := job.Seal(open, key)
	if err != nil {
		return false, err
	}
	err = folder.PutSpec(ctx, sealed)
	if errors.Is(err, fs.ErrExist) {
		return false, nil
	}
	return err == nil, err
}

// stored returns the spec of a run folder with its secrets in clear, which the
// scrubber knows from here on; fs.ErrNotExist if the folder has none.
func (e *env) stored(ctx context.Context, folder checkpoint.Folder, run string) (*job.Spec, error) {
	if err := folder.CheckFormat(ctx); err != nil {
		return nil, err
	}
	sealed, err := folder.Spec(ctx)
	if err != nil {
		return nil, err
	}
	key, err := folder.Key(ctx)
	if errors.Is(err, fs.ErrNotExist) {
		problem := fault.New(job.CodeSealed, "run "+run, fmt.Errorf("the run folder %s has no key", folder.Dir))
		problem.Hint = "nothing was changed; put the file key back, or submit the job under a new --run-id"
		return nil, problem
	}
	if err != nil {
		return nil, err
	}
	clear, secrets, err := job.Unseal(sealed, key)
	if err != nil {
		return nil, fault.New(job.CodeSealed, "run "+run, err)
	}
	e.scrub.Add(secrets...)
	return clear, nil
}

// sameSides says that two specs move the same rows; settings may differ.
func sameSides(a, b *job.Spec) bool {
	left, err1 := json.Marshal([]any{a.Name, a.Reader, a.Writer})
	right, err2 := json.Marshal([]any{b.Name, b.Reader, b.Writer})
	return err1 == nil && err2 == nil && string(left) == string(right)
}

// otherJob refuses a run id that stands for another job.
func otherJob(run string) error {
	problem := fault.New(fault.CodeRunning, "run "+run, errors.New("the run id belongs to another job, or the job has changed"))
	problem.Hint = fmt.Sprintf("nothing was changed; weft resume %s goes on with the job as it was, and another --run-id makes a new run of this one", run)
	return problem
}

// notAttaching refuses a run id that exists, as --no-attach says.
func notAttaching(run, what string) error {
	problem := fault.New(fault.CodeRunning, "run "+run, fmt.Errorf("%s, and --no-attach was given", what))
	problem.Hint = fmt.Sprintf("nothing was changed; weft status %s shows how it goes, and the same command without --no-attach attaches to it, goes on with it or reports it", run)
	return problem
}
