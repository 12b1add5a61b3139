package yarnrpc

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"google.golang.org/protobuf/proto"

	"weft/yarnrpc/hrpc"
)

// retry makes one call and repeats it where that is right:
//
//	failure                                     next try
//	cannot connect, standby                     next address; a pause after each round over all of them
//	server busy                                 same address, after a pause
//	connection ended before the request left    same address, at once if it was only idle
//	answer lost or late                         next address, if repeating is harmless; else the caller is told
//
// until RetryFor has passed. The call keeps its id; its retry count rises.
func (c *Client) retry(ctx context.Context, method string, req, resp proto.Message, idempotent bool) error {
	head := hrpc.Call{ID: int32((c.nextID.Add(1) - 1) & 0x7fffffff), ClientID: c.clientID, Context: c.opts.CallerContext}
	began := time.Now()
	deadline := began.Add(max(c.opts.RetryFor, 0))
	pause := c.opts.BackoffBase
	for tries := 1; ; {
		k, err := c.connection(ctx)
		if err == nil {
			err = k.do(ctx, head, method, req, resp)
		}
		if err == nil {
			c.waits.answered(c.opts.Logger, method, began)
			return nil
		}
		if errors.Is(err, errIdle) || errors.Is(err, errRetired) {
			continue // nothing was sent, and the server is well
		}
		if ctx.Err() != nil || !worthRepeating(err, idempotent) {
			return named(method, err)
		}
		busy := errors.Is(err, ErrBusy)
		if !busy {
			c.moveOn(k, err)
		}
		if busy || tries%len(c.opts.Addresses) == 0 {
			if !c.mayPause(tries, deadline, pause) {
				return named(method, fmt.Errorf("%w after %d tries in %v: %w", ErrGaveUp, tries, c.opts.RetryFor, err))
			}
			c.waits.goesOn(c.opts.Logger, method, began, deadline, err)
			if err := sleep(ctx, spread(pause)); err != nil {
				return named(method, &TransportError{Method: connect, Address: c.Address(), Err: err})
			}
			pause = min(2*pause, c.opts.BackoffMax)
		}
		tries++
		head.Retry++
	}
}

// worthRepeating tells whether another try may succeed and can do no harm.
func worthRepeating(err error, idempotent bool) bool {
	class := ClassOf(err)
	var remote *RemoteError
	if errors.As(err, &remote) {
		return class == ClassTransient && SafeToRetry(err) && !errors.Is(err, ErrLease)
	}
	return class == ClassTransient || class == ClassLost && idempotent
}

// moveOn turns to the next address after a failure at the current one.
func (c *Client) moveOn(k *conn, err error) {
	var remote *RemoteError
	var transport *TransportError
	switch {
	case k != nil:
		c.rotate(k.address)
		c.drop(k)
	case errors.As(err, &remote):
		c.rotate(remote.Address)
	case errors.As(err, &transport):
		c.rotate(transport.Address)
	}
	c.opts.Logger.Debug("rpc failover", "to", c.Address(), "err", err)
}

// drop stops using a connection; its other calls may finish.
func (c *Client) drop(k *conn) {
	c.mu.Lock()
	current := c.conn == k
	c.mu.Unlock()
	if current {
		c.Reconnect()
	}
}

// mayPause tells whether the time for retries lasts for another round.
func (c *Client) mayPause(tries int, deadline time.Time, pause time.Duration) bool {
	if c.opts.RetryFor < 0 {
		return tries < len(c.opts.Addresses)
	}
	return time.Now().Add(pause).Before(deadline)
}

// spread varies a pause by half, so that many clients do not come back at once.
func spread(d time.Duration) time.Duration { return d/2 + rand.N(d+1) }

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// named says which call failed when the error speaks of the connection only.
func named(method string, err error) error {
	var remote *RemoteError
	if errors.As(err, &remote) && remote.Method != "" {
		return err
	}
	var transport *TransportError
	if errors.As(err, &transport) && transport.Method != connect {
		return err
	}
	return fmt.Errorf("%s: %w", method, err)
}
