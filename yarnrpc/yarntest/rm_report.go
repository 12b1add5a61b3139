package yarntest

import (
	"google.golang.org/protobuf/proto"

	"weft/yarnrpc/hrpc"
	"weft/yarnrpc/internal/pb"
	"weft/yarnrpc/record"
	"weft/yarnrpc/yarnid"
)

// report answers getApplicationReport.
func (r *RM) report(_ string, req hrpc.Request) (proto.Message, error) {
	var m pb.GetApplicationReportRequestProto
	if err := decode(req, &m); err != nil {
		return nil, err
	}
	id := record.FromApplicationID(m.GetApplicationId())
	r.mu.Lock()
	defer r.mu.Unlock()
	app := r.apps[id]
	if app == nil {
		return nil, yarnException("ApplicationNotFoundException", "Application with id '%v' doesn't exist in RM.", id)
	}
	return &pb.GetApplicationReportResponseProto{ApplicationReport: app.proto()}, nil
}

// proto is the application's report; the caller holds the lock.
func (a *App) proto() *pb.ApplicationReportProto {
	diag := a.diag
	if diag == "" {
		diag = "N/A"
	}
	return &pb.ApplicationReportProto{
		ApplicationId: record.ApplicationID(a.id), User: &a.user, Queue: proto.String(a.submission.GetQueue()),
		Name: proto.String(a.submission.GetApplicationName()), ApplicationType: proto.String(a.submission.GetApplicationType()),
		ApplicationTags: a.submission.GetApplicationTags(), YarnApplicationState: proto.Int32(int32(a.state)),
		FinalApplicationStatus: proto.Int32(int32(a.final)), Diagnostics: &diag, Host: &a.host, RpcPort: &a.port,
		TrackingUrl: &a.tracking, OriginalTrackingUrl: &a.tracking, Progress: &a.progress,
		CurrentApplicationAttemptId: record.AttemptID(yarnid.Attempt{App: a.id, Number: a.attempt}),
	}
}
