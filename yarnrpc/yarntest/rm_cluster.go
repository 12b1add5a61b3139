package yarntest

import (
	"google.golang.org/protobuf/proto"

	"weft/yarnrpc/hrpc"
	"weft/yarnrpc/internal/pb"
	"weft/yarnrpc/record"
	"weft/yarnrpc/rm"
)

// clusterNodes answers getClusterNodes.
func (r *RM) clusterNodes(_ string, req hrpc.Request) (proto.Message, error) {
	var m pb.GetClusterNodesRequestProto
	if err := decode(req, &m); err != nil {
		return nil, err
	}
	resp := &pb.GetClusterNodesResponseProto{}
	for _, n := range r.Nodes() {
		if p := n.report(); among(m.NodeStates, p.GetNodeState()) {
			resp.NodeReports = append(resp.NodeReports, p)
		}
	}
	return resp, nil
}

// clusterMetrics answers getClusterMetrics.
func (r *RM) clusterMetrics(string, hrpc.Request) (proto.Message, error) {
	var all, lost int32
	for _, n := range r.Nodes() {
		all++
		if n.report().GetNodeState() == int32(record.NodeLost) {
			lost++
		}
	}
	return &pb.GetClusterMetricsResponseProto{ClusterMetrics: &pb.YarnClusterMetricsProto{
		NumNodeManagers: &all, NumActiveNms: proto.Int32(all - lost), NumLostNms: &lost,
	}}, nil
}

// queueInfo answers getQueueInfo; an unknown queue is answered by nothing.
func (r *RM) queueInfo(_ string, req hrpc.Request) (proto.Message, error) {
	var m pb.GetQueueInfoRequestProto
	if err := decode(req, &m); err != nil {
		return nil, err
	}
	if m.GetQueueName() != Queue {
		return &pb.GetQueueInfoResponseProto{}, nil
	}
	return &pb.GetQueueInfoResponseProto{QueueInfo: &pb.QueueInfoProto{
		QueueName: proto.String(Queue), Capacity: proto.Float32(1), State: proto.Int32(int32(rm.QueueRunning)),
	}}, nil
}
