package memtest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"

	"weft/internal/fsys"
	"weft/plugins"
)

// spared names an attempt that a fence lets through.
type spared struct {
	Generation    int64
	Split, Number int
}

// Fence implements plugins.Committer: a file that names the adopted attempts,
// which every attempt looks for before it seals. Without a staging folder there
// is nobody left to fence.
func (w *writer) Fence(ctx context.Context, generation int64, adopted []plugins.Attempt) error {
	list := make([]spared, len(adopted))
	for i, a := range adopted {
		list[i] = spared{a.Generation, a.Split.ID, a.Number}
	}
	data, err := json.Marshal(list)
	if err != nil {
		return err
	}
	if _, err := w.w.FS.Stat(ctx, w.staging()); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	}
	part := path.Join(w.staging(), fmt.Sprintf(".fence-%d", generation))
	if err := fsys.WriteFileExclusive(ctx, w.w.FS, part, data, 0o600); err != nil {
		return err
	}
	return w.w.FS.Rename(ctx, part, w.fence(generation))
}

func (w *writer) fence(generation int64) string {
	return path.Join(w.staging(), fmt.Sprintf("fence-%d", generation))
}

// checkFence fails if a later generation has not spared the attempt.
func (w *writer) checkFence(ctx context.Context) error {
	entries, err := w.w.FS.List(ctx, w.staging())
	if err != nil {
		return err
	}
	own := spared{w.attempt.Generation, w.attempt.Split.ID, w.attempt.Number}
	for _, e := range entries {
		var generation int64
		if n, err := fmt.Sscanf(e.Name, "fence-%d", &generation); n != 1 || err != nil || generation <= own.Generation {
			continue
		}
		data, err := fsys.ReadFile(ctx, w.w.FS, w.fence(generation), 1<<20)
		if err != nil {
			return err
		}
		var list []spared
		if err := json.Unmarshal(data, &list); err != nil {
			return err
		}
		if !slices.Contains(list, own) {
			return &plugins.Error{Class: plugins.Permanent, Reason: plugins.ReasonFenced,
				Err: fmt.Errorf("attempt %+v is fenced by generation %d", own, generation)}
		}
	}
	return nil
}
