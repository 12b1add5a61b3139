package hdfs

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"time"

	"weft/yarnrpc/dn"
	"weft/yarnrpc/nn"
)

const (
	// windowPackets is how many packets of a file may be filled, on their way or
	// waiting for their acknowledgement: 5 MiB, as Hadoop's own client has it
	// (dfs.client.write.max-packets-in-flight).
	windowPackets = 80
	// graceOfAcks is how long a connection that cannot be written to any more is
	// listened to: the last acknowledgement tells which node is at fault.
	graceOfAcks = time.Second
)

// pipeline is one connection to the first of the nodes that write a block.
//
//	stream:  send -> flight -> bytes -> first node -> next node ...
//	acks:    packet of flight <- acknowledgement  <-  first node
//
// Acknowledgements come in the order of sending; the goroutine that reads them
// gives the packets back. It ends with the first failure, and tells of it.
type pipeline struct {
	conn     net.Conn
	in       *bufio.Reader
	replicas []nn.Replica

	flight  chan *dn.Packet // sent, not acknowledged; never closed
	pending atomic.Int64    // packets in flight
	acked   atomic.Int64    // end of the data that every node has
	moved   chan struct{}   // told, if anybody listens, when pending became less
	ended   chan struct{}   // closed by the goroutine; what follows holds from then on
	head    *dn.Packet      // taken from flight, but not acknowledged
	bad     int             // index of the node at fault
	cause   error
}

// connect opens a pipeline. When it fails, bad is the index of the node at fault.
func (s *stream) connect(ctx context.Context, r dn.WriteRequest) (p *pipeline, bad int, err error) {
	p = &pipeline{
		replicas: r.Block.Replicas, flight: make(chan *dn.Packet, windowPackets+2),
		moved: make(chan struct{}, 1), ended: make(chan struct{}),
	}
	first := p.replicas[0].Node
	if p.conn, err = s.dial(ctx, first, r); err != nil {
		return nil, 0, err
	}
	p.in = bufio.NewReaderSize(p.conn, headBytes)
	head, err := dn.AppendWriteRequest(nil, r)
	if err == nil {
		_, err = p.conn.Write(head)
	}
	if err == nil {
		err = dn.ReadResponse(p.in)
	}
	if err != nil {
		p.conn.Close()
		return nil, p.blame(err), fmt.Errorf("pipeline through datanode %s: %w", first, err)
	}
	p.acked.Store(r.MinBytes)
	return p, 0, nil
}

func (s *stream) dial(ctx context.Context, node nn.Node, r dn.WriteRequest) (net.Conn, error) {
	// A node waits for the next one as long, and a little longer for each behind
	// it: so who stands before a node that is stuck is heard before it is given up
	// (HdfsConstants.READ_TIMEOUT_EXTENSION: 5 s for a time-out of 60 s).
	timeout := s.fs.opts.IOTimeout
	timeout += timeout / 12 * time.Duration(len(r.Block.Replicas))
	conn, err := s.gate.connectFor(ctx, node.Address(s.fs.byName()), timeout)
	if err != nil {
		return nil, err
	}
	secured, err := s.fs.secure(ctx, conn, r.Block.Token)
	if err != nil {
		conn.Close()
		return nil, fmt.Errorf("datanode %s: %w", node, err)
	}
	return secured, nil
}

// blame finds the node that a refusal names; the first if it names none.
func (p *pipeline) blame(err error) int {
	var refusal *dn.Refusal
	if !errors.As(err, &refusal) || refusal.BadLink == "" {
		return 0
	}
	for i, r := range p.replicas {
		if strings.HasSuffix(refusal.BadLink, r.Node.String()) || strings.HasSuffix(refusal.BadLink, r.Node.Address(true)) {
			return i
		}
	}
	return 0
}

// send hands over sealed packets. After an error the pipeline must be ended.
func (p *pipeline) send(packets []*dn.Packet, buffers net.Buffers) error {
	buffers = buffers[:0]
	for _, packet := range packets {
		p.pending.Add(1)
		p.flight <- packet // has room for the whole window
		buffers = append(buffers, packet.Sealed())
	}
	return writeAll(p.conn, buffers)
}

// writeAll writes buffers in one system call where that is possible.
func writeAll(conn net.Conn, buffers net.Buffers) error {
	if c, ok := conn.(*dnConn); ok {
		return c.writeAll(buffers)
	}
	for _, b := range buffers {
		if _, err := conn.Write(b); err != nil {
			return err
		}
	}
	return nil
}

// acks is the goroutine: it reads acknowledgements until the first failure.
func (p *pipeline) acks(recycle func(*dn.Packet)) {
	defer close(p.ended)
	var ack dn.Ack
	for p.cause == nil {
		p.bad, p.cause = p.ack(&ack)
		if p.head != nil && p.cause == nil {
			p.acked.Store(max(p.acked.Load(), p.head.End()))
			recycle(p.head)
			p.head = nil
			p.pending.Add(-1)
			select {
			case p.moved <- struct{}{}:
			default:
			}
		}
	}
}

// ack reads one acknowledgement and finds its packet, none for a heartbeat's.
func (p *pipeline) ack(a *dn.Ack) (bad int, err error) {
	if err := a.Read(p.in); err != nil {
		return 0, fmt.Errorf("acknowledgement of datanode %s: %w", p.replicas[0].Node, err)
	}
	if bad, status := a.Bad(); bad >= 0 {
		bad = min(bad, len(p.replicas)-1)
		return bad, fmt.Errorf("acknowledgement of datanode %s: %v", p.replicas[bad].Node, status)
	}
	if a.Seq == dn.HeartbeatSeq {
		return 0, nil
	}
	select {
	case p.head = <-p.flight:
	default:
		return 0, fmt.Errorf("datanode %s acknowledged packet %d, which was not sent", p.replicas[0].Node, a.Seq)
	}
	if p.head.Seq() != a.Seq {
		return 0, fmt.Errorf("datanode %s acknowledged packet %d, want %d", p.replicas[0].Node, a.Seq, p.head.Seq())
	}
	return 0, nil
}

// drained waits until every packet is acknowledged. False: the pipeline failed.
func (p *pipeline) drained() bool {
	for p.pending.Load() > 0 {
		select {
		case <-p.moved:
		case <-p.ended:
			return p.pending.Load() == 0
		}
	}
	return true
}

// end closes the connection and waits for the goroutine. It returns the node at
// fault, the packets to send again and what failed: sendErr unless the other end
// has said more.
func (p *pipeline) end(sendErr error) (bad int, unacked []*dn.Packet, cause error) {
	if sendErr != nil {
		timer := time.NewTimer(graceOfAcks)
		defer timer.Stop()
		select {
		case <-p.ended:
		case <-timer.C:
		}
	}
	p.conn.Close()
	<-p.ended
	if p.head != nil {
		unacked = append(unacked, p.head)
	}
	for len(p.flight) > 0 {
		unacked = append(unacked, <-p.flight)
	}
	if sendErr != nil && errors.Is(p.cause, net.ErrClosed) {
		return 0, unacked, sendErr
	}
	return p.bad, unacked, p.cause
}
