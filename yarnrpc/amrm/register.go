package amrm

import (
	"context"

	"weft/yarnrpc/internal/pb"
	"weft/yarnrpc/record"
	"weft/yarnrpc/token"
	"weft/yarnrpc/yarnid"
)

// Registration is what an ApplicationMaster tells about itself.
type Registration struct {
	Host string // shown in reports
	// RPCPort is shown in reports; -1 for none.
	RPCPort int32
	// TrackingURL is what YARN's proxy shows to users, with its scheme; empty: the ResourceManager's own page.
	TrackingURL string
}

// Registered is what the ResourceManager answers.
type Registered struct {
	// Max is the largest container that may be asked for, in this queue.
	Max   record.Resource
	Queue string // that the application runs in
	// Previous are running containers of earlier attempts (only with Submission.KeepContainers). More may follow in
	// Response.Previous, from nodes that report late.
	Previous []record.Container
	// NMTokens open the nodes of Previous.
	NMTokens []NMToken
	// ClientKey signs the tokens of clients that talk to the ApplicationMaster itself; nil without security. Secret.
	ClientKey []byte
}

// NMToken opens one NodeManager for this app attempt. It comes once per node, with the first container there: keep it
// while containers run on the node.
type NMToken struct {
	Node  yarnid.Node // the only node that accepts the token
	Token token.Token // of token.KindNM
}

// Register announces the ApplicationMaster. It comes first, once per app attempt, and again after yarnrpc.ErrResync.
//
// It is not repeated after a lost answer: the second time the ResourceManager would say that the attempt is registered
// (yarnrpc.ErrOutOfStep) and keep the list of previous containers to itself. Exit then, and let the next attempt start.
func (c *Client) Register(ctx context.Context, r Registration) (*Registered, error) {
	req := &pb.RegisterApplicationMasterRequestProto{Host: &r.Host, RpcPort: &r.RPCPort, TrackingUrl: &r.TrackingURL}
	var resp pb.RegisterApplicationMasterResponseProto
	if err := c.once.Call(ctx, "registerApplicationMaster", req, &resp); err != nil {
		return nil, err
	}
	c.mu.Lock()
	c.responseID = 0
	c.mu.Unlock()
	return &Registered{
		Max: record.FromResource(resp.MaximumCapability), Queue: resp.GetQueue(),
		Previous: record.FromContainers(resp.ContainersFromPreviousAttempts),
		NMTokens: fromNMTokens(resp.NmTokensFromPreviousAttempts), ClientKey: resp.ClientToAmTokenMasterKey,
	}, nil
}

func fromNMTokens(list []*pb.NMTokenProto) []NMToken {
	out := make([]NMToken, len(list))
	for i, p := range list {
		out[i] = NMToken{record.FromNodeID(p.NodeId), token.FromProto(p.Token)}
	}
	return out
}
