package amrm

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"weft/yarnrpc"
	"weft/yarnrpc/hrpc"
	"weft/yarnrpc/internal/pb"
	"weft/yarnrpc/record"
	"weft/yarnrpc/sasl"
	"weft/yarnrpc/token"
	"weft/yarnrpc/yarnid"
)

// Protocol is the interface that this package speaks.
var Protocol = hrpc.Protocol{Name: "org.apache.hadoop.yarn.api.ApplicationMasterProtocolPB", Version: 1}

// Client is one app attempt's line to the ResourceManager. Register, Allocate and Finish must not overlap; the other
// methods may be called by many goroutines.
type Client struct {
	once yarnrpc.Caller // for calls that must not be repeated after a lost answer
	call yarnrpc.Caller // for calls that the ResourceManager recognises when repeated
	rpc  *yarnrpc.Client

	mu         sync.Mutex
	tok        token.Token
	service    string // the comma list of addresses, for tokens that others shall read
	responseID int32
}

// New returns a client for the ResourceManagers at o.Addresses with the AMRM token among creds. It does not connect yet.
// o.Protocol, o.Auth and o.User are set here. qops are the acceptable qualities of protection (hadoop.rpc.protection),
// best first; none means authentication only.
func New(o yarnrpc.Options, creds *token.Credentials, qops ...sasl.QOP) (*Client, error) {
	tok, ok := creds.ByKind(token.KindAMRM)
	if !ok {
		return nil, errors.New("new application master client: no AMRM token among the credentials: not started by YARN?")
	}
	c := &Client{tok: tok, service: strings.Join(o.Addresses, ",")}
	o.Protocol = Protocol
	o.Auth = func(context.Context, string) ([]sasl.Mechanism, error) {
		return []sasl.Mechanism{sasl.NewToken(c.Token(), qops...)}, nil
	}
	rpc, err := yarnrpc.NewClient(o)
	if err != nil {
		return nil, err
	}
	c.rpc, c.once, c.call = rpc, rpc, rpc.Idempotent()
	return c, nil
}

// NewWith returns a client that calls through a Caller, for tests and for wrapping.
func NewWith(call yarnrpc.Caller) *Client { return &Client{once: call, call: call} }

// Close ends the connection, if New made it. It does not unregister: see Finish.
func (c *Client) Close() error {
	if c.rpc == nil {
		return nil
	}
	return c.rpc.Close()
}

// Token returns the newest AMRM token.
func (c *Client) Token() token.Token {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.tok
}

// Attempt returns the app attempt that the token speaks for.
func (c *Client) Attempt() (yarnid.Attempt, error) {
	id, err := c.Token().AMRM()
	return id.Attempt, err
}

// storeToken takes over a rolled token. While the ResourceManager's new key is not active yet every answer carries a
// token, so the connection is renewed for a changed one only.
func (c *Client) storeToken(p *pb.TokenProto) {
	if p == nil {
		return
	}
	t := token.FromProto(p)
	t.Service = c.service
	c.mu.Lock()
	changed := !t.Equal(c.tok)
	c.tok = t
	c.mu.Unlock()
	if changed && c.rpc != nil {
		c.rpc.Reconnect()
	}
}

// finishPoll is the pause between two requests to unregister.
const finishPoll = 100 * time.Millisecond

// Finish says how the application ended.
type Finish struct {
	// Status ends the application whatever it is: with FinalFailed, too, no further attempt follows.
	Status record.FinalStatus
	// Diagnostics appear in the application's report; the first line should be the cause.
	Diagnostics string
	// TrackingURL is where users are sent from now on; empty: the ResourceManager's own page.
	TrackingURL string
}

// Finish unregisters and waits until the ResourceManager has stored that, or ctx ends. The process should then exit with
// code 0 soon. An ApplicationMaster that exits without Finish has failed, and YARN starts the next attempt.
func (c *Client) Finish(ctx context.Context, f Finish) error {
	status := int32(f.Status)
	req := &pb.FinishApplicationMasterRequestProto{
		Diagnostics: &f.Diagnostics, TrackingUrl: &f.TrackingURL, FinalApplicationStatus: &status,
	}
	for {
		var resp pb.FinishApplicationMasterResponseProto
		if err := c.call.Call(ctx, "finishApplicationMaster", req, &resp); err != nil {
			return err
		}
		if resp.GetIsUnregistered() {
			return nil
		}
		timer := time.NewTimer(finishPoll)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return fmt.Errorf("finish: not acknowledged by the resource manager: %w", context.Cause(ctx))
		}
	}
}
