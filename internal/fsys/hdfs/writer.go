package hdfs

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	lib "github.com/colinmarc/hdfs/v2"

	"weft/internal/fsys"
	"weft/yarnrpc"
)

// packetBytes is what the library sends at once. It is given exactly what
// completes a packet: then its buffer is empty after each call, stays as small
// as a packet and in the processor's cache.
const packetBytes = 64 << 10

// Create implements fsys.Creator: the NameNode removes the old file and makes
// the new one in one step.
func (f *FS) Create(ctx context.Context, name string, perm fs.FileMode) (fsys.File, error) {
	file, err := f.create(ctx, name, perm, true)
	if errors.Is(err, fs.ErrExist) {
		if s, serr := f.nn.Stat(ctx, name); serr == nil && info(s, "").Dir {
			return nil, wrap(ctx, "create", name, fsys.ErrIsDir, looks)
		}
	}
	return file, err
}

// CreateExclusive implements fsys.Creator. The NameNode decides; a repeated call
// whose answer was lost is known by its retry cache.
func (f *FS) CreateExclusive(ctx context.Context, name string, perm fs.FileMode) (fsys.File, error) {
	return f.create(ctx, name, perm, false)
}

func (f *FS) create(ctx context.Context, name string, perm fs.FileMode, replace bool) (fsys.File, error) {
	if err := begin(ctx, "create", name); err != nil {
		return nil, err
	}
	replicas, blockBytes, err := f.layout(ctx)
	if err != nil {
		return nil, wrap(ctx, "create", name, err, looks)
	}
	l, err := f.takeLane()
	if err != nil {
		return nil, wrap(ctx, "create", name, err, looks)
	}
	l.bridge.overwrite.Store(replace)
	l.bridge.writing.Store(true)
	stop := context.AfterFunc(ctx, func() { l.bridge.Close() }) // the library knows no contexts
	w, err := l.client.CreateFile(name, replicas, blockBytes, perm.Perm())
	if !stop() && err == nil {
		err = context.Cause(ctx) // the lane is dead although the file was made
	}
	if err != nil {
		l.drop()
		return nil, wrap(ctx, "create", name, plain(err), changes)
	}
	return writeBehind(&writeFile{fs: f, name: name, lane: l, w: w}), nil
}

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

// writeFile is a file open for writing.
//
//	      Write ok           Close: blocks acknowledged, complete() = true
//	open ---------> open ------------------------------------------------> done, lane reused
//	  \ any error
//	   -----------> broken --- Close ---> done: never completed, lane dropped
type writeFile struct {
	fs      *FS
	name    string
	lane    *lane
	w       *lib.FileWriter
	written int64
	broken  error
	done    bool
}

var _ fsys.File = (*writeFile)(nil)

// Read implements fsys.File.
func (w *writeFile) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: w.name, Err: fsys.ErrMode}
}

// Write implements fsys.File.
func (w *writeFile) Write(p []byte) (int, error) {
	if err := w.fit("write"); err != nil {
		return 0, err
	}
	total := 0
	for len(p) > 0 {
		n, err := w.w.Write(p[:min(len(p), packetBytes-int(w.written%packetBytes))])
		total += n
		w.written += int64(n)
		if err != nil {
			return total, w.fail("write", err)
		}
		p = p[n:]
	}
	return total, nil
}

func (w *writeFile) fit(op string) error {
	if w.done {
		return &fs.PathError{Op: op, Path: w.name, Err: fs.ErrClosed}
	}
	return w.broken
}

// Sync implements fsys.File: it hands over what is buffered, without waiting for
// the DataNodes.
func (w *writeFile) Sync() error {
	if err := w.fit("sync"); err != nil {
		return err
	}
	if err := w.w.Flush(); err != nil {
		return w.fail("sync", err)
	}
	return nil
}

// fail gives the file up: its connections are cut and it will not be completed.
// The cause is what the NameNode knows, if it knows better than a broken pipe.
func (w *writeFile) fail(op string, err error) error {
	w.lane.bridge.aborted.Store(true)
	w.lane.gate.cut()
	w.w.Close() // ends the library's heartbeats; cannot succeed any more
	w.lane.drop()
	ctx, cancel := w.fs.callTimeout()
	defer cancel()
	w.broken = wrap(ctx, op, w.name, w.diagnose(ctx, plain(err)), changes)
	return w.broken
}

// diagnose asks the NameNode about a file whose stream broke off without an
// answer of its own: recovering a lease shows as a connection that ends.
func (w *writeFile) diagnose(ctx context.Context, err error) error {
	var remote *yarnrpc.RemoteError
	if errors.As(err, &remote) {
		return err
	}
	closed, aerr := w.fs.nn.IsClosed(ctx, w.name)
	switch {
	case aerr == nil && closed:
		return fsys.ErrLease
	case errors.Is(aerr, fs.ErrNotExist):
		return fmt.Errorf("%w: %v", fs.ErrNotExist, err)
	}
	return err
}

func (f *FS) callTimeout() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), f.opts.CloseTimeout)
}

// Close implements fsys.File.
func (w *writeFile) Close() error {
	if w.done {
		return nil
	}
	w.done = true
	if w.broken != nil {
		return w.broken
	}
	err := w.complete()
	var transport *yarnrpc.TransportError
	if errors.As(err, &transport) {
		err = w.readBack(err)
	}
	if err != nil {
		return w.fail("close", err)
	}
	w.fs.lanes.give(w.lane)
	return nil
}

// complete waits for the acknowledgements of the DataNodes and closes the file
// on the NameNode, again and again until enough replicas have been reported to
// it, as Java's DFSOutputStream.completeFile.
func (w *writeFile) complete() error {
	deadline := time.Now().Add(w.fs.opts.CloseTimeout)
	for pause := 5 * time.Millisecond; ; pause = min(2*pause, time.Second) {
		err := w.w.Close()
		if !lib.IsErrReplicating(err) {
			return plain(err)
		}
		if time.Now().Add(pause).After(deadline) {
			return fmt.Errorf("%w: the replicas of the last block were not reported to the namenode within %v",
				fsys.ErrUnavailable, w.fs.opts.CloseTimeout)
		}
		w.lane.pause(pause)
	}
}

// readBack finds out what became of a close whose answer was lost. All bytes are
// with the DataNodes by then, so that recovering the lease closes the file with
// its full length, whoever does it.
func (w *writeFile) readBack(lost error) error {
	ctx, cancel := w.fs.callTimeout()
	defer cancel()
	if err := fsys.WaitClosed(ctx, w.fs, w.name); err != nil {
		return lost
	}
	info, err := w.fs.Stat(ctx, w.name)
	if err != nil || info.Size != w.written {
		return lost
	}
	return nil
}
