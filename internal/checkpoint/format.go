package checkpoint

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"

	"weft/internal/job"
	"weft/plugins"
)

// Format is the layout of run folders that this program writes, and the only
// one that it reads. It grows with every change that an older or a younger
// program would misunderstand.
const Format = 1

// formatName says which layout a run folder has; folders of programs that did
// not write it are older than 1.
const formatName = "format.json"

// format is the content of formatName.
type format struct {
	Format int `json:"format"`
}

// Errors of the gate between versions; test with errors.Is.
var (
	// ErrNewer: a newer weft made the run folder.
	ErrNewer error = &plugins.Error{Class: plugins.Fatal, Reason: job.ReasonVersion, Err: errors.New("made by a newer weft"),
		Hint: "nothing was changed; go on with the weft that made it, or submit the job under a new --run-id"}
	// ErrOlder: an older weft made the run folder.
	ErrOlder error = &plugins.Error{Class: plugins.Fatal, Reason: job.ReasonVersion, Err: errors.New("made by an older weft"),
		Hint: "nothing was changed; go on with the weft that made it, or submit the job under a new --run-id"}
)

// CheckFormat returns ErrNewer or ErrOlder if another version of weft made the
// run folder. A folder without a spec is nobody's yet.
func (f Folder) CheckFormat(ctx context.Context) error {
	found, err := get[format](ctx, f, formatName)
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := f.FS.Stat(ctx, path.Join(f.Dir, specName)); err != nil {
			return ignoreAbsent(err)
		}
		found, err = &format{}, nil
	}
	switch {
	case err != nil:
		return err
	case found.Format > Format:
		return fmt.Errorf("run folder %s has format %d, this weft knows %d: %w", f.Dir, found.Format, Format, ErrNewer)
	case found.Format < Format:
		return fmt.Errorf("run folder %s has format %d, this weft knows %d: %w", f.Dir, found.Format, Format, ErrOlder)
	}
	return nil
}

// putFormat marks a new run folder; one with a spec keeps what it says.
func (f Folder) putFormat(ctx context.Context) error {
	if _, err := f.FS.Stat(ctx, path.Join(f.Dir, specName)); err == nil {
		return nil
	}
	err := f.putNew(ctx, formatName, &format{Format: Format})
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	return err
}
