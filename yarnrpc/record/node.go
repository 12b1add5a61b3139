package record

import (
	"time"

	"weft/yarnrpc/internal/pb"
	"weft/yarnrpc/yarnid"
)

// NodeState is where a NodeManager stands in its life (NodeState).
type NodeState int32

// The states of a node.
const (
	NodeNew             NodeState = 1
	NodeRunning         NodeState = 2
	NodeUnhealthy       NodeState = 3
	NodeDecommissioned  NodeState = 4
	NodeLost            NodeState = 5
	NodeRebooted        NodeState = 6
	NodeDecommissioning NodeState = 7
	NodeShutdown        NodeState = 8
)

// String returns the name that YARN prints.
func (s NodeState) String() string {
	return name(int32(s), map[int32]string{1: "NEW", 2: "RUNNING", 3: "UNHEALTHY", 4: "DECOMMISSIONED", 5: "LOST",
		6: "REBOOTED", 7: "DECOMMISSIONING", 8: "SHUTDOWN"})
}

// Usable tells whether containers can run there: running, or on its way out but not yet gone.
func (s NodeState) Usable() bool { return s == NodeRunning || s == NodeDecommissioning }

// NodeReport describes a node of the cluster (NodeReport).
type NodeReport struct {
	ID         yarnid.Node
	HTTP       string // host:port of its web pages
	Rack       string // e.g. /default-rack
	State      NodeState
	Used       Resource
	Capability Resource
	Containers int32    // number running
	Labels     []string // node labels
	Health     string   // why it is unhealthy
	// DecommissionIn is how long a decommissioning node will stay, 0 when it does not say.
	DecommissionIn time.Duration
}

// FromNodeReport converts from the wire.
func FromNodeReport(p *pb.NodeReportProto) NodeReport {
	return NodeReport{
		ID: FromNodeID(p.GetNodeId()), HTTP: p.GetHttpAddress(), Rack: p.GetRackName(), State: NodeState(p.GetNodeState()),
		Used: FromResource(p.GetUsed()), Capability: FromResource(p.GetCapability()), Containers: p.GetNumContainers(),
		Labels: p.GetNodeLabels(), Health: p.GetHealthReport(),
		DecommissionIn: time.Duration(p.GetDecommissioningTimeout()) * time.Second,
	}
}

// FromNodeReports converts a list from the wire.
func FromNodeReports(list []*pb.NodeReportProto) []NodeReport {
	out := make([]NodeReport, len(list))
	for i, p := range list {
		out[i] = FromNodeReport(p)
	}
	return out
}
