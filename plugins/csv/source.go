package csv

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"weft/internal/fsys"
	"weft/plugins"
)

// source is one file as the plan has it.
type source struct {
	Path string `json:"path"`
	// Bytes and ModTime (milliseconds) tell whether it is still the same.
	Bytes   int64 `json:"bytes"`
	ModTime int64 `json:"modTime"`
}

// fault gives an error of a file system its class.
func fault(op string, err error) error {
	var known *plugins.Error
	if err == nil || errors.As(err, &known) {
		return err
	}
	e := &plugins.Error{Op: op, Err: err}
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("%s: %w", op, err)
	case errors.Is(err, fs.ErrNotExist):
		e.Class, e.Reason = plugins.Fatal, plugins.ReasonNotFound
	case errors.Is(err, fs.ErrPermission):
		e.Class, e.Reason = plugins.Fatal, plugins.ReasonPermission
	case errors.Is(err, fsys.ErrUnavailable):
		e.Class, e.Reason = plugins.Transient, plugins.ReasonUnreachable
	}
	return e
}

func fatal(reason plugins.Reason, op string, err error) error {
	return &plugins.Error{Class: plugins.Fatal, Reason: reason, Op: op, Err: err}
}

// open returns the file system of a location and the name in it.
func (r *reader) open(ctx context.Context, location string) (fsys.FS, string, error) {
	if r.opener == nil {
		opener, err := r.connect(r.config.DefaultFS, r.config.hadoop())
		if err != nil {
			return nil, "", fatal(plugins.ReasonConfig, "open source", err)
		}
		r.opener = opener
	}
	f, name, err := r.opener.Open(ctx, location)
	return f, name, fault("open "+location, err)
}

// files lists what the job's paths mean, in their order and that of names.
func (r *reader) files(ctx context.Context) ([]source, error) {
	var list []source
	seen := map[string]bool{}
	for _, location := range r.config.Path {
		found, err := r.expand(ctx, location)
		if err != nil {
			return nil, err
		}
		for _, s := range found {
			if !seen[s.Path] {
				seen[s.Path] = true
				list = append(list, s)
			}
		}
	}
	return list, nil
}

// expand lists the files of one location: itself, those that its pattern
// matches, or those in the folder. Hidden ones and folders in folders are left
// out.
func (r *reader) expand(ctx context.Context, location string) ([]source, error) {
	f, name, err := r.open(ctx, location)
	if err != nil {
		return nil, err
	}
	prefix := strings.TrimSuffix(location, name) // scheme and authority
	op := "list " + location
	info, err := f.Stat(ctx, name)
	if err == nil && !info.Dir {
		return []source{sourceOf(prefix+name, info)}, nil
	}
	dir, pattern := name, "*"
	if errors.Is(err, fs.ErrNotExist) && strings.ContainsAny(path.Base(name), "*?[") {
		dir, pattern = path.Split(name)
		dir, err = path.Clean(dir), nil
	}
	if err != nil {
		return nil, fault(op, err)
	}
	entries, err := f.List(ctx, dir)
	if err != nil {
		return nil, fault(op, err)
	}
	var list []source
	for _, e := range entries {
		match, err := path.Match(pattern, e.Name)
		if err != nil {
			return nil, fatal(plugins.ReasonConfig, op, err)
		}
		if match && !e.Dir && !strings.HasPrefix(e.Name, ".") && !strings.HasPrefix(e.Name, "_") {
			list = append(list, sourceOf(prefix+path.Join(dir, e.Name), e))
		}
	}
	if len(list) == 0 {
		return nil, fatal(plugins.ReasonNotFound, op, errors.New("no files are there"))
	}
	return list, nil
}

func sourceOf(location string, info fsys.Info) source {
	return source{Path: location, Bytes: info.Size, ModTime: info.ModTime.UnixMilli()}
}

// Splits implements plugins.Splitter: runs of files of about the same size.
func (r *reader) Splits(ctx context.Context, want int) ([]plugins.Split, error) {
	files, err := r.files(ctx)
	if err != nil {
		return nil, err
	}
	var left int64
	for _, f := range files {
		left += f.Bytes
	}
	var list []plugins.Split
	for want = max(want, 1); len(files) > 0; want-- {
		n, size := 1, files[0].Bytes
		for n < len(files) && (want <= 1 || size+files[n].Bytes/2 <= left/int64(want)) {
			size += files[n].Bytes
			n++
		}
		data, err := json.Marshal(files[:n])
		if err != nil {
			return nil, err
		}
		label := files[0].Path
		if n > 1 {
			label = fmt.Sprintf("%s and %d more", label, n-1)
		}
		list = append(list, plugins.Split{ID: len(list), Label: label, Rows: -1, Data: data})
		files, left = files[n:], left-size
	}
	return list, nil
}

// Check implements plugins.Checker.
func (r *reader) Check(ctx context.Context) []plugins.Finding {
	files, err := r.files(ctx)
	if err == nil {
		_, err = r.Describe(ctx)
	}
	if err != nil {
		return []plugins.Finding{{Severity: plugins.Fail, Reason: plugins.ReasonOf(err), Key: "path", Text: err.Error()}}
	}
	var size int64
	for _, f := range files {
		size += f.Bytes
	}
	return []plugins.Finding{{Severity: plugins.OK, Key: "path", Text: fmt.Sprintf("%d files of %d bytes", len(files), size)}}
}
