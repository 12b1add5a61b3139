package yarnrpc

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/protobuf/proto"

	"weft/yarnrpc/hrpc"
)

// conn is one authenticated connection with any number of calls in flight.
//
//	do --register--> pending --queue--> writer --> socket --> reader --lookup--> pending --answer--> do
//
// The writer owns the writing side: calls, pings, idle close. The reader owns the reading side. A call leaves pending
// when it is answered, cancelled or the connection ends; an answer that finds no call is dropped.
type conn struct {
	opts     *Options
	address  string
	clientID []byte
	stream   *stream
	queue    chan *call    // never closed; done ends both sides
	done     chan struct{} // closed by fail
	wait     sync.WaitGroup

	lastRead atomic.Int64 // time.Time.UnixNano of the newest frame

	mu        sync.Mutex
	pending   map[int32]*call
	err       error // why the connection ended; nil while it lives
	retired   bool  // ends when pending is empty; takes no new calls
	idleSince time.Time
}

// call is one call in flight.
type call struct {
	id     int32
	frame  []byte
	answer chan answer // buffered, so that nobody waits for a caller who left
	sentAt atomic.Int64
}

type answer struct {
	response hrpc.Response
	err      error
}

var (
	errIdle    = errors.New("connection closed for being idle")
	errRetired = errors.New("connection is being replaced")
	errCut     = errors.New("connection lost")
)

// open dials and starts the two goroutines of a connection; close waits for them.
func open(ctx context.Context, o *Options, address string, clientID []byte) (*conn, error) {
	s, err := dial(ctx, o, address, clientID)
	if err != nil {
		return nil, err
	}
	c := &conn{
		opts: o, address: address, clientID: clientID, stream: s,
		queue: make(chan *call), done: make(chan struct{}), pending: map[int32]*call{}, idleSince: time.Now(),
	}
	c.lastRead.Store(time.Now().UnixNano())
	c.wait.Go(c.read)
	c.wait.Go(c.write)
	return c, nil
}

// close ends the connection and waits for its goroutines. Calls in flight fail.
func (c *conn) close() {
	c.fail(ErrClosed)
	c.wait.Wait()
}

// alive tells whether the connection takes new calls.
func (c *conn) alive() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err == nil && !c.retired
}

// retire lets the calls in flight finish and takes no new ones.
func (c *conn) retire() {
	c.mu.Lock()
	c.retired = true
	empty := len(c.pending) == 0
	c.mu.Unlock()
	if empty {
		c.fail(errRetired)
	}
}

// fail ends the connection once, with the error that its calls get.
func (c *conn) fail(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return
	}
	c.err = err
	close(c.done)
	c.stream.net.Close()
	for id, k := range c.pending {
		delete(c.pending, id)
		k.answer <- answer{err: err}
	}
	c.opts.Logger.Debug("rpc connection ended", "address", c.address, "err", err)
}

// do sends one call and waits for its answer, at most CallTimeout. resp may be nil.
func (c *conn) do(ctx context.Context, h hrpc.Call, method string, req, resp proto.Message) error {
	frame, err := hrpc.AppendRequest(nil, c.opts.Protocol, h, method, req)
	if err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	k := &call{id: h.ID, frame: frame, answer: make(chan answer, 1)}
	if err := c.register(k); err != nil {
		return &TransportError{Method: method, Address: c.address, Err: err}
	}
	defer c.forget(k)
	limit := fmt.Errorf("no answer within %v", c.opts.CallTimeout)
	ctx, cancel := context.WithTimeoutCause(ctx, c.opts.CallTimeout, limit)
	defer cancel()

	a := c.roundTrip(ctx, k)
	if a.err == limit {
		c.suspect(k, limit)
	}
	var remote *RemoteError
	if errors.As(a.err, &remote) {
		return remote
	}
	if a.err != nil {
		return &TransportError{Method: method, Address: c.address, Sent: k.sentAt.Load() != 0, Err: a.err}
	}
	if a.response.Status != hrpc.StatusSuccess {
		return NewRemoteError(a.response.Exception, a.response.Message, method, c.address, true)
	}
	if err := a.response.Decode(resp); err != nil {
		return &TransportError{Method: method, Address: c.address, Sent: true, Err: err}
	}
	return nil
}

// roundTrip hands k to the writer and waits for its answer.
func (c *conn) roundTrip(ctx context.Context, k *call) answer {
	select {
	case c.queue <- k:
	case a := <-k.answer: // only an error: the call has not been sent
		return a
	case <-ctx.Done():
		return answer{err: context.Cause(ctx)}
	}
	select {
	case a := <-k.answer:
		return a
	case <-ctx.Done():
		return answer{err: context.Cause(ctx)}
	}
}

func (c *conn) register(k *call) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return c.err
	}
	if c.retired {
		return errRetired
	}
	c.pending[k.id] = k
	return nil
}

// forget frees the slot of a call; its late answer will find nobody.
func (c *conn) forget(k *call) {
	c.mu.Lock()
	if c.pending[k.id] == k {
		delete(c.pending, k.id)
	}
	empty := len(c.pending) == 0
	if empty {
		c.idleSince = time.Now()
	}
	ended := empty && c.retired
	c.mu.Unlock()
	if ended {
		c.fail(errRetired)
	}
}

// suspect ends a connection on which nothing at all has arrived since an unanswered call was sent: the host is gone
// without a word, and the next call shall look elsewhere.
func (c *conn) suspect(k *call, cause error) {
	if sent := k.sentAt.Load(); sent != 0 && c.lastRead.Load() < sent {
		c.fail(cause)
	}
}

// read delivers answers until the connection ends.
func (c *conn) read() {
	for {
		frame, err := c.stream.readFrame()
		if err != nil {
			c.fail(fmt.Errorf("%w: %w", errCut, err))
			return
		}
		c.lastRead.Store(time.Now().UnixNano())
		if err := c.deliver(frame); err != nil {
			c.fail(err)
			return
		}
	}
}

// deliver hands one answer to its call. An error ends the connection.
func (c *conn) deliver(frame []byte) error {
	r, err := hrpc.ParseResponse(frame)
	if err != nil {
		return err
	}
	if len(r.ClientID) > 0 && string(r.ClientID) != string(c.clientID) {
		return fmt.Errorf("answer for another client % x", r.ClientID)
	}
	c.mu.Lock()
	k := c.pending[r.CallID]
	delete(c.pending, r.CallID)
	c.mu.Unlock()
	if k != nil {
		k.answer <- answer{response: r}
	}
	switch {
	case r.CallID < 0 && r.Status != hrpc.StatusSuccess:
		return NewRemoteError(r.Exception, r.Message, "", c.address, true)
	case r.Status == hrpc.StatusFatal:
		return fmt.Errorf("%w: server closed it after %s", errCut, r.Exception)
	}
	return nil
}

// write sends queued calls, and pings while calls wait in silence. It ends an idle connection.
func (c *conn) write() {
	tick := time.NewTicker(max(min(c.opts.PingInterval, c.opts.IdleClose)/4, time.Millisecond))
	defer tick.Stop()
	lastPing := time.Now()
	for {
		var err error
		select {
		case <-c.done:
			return
		case k := <-c.queue:
			err = c.send(k)
		case now := <-tick.C:
			if c.idle(now) {
				c.fail(errIdle)
				return
			}
			if c.needsPing(now, lastPing) {
				lastPing, err = now, c.ping()
			}
		}
		if err != nil {
			c.fail(fmt.Errorf("%w: %w", errCut, err))
			return
		}
	}
}

// send writes a call unless its caller has left in the meantime. A call counts as sent from when its last byte may
// have left: a server acts on complete frames only.
func (c *conn) send(k *call) error {
	c.mu.Lock()
	wanted := c.pending[k.id] == k
	c.mu.Unlock()
	if !wanted {
		return nil
	}
	c.stream.net.SetWriteDeadline(time.Now().Add(c.opts.CallTimeout))
	k.sentAt.Store(time.Now().UnixNano())
	err := c.stream.writeFrame(k.frame)
	if err != nil {
		k.sentAt.Store(0)
	}
	return err
}

func (c *conn) idle(now time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.pending) == 0 && now.Sub(c.idleSince) >= c.opts.IdleClose
}

func (c *conn) needsPing(now, lastPing time.Time) bool {
	c.mu.Lock()
	waiting := len(c.pending) > 0
	c.mu.Unlock()
	silent := now.Sub(time.Unix(0, c.lastRead.Load())) >= c.opts.PingInterval
	return waiting && silent && now.Sub(lastPing) >= c.opts.PingInterval
}

func (c *conn) ping() error {
	frame, err := hrpc.AppendPing(nil, c.clientID)
	if err != nil {
		return err
	}
	c.stream.net.SetWriteDeadline(time.Now().Add(c.opts.CallTimeout))
	return c.stream.writeFrame(frame)
}

// ended tells whether the connection is over and its goroutines are ending.
func (c *conn) ended() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err != nil
}
