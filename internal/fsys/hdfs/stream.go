package hdfs

import (
	"context"
	"net"
	"time"

	"weft/yarnrpc/dn"
	"weft/yarnrpc/nn"
)

// batchPackets is how many packets are sent at once, when so many are waiting:
// the fewer system calls, the better, but the nodes should not wait for work.
const batchPackets = 8

// stream sends the packets of one file, in a goroutine of its own, and rebuilds
// the pipeline when a node fails.
//
//	writeFile: fill a packet -> full -> run: seal, send -> pipeline
//	               ^                                          |
//	               +------------------ free <-- acknowledged -+
//
// States of the block that is being written (DataStreamer, BlockConstructionStage):
//
//	none -- first packet: addBlock, connect --> streaming -- end: drained --> closing -- acked --> none
//	   ^ \ node fails: abandon, exclude it,       |  ^ node fails: new stamp,    | node fails: new stamp,
//	   +--+ at most setupTries times              +--+ survivors, send again     +--> survivors close it
//
// A block without survivors, or a lease that was taken, ends the stream with an
// error: the file is broken.
type stream struct {
	fs         *FS
	nn         *nn.Client
	file       nn.Writing
	gate       *gate
	blockBytes int64

	full  chan parcel     // to run; closed by the writer after its last parcel
	free  chan *dn.Packet // from the pipeline; never closed
	ended chan struct{}   // closed by run
	err   error           // why run ended; holds from then on

	// The rest is run's own.
	pipe    *pipeline // nil between blocks
	block   nn.LocatedBlock
	last    *nn.Block    // the block before, with its final length; nil for the first
	exclude []nn.Node    // nodes that failed this file
	silent  []nn.Replica // nodes of this block that were given up for not answering
	batch   []*dn.Packet
	buffers net.Buffers
	seq     int64
	sent    int64 // end of the data of the block that was sent
	busy    bool  // something was sent since the last tick
	closing bool  // the end of the block was sent
}

// parcel is what the writer hands over.
type parcel struct {
	packet *dn.Packet      // may be nil for a sync or an end
	end    bool            // the block ends here
	done   chan<- struct{} // not nil: sync, and close the channel when all is with the nodes
}

func newStream(fs *FS, file nn.Writing, blockBytes int64) *stream {
	return &stream{
		fs: fs, nn: fs.nn, file: file, blockBytes: blockBytes, gate: newGate(fs.opts.Dial, fs.opts.IOTimeout),
		full: make(chan parcel, windowPackets), free: make(chan *dn.Packet, windowPackets), ended: make(chan struct{}),
	}
}

// run is the goroutine. It ends when full is closed, with the context, or with
// the first failure that cannot be mended.
func (s *stream) run(ctx context.Context) {
	defer close(s.ended)
	s.err = s.serve(ctx)
	s.hangUp()
}

func (s *stream) serve(ctx context.Context) error {
	// Nothing sent for a whole tick makes a heartbeat: after half the time-out at
	// the latest, as nodes read with the same one.
	tick := time.NewTicker(max(s.fs.opts.IOTimeout/4, time.Millisecond))
	defer tick.Stop()
	for {
		select {
		case p, ok := <-s.full:
			if !ok {
				return nil
			}
			if err := s.take(ctx, p); err != nil {
				return err
			}
		case <-s.broken():
			if err := s.mend(ctx, nil); err != nil {
				return err
			}
		case <-tick.C:
			if err := s.heartbeat(ctx); err != nil {
				return err
			}
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// broken is closed when the pipeline, if there is one, has failed.
func (s *stream) broken() <-chan struct{} {
	if s.pipe == nil {
		return nil
	}
	return s.pipe.ended
}

// hangUp ends the connection, if there is one.
func (s *stream) hangUp() {
	if s.pipe == nil {
		return
	}
	_, unacked, _ := s.pipe.end(nil)
	s.pipe = nil
	for _, p := range unacked {
		s.recycle(p)
	}
}

// recycle gives a packet back to the writer.
func (s *stream) recycle(p *dn.Packet) {
	if p.Empty() {
		return // a marker
	}
	s.free <- p // has room for all there are
}

// take sends a parcel, and what waits behind it.
func (s *stream) take(ctx context.Context, p parcel) error {
	s.batch = s.batch[:0]
	ok := true
	for ok {
		if p.packet != nil {
			s.batch = append(s.batch, p.packet)
		}
		if p.end || p.done != nil || len(s.batch) == batchPackets {
			break
		}
		select {
		case p, ok = <-s.full:
		default:
			ok = false
		}
	}
	s.seal(p.done != nil)
	err := s.transmit(ctx, s.batch)
	if err == nil && p.done != nil {
		err = s.sync(ctx, p.done)
	}
	if err == nil && p.end {
		err = s.finish(ctx)
	}
	return err
}

// seal makes the packets of the batch ready; for a sync the last of them, or one
// more, says so to the nodes.
func (s *stream) seal(sync bool) {
	if sync && len(s.batch) == 0 && s.pipe != nil {
		s.batch = append(s.batch, dn.NewMarker(s.sent))
	}
	for i, p := range s.batch {
		mark := dn.Plain
		if sync && i == len(s.batch)-1 {
			mark = dn.Sync
		}
		p.Seal(s.seq, mark)
		s.seq++
	}
}

// transmit sends sealed packets, opening a block for the first.
func (s *stream) transmit(ctx context.Context, packets []*dn.Packet) error {
	if len(packets) == 0 {
		return nil
	}
	if s.pipe == nil {
		if err := s.open(ctx); err != nil {
			return err
		}
	}
	s.busy = true
	s.sent = max(s.sent, packets[len(packets)-1].End())
	if cap(s.buffers) < len(packets) {
		s.buffers = make(net.Buffers, len(packets))
	}
	if err := s.pipe.send(packets, s.buffers); err != nil {
		return s.mend(ctx, err)
	}
	return nil
}

// drain waits until the nodes have all that was sent.
func (s *stream) drain(ctx context.Context) error {
	for s.pipe != nil && !s.pipe.drained() {
		if err := s.mend(ctx, nil); err != nil {
			return err
		}
	}
	return nil
}

// sync ends a hsync: the nodes have the data on their disks, and the NameNode
// the length, so that a reader sees it after the death of this process.
func (s *stream) sync(ctx context.Context, done chan<- struct{}) error {
	if err := s.drain(ctx); err != nil {
		return err
	}
	if s.pipe != nil {
		if err := s.nn.Fsync(ctx, s.file.Path, s.file.Holder, s.file.FileID, s.pipe.acked.Load()); err != nil {
			return err
		}
	}
	close(done)
	return nil
}

// finish ends the block. Its end is sent when all before it is acknowledged, so
// that a failure finds either a block to go on with or one to close.
func (s *stream) finish(ctx context.Context) error {
	if err := s.drain(ctx); err != nil {
		return err
	}
	end := dn.NewMarker(s.sent)
	end.Seal(s.seq, dn.Last)
	s.seq++
	s.closing = true
	if err := s.transmit(ctx, []*dn.Packet{end}); err != nil {
		return err
	}
	if err := s.drain(ctx); err != nil {
		return err
	}
	s.hangUp()
	s.block.Block.Bytes = s.sent
	last := s.block.Block
	s.last = &last
	return nil
}

// heartbeat keeps an idle connection open, and finds out whether it still is.
func (s *stream) heartbeat(ctx context.Context) error {
	idle := !s.busy && s.pipe != nil
	s.busy = false
	if !idle {
		return nil
	}
	beat := dn.NewMarker(0)
	s.buffers = append(s.buffers[:0], beat.Seal(dn.HeartbeatSeq, dn.Plain))
	if err := writeAll(s.pipe.conn, s.buffers); err != nil {
		return s.mend(ctx, err)
	}
	return nil
}
