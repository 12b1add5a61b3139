package record

import (
	"google.golang.org/protobuf/proto"

	"weft/yarnrpc/internal/pb"
	"weft/yarnrpc/yarnid"
)

// FromApplicationID converts from the wire; nil gives the zero id.
func FromApplicationID(p *pb.ApplicationIdProto) yarnid.Application {
	return yarnid.Application{ClusterTimestamp: p.GetClusterTimestamp(), Sequence: p.GetId()}
}

// ApplicationID converts to the wire.
func ApplicationID(a yarnid.Application) *pb.ApplicationIdProto {
	return &pb.ApplicationIdProto{Id: &a.Sequence, ClusterTimestamp: &a.ClusterTimestamp}
}

// FromAttemptID converts from the wire; nil gives the zero id.
func FromAttemptID(p *pb.ApplicationAttemptIdProto) yarnid.Attempt {
	return yarnid.Attempt{App: FromApplicationID(p.GetApplicationId()), Number: p.GetAttemptId()}
}

// AttemptID converts to the wire.
func AttemptID(a yarnid.Attempt) *pb.ApplicationAttemptIdProto {
	return &pb.ApplicationAttemptIdProto{ApplicationId: ApplicationID(a.App), AttemptId: &a.Number}
}

// FromContainerID converts from the wire; nil gives the zero id.
func FromContainerID(p *pb.ContainerIdProto) yarnid.Container {
	return yarnid.Container{Attempt: FromAttemptID(p.GetAppAttemptId()), ID: p.GetId()}
}

// ContainerID converts to the wire. The attempt carries the application, as in ids that the ResourceManager sends.
func ContainerID(c yarnid.Container) *pb.ContainerIdProto {
	return &pb.ContainerIdProto{AppAttemptId: AttemptID(c.Attempt), Id: &c.ID}
}

// ContainerIDs converts a list to the wire.
func ContainerIDs(ids []yarnid.Container) []*pb.ContainerIdProto {
	out := make([]*pb.ContainerIdProto, len(ids))
	for i, id := range ids {
		out[i] = ContainerID(id)
	}
	return out
}

// FromNodeID converts from the wire; nil gives the zero id.
func FromNodeID(p *pb.NodeIdProto) yarnid.Node {
	return yarnid.Node{Host: p.GetHost(), Port: p.GetPort()}
}

// NodeID converts to the wire.
func NodeID(n yarnid.Node) *pb.NodeIdProto {
	return &pb.NodeIdProto{Host: &n.Host, Port: &n.Port}
}

// Priority converts to the wire.
func Priority(n int32) *pb.PriorityProto { return &pb.PriorityProto{Priority: proto.Int32(n)} }
