package nn

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"

	"weft/yarnrpc"
	"weft/yarnrpc/hrpc"
	"weft/yarnrpc/internal/pb"
	"weft/yarnrpc/token"
)

// Protocol is the interface that this package speaks.
var Protocol = hrpc.Protocol{Name: "org.apache.hadoop.hdfs.protocol.ClientProtocol", Version: 1}

// Client talks to the active NameNode. All methods may be called by many goroutines.
type Client struct {
	call yarnrpc.Caller
	rpc  *yarnrpc.Client // nil when made by NewWith
}

// New returns a client for the NameNodes of one nameservice at o.Addresses. It does not connect yet. o.Protocol is set
// here.
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

// Address returns the NameNode that the next call goes to; empty with NewWith.
func (c *Client) Address() string {
	if c.rpc == nil {
		return ""
	}
	return c.rpc.Address()
}

// on makes a call about a path and names the path in its error.
func (c *Client) on(ctx context.Context, method, path string, req, resp proto.Message) error {
	if err := c.call.Call(ctx, method, req, resp); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// DelegationToken asks for a token with which others may call the NameNode as this user. renewer is who may renew it: the
// ResourceManager's principal. Without security there are no tokens: ok is false. The token has no service yet; the
// caller sets it to "ha-hdfs:<nameservice>" or "ip:port".
func (c *Client) DelegationToken(ctx context.Context, renewer string) (t token.Token, ok bool, err error) {
	var resp pb.GetDelegationTokenResponseProto
	if err := c.call.Call(ctx, "getDelegationToken", &pb.GetDelegationTokenRequestProto{Renewer: &renewer}, &resp); err != nil {
		return token.Token{}, false, err
	}
	return token.FromProto(resp.Token), resp.Token != nil, nil
}

// RenewDelegationToken prolongs a token and returns the time until which it is valid now. Only its renewer may.
func (c *Client) RenewDelegationToken(ctx context.Context, t token.Token) (time.Time, error) {
	var resp pb.RenewDelegationTokenResponseProto
	if err := c.call.Call(ctx, "renewDelegationToken", &pb.RenewDelegationTokenRequestProto{Token: t.Proto()}, &resp); err != nil {
		return time.Time{}, err
	}
	return time.UnixMilli(int64(resp.GetNewExpiryTime())), nil
}

// CancelDelegationToken makes a token invalid at once.
func (c *Client) CancelDelegationToken(ctx context.Context, t token.Token) error {
	return c.call.Call(ctx, "cancelDelegationToken", &pb.CancelDelegationTokenRequestProto{Token: t.Proto()}, &pb.CancelDelegationTokenResponseProto{})
}
