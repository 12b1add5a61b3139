package record

import (
	"fmt"
	"time"

	"weft/yarnrpc/internal/pb"
	"weft/yarnrpc/token"
	"weft/yarnrpc/yarnid"
)

// Container is a grant: the right to run a process of a certain size on a certain node (Container).
type Container struct {
	ID yarnid.Container // with the attempt that it was granted to
	// Node is the NodeManager to start it on.
	Node yarnid.Node
	// NodeHTTP is host:port of the NodeManager's web pages, where logs of running containers are read.
	NodeHTTP string
	// Resource is what was granted: the scheduler rounds up, so it can be more than was asked for.
	Resource Resource
	// Priority of the ask that this grant answers.
	Priority int32
	// AllocationRequestID of the ask that this grant answers, -1 if it had none.
	AllocationRequestID int64
	// Token must be handed unchanged to the NodeManager. It expires about 10 minutes after the grant.
	Token token.Token
}

// FromContainer converts from the wire.
func FromContainer(p *pb.ContainerProto) Container {
	return Container{
		ID:                  FromContainerID(p.GetId()),
		Node:                FromNodeID(p.GetNodeId()),
		NodeHTTP:            p.GetNodeHttpAddress(),
		Resource:            FromResource(p.GetResource()),
		Priority:            p.GetPriority().GetPriority(),
		AllocationRequestID: p.GetAllocationRequestId(),
		Token:               token.FromProto(p.GetContainerToken()),
	}
}

// FromContainers converts a list from the wire.
func FromContainers(list []*pb.ContainerProto) []Container {
	out := make([]Container, len(list))
	for i, p := range list {
		out[i] = FromContainer(p)
	}
	return out
}

// ContainerState is where a container stands in its life (ContainerState).
type ContainerState int32

// The states of a container.
const (
	ContainerNew      ContainerState = 1 // granted or localizing
	ContainerRunning  ContainerState = 2 // its process was started
	ContainerComplete ContainerState = 3 // over; the exit status counts
)

// String returns the name that YARN prints.
func (s ContainerState) String() string {
	return name(int32(s), map[int32]string{1: "NEW", 2: "RUNNING", 3: "COMPLETE"})
}

// ContainerStatus tells how a container does or how it ended (ContainerStatus).
type ContainerStatus struct {
	ID    yarnid.Container // may be of an earlier attempt
	State ContainerState   // as the reporting server sees it
	// Exit counts once State is ContainerComplete.
	Exit ExitStatus
	// Diagnostics are lines for people: causes of a kill, the tail of stderr.
	Diagnostics string
	// Resource is the container's size, zero when the server does not say.
	Resource Resource
}

// FromContainerStatus converts from the wire.
func FromContainerStatus(p *pb.ContainerStatusProto) ContainerStatus {
	return ContainerStatus{
		ID:          FromContainerID(p.GetContainerId()),
		State:       ContainerState(p.GetState()),
		Exit:        ExitStatus(p.GetExitStatus()),
		Diagnostics: p.GetDiagnostics(),
		Resource:    FromResource(p.GetCapability()),
	}
}

// FromContainerStatuses converts a list from the wire.
func FromContainerStatuses(list []*pb.ContainerStatusProto) []ContainerStatus {
	out := make([]ContainerStatus, len(list))
	for i, p := range list {
		out[i] = FromContainerStatus(p)
	}
	return out
}

// ContainerReport is what the ResourceManager remembers of a container (ContainerReport).
type ContainerReport struct {
	ID          yarnid.Container
	Node        yarnid.Node
	NodeHTTP    string // host:port of the node's web pages
	Resource    Resource
	Priority    int32 // of the ask that it answered
	State       ContainerState
	Exit        ExitStatus // counts once State is ContainerComplete
	Diagnostics string     // for people
	LogURL      string     // a web page
	Created     time.Time
	Finished    time.Time // zero while it runs
}

// FromContainerReport converts from the wire.
func FromContainerReport(p *pb.ContainerReportProto) ContainerReport {
	return ContainerReport{
		ID: FromContainerID(p.GetContainerId()), Node: FromNodeID(p.GetNodeId()), NodeHTTP: p.GetNodeHttpAddress(),
		Resource: FromResource(p.GetResource()), Priority: p.GetPriority().GetPriority(),
		State: ContainerState(p.GetContainerState()), Exit: ExitStatus(p.GetContainerExitStatus()),
		Diagnostics: p.GetDiagnosticsInfo(), LogURL: p.GetLogUrl(),
		Created: FromMillis(p.GetCreationTime()), Finished: FromMillis(p.GetFinishTime()),
	}
}

// FromMillis converts a Java time stamp; 0 and negative values mean "not yet" and give the zero time.
func FromMillis(ms int64) time.Time {
	if ms <= 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms)
}

// name looks up a state's name; unknown values of newer servers print as a number.
func name(value int32, names map[int32]string) string {
	if s, ok := names[value]; ok {
		return s
	}
	return fmt.Sprintf("UNKNOWN(%d)", value)
}
