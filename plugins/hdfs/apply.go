package hdfs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path"

	"weft/internal/fsys"
	"weft/plugins"
)

// Apply implements plugins.Committer. Whatever is found done already stays as
// it is; whatever looks neither done nor undone is a Fatal error that names
// what was expected where.
func (w *writer) Apply(ctx context.Context, op plugins.Op) error {
	if err := w.reach(ctx); err != nil {
		return err
	}
	var s step
	if err := json.Unmarshal(op.Data, &s); err != nil {
		return &plugins.Error{Class: plugins.Bug, Err: err}
	}
	var err error
	switch op.Do {
	case doMkdir:
		err = w.applyMkdir(ctx, s)
	case doMove:
		err = w.applyMove(ctx, s)
	case doPublish:
		err = w.applyPublish(ctx, s)
	case doReplace:
		err = w.applyReplace(ctx, s)
	case doSuccess:
		err = w.writeWhole(ctx, s.To, []byte(s.Text))
	case doClean:
		err = errors.Join(w.clean(ctx, s.From), w.clean(ctx, s.To))
	default:
		err = &plugins.Error{Class: plugins.Bug, Err: fmt.Errorf("unknown operation %q", op.Do)}
	}
	return classed("", err) // the caller knows the label
}

func (w *writer) applyMkdir(ctx context.Context, s step) error {
	if s.Unless != "" {
		if there, err := w.exists(ctx, s.Unless); there || err != nil {
			return err
		}
	}
	// out becomes the target, so it gets the target's permissions.
	if err := w.fs.Mkdir(ctx, s.To, dirPerm); err != nil && !errors.Is(err, errExist) {
		return err
	}
	return nil
}

// applyMove gives a sealed file its final name.
func (w *writer) applyMove(ctx context.Context, s step) error {
	info, err := w.fs.Stat(ctx, s.From)
	if err == nil && info.Size != s.Bytes {
		return changed("%s has %d bytes, it was sealed with %d", s.From, info.Size, s.Bytes)
	}
	if err == nil {
		err = w.fs.RenameNoReplace(ctx, s.From, s.To)
	}
	switch {
	case err == nil:
		return nil
	case errors.Is(err, errExist):
		return changed("%s exists, and so does %s", s.To, s.From)
	case !errors.Is(err, errNotExist) && !errors.Is(err, fsys.ErrOutcomeUnknown):
		return err
	}
	return w.lookup(ctx, s, err)
}

// lookup decides about a move whose source was not found, or whose answer was
// lost: nil if the file has arrived.
func (w *writer) lookup(ctx context.Context, s step, cause error) error {
	for _, name := range []string{s.To, s.Final} {
		info, err := w.fs.Stat(ctx, name)
		switch {
		case errors.Is(err, errNotExist):
			continue
		case err != nil:
			return err
		case info.Size != s.Bytes:
			return changed("%s has %d bytes, it was sealed with %d", name, info.Size, s.Bytes)
		}
		return nil
	}
	if errors.Is(cause, fsys.ErrOutcomeUnknown) {
		return cause // not done: the same call may succeed
	}
	return changed("neither %s nor %s is there: a sealed file was lost (%v)", s.From, s.Final, cause)
}

// applyPublish makes the filled folder the target.
func (w *writer) applyPublish(ctx context.Context, s step) error {
	err := w.fs.RenameNoReplace(ctx, s.From, s.To)
	if err == nil {
		return nil
	}
	out, outErr := w.exists(ctx, s.From)
	target, targetErr := w.exists(ctx, s.To)
	switch {
	case outErr != nil || targetErr != nil:
		return errors.Join(outErr, targetErr)
	case target && !out:
		return nil
	case target:
		return fatal(plugins.ReasonExists, "", "move it away and resume the run",
			fmt.Errorf("%s was made by somebody else while the run was writing; the new files are in %s", s.To, s.From))
	case !out:
		return changed("neither %s nor %s is there: the sealed files were lost", s.From, s.To)
	}
	return err
}

// applyReplace moves an old file away. One that somebody else has taken away is
// as good as moved. If a file of that name was moved already, the one there now
// came later and is not ours to move.
func (w *writer) applyReplace(ctx context.Context, s step) error {
	err := w.fs.RenameNoReplace(ctx, s.From, s.To)
	switch {
	case errors.Is(err, fsys.ErrOutcomeUnknown):
		if moved, lookErr := w.exists(ctx, s.To); moved || lookErr != nil {
			return lookErr
		}
	case errors.Is(err, errExist):
		w.setup.Log.Warn("a file came back after it was moved away; it stays", "file", s.From)
		return nil
	case errors.Is(err, errNotExist):
		moved, lookErr := w.exists(ctx, s.To)
		if !moved && lookErr == nil {
			w.setup.Log.Warn("a file to be replaced was already gone", "file", s.From)
		}
		return lookErr
	}
	return err
}

func (l *layout) exists(ctx context.Context, name string) (bool, error) {
	_, err := l.fs.Stat(ctx, name)
	if errors.Is(err, errNotExist) {
		return false, nil
	}
	return err == nil, err
}

// clean removes a folder of the run with everything but the replaced files.
func (w *writer) clean(ctx context.Context, folder string) error {
	entries, err := w.fs.List(ctx, folder)
	if err != nil {
		return ignoreMissing(err)
	}
	kept := false
	for _, e := range entries {
		if e.Name == replacedName {
			kept = true
			continue
		}
		if err := w.fs.RemoveAll(ctx, path.Join(folder, e.Name)); err != nil {
			return err
		}
	}
	if kept {
		return nil
	}
	return ignoreMissing(w.fs.RemoveAll(ctx, folder))
}

// Abort implements plugins.Committer. It refuses to act where a commit has
// begun to move old files away.
func (w *writer) Abort(ctx context.Context) error {
	if err := w.reach(ctx); err != nil {
		return err
	}
	begun, err := w.exists(ctx, path.Join(w.inside(), replacedName))
	if err != nil {
		return classed("abort", err)
	}
	if begun {
		return &plugins.Error{Class: plugins.Bug, Op: "abort", Err: fmt.Errorf("a commit has begun in %s", w.inside())}
	}
	return classed("abort", errors.Join(w.fs.RemoveAll(ctx, w.inside()), w.fs.RemoveAll(ctx, w.beside())))
}

// changed is the error of a world that is not as the plan left it.
func changed(format string, args ...any) error {
	return fatal(plugins.ReasonChanged, "", "", fmt.Errorf(format, args...))
}
