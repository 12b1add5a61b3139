package postgresql

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
)

// Sizes of the reading side of a connection, in bytes.
const (
	// readBytes is the buffer between socket and decoder: rows are decoded
	// where they lie in it.
	readBytes = 256 << 10
	// prefixBytes is what is kept of a row that is larger than allowed: the
	// key columns, which come first, and enough to recognise the row by.
	prefixBytes = 64 << 10
	// keepBytes is the largest buffer of a single large message that is kept
	// for the next one.
	keepBytes = 1 << 20
	// controlBytes bounds messages that are no rows.
	controlBytes = 16 << 20
)

// The messages that matter here (PostgreSQL, "Message Formats").
const (
	messageQuery     = 'Q'
	messageCopyOut   = 'H'
	messageCopyData  = 'd'
	messageCopyDone  = 'c'
	messageComplete  = 'C'
	messageReady     = 'Z'
	messageError     = 'E'
	messageNotice    = 'N'
	messageParameter = 'S'
	messageNotify    = 'A'
)

// messages reads what a server sends, message by message:
//
//	| type | length with itself, 4 bytes big endian | payload |
//
// It reads from the socket directly into one buffer and hands out slices of it:
// the steady state neither copies nor allocates. Between two statements the
// server says nothing unasked that pgconn's own reader would miss, so both may
// use the connection in turn.
type messages struct {
	conn     net.Conn
	idle     time.Duration // the longest silence of the server
	buf      []byte
	from, to int    // the unread bytes are buf[from:to]
	large    []byte // the payload of a message that buf does not hold
	busy     bool   // a statement was sent whose answer has not ended
}

func newMessages(conn net.Conn, idle time.Duration) *messages {
	return &messages{conn: conn, idle: idle}
}

// send writes a statement in the simple protocol.
func (m *messages) send(statement string, limit time.Duration) error {
	if m.buf == nil {
		m.buf = make([]byte, readBytes)
	}
	out := make([]byte, 5, len(statement)+6)
	out[0] = messageQuery
	binary.BigEndian.PutUint32(out[1:], uint32(len(statement)+5))
	out = append(append(out, statement...), 0)
	if err := m.conn.SetWriteDeadline(time.Now().Add(limit)); err != nil {
		return fmt.Errorf("send statement: %w", err)
	}
	m.busy = true
	if _, err := m.conn.Write(out); err != nil {
		return fmt.Errorf("send statement: %w", err)
	}
	return m.conn.SetWriteDeadline(time.Time{})
}

// next returns the type of the next message, its payload and its whole length.
// The slice is valid until the next call. Of a payload longer than limit,
// size > limit, only a prefix comes back; the rest was skipped unbuffered.
// Messages that say nothing about the statement are passed over.
func (m *messages) next(ctx context.Context, limit int) (kind byte, payload []byte, size int, err error) {
	for {
		if err := m.need(ctx, 5); err != nil {
			return 0, nil, 0, err
		}
		kind = m.buf[m.from]
		size = int(int32(binary.BigEndian.Uint32(m.buf[m.from+1:]))) - 4
		m.from += 5
		if size < 0 {
			return 0, nil, 0, fmt.Errorf("read message %q: a length of %d", kind, size)
		}
		payload, err = m.payload(ctx, size, limit)
		if err != nil {
			return 0, nil, 0, err
		}
		switch kind {
		case messageNotice, messageParameter, messageNotify:
			continue
		}
		return kind, payload, size, nil
	}
}

// payload returns the next size bytes, or a prefix if they are above limit.
func (m *messages) payload(ctx context.Context, size, limit int) ([]byte, error) {
	if size <= limit && size <= len(m.buf) {
		if err := m.need(ctx, size); err != nil {
			return nil, err
		}
		p := m.buf[m.from : m.from+size]
		m.from += size
		return p, nil
	}
	if cap(m.large) > keepBytes {
		m.large = nil
	}
	m.large = m.large[:0]
	keep := size
	if size > limit {
		keep = min(size, prefixBytes)
	}
	for size > 0 {
		if err := m.need(ctx, 1); err != nil {
			return nil, err
		}
		n := min(size, m.to-m.from)
		k := min(n, max(keep, 0))
		m.large = append(m.large, m.buf[m.from:m.from+k]...)
		m.from += n
		size -= n
		keep -= k
	}
	return m.large, nil
}

// need reads until n bytes, at most len(buf), are unread.
func (m *messages) need(ctx context.Context, n int) error {
	if m.to-m.from >= n {
		return nil
	}
	if m.from+n > len(m.buf) || m.from == m.to {
		m.to = copy(m.buf, m.buf[m.from:m.to])
		m.from = 0
	}
	for m.to-m.from < n {
		if err := m.fill(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (m *messages) fill(ctx context.Context) error {
	if err := m.conn.SetReadDeadline(time.Now().Add(m.idle)); err != nil {
		return fmt.Errorf("read message: %w", err)
	}
	// Looked at after the deadline is set: whoever cancels sets a deadline in
	// the past, which the line above would otherwise undo unseen.
	if err := ctx.Err(); err != nil {
		return err
	}
	n, err := m.conn.Read(m.buf[m.to:])
	m.to += n
	if n > 0 {
		return nil
	}
	if ctxErr := ctx.Err(); ctxErr != nil {
		return ctxErr
	}
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		return fmt.Errorf("read message: the server was silent for %s: %w", m.idle, err)
	}
	switch err {
	case nil:
		err = errors.New("empty read")
	case io.EOF: // io.EOF is how a reader says that its rows are at their end
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("read message: %w", err)
}

// watch makes reads of m end when ctx does; the caller must call stop before
// the next watch.
func (m *messages) watch(ctx context.Context) (stop func() bool) {
	if ctx.Done() == nil {
		return func() bool { return true }
	}
	return context.AfterFunc(ctx, func() {
		// An error here means a closed connection: then no read is waiting.
		_ = m.conn.SetReadDeadline(time.Unix(1, 0))
	})
}

// rest makes the connection pgconn's again: no deadline of ours is left.
func (m *messages) rest() error {
	m.busy = false
	return m.conn.SetReadDeadline(time.Time{})
}

// serverError reads an error message.
func serverError(payload []byte) error {
	var e pgproto3.ErrorResponse
	if err := e.Decode(payload); err != nil {
		return fmt.Errorf("read error message: %w", err)
	}
	return pgconn.ErrorResponseToPgError(&e)
}
