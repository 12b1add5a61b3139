package yarntest

import (
	"google.golang.org/protobuf/proto"

	"weft/yarnrpc/hrpc"
	"weft/yarnrpc/internal/pb"
	"weft/yarnrpc/record"
)

// stopContainers answers stopContainers.
func (n *NM) stopContainers(_ string, req hrpc.Request) (proto.Message, error) {
	var m pb.StopContainersRequestProto
	if err := decode(req, &m); err != nil {
		return nil, err
	}
	resp := &pb.StopContainersResponseProto{}
	for _, p := range m.ContainerId {
		id := record.FromContainerID(p)
		if n.rm.find(id) != n {
			resp.FailedRequests = append(resp.FailedRequests, failure(id, yarnException("YarnException", "Container %v is not handled by this NodeManager", id)))
			continue
		}
		n.end(id, record.ExitKilledByAM, "Container killed by the ApplicationMaster.")
		resp.SucceededRequests = append(resp.SucceededRequests, p)
	}
	return resp, nil
}
