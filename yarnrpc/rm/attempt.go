package rm

import (
	"context"
	"time"

	"weft/yarnrpc/internal/pb"
	"weft/yarnrpc/record"
	"weft/yarnrpc/yarnid"
)

// AttemptState is where an app attempt stands (YarnApplicationAttemptState).
type AttemptState int32

// The states of an app attempt that say how it ended or that it runs; lower ones come before its start.
const (
	AttemptLaunched  AttemptState = 6
	AttemptFailed    AttemptState = 7
	AttemptRunning   AttemptState = 8
	AttemptFinishing AttemptState = 9
	AttemptFinished  AttemptState = 10
	AttemptKilled    AttemptState = 11
)

// AttemptReport is what the ResourceManager tells about one app attempt (ApplicationAttemptReport).
type AttemptReport struct {
	ID                               yarnid.Attempt
	State                            AttemptState
	Master                           yarnid.Container // the ApplicationMaster's container; zero before it has one
	Host                             string
	RPCPort                          int32
	TrackingURL, OriginalTrackingURL string
	Diagnostics                      string
	Started, Finished                time.Time
}

// Attempts lists the app attempts of an application, those that have ended included.
func (c *Client) Attempts(ctx context.Context, id yarnid.Application) ([]AttemptReport, error) {
	var resp pb.GetApplicationAttemptsResponseProto
	req := &pb.GetApplicationAttemptsRequestProto{ApplicationId: record.ApplicationID(id)}
	if err := c.call.Call(ctx, "getApplicationAttempts", req, &resp); err != nil {
		return nil, err
	}
	out := make([]AttemptReport, len(resp.ApplicationAttempts))
	for i, p := range resp.ApplicationAttempts {
		out[i] = AttemptReport{
			ID: record.FromAttemptID(p.GetApplicationAttemptId()), State: AttemptState(p.GetYarnApplicationAttemptState()),
			Master: record.FromContainerID(p.GetAmContainerId()), Host: known(p.GetHost()), RPCPort: p.GetRpcPort(),
			TrackingURL: known(p.GetTrackingUrl()), OriginalTrackingURL: known(p.GetOriginalTrackingUrl()),
			Diagnostics: known(p.GetDiagnostics()),
			Started:     record.FromMillis(p.GetStartTime()), Finished: record.FromMillis(p.GetFinishTime()),
		}
	}
	return out, nil
}

// Containers lists the containers of an app attempt that the ResourceManager knows: the running ones.
func (c *Client) Containers(ctx context.Context, id yarnid.Attempt) ([]record.ContainerReport, error) {
	var resp pb.GetContainersResponseProto
	req := &pb.GetContainersRequestProto{ApplicationAttemptId: record.AttemptID(id)}
	if err := c.call.Call(ctx, "getContainers", req, &resp); err != nil {
		return nil, err
	}
	out := make([]record.ContainerReport, len(resp.Containers))
	for i, p := range resp.Containers {
		out[i] = record.FromContainerReport(p)
	}
	return out, nil
}
