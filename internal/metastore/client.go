package metastore

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"weft/internal/metastore/thrift"
)

// DefaultCallTimeout bounds one call at one server, connecting included.
const DefaultCallTimeout = 30 * time.Second

// Options say how to reach a metastore.
type Options struct {
	// URIs are the servers of one metastore, as hive.metastore.uris has them;
	// one at least. They are tried in their order.
	URIs []string
	// User is who acts on a metastore without authentication
	// (hive.metastore.execute.setugi): what it makes on HDFS belongs to him.
	// Empty leaves it to the server's own user.
	User string
	// CallTimeout bounds one call at one server; default 30 s.
	CallTimeout time.Duration
	// Secure authenticates fresh connections; nil for none.
	Secure thrift.Secure
}

// Client calls a metastore. It is safe for use by many goroutines; one call is
// under way at a time.
type Client struct {
	o         Options
	addresses []string

	mu   sync.Mutex
	conn *thrift.Conn // nil when there is none that works
	next int          // the address to try next
}

// New returns a Client. It does not connect.
func New(o Options) (*Client, error) {
	addresses, err := ParseURIs(strings.Join(o.URIs, ","))
	if err != nil {
		return nil, err
	}
	if len(addresses) == 0 {
		return nil, errors.New("metastore client: no address")
	}
	if o.CallTimeout <= 0 {
		o.CallTimeout = DefaultCallTimeout
	}
	return &Client{o: o, addresses: addresses}, nil
}

// Close ends the connection, if there is one. The client may be used again.
func (c *Client) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.drop()
}

func (c *Client) drop() error {
	conn := c.conn
	c.conn = nil
	if conn == nil {
		return nil
	}
	return conn.Close()
}

// method is a call with what it may throw: exceptions[i] is field i+1 of its
// result.
type method struct {
	name       string
	exceptions []string
}

// call calls a method, at the next server when one fails to answer, and returns
// its result without declared exceptions. op says it to people.
func (c *Client) call(ctx context.Context, op string, m method, args thrift.Struct) (thrift.Struct, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var failures []error
	tries := len(c.addresses)
	if c.conn != nil {
		tries++ // a kept connection may have died of idleness
	}
	for range tries {
		result, err := c.callOnce(ctx, m.name, args)
		if err == nil {
			return result, m.thrown(op, result)
		}
		var refused *thrift.Exception
		if errors.As(err, &refused) {
			return nil, transport(op, err)
		}
		failures = append(failures, err, c.drop())
		if ctx.Err() != nil {
			break
		}
		c.next++
	}
	return nil, transport(op, errors.Join(failures...))
}

func (m method) thrown(op string, result thrift.Struct) error {
	for i, class := range m.exceptions {
		if e := result.Struct(int16(i + 1)); e != nil {
			return declared(op, class, e.String(1))
		}
	}
	return nil
}

// callOnce calls at one server.
func (c *Client) callOnce(ctx context.Context, name string, args thrift.Struct) (thrift.Struct, error) {
	address := c.addresses[c.next%len(c.addresses)]
	bounded, cancel := context.WithTimeoutCause(ctx, c.o.CallTimeout,
		fmt.Errorf("no answer from metastore %s for %s: %w", address, c.o.CallTimeout, context.DeadlineExceeded))
	defer cancel()
	if c.conn == nil {
		if err := c.connect(bounded, address); err != nil {
			return nil, err
		}
	}
	return c.conn.Call(bounded, name, args)
}

// connect opens a connection and says who calls.
func (c *Client) connect(ctx context.Context, address string) error {
	conn, err := thrift.Dial(ctx, address, c.o.Secure)
	if err != nil {
		return err
	}
	if c.o.User != "" && c.o.Secure == nil {
		_, err = conn.Call(ctx, "set_ugi", thrift.Struct{{ID: 1, Value: c.o.User}, {ID: 2, Value: thrift.Strings()}})
		var refused *thrift.Exception
		if err != nil && !errors.As(err, &refused) { // a server without the method has no such users
			return errors.Join(err, conn.Close())
		}
	}
	c.conn = conn
	return nil
}
