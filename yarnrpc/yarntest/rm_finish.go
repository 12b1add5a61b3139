package yarntest

import (
	"google.golang.org/protobuf/proto"

	"weft/yarnrpc/hrpc"
	"weft/yarnrpc/internal/pb"
	"weft/yarnrpc/record"
	"weft/yarnrpc/rm"
)

// finish answers finishApplicationMaster: not acknowledged the first time, as while the real one stores the end.
func (r *RM) finish(caller string, req hrpc.Request) (proto.Message, error) {
	var m pb.FinishApplicationMasterRequestProto
	if err := decode(req, &m); err != nil {
		return nil, err
	}
	app, err := r.callerApp(caller)
	if err != nil {
		return nil, err
	}
	done := false
	r.update(func() {
		if !app.sched.registered {
			err = yarnException("ApplicationMasterNotRegisteredException", "AM is not registered for known application attempt: %v", app.id)
			return
		}
		done, app.sched.finishing = app.sched.finishing, true
		if done && !app.state.Ended() {
			app.state, app.final, app.diag = rm.StateFinished, record.FinalStatus(m.GetFinalApplicationStatus()), m.GetDiagnostics()
			app.tracking = m.GetTrackingUrl()
		}
	})
	if err != nil {
		return nil, err
	}
	if done {
		r.endContainers(app.id)
	}
	return &pb.FinishApplicationMasterResponseProto{IsUnregistered: &done}, nil
}
