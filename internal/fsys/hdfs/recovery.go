package hdfs

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"time"

	"weft/internal/fsys"
	"weft/yarnrpc/dn"
	"weft/yarnrpc/nn"
)

// setupTries is how many pipelines are tried for a new block, each without the
// nodes that failed (dfs.client.block.write.retries: 3 after the first).
const setupTries = 4

// open gets the next block of the file and a pipeline for it. Nodes that cannot
// be reached are left out of the next try.
func (s *stream) open(ctx context.Context) error {
	var cause error
	for range setupTries {
		located, err := s.addBlock(ctx, cause)
		if err != nil {
			return err
		}
		pipe, bad, err := s.connect(ctx, dn.WriteRequest{Block: s.sized(located), Client: s.file.Holder, Stage: dn.SetupCreate})
		if err == nil {
			s.block, s.sent, s.closing = located, 0, false
			s.use(pipe)
			return nil
		}
		cause = err
		if ctx.Err() != nil {
			return cause
		}
		if err := s.nn.AbandonBlock(ctx, s.file, located.Block); err != nil {
			return err
		}
		if !tokenRefused(cause) {
			s.exclude = append(s.exclude, located.Replicas[bad].Node)
		}
	}
	return fmt.Errorf("%w: %d pipelines failed, the last: %w", fsys.ErrUnavailable, setupTries, cause)
}

// busyPatience is how long the NameNode is asked for other nodes than those that
// failed. It takes a node that had more connections than most for too busy, until
// the next heartbeats say otherwise (dfs.namenode.redundancy.considerLoad).
const busyPatience = 10 * time.Second

// addBlock asks for a block without the nodes that failed. Those that failed an
// earlier block get another chance when there are not enough without them. cause
// is why nodes failed this block.
func (s *stream) addBlock(ctx context.Context, cause error) (nn.LocatedBlock, error) {
	deadline := time.Now().Add(busyPatience)
	for {
		located, err := s.nn.AddBlock(ctx, s.file, s.last, s.exclude)
		switch {
		case len(s.exclude) == 0 || !hasText(err, "could only be written to"):
			return located, err
		case time.Now().Before(deadline):
			if !pause(ctx, busyPatience/20) {
				return located, context.Cause(ctx)
			}
		case cause != nil:
			return located, fmt.Errorf("%w: %w; then %v", fsys.ErrUnavailable, cause, err)
		default:
			s.exclude = nil
		}
	}
}

// pause waits, unless the context ends first.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// sized is a block as a request names it: with the length it may grow to.
func (s *stream) sized(l nn.LocatedBlock) nn.LocatedBlock {
	l.Block.Bytes = s.blockBytes
	return l
}

func tokenRefused(err error) bool {
	var refusal *dn.Refusal
	return errors.As(err, &refusal) && refusal.Status == dn.StatusAccessToken
}

// use makes a pipeline the one that is sent through.
func (s *stream) use(p *pipeline) {
	s.pipe = p
	go p.acks(s.recycle) // ends with end, which waits for it
}

// mend rebuilds the pipeline after the failure of a node, on those that are
// left, and sends again what was not acknowledged:
//
//	connection ended -> new stamp of the NameNode -> connect to the survivors, RecoverStream
//	                                              -> updatePipeline -> packets again
//
// If the end of the block had been sent, all its data was acknowledged: the
// survivors close it (RecoverClose) and nothing is sent. The new stamp makes the
// replica of the failed node stale, whatever it still writes; the NameNode gives
// it to nobody but the holder of the lease (DataStreamer.setupPipelineForAppendOrRecovery).
func (s *stream) mend(ctx context.Context, sendErr error) error {
	bad, again, cause := s.pipe.end(sendErr)
	acked := s.pipe.acked.Load()
	s.pipe, s.silent = nil, nil
	for s.pipe == nil {
		if ctx.Err() != nil {
			return errors.Join(context.Cause(ctx), cause)
		}
		s.drop(bad, cause)
		if len(s.block.Replicas) == 0 {
			return fmt.Errorf("%w: no node of the pipeline is left: %w", fsys.ErrUnavailable, cause)
		}
		pipe, at, err := s.rebuild(ctx, acked)
		if err != nil && at == nameNode {
			return err
		}
		if bad, cause = at, err; err == nil {
			s.use(pipe)
		}
	}
	if s.closing {
		s.hangUp() // they have closed the block
		return nil
	}
	return s.transmit(ctx, again)
}

// drop takes a node out of the pipeline, and out of those to come. Who was only
// silent may have waited for a node behind it: when nobody else is left, those
// that were silent are tried once more.
func (s *stream) drop(bad int, cause error) {
	r := s.block.Replicas[bad]
	s.block.Replicas = slices.Delete(slices.Clone(s.block.Replicas), bad, bad+1)
	var timeout net.Error
	if errors.As(cause, &timeout) && timeout.Timeout() && !slices.Contains(s.silent, r) {
		s.silent = append(s.silent, r)
	}
	s.exclude = append(s.exclude, r.Node)
	if len(s.block.Replicas) > 0 || len(s.silent) < 2 {
		return // the only one that was silent is dead itself
	}
	first := s.silent[0]
	s.block.Replicas, s.silent = []nn.Replica{first}, nil
	s.exclude = slices.DeleteFunc(s.exclude, func(n nn.Node) bool { return n == first.Node })
}

// nameNode stands where a node of the pipeline is at fault, for the NameNode.
const nameNode = -1

// rebuild connects to the nodes that are left, under a new stamp. When it fails,
// bad is the node at fault.
func (s *stream) rebuild(ctx context.Context, acked int64) (pipe *pipeline, bad int, err error) {
	s.block.Block.Bytes = acked
	now := s.block
	if now.Block.Stamp, now.Token, err = s.nn.NextStamp(ctx, s.file, s.block.Block); err != nil {
		return nil, nameNode, err
	}
	r := dn.WriteRequest{Block: s.sized(s.block), Client: s.file.Holder, Stage: dn.RecoverStream, MinBytes: acked, MaxBytes: s.sent, NewStamp: now.Block.Stamp}
	r.Block.Token = now.Token
	if s.closing {
		r.Stage = dn.RecoverClose
	}
	if pipe, bad, err = s.connect(ctx, r); err != nil {
		return nil, bad, err
	}
	if err := s.nn.UpdatePipeline(ctx, s.file, s.block.Block, now.Block, now.Replicas); err != nil {
		pipe.conn.Close()
		return nil, nameNode, err
	}
	s.block = now
	return pipe, 0, nil
}
