package fsys

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
	"time"
)

// MkdirAll makes a directory and its missing parents, all with perm. It is the
// only function that makes parents, and only for folders that no fence stands
// on (a staging root, a user's target). A directory already there is fine; a
// file in the way is ErrNotDir.
func MkdirAll(ctx context.Context, f interface {
	Reader
	Creator
}, dir string, perm fs.FileMode) error {
	switch info, err := f.Stat(ctx, dir); {
	case err == nil && info.Dir:
		return nil
	case err == nil:
		return &fs.PathError{Op: "mkdir", Path: dir, Err: ErrNotDir}
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	if parent := path.Dir(dir); parent != dir {
		if err := MkdirAll(ctx, f, parent, perm); err != nil {
			return err
		}
	}
	err := f.Mkdir(ctx, dir, perm)
	if !errors.Is(err, fs.ErrExist) {
		return err
	}
	// Somebody else was faster: fine, if it is a directory.
	if info, serr := f.Stat(ctx, dir); serr != nil || !info.Dir {
		return err
	}
	return nil
}

// OpenAt opens a file for reading from an offset in bytes. An offset beyond the
// end is io.ErrUnexpectedEOF: the file is not the one that was planned.
func OpenAt(ctx context.Context, f Reader, name string, offset int64) (File, error) {
	file, err := f.Open(ctx, name)
	if err != nil || offset == 0 {
		return file, err
	}
	if err := seekTo(file, offset); err != nil {
		return nil, errors.Join(&fs.PathError{Op: "seek", Path: name, Err: err}, file.Close())
	}
	return file, nil
}

func seekTo(file File, offset int64) error {
	s, ok := file.(io.Seeker)
	if !ok {
		return ErrUnsupported
	}
	end, err := s.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	if offset > end {
		return fmt.Errorf("offset %d is beyond the %d bytes of the file: %w", offset, end, io.ErrUnexpectedEOF)
	}
	_, err = s.Seek(offset, io.SeekStart)
	return err
}

// ReadFile reads a whole file of at most limitBytes; a longer one is an error,
// so that a wrong path cannot fill the memory.
func ReadFile(ctx context.Context, f Reader, name string, limitBytes int64) (data []byte, err error) {
	file, err := f.Open(ctx, name)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	data, err = io.ReadAll(io.LimitReader(file, limitBytes+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > limitBytes {
		return nil, &fs.PathError{Op: "read", Path: name, Err: fmt.Errorf("longer than %d bytes", limitBytes)}
	}
	return data, nil
}

// WriteFileExclusive creates a file that must not exist, writes data and closes
// it. Whoever must never show a half-written file writes under a temporary name
// and uses RenameNoReplace after it.
func WriteFileExclusive(ctx context.Context, f Creator, name string, data []byte, perm fs.FileMode) error {
	file, err := f.CreateExclusive(ctx, name, perm)
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	return errors.Join(err, file.Close())
}

// WaitClosed takes a file away from its writer and waits until it has its final
// length, asking every 50 ms at first and every second later. The deadline is
// that of ctx and is named in the error; a ctx without one is given 5 minutes.
func WaitClosed(ctx context.Context, f Recoverer, name string) error {
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, 5*time.Minute)
		defer cancel()
	}
	start := time.Now()
	closed, err := f.RecoverLease(ctx, name)
	for pause := 50 * time.Millisecond; err == nil && !closed; pause = min(pause*3/2, time.Second) {
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return &fs.PathError{Op: "recover lease", Path: name,
				Err: fmt.Errorf("still open after %s: %w", time.Since(start).Round(time.Millisecond), context.Cause(ctx))}
		case <-timer.C:
		}
		closed, err = f.IsClosed(ctx, name)
	}
	return err
}

// Within reports whether name is dir or lies below it. Both must be clean.
func Within(name, dir string) bool {
	return name == dir || dir == "/" || strings.HasPrefix(name, dir+"/")
}
