package mysql

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"time"
)

// Sizes of the reading side of a connection, in bytes.
const (
	// readBytes is the buffer between socket and decoder: rows are decoded
	// where they lie in it. Loopback and fast networks deliver 16 to 64 KiB
	// at a time; more than this gains nothing measurable.
	readBytes = 256 << 10
	// prefixBytes is what is kept of a row that is larger than allowed: the
	// key columns, which come first, and enough to recognise the row by.
	prefixBytes = 64 << 10
	// keepBytes is the largest buffer of a single large packet that is kept
	// for the next one.
	keepBytes = 1 << 20
	// fullPayload is the length of a packet that goes on in the next one.
	fullPayload = 0xffffff
)

// packets reads what a server sends, packet by packet:
//
//	| length, 3 bytes little endian | sequence | payload |
//
// A payload of 0xffffff bytes goes on in the next packet ("Protocol::Packet",
// MySQL Internals). It reads from the socket directly into one buffer and
// hands out slices of it: the steady state neither copies nor allocates.
type packets struct {
	conn net.Conn
	// idle is the longest silence of the server, 0 for no limit. The socket
	// is the only thing that is ever waited for here.
	idle     time.Duration
	buf      []byte
	from, to int // the unread bytes are buf[from:to]
	sequence byte
	large    []byte // the payload of a packet that buf does not hold
	// touched is when the socket was last asked for bytes: while it is not, the
	// server may wait for room to write.
	touched time.Time
	// torn: an error fell into the middle of a packet that buf does not hold,
	// so that nobody can tell where the next one begins.
	torn bool
}

func newPackets(conn net.Conn) *packets {
	return &packets{conn: conn, buf: make([]byte, readBytes)}
}

// next returns the payload of the next packet and its whole length. The slice
// is valid until the next call. Of a payload longer than limit, size > limit,
// at most a prefix comes back; the rest was skipped unbuffered. After an error
// next can be called again, unless p is torn.
func (p *packets) next(ctx context.Context, limit int) (payload []byte, size int, err error) {
	if err := p.need(ctx, 4); err != nil {
		return nil, 0, err
	}
	h := p.buf[p.from : p.from+4]
	length := int(h[0]) | int(h[1])<<8 | int(h[2])<<16
	if length > limit || 4+length > len(p.buf) || length == fullPayload {
		p.torn = true
		if length, err = p.header(ctx); err != nil {
			return nil, 0, err
		}
		payload, size, err = p.assemble(ctx, length, limit)
		p.torn = err != nil
		return payload, size, err
	}
	if err := p.need(ctx, 4+length); err != nil {
		return nil, 0, err
	}
	if _, err := p.header(ctx); err != nil {
		return nil, 0, err
	}
	payload = p.buf[p.from : p.from+length]
	p.from += length
	return payload, length, nil
}

// header reads the four bytes before a payload.
func (p *packets) header(ctx context.Context) (length int, err error) {
	if err := p.need(ctx, 4); err != nil {
		return 0, err
	}
	h := p.buf[p.from : p.from+4]
	p.from += 4
	if h[3] != p.sequence {
		return 0, fmt.Errorf("read packet: sequence %d where %d was expected", h[3], p.sequence)
	}
	p.sequence++
	return int(h[0]) | int(h[1])<<8 | int(h[2])<<16, nil
}

// assemble reads a payload that the buffer does not hold, whose first packet
// has the given length.
func (p *packets) assemble(ctx context.Context, length, limit int) (payload []byte, size int, err error) {
	if cap(p.large) > keepBytes {
		p.large = nil
	}
	p.large = p.large[:0]
	for {
		size += length
		if size > limit && len(p.large) > prefixBytes {
			p.large = append([]byte(nil), p.large[:prefixBytes]...)
		}
		keep := length
		if size > limit {
			keep = min(length, prefixBytes-len(p.large))
		}
		if err := p.take(ctx, length, keep); err != nil {
			return nil, 0, err
		}
		if length < fullPayload {
			return p.large, size, nil
		}
		if length, err = p.header(ctx); err != nil {
			return nil, 0, err
		}
	}
}

// take moves the next length bytes out of the buffer, the first keep of them
// to the large payload.
func (p *packets) take(ctx context.Context, length, keep int) error {
	for length > 0 {
		if err := p.need(ctx, 1); err != nil {
			return err
		}
		n := min(length, p.to-p.from)
		k := min(n, max(keep, 0))
		p.large = append(p.large, p.buf[p.from:p.from+k]...)
		p.from += n
		length -= n
		keep -= k
	}
	return nil
}

// need reads until n bytes, at most len(buf), are unread.
func (p *packets) need(ctx context.Context, n int) error {
	if p.to-p.from >= n {
		return nil
	}
	if p.from+n > len(p.buf) || p.from == p.to {
		p.to = copy(p.buf, p.buf[p.from:p.to])
		p.from = 0
	}
	for p.to-p.from < n {
		if err := p.fill(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (p *packets) fill(ctx context.Context) error {
	var deadline time.Time
	p.touched = time.Now()
	if p.idle > 0 {
		deadline = p.touched.Add(p.idle)
	}
	if err := p.conn.SetReadDeadline(deadline); err != nil {
		return fmt.Errorf("read packet: %w", err)
	}
	// Looked at after the deadline is set: whoever cancels sets a deadline in
	// the past, which the line above would otherwise undo unseen.
	if err := ctx.Err(); err != nil {
		return err
	}
	n, err := p.conn.Read(p.buf[p.to:])
	p.to += n
	if n > 0 {
		return nil
	}
	if ctxErr := ctx.Err(); ctxErr != nil {
		return ctxErr
	}
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		return fmt.Errorf("read packet: the server was silent for %s: %w", p.idle, err)
	}
	switch err {
	case nil:
		err = errors.New("empty read")
	case io.EOF: // io.EOF is how a reader says that its rows are at their end
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("read packet: %w", err)
}

// watch makes reads of p end when ctx does; the caller must call stop before
// the next watch.
func (p *packets) watch(ctx context.Context) (stop func() bool) {
	if ctx.Done() == nil {
		return func() bool { return true }
	}
	return context.AfterFunc(ctx, func() {
		// An error here means a closed connection: then no read is waiting.
		_ = p.conn.SetReadDeadline(time.Unix(1, 0))
	})
}
