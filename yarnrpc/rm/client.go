package rm

import (
	"context"

	"weft/yarnrpc"
	"weft/yarnrpc/hrpc"
	"weft/yarnrpc/internal/pb"
	"weft/yarnrpc/record"
	"weft/yarnrpc/yarnid"
)

// Protocol is the interface that this package speaks.
var Protocol = hrpc.Protocol{Name: "org.apache.hadoop.yarn.api.ApplicationClientProtocolPB", Version: 1}

// Client talks to the active ResourceManager. All methods may be called by many goroutines.
type Client struct {
	call yarnrpc.Caller
	rpc  *yarnrpc.Client // nil when made by NewWith
}

// New returns a client for the ResourceManagers at o.Addresses. It does not connect yet. o.Protocol is set here.
func New(o yarnrpc.Options) (*Client, error) {
	o.Protocol = Protocol
	c, err := yarnrpc.NewClient(o)
	if err != nil {
		return nil, err
	}
	return &Client{call: c.Idempotent(), rpc: c}, nil
}

// NewWith returns a client that calls through c, for tests and for wrapping.
func NewWith(c yarnrpc.Caller) *Client { return &Client{call: c} }

// Close ends the connection, if New made it.
func (c *Client) Close() error {
	if c.rpc == nil {
		return nil
	}
	return c.rpc.Close()
}

// Address returns the ResourceManager that the next call goes to; empty with NewWith.
func (c *Client) Address() string {
	if c.rpc == nil {
		return ""
	}
	return c.rpc.Address()
}

// NewApplication is an id to submit under, and the largest container of the cluster.
type NewApplication struct {
	ID yarnid.Application
	// Max is what one container may have at most.
	Max record.Resource
}

// NewApplication reserves an id. An unused id does no harm.
func (c *Client) NewApplication(ctx context.Context) (NewApplication, error) {
	var resp pb.GetNewApplicationResponseProto
	if err := c.call.Call(ctx, "getNewApplication", &pb.GetNewApplicationRequestProto{}, &resp); err != nil {
		return NewApplication{}, err
	}
	return NewApplication{record.FromApplicationID(resp.ApplicationId), record.FromResource(resp.MaximumCapability)}, nil
}
