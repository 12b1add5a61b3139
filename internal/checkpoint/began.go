package checkpoint

import (
	"context"
	"fmt"
	"path"
	"time"
)

// Began returns when the run began: when its first generation was claimed,
// whatever became of it since. The claim is never written again.
func (f Folder) Began(ctx context.Context) (time.Time, error) {
	info, err := f.FS.Stat(ctx, path.Join(f.Dir, numbered("gen-", 1)))
	if err != nil {
		return time.Time{}, fmt.Errorf("find when the run began: %w", err)
	}
	return info.ModTime, nil
}
