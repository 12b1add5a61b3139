package amrm

import (
	"context"

	"google.golang.org/protobuf/proto"

	"weft/yarnrpc"
	"weft/yarnrpc/internal/pb"
	"weft/yarnrpc/record"
	"weft/yarnrpc/yarnid"
)

// Anywhere is the resource name that means any node (ResourceRequest.ANY).
const Anywhere = "*"

// Ask says how many containers of a kind are still wanted somewhere (ResourceRequest).
type Ask struct {
	// Priority: lower comes first. All asks of one priority and AllocationRequestID must have the same Resource.
	Priority int32
	// Name is a host as in node ids, a rack such as /default-rack, or Anywhere. An ask for a host needs asks for its
	// rack and for Anywhere beside it, with matching counts.
	Name string
	// Resource of one container. The scheduler rounds it up; look at what was granted.
	Resource record.Resource
	// Count is absolute: it replaces what was asked under this priority, request id and name. 0 cancels.
	Count int32
	// Strict, on a rack or Anywhere, forbids the scheduler to leave the hosts or racks asked for (relaxLocality=false).
	Strict bool
	// Label picks a partition of the cluster; only with Anywhere. Empty: the submission's label.
	Label string
	// AllocationRequestID is returned with the grants; asks that do not use it leave it at 0.
	AllocationRequestID int64
}

// Request is what one heartbeat carries. Only changes need to be sent; the zero value is a plain heartbeat.
type Request struct {
	Asks []Ask // new and changed ones; counts are absolute
	// Release gives containers back, granted or running. Each completes with record.ExitAborted.
	Release []yarnid.Container
	// BlacklistAdd and BlacklistRemove change the hosts and racks that must not be used. Forgotten by the
	// ResourceManager when it restarts.
	BlacklistAdd, BlacklistRemove []string
	// Progress from 0 to 1, for reports.
	Progress float32
	// TrackingURL changes what was registered; empty leaves it.
	TrackingURL string
}

// Response is what the ResourceManager answers. Everything in it must be looked at: it is said once.
type Response struct {
	// Granted are new containers. They expire unless they are started within about 10 minutes.
	Granted []record.Container
	// Completed are containers that have ended. They may be repeated, and may name containers never seen here.
	Completed []record.ContainerStatus
	// NMTokens open nodes; see NMToken.
	NMTokens []NMToken
	// UpdatedNodes changed their state since the last heartbeat.
	UpdatedNodes []record.NodeReport
	// Previous are containers of earlier attempts whose nodes reported late.
	Previous []record.Container
	// Preempt announces containers that the scheduler will take back; nil if none.
	Preempt *Preemption
	// Headroom is what the application could still get now.
	Headroom record.Resource
	// ClusterNodes is the number of nodes.
	ClusterNodes int32
	// TokenRolled tells that the AMRM token changed; it has been stored.
	TokenRolled bool
}

// Preemption is what the scheduler wants back (PreemptionMessage). Use the time to bring work to a safe end.
type Preemption struct {
	// Strict containers will be taken in any case.
	Strict []yarnid.Container
	// Negotiable containers will be taken unless others of the same worth are released.
	Negotiable []yarnid.Container
}

// Commands that very old ResourceManagers send instead of exceptions (AMCommand).
const (
	commandResync   = 1
	commandShutdown = 2
)

// Allocate is the heartbeat: it sends changes and fetches news. It must be called more often than the expiry interval of
// ApplicationMasters (10 minutes by default). An answer with an error has changed nothing at the ResourceManager, except
// for yarnrpc.ClassLost, after which the same Request should be sent again.
func (c *Client) Allocate(ctx context.Context, r Request) (*Response, error) {
	c.mu.Lock()
	id := c.responseID
	c.mu.Unlock()
	var resp pb.AllocateResponseProto
	if err := c.call.Call(ctx, "allocate", r.proto(id), &resp); err != nil {
		return nil, err
	}
	switch resp.GetAMCommand() {
	case commandResync:
		return nil, command("ApplicationMasterNotRegisteredException", "told to resync")
	case commandShutdown:
		return nil, command("ApplicationAttemptNotFoundException", "told to shut down")
	}
	c.mu.Lock()
	c.responseID = resp.GetResponseId()
	c.mu.Unlock()
	c.storeToken(resp.AmRmToken)
	return &Response{
		Granted:      record.FromContainers(resp.AllocatedContainers),
		Completed:    record.FromContainerStatuses(resp.CompletedContainerStatuses),
		NMTokens:     fromNMTokens(resp.NmTokens),
		UpdatedNodes: record.FromNodeReports(resp.UpdatedNodes),
		Previous:     record.FromContainers(resp.ContainersFromPreviousAttempts),
		Preempt:      fromPreemption(resp.Preempt),
		Headroom:     record.FromResource(resp.Limit),
		ClusterNodes: resp.GetNumClusterNodes(),
		TokenRolled:  resp.AmRmToken != nil,
	}, nil
}

// command gives an old ResourceManager's command the form of the exception that took its place.
func command(exception, message string) error {
	return yarnrpc.NewRemoteError("org.apache.hadoop.yarn.exceptions."+exception, message, "allocate", "resource manager", false)
}

func (r Request) proto(responseID int32) *pb.AllocateRequestProto {
	p := &pb.AllocateRequestProto{
		ResponseId: &responseID, Progress: proto.Float32(min(max(r.Progress, 0), 1)), Release: record.ContainerIDs(r.Release),
	}
	for _, a := range r.Asks {
		p.Ask = append(p.Ask, a.proto())
	}
	if len(r.BlacklistAdd)+len(r.BlacklistRemove) > 0 {
		p.BlacklistRequest = &pb.ResourceBlacklistRequestProto{BlacklistAdditions: r.BlacklistAdd, BlacklistRemovals: r.BlacklistRemove}
	}
	if r.TrackingURL != "" {
		p.TrackingUrl = &r.TrackingURL
	}
	return p
}

func (a Ask) proto() *pb.ResourceRequestProto {
	name := a.Name
	if name == "" {
		name = Anywhere
	}
	p := &pb.ResourceRequestProto{
		Priority: record.Priority(a.Priority), ResourceName: &name, Capability: a.Resource.Proto(), NumContainers: &a.Count,
		RelaxLocality: proto.Bool(!a.Strict), AllocationRequestId: &a.AllocationRequestID,
	}
	if a.Label != "" {
		p.NodeLabelExpression = &a.Label
	}
	return p
}

func fromPreemption(p *pb.PreemptionMessageProto) *Preemption {
	if p == nil {
		return nil
	}
	return &Preemption{
		Strict:     preempted(p.GetStrictContract().GetContainer()),
		Negotiable: preempted(p.GetContract().GetContainer()),
	}
}

func preempted(list []*pb.PreemptionContainerProto) []yarnid.Container {
	var out []yarnid.Container
	for _, p := range list {
		out = append(out, record.FromContainerID(p.GetId()))
	}
	return out
}
