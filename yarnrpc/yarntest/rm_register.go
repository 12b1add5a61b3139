package yarntest

import (
	"google.golang.org/protobuf/proto"

	"weft/yarnrpc/hrpc"
	"weft/yarnrpc/internal/pb"
	"weft/yarnrpc/rm"
	"weft/yarnrpc/yarnid"
)

// register answers registerApplicationMaster.
func (r *RM) register(caller string, req hrpc.Request) (proto.Message, error) {
	var m pb.RegisterApplicationMasterRequestProto
	if err := decode(req, &m); err != nil {
		return nil, err
	}
	app, err := r.callerApp(caller)
	if err != nil {
		return nil, err
	}
	resp := &pb.RegisterApplicationMasterResponseProto{MaximumCapability: r.max.Proto(), Queue: proto.String(Queue)}
	r.update(func() {
		if app.sched.registered {
			err = yarnException("InvalidApplicationMasterRequestException", "Application Master is already registered : %v", app.id)
			return
		}
		app.sched.registered, app.sched.responseID, app.sched.last = true, 0, nil
		app.state, app.host, app.port, app.tracking = rm.StateRunning, m.GetHost(), m.GetRpcPort(), m.GetTrackingUrl()
		resp.ContainersFromPreviousAttempts, app.sched.previous = app.sched.previous, nil
		for _, c := range resp.ContainersFromPreviousAttempts {
			if t := r.nmToken(app, c.GetNodeId()); t != nil {
				resp.NmTokensFromPreviousAttempts = append(resp.NmTokensFromPreviousAttempts, t)
			}
		}
	})
	return resp, err
}

// callerApp finds the application whose current attempt calls.
func (r *RM) callerApp(caller string) (*App, error) {
	id, err := yarnid.ParseAttempt(caller)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	app := r.apps[id.App]
	if app == nil || !app.current(id) {
		return nil, yarnException("ApplicationAttemptNotFoundException", "Application attempt %v doesn't exist in ApplicationMasterService cache.", id)
	}
	return app, nil
}
