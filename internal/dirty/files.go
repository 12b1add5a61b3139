package dirty

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"time"

	"weft/internal/fsys"
	"weft/plugins"
)

// Stage says where a row was refused.
type Stage string

// The stages.
const (
	// StageRead: the reader could not make a row of it.
	StageRead Stage = "read"
	// StageWrite: conversion or the target refused it.
	StageWrite Stage = "write"
)

// Row is one dirty row as the file holds it.
type Row struct {
	// Split and Unit say where it belongs, Row is its place among the rows
	// read for the unit, from 0.
	Split int   `json:"split"`
	Unit  int   `json:"unit"`
	Row   int64 `json:"row"`
	// Stage, Column, Code and Cause say what is wrong.
	Stage  Stage           `json:"stage"`
	Column string          `json:"column,omitempty"`
	Code   plugins.RowCode `json:"code"`
	Cause  string          `json:"cause"`
	// Value is the row as the reader delivered it, an object of texts; of
	// StageWrite only.
	Value json.RawMessage `json:"value,omitempty"`
	// Raw is the row as the source had it, of StageRead; of StageWrite only
	// where a plugin kept the original in a form that is no JSON.
	Raw string `json:"raw,omitempty"`
	// Time is when it was refused.
	Time time.Time `json:"ts"`
}

// FileSystem is what Files need of an fsys.FS.
type FileSystem interface {
	fsys.Creator
	fsys.Remover
}

// Files hold the dirty rows of one attempt, unit by unit. The file is made
// with a unit's first dirty row. Not safe for concurrent use.
type Files struct {
	fs      FileSystem
	dir     string
	attempt plugins.Attempt

	name string // of the open file; "" while there is none
	file fsys.File
	buf  *bufio.Writer
}

// New returns Files in dir, which must exist.
func New(fs FileSystem, dir string, a plugins.Attempt) *Files {
	return &Files{fs: fs, dir: dir, attempt: a}
}

// Name is the name of a unit's file inside the dirty folder.
func Name(a plugins.Attempt, unit int) string {
	return fmt.Sprintf("%06d-%06d-g%06d-a%02d.jsonl", a.Split.ID, unit, a.Generation, a.Number)
}

// Add appends a row to its unit's file. An error is one of the infrastructure;
// the unit must be given up then.
func (f *Files) Add(ctx context.Context, r Row) error {
	if f.file == nil {
		if err := f.open(ctx, r.Unit); err != nil {
			return err
		}
	}
	line, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("encode dirty row %d of split %d: %w", r.Row, r.Split, err)
	}
	if _, err := f.buf.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("write dirty file %s: %w", f.name, err)
	}
	return nil
}

func (f *Files) open(ctx context.Context, unit int) error {
	name := Name(f.attempt, unit)
	file, err := f.fs.CreateExclusive(ctx, path.Join(f.dir, name), 0o600)
	if err != nil {
		return fmt.Errorf("create dirty file: %w", err)
	}
	f.name, f.file, f.buf = name, file, bufio.NewWriterSize(file, 32<<10)
	return nil
}

// Close makes the unit's file durable and returns its name, or "" if no row was
// added. The next Add begins another file.
func (f *Files) Close() (name string, err error) {
	if f.file == nil {
		return "", nil
	}
	name = f.name
	err = errors.Join(f.buf.Flush(), f.file.Close())
	f.name, f.file, f.buf = "", nil, nil
	if err != nil {
		return "", fmt.Errorf("close dirty file %s: %w", name, err)
	}
	return name, nil
}

// Abort gives the open unit's file up and removes it. Without an open file it
// does nothing.
func (f *Files) Abort(ctx context.Context) error {
	if f.file == nil {
		return nil
	}
	name := f.name
	closeErr := f.file.Close() // may fail: the rows do not count
	f.name, f.file, f.buf = "", nil, nil
	if err := f.Remove(ctx, name); err != nil {
		return errors.Join(err, closeErr)
	}
	return nil
}

// Remove removes a file that Close had closed, when its unit was not sealed
// after all.
func (f *Files) Remove(ctx context.Context, name string) error {
	err := f.fs.Remove(ctx, path.Join(f.dir, name))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove dirty file: %w", err)
	}
	return nil
}
