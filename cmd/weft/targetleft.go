package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"time"

	"weft/internal/checkpoint"
	"weft/internal/fsys"
	"weft/internal/job"
	"weft/plugins"
)

// targetDeadline bounds what is asked of one target.
const targetDeadline = 2 * time.Minute

// targetCleaner removes what ended runs have left in their targets.
//
//	no commit plan                the writer's own Abort: what attempts left
//	commit plan, SUCCEEDED        files that an overwrite moved away
//	commit plan, anything else    nothing: the commit has to be rolled forward
//
// It looks nowhere but where the run's own spec and commit plan say, and takes
// nothing that does not bear the run's name.
type targetCleaner struct {
	env *env
	yes bool
}

var _ remains = (*targetCleaner)(nil)

func (t *targetCleaner) of(ctx context.Context, r *oldRun) (found []cleaned, refused string, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, targetDeadline, fmt.Errorf("the target did not answer within %s", targetDeadline))
	defer cancel()
	commit, err := r.folder.Commit(ctx)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		found, err = t.abort(ctx, r)
		return found, "", err
	case err != nil:
		return nil, "", err
	case r.result == nil || r.result.State != job.StateSucceeded:
		return nil, "its commit has begun and not ended; submitting it again with this --run-id ends it", nil
	}
	found, err = t.replaced(ctx, r, commit)
	return found, "", err
}

// abort lets the writer remove what attempts of the run left.
func (t *targetCleaner) abort(ctx context.Context, r *oldRun) ([]cleaned, error) {
	committer, closing, why, err := t.committer(ctx, r)
	if err != nil {
		return nil, err
	}
	if committer == nil {
		t.env.log.Info("what the run left in its target is not looked for", "run", r.id, "why", why)
		return nil, nil
	}
	defer func() { _ = closing() }() // nothing was written through it
	if t.yes {
		if err := committer.Abort(ctx); err != nil {
			return nil, fmt.Errorf("remove what it left in its target: %w", err)
		}
	}
	return []cleaned{{What: "output", Run: r.id, Path: "in its target", Why: "not committed"}}, nil
}

// committer makes the writer of a run that got as far as to have a plan. It is
// nil, with the reason, if that cannot be done.
func (t *targetCleaner) committer(ctx context.Context, r *oldRun) (plugins.Committer, func() error, string, error) {
	plan, err := r.folder.Plan(ctx)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, "it has no plan: it had not begun", nil
	}
	if err != nil {
		return nil, nil, "", err
	}
	spec, why := t.spec(ctx, r.folder)
	if why != "" {
		return nil, nil, why, nil
	}
	setup, err := spec.Setup(r.id, plan.Columns, plan.StartLocation)
	if err != nil {
		return nil, nil, "", err
	}
	setup.Log = t.env.log
	writer, err := spec.Writer.NewWriter(t.env.registry, setup)
	if err != nil {
		return nil, nil, "", err
	}
	committer, ok := writer.(plugins.Committer)
	if !ok {
		return nil, nil, "its writer leaves nothing", writer.Close()
	}
	return committer, writer.Close, "", nil
}

// spec is the run's spec with its secrets in clear, or why it cannot be had.
func (t *targetCleaner) spec(ctx context.Context, folder checkpoint.Folder) (spec *job.Spec, why string) {
	spec, err := t.env.stored(ctx, folder, path.Base(folder.Dir))
	if err != nil {
		return nil, err.Error()
	}
	return spec, ""
}

// replaced removes the folder of files that an overwrite moved away.
func (t *targetCleaner) replaced(ctx context.Context, r *oldRun, commit *checkpoint.Commit) ([]cleaned, error) {
	name := ".weft-" + r.id
	dir := folderNamed(commit.Ops, name)
	if dir == "" {
		return nil, nil
	}
	spec, why := t.spec(ctx, r.folder)
	if why != "" {
		return nil, fmt.Errorf("look for replaced files: %s", why)
	}
	target, err := t.fileSystem(ctx, spec, dir)
	if err != nil {
		return nil, err
	}
	size, err := measure(ctx, target, dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	entries, err := target.List(ctx, dir)
	if err != nil {
		return nil, err
	}
	for _, entry := range entries {
		if entry.Name != "replaced" {
			return nil, fmt.Errorf("%s holds %s, which no committed run leaves", dir, entry.Name)
		}
	}
	if t.yes {
		if err := target.RemoveAll(ctx, dir); err != nil {
			return nil, fmt.Errorf("remove replaced files: %w", err)
		}
	}
	return []cleaned{size.cleaned(time.Now(), "replaced", r.id, dir)}, nil
}

// folderNamed finds, in the operations of a commit plan, the folder of that
// name that old files were moved into.
func folderNamed(ops []plugins.Op, name string) string {
	for _, op := range ops {
		var step struct {
			To string `json:"to"`
		}
		if json.Unmarshal(op.Data, &step) != nil {
			continue
		}
		if path.Base(step.To) == "replaced" && path.Base(path.Dir(step.To)) == name && path.IsAbs(step.To) {
			return path.Clean(path.Dir(step.To))
		}
	}
	return ""
}

// fileSystem is where a job's writer writes files. dir must lie beside or in
// the path that the job names.
func (t *targetCleaner) fileSystem(ctx context.Context, spec *job.Spec, dir string) (fsys.FS, error) {
	var config struct {
		Path      string         `json:"path"`
		DefaultFS string         `json:"defaultFS"`
		Hadoop    map[string]any `json:"hadoopConfig"`
	}
	if err := json.Unmarshal(spec.Writer.Config, &config); err != nil {
		return nil, fmt.Errorf("look for replaced files: %w", err)
	}
	settings := make(map[string]string)
	for key, value := range config.Hadoop {
		settings[key] = fmt.Sprint(value)
	}
	opener, err := t.env.files.opener(config.DefaultFS, settings)
	if err != nil {
		return nil, err
	}
	target, name, err := opener.Open(ctx, config.Path)
	if err != nil {
		return nil, err
	}
	if !fsys.Within(dir, path.Dir(name)) {
		return nil, fmt.Errorf("look for replaced files: %s does not belong to the target %s", dir, config.Path)
	}
	return target, nil
}
