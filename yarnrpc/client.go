package yarnrpc

import (
	"context"
	"crypto/rand"
	"fmt"
	"sync"
	"sync/atomic"

	"google.golang.org/protobuf/proto"

	"weft/yarnrpc/hrpc"
)

// Caller makes calls. Typed clients are built on it, so that a test can stand in for the network.
type Caller interface {
	// Call sends req to a method and fills resp, which may be nil. The call is in flight until it is answered, ctx ends
	// or the connection is gone; many may run at once. See SafeToRetry for what an error leaves open.
	Call(ctx context.Context, method string, req, resp proto.Message) error
}

// Client makes calls of one protocol as one user, over one connection at a time, to whichever of its addresses answers.
// It connects when it must. All methods may be called by many goroutines.
type Client struct {
	opts     Options
	clientID []byte
	nextID   atomic.Uint32
	waits    waits

	dialing chan struct{} // holds one value while somebody connects

	mu     sync.Mutex
	conn   *conn // nil before the first call
	old    map[*conn]struct{}
	target int // index of the address to use
	closed bool
}

var _ Caller = (*Client)(nil)

// NewClient checks the options and returns a client; it does not connect yet.
func NewClient(o Options) (*Client, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("new rpc client: %w", err)
	}
	c := &Client{opts: o, clientID: make([]byte, hrpc.ClientIDBytes), dialing: make(chan struct{}, 1), old: map[*conn]struct{}{}}
	rand.Read(c.clientID) // never fails, see crypto/rand
	return c, nil
}

// Call implements Caller. It repeats the call, for at most RetryFor, while no server can have acted upon it.
func (c *Client) Call(ctx context.Context, method string, req, resp proto.Message) error {
	return c.retry(ctx, method, req, resp, false)
}

// Idempotent returns a Caller that repeats a call also when its answer was lost. It is for calls whose repetition does
// no harm, either by their nature or because the server recognises them.
func (c *Client) Idempotent() Caller { return idempotent{c} }

type idempotent struct{ client *Client }

// Call implements Caller.
func (i idempotent) Call(ctx context.Context, method string, req, resp proto.Message) error {
	return i.client.retry(ctx, method, req, resp, true)
}

// Address returns the address that the next call goes to.
func (c *Client) Address() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.opts.Addresses[c.target]
}

// Reconnect makes the next call open a new connection, and so authenticate with the newest token. Calls in flight
// finish on the old one.
func (c *Client) Reconnect() {
	c.mu.Lock()
	old := c.conn
	c.conn = nil
	if old != nil {
		c.old[old] = struct{}{}
	}
	c.mu.Unlock()
	if old != nil {
		old.retire()
	}
}

// Close ends the connections; calls in flight fail with ErrClosed. It returns when every goroutine has ended, and may be
// called more than once.
func (c *Client) Close() error {
	c.mu.Lock()
	c.closed = true
	if c.conn != nil {
		c.old[c.conn] = struct{}{}
		c.conn = nil
	}
	ending := c.old
	c.old = map[*conn]struct{}{}
	c.mu.Unlock()
	for k := range ending {
		k.close()
	}
	return nil
}

// connection returns a live connection, dialling if there is none. One caller dials at a time; the others wait for it.
func (c *Client) connection(ctx context.Context) (*conn, error) {
	select {
	case c.dialing <- struct{}{}:
	case <-ctx.Done():
		return nil, &TransportError{Method: connect, Address: c.Address(), Err: context.Cause(ctx)}
	}
	defer func() { <-c.dialing }()

	k, address, err := c.current()
	if k != nil || err != nil {
		return k, err
	}
	k, err = open(ctx, &c.opts, address, c.clientID)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	closed := c.closed
	if !closed {
		c.conn = k
	}
	c.mu.Unlock()
	if closed {
		k.close()
		return nil, &TransportError{Method: connect, Address: address, Err: ErrClosed}
	}
	return k, nil
}

// current returns the connection if it lives, else the address to dial, having waited for what was left of dead ones.
func (c *Client) current() (*conn, string, error) {
	c.mu.Lock()
	address := c.opts.Addresses[c.target]
	if c.closed {
		c.mu.Unlock()
		return nil, "", &TransportError{Method: connect, Address: address, Err: ErrClosed}
	}
	var dead []*conn
	if c.conn != nil && !c.conn.alive() {
		dead, c.conn = append(dead, c.conn), nil
	}
	for k := range c.old {
		if k.ended() {
			dead = append(dead, k)
			delete(c.old, k)
		}
	}
	k := c.conn
	c.mu.Unlock()
	for _, k := range dead {
		k.close()
	}
	return k, address, nil
}

// rotate moves on to the next address if the current one is still the one that failed.
func (c *Client) rotate(failed string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.opts.Addresses[c.target] == failed {
		c.target = (c.target + 1) % len(c.opts.Addresses)
	}
}
