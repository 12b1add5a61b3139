package checkpoint

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"

	"weft/internal/fsys"
	"weft/internal/job"
)

// Permissions of the run folder: nobody but its owner reads it.
const (
	dirPerm  fs.FileMode = 0o700
	filePerm fs.FileMode = 0o600
)

// maxFileBytes bounds what is read of one file: a plan of very many splits.
const maxFileBytes = 1 << 30

// Names inside a run folder.
const (
	specName   = "spec.json"
	planName   = "plan.json"
	masterName = "am.json"
	commitName = "commit.json"
	resultName = "result.json"
	dirtyName  = "dirty"
)

// Folder is a run's folder. It is a value; its methods do the I/O.
type Folder struct {
	// FS holds the folder, Dir is its name there.
	FS  fsys.FS
	Dir string
}

// Create makes the folder, its missing parents and the folder of dirty rows, and
// notes the format of a new run. A folder that is there already is fine.
func (f Folder) Create(ctx context.Context) error {
	for _, dir := range []string{f.Dir, f.DirtyDir()} {
		if err := fsys.MkdirAll(ctx, f.FS, dir, dirPerm); err != nil {
			return fmt.Errorf("create run folder: %w", err)
		}
	}
	return f.putFormat(ctx)
}

// DirtyDir is the folder of dirty rows.
func (f Folder) DirtyDir() string { return path.Join(f.Dir, dirtyName) }

// PutSpec stores the spec of a new run. fs.ErrExist if the run has one.
func (f Folder) PutSpec(ctx context.Context, s *job.Spec) error { return f.putNew(ctx, specName, s) }

// Spec returns the run's spec; fs.ErrNotExist if it has none.
func (f Folder) Spec(ctx context.Context) (*job.Spec, error) { return get[job.Spec](ctx, f, specName) }

// PutPlan stores the plan, once. fs.ErrExist if another generation did already:
// its plan counts.
func (f Folder) PutPlan(ctx context.Context, p *job.Plan) error { return f.putNew(ctx, planName, p) }

// Plan returns the run's plan; fs.ErrNotExist if there is none yet.
func (f Folder) Plan(ctx context.Context) (*job.Plan, error) { return get[job.Plan](ctx, f, planName) }

// PutCommit stores the commit plan ahead of its application. fs.ErrExist if
// there is one: that one is rolled forward.
func (f Folder) PutCommit(ctx context.Context, c *Commit) error { return f.putNew(ctx, commitName, c) }

// Commit returns the commit plan; fs.ErrNotExist if there is none.
func (f Folder) Commit(ctx context.Context) (*Commit, error) { return get[Commit](ctx, f, commitName) }

// PutResult stores how the run ended, in place of how it ended before it was
// resumed.
func (f Folder) PutResult(ctx context.Context, r *job.Result) error {
	return f.put(ctx, resultName, r, f.FS.Rename)
}

// Result returns how the run ended; fs.ErrNotExist while it has not.
func (f Folder) Result(ctx context.Context) (*job.Result, error) {
	return get[job.Result](ctx, f, resultName)
}

// Master says where the living ApplicationMaster listens.
type Master struct {
	// Generation of the master.
	Generation int64 `json:"generation"`
	// Address is host:port of its umbilical.
	Address string `json:"address"`
}

// PutMaster publishes where the ApplicationMaster listens. A predecessor's
// entry is replaced; a successor's may be, for a moment: readers compare the
// generation.
func (f Folder) PutMaster(ctx context.Context, m Master) error {
	return f.put(ctx, masterName, &m, f.FS.Rename)
}

// Master returns where the ApplicationMaster listens; fs.ErrNotExist before the
// first one said so.
func (f Folder) Master(ctx context.Context) (*Master, error) { return get[Master](ctx, f, masterName) }

// putNew puts a file in place whole, unless there is one.
func (f Folder) putNew(ctx context.Context, name string, v any) error {
	if _, err := f.FS.Stat(ctx, path.Join(f.Dir, name)); err == nil {
		return &fs.PathError{Op: "put", Path: path.Join(f.Dir, name), Err: fs.ErrExist}
	}
	return f.put(ctx, name, v, f.FS.RenameNoReplace)
}

func (f Folder) put(ctx context.Context, name string, v any, rename func(context.Context, string, string) error) error {
	data, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		return fmt.Errorf("encode %s: %w", name, err)
	}
	return f.putBytes(ctx, name, append(data, '\n'), rename)
}

// putBytes writes a file under a temporary name and renames it. Two processes
// that put at the same time must not share that name, so the loser of the create
// leaves the winner alone.
func (f Folder) putBytes(ctx context.Context, name string, data []byte, rename func(context.Context, string, string) error) error {
	temporary, file, err := f.temporary(ctx, name)
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	if err = errors.Join(err, file.Close()); err == nil {
		err = rename(ctx, temporary, path.Join(f.Dir, name))
	}
	if err != nil {
		return errors.Join(fmt.Errorf("put %s: %w", name, err), ignoreAbsent(f.FS.Remove(ctx, temporary)))
	}
	return nil
}

// temporary creates a file under a name that nobody else has.
func (f Folder) temporary(ctx context.Context, name string) (string, fsys.File, error) {
	for n := 1; ; n++ {
		temporary := path.Join(f.Dir, fmt.Sprintf(".%s.%d", name, n))
		file, err := f.FS.CreateExclusive(ctx, temporary, filePerm)
		if errors.Is(err, fs.ErrExist) && n < 1000 {
			continue
		}
		if err != nil {
			return "", nil, fmt.Errorf("put %s: %w", name, err)
		}
		return temporary, file, nil
	}
}

func get[T any](ctx context.Context, f Folder, name string) (*T, error) {
	data, err := fsys.ReadFile(ctx, f.FS, path.Join(f.Dir, name), maxFileBytes)
	if err != nil {
		return nil, err
	}
	v := new(T)
	if err := json.Unmarshal(data, v); err != nil {
		return nil, fmt.Errorf("read %s: %w: %w", path.Join(f.Dir, name), ErrCorrupt, err)
	}
	return v, nil
}

func ignoreAbsent(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
