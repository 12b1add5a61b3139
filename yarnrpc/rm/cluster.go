package rm

import (
	"context"

	"weft/yarnrpc/internal/pb"
	"weft/yarnrpc/record"
)

// Nodes lists the nodes in the given states; no state means all nodes, lost ones included.
func (c *Client) Nodes(ctx context.Context, states ...record.NodeState) ([]record.NodeReport, error) {
	req := &pb.GetClusterNodesRequestProto{}
	for _, s := range states {
		req.NodeStates = append(req.NodeStates, int32(s))
	}
	var resp pb.GetClusterNodesResponseProto
	if err := c.call.Call(ctx, "getClusterNodes", req, &resp); err != nil {
		return nil, err
	}
	return record.FromNodeReports(resp.NodeReports), nil
}

// Metrics counts the nodes of the cluster by state (YarnClusterMetrics).
type Metrics struct {
	Nodes, Active, Lost, Unhealthy, Decommissioned, Decommissioning, Rebooted, Shutdown int32
}

// Metrics fetches the cluster's node counts.
func (c *Client) Metrics(ctx context.Context) (Metrics, error) {
	var resp pb.GetClusterMetricsResponseProto
	if err := c.call.Call(ctx, "getClusterMetrics", &pb.GetClusterMetricsRequestProto{}, &resp); err != nil {
		return Metrics{}, err
	}
	m := resp.GetClusterMetrics()
	return Metrics{
		Nodes: m.GetNumNodeManagers(), Active: m.GetNumActiveNms(), Lost: m.GetNumLostNms(), Unhealthy: m.GetNumUnhealthyNms(),
		Decommissioned: m.GetNumDecommissionedNms(), Decommissioning: m.GetNumDecommissioningNms(),
		Rebooted: m.GetNumRebootedNms(), Shutdown: m.GetNumShutdownNms(),
	}, nil
}

// QueueState says whether a queue takes applications (QueueState).
type QueueState int32

// The states of a queue.
const (
	QueueStopped  QueueState = 1
	QueueRunning  QueueState = 2
	QueueDraining QueueState = 3 // what runs may end; nothing new
)

// Queue describes a queue (QueueInfo).
type Queue struct {
	Name  string
	Path  string // full path; empty before Hadoop 3.4
	State QueueState
	// Capacity and MaxCapacity are shares of the parent, Used of the capacity; 1 is all of it. MaxCapacity -1: no limit.
	Capacity, MaxCapacity, Used float32
	Labels                      []string // node labels it may use; "*" is every one
	DefaultLabel                string   // of containers that ask for none
	Children                    []Queue
	AppsRunning, AppsPending    int64 // applications
	AvailableMB, AllocatedMB    int64 // memory in MiB
	AvailableCores              int64 // virtual cores
	AllocatedCores              int64
}

// Queue describes one queue and its children, by name or by full path. It returns false if there is no such queue.
func (c *Client) Queue(ctx context.Context, name string) (Queue, bool, error) {
	yes, no := true, false
	req := &pb.GetQueueInfoRequestProto{QueueName: &name, IncludeApplications: &no, IncludeChildQueues: &yes, Recursive: &yes}
	var resp pb.GetQueueInfoResponseProto
	if err := c.call.Call(ctx, "getQueueInfo", req, &resp); err != nil {
		return Queue{}, false, err
	}
	if resp.QueueInfo == nil {
		return Queue{}, false, nil
	}
	return fromQueue(resp.QueueInfo), true, nil
}

func fromQueue(p *pb.QueueInfoProto) Queue {
	s := p.GetQueueStatistics()
	q := Queue{
		Name: p.GetQueueName(), Path: p.GetQueuePath(), State: QueueState(p.GetState()),
		Capacity: p.GetCapacity(), MaxCapacity: p.GetMaximumCapacity(), Used: p.GetCurrentCapacity(),
		Labels: p.GetAccessibleNodeLabels(), DefaultLabel: p.GetDefaultNodeLabelExpression(),
		AppsRunning: s.GetNumAppsRunning(), AppsPending: s.GetNumAppsPending(),
		AvailableMB: s.GetAvailableMemoryMB(), AllocatedMB: s.GetAllocatedMemoryMB(),
		AvailableCores: s.GetAvailableVCores(), AllocatedCores: s.GetAllocatedVCores(),
	}
	for _, child := range p.GetChildQueues() {
		q.Children = append(q.Children, fromQueue(child))
	}
	return q
}
