package hdfs

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"time"

	"weft/internal/fsys"
	"weft/yarnrpc"
	"weft/yarnrpc/dn"
	"weft/yarnrpc/nn"
)

// renewEvery is how often the lease of an open file is renewed. The NameNode
// lets it be taken after a minute (HdfsConstants.LEASE_SOFTLIMIT_PERIOD), and
// Java renews at half of that.
const renewEvery = 20 * time.Second

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
	o := nn.CreateOptions{
		Perm: uint32(perm.Perm()), Holder: "weft-" + rand.Text(), // its own: nobody renews the lease of a file given up
		Replication: uint32(replicas), BlockSizeBytes: blockBytes, Overwrite: replace,
	}
	status, err := f.nn.Create(ctx, name, o)
	if err != nil {
		return nil, wrap(ctx, "create", name, err, changes)
	}
	return f.open(nn.Writing{Path: name, Holder: o.Holder, FileID: status.FileID}, blockBytes), nil
}

// open starts what an open file needs; its Close, or its first error, ends it.
func (f *FS) open(file nn.Writing, blockBytes int64) *writeFile {
	ctx, cancel := context.WithCancel(context.Background())
	w := &writeFile{fs: f, nn: f.nn, file: file, blockBytes: blockBytes, stream: newStream(f, file, blockBytes), cancel: cancel}
	w.running.Go(func() { w.stream.run(ctx) })
	w.running.Go(func() { w.renew(ctx) })
	return w
}

// writeFile is a file open for writing.
//
//	      Write ok           Close: blocks acknowledged, complete() = true
//	open ---------> open ------------------------------------------------> done
//	  \ an error that the stream could not mend
//	   -----------> broken --- Close ---> done: never completed, lease not renewed
type writeFile struct {
	fs         *FS
	nn         *nn.Client
	file       nn.Writing
	blockBytes int64
	stream     *stream
	cancel     context.CancelFunc // ends what runs
	running    sync.WaitGroup

	packet  *dn.Packet // being filled; nil: none
	packets int        // made for this file
	at      int64      // bytes of the block that were handed to the stream
	written int64
	broken  error
	done    bool
}

var _ fsys.File = (*writeFile)(nil)

// renew is a goroutine: it renews the lease until the file is closed. A renewal
// that fails is made up for by the next: three of them fit into a lease.
func (w *writeFile) renew(ctx context.Context) {
	tick := time.NewTicker(renewEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			w.nn.RenewLease(ctx, w.file.Holder)
		case <-ctx.Done():
			return
		}
	}
}

// Read implements fsys.File.
func (w *writeFile) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: w.file.Path, Err: fsys.ErrMode}
}

// Write implements fsys.File.
func (w *writeFile) Write(p []byte) (int, error) {
	if err := w.fit("write"); err != nil {
		return 0, err
	}
	total := 0
	for len(p) > 0 {
		if w.packet == nil && !w.next() {
			return total, w.fail("write")
		}
		n := w.packet.Fill(p[:min(int64(len(p)), w.blockBytes-w.packet.End())])
		w.written += int64(n)
		total += n
		p = p[n:]
		if (w.packet.Full() || w.packet.End() == w.blockBytes) && !w.push(nil) {
			return total, w.fail("write")
		}
	}
	return total, nil
}

// next takes an empty packet, waiting for one when all are on their way. False:
// the stream has ended.
func (w *writeFile) next() bool {
	w.packet = w.take()
	if w.packet == nil {
		return false
	}
	w.packet.Reset(w.at)
	return true
}

func (w *writeFile) take() *dn.Packet {
	select {
	case p := <-w.stream.free:
		return p
	default:
	}
	if w.packets < windowPackets {
		w.packets++
		return w.fs.packets.Get().(*dn.Packet)
	}
	select {
	case p := <-w.stream.free:
		return p
	case <-w.stream.ended:
		return nil
	}
}

// push hands the packet to the stream, if it has anything new.
func (w *writeFile) push(done chan<- struct{}) bool {
	p := parcel{done: done}
	if w.packet != nil && w.packet.New() > 0 {
		p.packet, w.at = w.packet, w.packet.End()
		w.packet = nil
	}
	p.end = w.at == w.blockBytes
	return w.hand(p)
}

// hand gives a parcel to the stream. False: it has ended.
func (w *writeFile) hand(p parcel) bool {
	if p.end {
		w.at = 0
	}
	select {
	case w.stream.full <- p:
		return true
	case <-w.stream.ended:
		return false
	}
}

func (w *writeFile) fit(op string) error {
	if w.done {
		return &fs.PathError{Op: op, Path: w.file.Path, Err: fs.ErrClosed}
	}
	return w.broken
}

// Sync implements fsys.File: what was written is on the disks of all nodes of the
// pipeline, and the NameNode knows the length (DFSOutputStream.hsync).
func (w *writeFile) Sync() error {
	if err := w.fit("sync"); err != nil {
		return err
	}
	// The block goes on with a part of a chunk that is sent again; it must be
	// copied before the stream has the packet.
	var rest *dn.Packet
	if p := w.packet; p != nil && p.New() > 0 && p.End() < w.blockBytes {
		if rest = w.take(); rest == nil {
			return w.fail("sync")
		}
		rest.Continue(p)
	}
	done := make(chan struct{})
	if !w.push(done) {
		return w.fail("sync")
	}
	if rest != nil {
		w.packet = rest
	}
	select {
	case <-done:
		return nil
	case <-w.stream.ended:
		return w.fail("sync")
	}
}

// end stops what runs and takes the packets back.
func (w *writeFile) end() {
	w.cancel()
	w.stream.gate.cut()
	w.running.Wait()
	if w.packet != nil {
		w.fs.packets.Put(w.packet)
		w.packet = nil
	}
	for len(w.stream.free) > 0 {
		w.fs.packets.Put(<-w.stream.free)
	}
}

// fail gives the file up, after the stream has ended with an error. The cause is
// what the NameNode knows, if it knows better than a broken pipe.
func (w *writeFile) fail(op string) error {
	<-w.stream.ended
	return w.giveUp(op, w.stream.err)
}

func (w *writeFile) giveUp(op string, err error) error {
	w.end()
	ctx, cancel := w.fs.callTimeout()
	defer cancel()
	w.broken = wrap(ctx, op, w.file.Path, w.diagnose(ctx, err), changes)
	return w.broken
}

// diagnose asks the NameNode about a file whose stream broke off without an
// answer that says it all: recovering a lease shows as a connection that ends,
// and then as a block that is no longer being written.
func (w *writeFile) diagnose(ctx context.Context, err error) error {
	var remote *yarnrpc.RemoteError
	if errors.As(err, &remote) && translateRemote(remote) != error(remote) {
		return err
	}
	closed, aerr := w.nn.IsClosed(ctx, w.file.Path)
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
	if !w.flush() {
		return w.fail("close")
	}
	err := w.complete()
	var transport *yarnrpc.TransportError
	if errors.As(err, &transport) {
		err = w.readBack(err)
	}
	if err != nil {
		return w.giveUp("close", err)
	}
	w.end()
	return nil
}

// flush hands over what is left, with the end of the block, and waits until the
// nodes have closed it. False: the stream has ended with an error.
func (w *writeFile) flush() bool {
	p := parcel{end: true}
	if w.packet != nil && w.packet.New() > 0 {
		p.packet, w.packet = w.packet, nil
	}
	if (p.packet != nil || w.at > 0) && !w.hand(p) {
		return false
	}
	close(w.stream.full)
	<-w.stream.ended
	return w.stream.err == nil
}

// complete closes the file on the NameNode, again and again until enough
// replicas have been reported to it, as Java's DFSOutputStream.completeFile. A
// call is as patient as any other; only the wait between them has a deadline.
func (w *writeFile) complete() error {
	deadline := time.Now().Add(w.fs.opts.CloseTimeout)
	for pause := 5 * time.Millisecond; ; pause = min(2*pause, time.Second) {
		done, err := w.nn.Complete(context.Background(), w.file, w.stream.last)
		if done || err != nil {
			return err
		}
		if time.Now().Add(pause).After(deadline) {
			return fmt.Errorf("%w: the replicas of the last block were not reported to the namenode within %v",
				fsys.ErrUnavailable, w.fs.opts.CloseTimeout)
		}
		<-time.After(pause)
	}
}

// readBack finds out what became of a close whose answer was lost. All bytes are
// with the DataNodes by then, so that recovering the lease closes the file with
// its full length, whoever does it.
func (w *writeFile) readBack(lost error) error {
	ctx, cancel := w.fs.callTimeout()
	defer cancel()
	if err := fsys.WaitClosed(ctx, w.fs, w.file.Path); err != nil {
		return lost
	}
	info, err := w.fs.Stat(ctx, w.file.Path)
	if err != nil || info.Size != w.written {
		return lost
	}
	return nil
}
