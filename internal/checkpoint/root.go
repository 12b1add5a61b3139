package checkpoint

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"

	"weft/internal/fsys"
	"weft/internal/job"
)

// Root is the folder that holds all runs and what outlives them: the staging
// folder of a cluster, ~/.weft of a machine.
//
//	<root>/runs/<run id>/              a run folder
//	<root>/jobs/<job>/position.json    where the next incremental run starts
type Root struct {
	FS  fsys.FS
	Dir string
}

// Run returns the folder of a run. The id is mapped by job.ID.
func (r Root) Run(id string) Folder {
	return Folder{FS: r.FS, Dir: path.Join(r.Dir, "runs", job.ID(id))}
}

// Position is where the next incremental run of a job starts.
type Position struct {
	// Location is exclusive: plugins.Setup.StartLocation.
	Location string `json:"location"`
	// Run is the one that set it.
	Run string `json:"run"`
}

func (r Root) jobDir(name string) string { return path.Join(r.Dir, "jobs", job.ID(name)) }

// Position returns a job's position; the zero one if no run has set any.
func (r Root) Position(ctx context.Context, name string) (Position, error) {
	p, err := get[Position](ctx, Folder{FS: r.FS, Dir: r.jobDir(name)}, "position.json")
	if errors.Is(err, fs.ErrNotExist) {
		return Position{}, nil
	}
	if err != nil {
		return Position{}, fmt.Errorf("read position of job %s: %w", name, err)
	}
	return *p, nil
}

// SetPosition replaces a job's position. It may be repeated.
func (r Root) SetPosition(ctx context.Context, name string, p Position) error {
	dir := r.jobDir(name)
	if err := fsys.MkdirAll(ctx, r.FS, dir, dirPerm); err != nil {
		return fmt.Errorf("set position of job %s: %w", name, err)
	}
	return Folder{FS: r.FS, Dir: dir}.put(ctx, "position.json", &p, r.FS.Rename)
}
