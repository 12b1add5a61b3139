package hdfs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"strconv"
	"strings"

	"weft/internal/fsys"
	"weft/plugins"
)

// adoptedAttempt names an attempt of an earlier generation that may go on.
type adoptedAttempt struct {
	Generation int64 `json:"generation"`
	Split      int   `json:"split"`
	Number     int   `json:"attempt"`
}

// Fence implements plugins.Committer. What protects the target is that every
// attempt writes into a folder of its own, which no manifest names unless the
// attempt was accepted; so nothing is taken away from anybody here. The list of
// adopted attempts, written before the folder of the generation, lets all
// others find out that they are fenced at their next Open or Seal. Without a
// folder of the run there is nobody to fence: its commit is at an end, and no
// attempt can be opened.
func (w *writer) Fence(ctx context.Context, generation int64, adopted []plugins.Attempt) error {
	if err := w.reach(ctx); err != nil {
		return err
	}
	staging, err := w.staging(ctx)
	if errors.Is(err, errNotExist) {
		return nil
	}
	if err != nil {
		return classed(w.target.String(), err)
	}
	list := make([]adoptedAttempt, len(adopted))
	for i, a := range adopted {
		list[i] = adoptedAttempt{a.Generation, a.Split.ID, a.Number}
	}
	data, err := json.Marshal(list)
	if err != nil {
		return err
	}
	name := path.Join(staging, adoptedName+generationName(generation)+".json")
	if err := w.writeWhole(ctx, name, data); err != nil {
		return classed(w.target.String(), err)
	}
	err = w.fs.Mkdir(ctx, path.Join(staging, generationName(generation)), hiddenPerm)
	if err != nil && !errors.Is(err, errExist) {
		return classed(w.target.String(), err)
	}
	return nil
}

// writeWhole puts a small file in its place so that nobody sees half of it.
func (l *layout) writeWhole(ctx context.Context, name string, data []byte) error {
	part := name + ".part"
	file, err := l.fs.Create(ctx, part, filePerm)
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	if err := errors.Join(err, file.Close()); err != nil {
		return err
	}
	return l.fs.Rename(ctx, part, name)
}

// checkFence fails if a later generation has fenced the attempt.
func (w *writer) checkFence(ctx context.Context) error {
	staging := path.Dir(path.Dir(w.dir))
	entries, err := w.fs.List(ctx, staging)
	if err != nil {
		return classed("look for a fence", err)
	}
	for _, e := range entries {
		generation, ok := generationOf(e)
		if !ok || generation <= w.attempt.Generation {
			continue
		}
		adopted, err := w.isAdopted(ctx, staging, generation)
		if err != nil {
			return classed("look for a fence", err)
		}
		if !adopted {
			return &plugins.Error{Class: plugins.Permanent, Reason: plugins.ReasonFenced, Op: "write attempt " + attemptName(w.attempt),
				Err: fmt.Errorf("generation %d has taken over from generation %d", generation, w.attempt.Generation)}
		}
	}
	return nil
}

// generationOf returns the generation whose folder an entry is.
func generationOf(e fsys.Info) (int64, bool) {
	digits, ok := strings.CutPrefix(e.Name, "g")
	if !ok || !e.Dir {
		return 0, false
	}
	generation, err := strconv.ParseInt(digits, 10, 64)
	return generation, err == nil
}

func (w *writer) isAdopted(ctx context.Context, staging string, generation int64) (bool, error) {
	const limitBytes = 64 << 20
	data, err := fsys.ReadFile(ctx, w.fs, path.Join(staging, adoptedName+generationName(generation)+".json"), limitBytes)
	if err != nil {
		return false, err
	}
	var list []adoptedAttempt
	if err := json.Unmarshal(data, &list); err != nil {
		return false, fmt.Errorf("read adopted attempts: %w", err)
	}
	for _, a := range list {
		if a == (adoptedAttempt{w.attempt.Generation, w.attempt.Split.ID, w.attempt.Number}) {
			return true, nil
		}
	}
	return false, nil
}
