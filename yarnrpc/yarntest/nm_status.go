package yarntest

import (
	"google.golang.org/protobuf/proto"

	"weft/yarnrpc/hrpc"
	"weft/yarnrpc/internal/pb"
	"weft/yarnrpc/record"
)

// statuses answers getContainerStatuses.
func (n *NM) statuses(_ string, req hrpc.Request) (proto.Message, error) {
	var m pb.GetContainerStatusesRequestProto
	if err := decode(req, &m); err != nil {
		return nil, err
	}
	resp := &pb.GetContainerStatusesResponseProto{}
	n.rm.mu.Lock()
	defer n.rm.mu.Unlock()
	for _, p := range m.ContainerId {
		id := record.FromContainerID(p)
		c := n.containers[id]
		if c == nil || c.started == nil {
			resp.FailedRequests = append(resp.FailedRequests, failure(id, yarnException("YarnException", "Container %v is not handled by this NodeManager", id)))
			continue
		}
		resp.Status = append(resp.Status, c.status(id))
	}
	return resp, nil
}
