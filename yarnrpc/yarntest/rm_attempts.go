package yarntest

import (
	"google.golang.org/protobuf/proto"

	"weft/yarnrpc/hrpc"
	"weft/yarnrpc/internal/pb"
	"weft/yarnrpc/record"
	"weft/yarnrpc/rm"
	"weft/yarnrpc/yarnid"
)

// attempts answers getApplicationAttempts.
func (r *RM) attempts(_ string, req hrpc.Request) (proto.Message, error) {
	var m pb.GetApplicationAttemptsRequestProto
	if err := decode(req, &m); err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	resp := &pb.GetApplicationAttemptsResponseProto{}
	app := r.apps[record.FromApplicationID(m.GetApplicationId())]
	if app == nil {
		return resp, nil
	}
	for n := int32(1); n <= app.attempt; n++ {
		id := yarnid.Attempt{App: app.id, Number: n}
		state := rm.AttemptFailed
		if app.current(id) && !app.state.Ended() {
			state = rm.AttemptRunning
		}
		resp.ApplicationAttempts = append(resp.ApplicationAttempts, &pb.ApplicationAttemptReportProto{
			ApplicationAttemptId: record.AttemptID(id), YarnApplicationAttemptState: proto.Int32(int32(state)),
			AmContainerId: record.ContainerID(yarnid.Container{Attempt: id, ID: 1}),
		})
	}
	return resp, nil
}

// containers answers getContainers.
func (r *RM) containers(_ string, req hrpc.Request) (proto.Message, error) {
	var m pb.GetContainersRequestProto
	if err := decode(req, &m); err != nil {
		return nil, err
	}
	resp := &pb.GetContainersResponseProto{}
	app := r.App(record.FromAttemptID(m.GetApplicationAttemptId()).App)
	if app == nil {
		return resp, nil
	}
	for _, c := range app.Containers() {
		resp.Containers = append(resp.Containers, &pb.ContainerReportProto{
			ContainerId: record.ContainerID(c.ID), NodeId: record.NodeID(c.Node), ContainerState: proto.Int32(int32(record.ContainerRunning)),
		})
	}
	return resp, nil
}
