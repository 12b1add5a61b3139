package nm

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"weft/yarnrpc"
	"weft/yarnrpc/hrpc"
	"weft/yarnrpc/sasl"
	"weft/yarnrpc/token"
	"weft/yarnrpc/yarnid"
)

// Protocol is the interface that this package speaks.
var Protocol = hrpc.Protocol{Name: "org.apache.hadoop.yarn.api.ContainerManagementProtocolPB", Version: 1}

// ErrNoToken: the ResourceManager has not sent a token for the node, or it was not handed to SetToken.
var ErrNoToken = errors.New("no NM token for the node")

// Client talks to NodeManagers. All methods may be called by many goroutines.
type Client struct {
	opts yarnrpc.Options
	qops []sasl.QOP

	mu     sync.Mutex
	nodes  map[yarnid.Node]*node
	closed bool
}

// node is what is known of one NodeManager.
type node struct {
	tok token.Token // guarded by Client.mu
	rpc *yarnrpc.Client
}

// New returns a client. o.Addresses, o.Protocol, o.Auth and o.User are set here, per node. qops are the acceptable
// qualities of protection (hadoop.rpc.protection), best first; none means authentication only.
func New(o yarnrpc.Options, qops ...sasl.QOP) *Client {
	o.Protocol = Protocol
	return &Client{opts: o, qops: qops, nodes: map[yarnid.Node]*node{}}
}

// SetToken stores the token for a node and replaces an older one.
func (c *Client) SetToken(id yarnid.Node, t token.Token) {
	c.mu.Lock()
	n := c.nodes[id]
	if n == nil {
		n = &node{}
		c.nodes[id] = n
	}
	changed := !n.tok.Equal(t)
	n.tok = t
	rpc := n.rpc
	c.mu.Unlock()
	if changed && rpc != nil {
		rpc.Reconnect() // a start over a connection that an old key opened can be refused
	}
}

// HasToken tells whether calls to a node are possible.
func (c *Client) HasToken(id yarnid.Node) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.nodes[id] != nil
}

// Close ends all connections. Containers go on.
func (c *Client) Close() error {
	c.mu.Lock()
	c.closed = true
	var open []*yarnrpc.Client
	for _, n := range c.nodes {
		if n.rpc != nil {
			open = append(open, n.rpc)
		}
	}
	c.mu.Unlock()
	var errs []error
	for _, rpc := range open {
		errs = append(errs, rpc.Close())
	}
	return errors.Join(errs...)
}

// caller returns the line to a node, made on first use.
func (c *Client) caller(id yarnid.Node) (yarnrpc.Caller, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := c.nodes[id]
	if c.closed {
		return nil, fmt.Errorf("call node %v: %w", id, yarnrpc.ErrClosed)
	}
	if n == nil {
		return nil, fmt.Errorf("call node %v: %w", id, ErrNoToken)
	}
	if n.rpc != nil {
		return n.rpc.Idempotent(), nil
	}
	o := c.opts
	o.Addresses = []string{id.String()}
	o.Auth = func(context.Context, string) ([]sasl.Mechanism, error) {
		return []sasl.Mechanism{sasl.NewToken(c.token(id), c.qops...)}, nil
	}
	rpc, err := yarnrpc.NewClient(o)
	if err != nil {
		return nil, err
	}
	n.rpc = rpc
	return rpc.Idempotent(), nil
}

func (c *Client) token(id yarnid.Node) token.Token {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.nodes[id].tok
}
