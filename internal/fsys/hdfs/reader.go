package hdfs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"sync"
	"time"

	lib "github.com/colinmarc/hdfs/v2"

	"weft/internal/fsys"
)

// reopenTries is how often a read that stands still fetches new locations and
// block tokens before it fails; the library has tried every replica each time.
const reopenTries = 4

// takeLane returns an idle lane, or a new one.
func (f *FS) takeLane() (*lane, error) {
	l, ok := f.lanes.take()
	switch {
	case !ok:
		return nil, fs.ErrClosed
	case l != nil:
		return l, nil
	}
	return f.newLane()
}

// plain takes off the path that the library puts around an error of its own.
func plain(err error) error {
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		return pathErr.Err
	}
	return err
}

// Open implements fsys.Reader.
func (f *FS) Open(ctx context.Context, name string) (fsys.File, error) {
	if err := begin(ctx, "open", name); err != nil {
		return nil, err
	}
	l, err := f.takeLane()
	if err != nil {
		return nil, wrap(ctx, "open", name, err, looks)
	}
	stop := context.AfterFunc(ctx, func() { l.bridge.Close() })
	r, err := l.client.Open(name)
	if !stop() && err == nil {
		err = context.Cause(ctx)
	}
	if err == nil {
		err = readable(r)
	}
	if err != nil {
		l.drop()
		return nil, wrap(ctx, "open", name, plain(err), looks)
	}
	inode := inodePath(r)
	l.bridge.inode.Store(&inode)
	return &readFile{fs: f, name: name, inode: inode, size: r.Stat().Size(), lane: l, r: r}, nil
}

// inodePath names the file itself, whatever its name becomes
// (FSDirectory.DOT_INODES_STRING).
func inodePath(r *lib.FileReader) string {
	status, _ := r.Stat().Sys().(*lib.FileStatus)
	return fmt.Sprintf("/.reserved/.inodes/%d", status.GetFileId())
}

// readable refuses what the library would read wrongly.
func readable(r *lib.FileReader) error {
	status, ok := r.Stat().Sys().(*lib.FileStatus)
	switch {
	case !ok:
		return fmt.Errorf("status is a %T", r.Stat().Sys())
	case r.Stat().IsDir():
		return fsys.ErrIsDir
	case status.GetFileEncryptionInfo() != nil:
		return fmt.Errorf("%w: the file is in an encryption zone", fsys.ErrUnsupported)
	case status.GetEcPolicy() != nil:
		return fmt.Errorf("%w: the file is erasure-coded (%s)", fsys.ErrUnsupported, status.GetEcPolicy().GetName())
	}
	return nil
}

// readFile is a file open for reading: the bytes that were in it when it was
// opened. It stays that file when another one gets its name.
type readFile struct {
	fs    *FS
	name  string
	inode string
	size  int64

	mu   sync.Mutex // io.ReaderAt allows calls at once
	lane *lane
	r    *lib.FileReader
	at   int64 // where r stands
	off  int64 // where the next Read starts
	done bool
}

var (
	_ fsys.File   = (*readFile)(nil)
	_ io.Seeker   = (*readFile)(nil)
	_ io.ReaderAt = (*readFile)(nil)
)

// Read implements fsys.File.
func (r *readFile) Read(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	n, err := r.readAt(p, r.off)
	r.off += int64(n)
	return n, err
}

// ReadAt implements io.ReaderAt.
func (r *readFile) ReadAt(p []byte, off int64) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	total := 0
	for total < len(p) {
		n, err := r.readAt(p[total:], off+int64(total))
		total += n
		if err != nil {
			return total, err
		}
	}
	return total, nil
}

// readAt reads once, at least one byte unless it fails.
func (r *readFile) readAt(p []byte, off int64) (int, error) {
	switch {
	case r.done:
		return 0, r.failed(fs.ErrClosed)
	case off < 0:
		return 0, r.failed(fs.ErrInvalid)
	case off >= r.size:
		return 0, io.EOF
	case len(p) == 0:
		return 0, nil
	}
	pause := 100 * time.Millisecond
	for try := 1; ; try++ {
		n, err := r.once(p[:min(int64(len(p)), r.size-off)], off)
		if n > 0 {
			return n, nil
		}
		if err == nil || err == io.EOF {
			err = io.ErrUnexpectedEOF // before the size that the NameNode told
		}
		if try == reopenTries {
			return 0, r.failed(fmt.Errorf("at byte %d, after %d tries: %w", off, try, err))
		}
		r.lane.pause(pause)
		pause *= 3
		if err := r.reopen(); err != nil {
			return 0, r.failed(err)
		}
	}
}

// once moves the library's reader where it is wanted, which reconnects, and
// reads. Reading on needs no Seek, and must not have one: even one that does not
// move ends the connection. Before a real move that is wanted: a short one
// forward would leave the library with a wrong idea of its place in the block,
// from which it would go on after the failure of a DataNode.
func (r *readFile) once(p []byte, off int64) (int, error) {
	if r.at != off {
		if _, err := r.r.Seek(0, io.SeekCurrent); err != nil {
			return 0, err
		}
		if _, err := r.r.Seek(off, io.SeekStart); err != nil {
			return 0, err
		}
		r.at = off
	}
	n, err := r.r.Read(p)
	r.at += int64(n)
	return n, err
}

// reopen fetches new block locations and tokens.
func (r *readFile) reopen() error {
	fresh, err := r.lane.client.Open(r.inode)
	if err != nil {
		return plain(err)
	}
	r.r.Close()
	r.r, r.at = fresh, 0
	return nil
}

func (r *readFile) failed(err error) error {
	return wrap(context.Background(), "read", r.name, err, looks)
}

// Seek implements io.Seeker; places beyond the end are allowed and read io.EOF.
func (r *readFile) Seek(off int64, whence int) (int64, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch whence {
	case io.SeekCurrent:
		off += r.off
	case io.SeekEnd:
		off += r.size
	}
	if off < 0 {
		return 0, &fs.PathError{Op: "seek", Path: r.name, Err: fs.ErrInvalid}
	}
	r.off = off
	return off, nil
}

// Write implements fsys.File.
func (r *readFile) Write([]byte) (int, error) {
	return 0, &fs.PathError{Op: "write", Path: r.name, Err: fsys.ErrMode}
}

// Sync implements fsys.File.
func (r *readFile) Sync() error {
	return &fs.PathError{Op: "sync", Path: r.name, Err: fsys.ErrMode}
}

// Close implements fsys.File.
func (r *readFile) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.done {
		return nil
	}
	r.done = true
	r.r.Close() // its error says only that the DataNode was told too little
	r.fs.lanes.give(r.lane)
	return nil
}
