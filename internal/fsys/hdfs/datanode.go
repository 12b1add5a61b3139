package hdfs

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"
)

// dialFunc opens a TCP connection.
type dialFunc func(ctx context.Context, network, address string) (net.Conn, error)

// gate is how one lane reaches DataNodes: every read and write has a deadline of
// its own, and the lane can cut all its connections at once.
type gate struct {
	dial    dialFunc
	timeout time.Duration // of connecting, and of each read and write

	mu   sync.Mutex
	open map[*dnConn]struct{}
	shut bool
}

var errGateShut = errors.New("the file was given up")

func newGate(dial dialFunc, timeout time.Duration) *gate {
	return &gate{dial: dial, timeout: timeout, open: map[*dnConn]struct{}{}}
}

// connect is what the library dials with.
func (g *gate) connect(ctx context.Context, _, address string) (net.Conn, error) {
	return g.connectFor(ctx, address, g.timeout)
}

// connectFor connects; timeout bounds that, and each read and write.
func (g *gate) connectFor(ctx context.Context, address string, timeout time.Duration) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	raw, err := g.dial(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("datanode %s: %w", address, err)
	}
	c := &dnConn{Conn: raw, gate: g, address: address, timeout: timeout, in: bufio.NewReaderSize(raw, headBytes)}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.shut {
		raw.Close()
		return nil, errGateShut
	}
	g.open[c] = struct{}{}
	return c, nil
}

// cut closes every connection for good; what waits on them fails at once.
func (g *gate) cut() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.shut = true
	for c := range g.open {
		c.Conn.Close()
	}
}

// headBytes holds the head of a data packet, its lengths, header and checksums,
// which the library would otherwise read in four system calls. Data beyond it
// goes straight to where it belongs.
const headBytes = 4 << 10

// dnConn is a connection to a DataNode. The library calls SetDeadline with the
// zero time; that is not passed on.
type dnConn struct {
	net.Conn
	gate    *gate
	address string
	timeout time.Duration // of each read and write
	in      *bufio.Reader
}

func (c *dnConn) Read(p []byte) (int, error) {
	if c.in.Buffered() == 0 {
		if err := c.Conn.SetReadDeadline(time.Now().Add(c.timeout)); err != nil {
			return 0, c.named("read", err)
		}
	}
	n, err := c.in.Read(p)
	return n, c.named("read", err)
}

func (c *dnConn) Write(p []byte) (int, error) {
	if err := c.Conn.SetWriteDeadline(time.Now().Add(c.timeout)); err != nil {
		return 0, c.named("write", err)
	}
	n, err := c.Conn.Write(p)
	return n, c.named("write", err)
}

// writeAll writes buffers in one system call, as far as the kernel takes them.
func (c *dnConn) writeAll(buffers net.Buffers) error {
	if err := c.Conn.SetWriteDeadline(time.Now().Add(c.timeout)); err != nil {
		return c.named("write", err)
	}
	_, err := buffers.WriteTo(c.Conn)
	return c.named("write", err)
}

// named says which DataNode it was. io.EOF means something to its readers and
// goes through as it is.
func (c *dnConn) named(op string, err error) error {
	var timeout net.Error
	switch {
	case err == nil || err == io.EOF:
		return err
	case errors.As(err, &timeout) && timeout.Timeout():
		return fmt.Errorf("%s datanode %s: no progress for %v: %w", op, c.address, c.timeout, err)
	}
	return fmt.Errorf("%s datanode %s: %w", op, c.address, err)
}

func (c *dnConn) Close() error {
	c.gate.mu.Lock()
	delete(c.gate.open, c)
	c.gate.mu.Unlock()
	return c.Conn.Close()
}

// SetDeadline does nothing: each read and write sets its own.
func (c *dnConn) SetDeadline(time.Time) error { return nil }
