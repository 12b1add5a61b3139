package yarntest

import (
	"google.golang.org/protobuf/proto"

	"weft/yarnrpc/hrpc"
	"weft/yarnrpc/internal/pb"
	"weft/yarnrpc/record"
	"weft/yarnrpc/rm"
	"weft/yarnrpc/yarnid"
)

// kill answers forceKillApplication: completed at the second request, as the real one often is.
func (r *RM) kill(_ string, req hrpc.Request) (proto.Message, error) {
	var m pb.KillApplicationRequestProto
	if err := decode(req, &m); err != nil {
		return nil, err
	}
	id := record.FromApplicationID(m.GetApplicationId())
	app := r.App(id)
	if app == nil {
		return nil, yarnException("ApplicationNotFoundException", "Trying to kill an absent application %v", id)
	}
	done := true
	r.update(func() {
		app.killAsked++
		if !app.state.Ended() {
			done = app.killAsked > 1
		}
		if done && !app.state.Ended() {
			app.state, app.final, app.diag = rm.StateKilled, record.FinalKilled, m.GetDiagnostics()
		}
	})
	if done {
		r.endContainers(id)
	}
	return &pb.KillApplicationResponseProto{IsKillCompleted: &done}, nil
}

// endContainers kills what an ended application left behind.
func (r *RM) endContainers(id yarnid.Application) {
	for _, n := range r.Nodes() {
		n.endAttempt(id, false)
	}
}
