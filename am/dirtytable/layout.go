package dirtytable

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"weft/internal/dirty"
	"weft/internal/fsys"
	"weft/plugins"
)

// Permissions of what is laid out: rows of any table, for the group that the
// folder above belongs to and nobody else.
const (
	dirPerm  fs.FileMode = 0o750
	filePerm fs.FileMode = 0o640
)

// mark parts the run id from the rest of a file's name; no run id holds it.
const mark = "@"

// folder is a place that gets one file for each unit with dirty rows.
type folder struct {
	fs     fsys.FS
	dir    string // receives the files
	hidden string // holds files on their way
	append func(dst []byte, r *dirty.Row) []byte
}

// fileName is the name of a unit's rows: a function of run and accepted unit.
func fileName(run, dirtyFile string) string {
	return run + mark + strings.TrimSuffix(dirtyFile, path.Ext(dirtyFile))
}

// fill lays out the rows of the units.
func (o *Options) fill(ctx context.Context, f folder, units []plugins.Manifest) error {
	if err := fsys.MkdirAll(ctx, f.fs, f.dir, dirPerm); err != nil {
		return fmt.Errorf("make folder of dirty rows: %w", err)
	}
	wanted := make(map[string]bool)
	for _, u := range units {
		name := fileName(o.Run, u.DirtyFile)
		wanted[name] = true
		if err := o.put(ctx, f, name, u); err != nil {
			return fmt.Errorf("lay out dirty rows of split %d, unit %d: %w", u.Split, u.Sequence, err)
		}
	}
	if err := o.sweep(ctx, f, wanted); err != nil {
		return fmt.Errorf("tidy up folder of dirty rows: %w", err)
	}
	return nil
}

// put makes one file, unless it is there: under a name of this generation first,
// then by a rename that replaces nothing.
func (o *Options) put(ctx context.Context, f folder, name string, u plugins.Manifest) error {
	final := path.Join(f.dir, name)
	if there, err := exists(ctx, f.fs, final); there || err != nil {
		return err
	}
	own := path.Join(f.hidden, generationName(o.Generation))
	if err := fsys.MkdirAll(ctx, f.fs, own, dirPerm); err != nil {
		return err
	}
	temporary := path.Join(own, name)
	if err := o.write(ctx, f, temporary, u); err != nil {
		return err
	}
	err := f.fs.RenameNoReplace(ctx, temporary, final)
	if err == nil || errors.Is(err, fs.ErrExist) {
		return nil
	}
	if there, lookErr := exists(ctx, f.fs, final); there && lookErr == nil { // the answer was lost
		return nil
	}
	return err
}

// write copies a unit's rows in the folder's form and counts them.
func (o *Options) write(ctx context.Context, f folder, name string, u plugins.Manifest) (err error) {
	file, err := f.fs.Create(ctx, name, filePerm)
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(file, 64<<10)
	var line []byte
	var rows int64
	err = dirty.Each(ctx, o.From, path.Join(o.FromDir, u.DirtyFile), func(r dirty.Row) error {
		rows++
		line = f.append(line[:0], &r)
		_, err := out.Write(line)
		return err
	})
	if err == nil && rows != u.Counters.RowsDirty {
		err = &plugins.Error{Class: plugins.Bug, Err: fmt.Errorf("file %s has %d dirty rows, the unit counted %d", u.DirtyFile, rows, u.Counters.RowsDirty)}
	}
	if err == nil {
		err = out.Flush()
	}
	return errors.Join(err, file.Close())
}

// sweep takes away what this run laid out for units that count no more, and the
// files on their way. What to remove is known before Current is asked, so a
// master that was frozen in between takes nothing of its successor.
func (o *Options) sweep(ctx context.Context, f folder, wanted map[string]bool) error {
	entries, err := f.fs.List(ctx, f.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var stale []string
	for _, e := range entries {
		if strings.HasPrefix(e.Name, o.Run+mark) && !e.Dir && !wanted[e.Name] {
			stale = append(stale, path.Join(f.dir, e.Name))
		}
	}
	if err := o.Current(); err != nil {
		return err
	}
	for _, name := range stale {
		o.Log.Info("dirty rows of an earlier beginning of the run removed", "file", name)
		if err := f.fs.Remove(ctx, name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return o.tidy(ctx, f)
}

// tidy removes the files on their way, those of this generation and of earlier
// ones: a successor's are its own affair.
func (o *Options) tidy(ctx context.Context, f folder) error {
	entries, err := f.fs.List(ctx, f.hidden)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, e := range entries {
		if e.Name <= generationName(o.Generation) {
			err = errors.Join(err, f.fs.RemoveAll(ctx, path.Join(f.hidden, e.Name)))
		}
	}
	if err != nil {
		return err
	}
	err = f.fs.Remove(ctx, f.hidden)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fsys.ErrNotEmpty) {
		return nil
	}
	return err
}

func generationName(generation int64) string { return fmt.Sprintf("g%06d", generation) }

func exists(ctx context.Context, f fsys.Reader, name string) (bool, error) {
	_, err := f.Stat(ctx, name)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}
