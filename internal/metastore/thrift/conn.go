package thrift

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"
)

// Kinds of messages, and the mark of the strict encoding (TBinaryProtocol).
const (
	messageCall      = 1
	messageReply     = 2
	messageException = 3
	strictVersion    = 0x80010000
)

// Kinds of an Exception (TApplicationException).
const (
	ExceptionUnknownMethod = 1
)

// Exception is a call that the server could not take: no such method, a struct
// without a field that it requires. The connection stays usable. Exceptions that
// a method declares are fields of its result instead.
type Exception struct {
	Method  string
	Kind    int64
	Message string
}

// Error implements error.
func (e *Exception) Error() string {
	return fmt.Sprintf("call %s: server exception %d: %s", e.Method, e.Kind, e.Message)
}

// Secure wraps a fresh connection to a host into an authenticated one; it ends
// by ctx. Authentication that works in rounds at the start of a connection
// (SASL) is such a function; plain connections need none.
type Secure func(ctx context.Context, conn net.Conn, host string) (net.Conn, error)

// Conn is one connection. Calls may be made by many goroutines; one is under way
// at a time. After an error that is no *Exception it is broken: every further
// call fails with ErrBroken.
type Conn struct {
	conn net.Conn
	r    *bufio.Reader

	mu     sync.Mutex
	seq    int32
	broken error
}

// ErrBroken: an earlier call has left the connection unusable.
var ErrBroken = errors.New("broken connection")

// Dial connects to host:port. secure may be nil.
func Dial(ctx context.Context, address string, secure Secure) (*Conn, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err // names the address
	}
	if secure != nil {
		host, _, err := net.SplitHostPort(address)
		if err == nil {
			conn, err = secured(ctx, conn, host, secure)
		}
		if err != nil {
			return nil, fmt.Errorf("authenticate at %s: %w", address, err)
		}
	}
	return &Conn{conn: conn, r: bufio.NewReaderSize(conn, 64<<10)}, nil
}

// secured closes conn when it cannot be secured.
func secured(ctx context.Context, conn net.Conn, host string, secure Secure) (net.Conn, error) {
	wrapped, err := secure(ctx, conn, host)
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return wrapped, nil
}

// Close ends the connection; a call under way fails. May be called twice.
func (c *Conn) Close() error {
	if err := c.conn.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}

// Call calls a method with its arguments and returns the result: field 0 is
// success, others are the exceptions that the method declares. It ends by ctx.
func (c *Conn) Call(ctx context.Context, method string, args Struct) (Struct, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.broken != nil {
		return nil, fmt.Errorf("call %s: %w by %w", method, ErrBroken, c.broken)
	}
	message, err := c.message(method, args)
	if err != nil {
		return nil, err
	}
	result, err := c.exchange(ctx, method, message)
	var refused *Exception
	if err == nil || errors.As(err, &refused) {
		return result, err
	}
	c.broken = err
	if ctx.Err() != nil { // the deadline of the connection is the context's
		err = context.Cause(ctx)
	}
	return nil, errors.Join(fmt.Errorf("call %s: %w", method, err), c.Close())
}

// message numbers and encodes a call:
//
//	version|kind:4  length:4 name  sequence:4  struct
func (c *Conn) message(method string, args Struct) ([]byte, error) {
	c.seq++
	b := binary.BigEndian.AppendUint32(nil, strictVersion|messageCall)
	b = append(binary.BigEndian.AppendUint32(b, uint32(len(method))), method...)
	b = binary.BigEndian.AppendUint32(b, uint32(c.seq))
	b, err := Append(b, args)
	if err != nil {
		return nil, fmt.Errorf("call %s: encode: %w", method, err)
	}
	return b, nil
}

// exchange sends a message and reads its answer.
func (c *Conn) exchange(ctx context.Context, method string, message []byte) (Struct, error) {
	if err := ctx.Err(); err != nil {
		return nil, context.Cause(ctx)
	}
	stop := context.AfterFunc(ctx, func() { _ = c.conn.SetDeadline(time.Unix(1, 0)) }) // of a closed connection it does not matter
	defer stop()
	if _, err := c.conn.Write(message); err != nil {
		return nil, err
	}
	kind, err := c.header(method)
	if err != nil {
		return nil, err
	}
	result, err := Decode(c.r)
	if err != nil {
		return nil, err
	}
	if kind == messageException {
		return nil, &Exception{Method: method, Kind: result.Int(2), Message: result.String(1)}
	}
	return result, nil
}

// header reads the head of an answer and compares it with the call.
func (c *Conn) header(method string) (kind uint32, err error) {
	d := &decoder{r: c.r, left: chunkBytes}
	head := uint32(d.number(4))
	if d.err == nil && head&0xffff0000 != strictVersion {
		return 0, fmt.Errorf("%w: it begins %#08x; the port may be that of another service, or it wants SASL", ErrMalformed, head)
	}
	name := string(d.take(int(int32(d.number(4)))))
	seq := int32(d.number(4))
	kind = head & 0xff
	switch {
	case errors.Is(d.err, io.ErrUnexpectedEOF):
		return 0, fmt.Errorf("the server closed the connection: %w", d.err)
	case d.err != nil:
		return 0, d.err
	case kind != messageReply && kind != messageException, seq != c.seq, kind == messageReply && name != method:
		return 0, fmt.Errorf("%w: message %d of kind %d for %q where %d for %q is due", ErrMalformed, seq, kind, name, c.seq, method)
	}
	return kind, nil
}
