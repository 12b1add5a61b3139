package memtest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strconv"

	"weft/internal/fsys"
	"weft/plugins"
)

// writer writes a file for each unit into the attempt's own folder.
type writer struct {
	w       *World
	run     string
	attempt plugins.Attempt
	dir     string // of the attempt
	file    fsys.File
	name    string
	rows    int64
	bytes   int64
	buf     []byte
}

var (
	_ plugins.Writer    = (*writer)(nil)
	_ plugins.Committer = (*writer)(nil)
)

func (w *writer) staging() string { return path.Join(w.w.Dir, ".weft-"+w.run) }

// Open implements plugins.Writer.
func (w *writer) Open(ctx context.Context, a plugins.Attempt) (*plugins.Manifest, error) {
	w.attempt, w.rows, w.bytes = a, 0, 0
	generation := path.Join(w.staging(), fmt.Sprintf("g%d", a.Generation))
	w.dir = path.Join(generation, fmt.Sprintf("%d-%d", a.Split.ID, a.Number))
	for _, dir := range []string{generation, w.dir} {
		if err := w.w.FS.Mkdir(ctx, dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
			return nil, err
		}
	}
	return nil, nil
}

// Write implements plugins.Writer.
func (w *writer) Write(ctx context.Context, b *plugins.Batch) error {
	var refused []plugins.RowError
	w.buf = w.buf[:0]
	for i := range b.Rows {
		id := b.Columns[0].Ints[i]
		if w.w.BeforeWrite != nil {
			err := w.w.BeforeWrite(ctx, id)
			var row *rowError
			if errors.As(err, &row) {
				refused = append(refused, plugins.RowError{Index: i, Column: "name", Code: plugins.RowTooLong, Cause: "ordered"})
				continue
			}
			if err != nil {
				return err
			}
		}
		w.buf = append(strconv.AppendInt(w.buf, id, 10), ',')
		w.buf = append(append(w.buf, b.Columns[1].Bytes(i)...), '\n')
		w.rows++
	}
	if err := w.flush(ctx); err != nil {
		return err
	}
	if refused != nil {
		return &plugins.RowErrors{Rows: refused}
	}
	return nil
}

// rowError is what BeforeWrite returns to make a row dirty.
type rowError struct{}

func (*rowError) Error() string { return "ordered" }

// Dirty makes a row dirty when BeforeWrite returns it.
func Dirty() error { return &rowError{} }

func (w *writer) flush(ctx context.Context) error {
	if len(w.buf) == 0 {
		return nil
	}
	if err := w.create(ctx); err != nil {
		return err
	}
	n, err := w.file.Write(w.buf)
	w.bytes += int64(n)
	return err
}

// create opens the unit's file under the next free name: the attempt may have
// been opened before, to redo a unit behind others.
func (w *writer) create(ctx context.Context) error {
	for n := 0; w.file == nil; n++ {
		name := path.Join(w.dir, fmt.Sprintf("%06d", n))
		file, err := w.w.FS.CreateExclusive(ctx, name, 0o600)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return err
		}
		w.file, w.name = file, name
	}
	return nil
}

// Seal implements plugins.Writer.
func (w *writer) Seal(ctx context.Context, u plugins.Unit) (plugins.Manifest, error) {
	if w.w.BeforeSeal != nil {
		if err := w.w.BeforeSeal(ctx, u); err != nil {
			return plugins.Manifest{}, err
		}
	}
	if err := w.checkFence(ctx); err != nil {
		return plugins.Manifest{}, err
	}
	m := plugins.ManifestOf(w.attempt, u)
	m.Counters.BytesWritten = w.bytes
	if w.file != nil {
		if err := w.file.Close(); err != nil {
			return plugins.Manifest{}, err
		}
		m.Files = []plugins.File{{Path: w.name, Bytes: w.bytes, Rows: w.rows}}
		w.file = nil
	}
	w.rows, w.bytes = 0, 0
	if w.w.AfterSeal != nil {
		return m, w.w.AfterSeal(ctx, u)
	}
	return m, nil
}

// Close implements plugins.Writer.
func (w *writer) Close() error {
	if w.file == nil {
		return nil
	}
	err := w.file.Close()
	w.file = nil
	return errors.Join(err, w.w.FS.Remove(context.Background(), w.name))
}

// Prepare implements plugins.Committer.
func (w *writer) Prepare(ctx context.Context) error {
	w.w.Prepared.Add(1)
	return fsys.MkdirAll(ctx, w.w.FS, w.staging(), 0o700)
}

// move is the data of an operation.
type move struct {
	From, To string
	Bytes    int64
}

// Plan implements plugins.Committer.
func (w *writer) Plan(_ context.Context, units []plugins.Manifest) ([]plugins.Op, error) {
	var ops []plugins.Op
	for _, u := range units {
		for i, f := range u.Files {
			m := move{From: f.Path, Bytes: f.Bytes,
				To: path.Join(w.w.Dir, fmt.Sprintf("part-%d-%d-%d", u.Split, u.Sequence, i))}
			data, err := json.Marshal(m)
			if err != nil {
				return nil, err
			}
			ops = append(ops, plugins.Op{Do: "rename", Label: m.To, Data: data})
		}
	}
	return append(ops, plugins.Op{Do: "clean", Label: "remove staging"}), nil
}

// Apply implements plugins.Committer.
func (w *writer) Apply(ctx context.Context, op plugins.Op) error {
	if w.w.BeforeOp != nil {
		if err := w.w.BeforeOp(ctx, op); err != nil {
			return err
		}
	}
	if op.Do == "clean" {
		return w.w.FS.RemoveAll(ctx, w.staging())
	}
	var m move
	if err := json.Unmarshal(op.Data, &m); err != nil {
		return err
	}
	if info, err := w.w.FS.Stat(ctx, m.To); err == nil && info.Size == m.Bytes {
		return nil
	}
	return w.w.FS.RenameNoReplace(ctx, m.From, m.To)
}

// Abort implements plugins.Committer.
func (w *writer) Abort(ctx context.Context) error { return w.w.FS.RemoveAll(ctx, w.staging()) }
