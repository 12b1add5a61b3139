package yarntest

import (
	"google.golang.org/protobuf/proto"

	"weft/yarnrpc/hrpc"
	"weft/yarnrpc/internal/pb"
	"weft/yarnrpc/record"
	"weft/yarnrpc/rm"
)

// Queue is the only queue that takes applications.
const Queue = "default"

// submit answers submitApplication. A known application is accepted again without a word, as after a failover. The
// attempt is launched by the test: App.NewAttempt.
func (r *RM) submit(caller string, req hrpc.Request) (proto.Message, error) {
	var m pb.SubmitApplicationRequestProto
	if err := decode(req, &m); err != nil {
		return nil, err
	}
	s := m.GetApplicationSubmissionContext()
	size := record.FromResource(s.GetResource())
	if !size.Fits(r.max) {
		return nil, yarnException("InvalidResourceRequestException", "Invalid resource request! Cannot allocate containers as requested resource is greater than maximum allowed allocation. Requested resource type=[memory-mb], Requested resource=%v, maximum allowed allocation=%v", size, r.max)
	}
	r.update(func() {
		id := record.FromApplicationID(s.GetApplicationId())
		app := r.apps[id]
		if app == nil {
			app = &App{rm: r, id: id, state: rm.StateNew, port: -1, sched: newSchedule()}
			r.apps[id] = app
		}
		if app.submission != nil {
			return
		}
		app.submission, app.user, app.state = s, caller, rm.StateAccepted
		if s.GetQueue() != Queue {
			app.state, app.diag = rm.StateFailed, "Application "+id.String()+" submitted by user "+caller+" to unknown queue: "+s.GetQueue()
		}
	})
	return &pb.SubmitApplicationResponseProto{}, nil
}
