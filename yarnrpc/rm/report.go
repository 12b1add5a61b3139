package rm

import (
	"context"
	"fmt"
	"time"

	"weft/yarnrpc/internal/pb"
	"weft/yarnrpc/record"
	"weft/yarnrpc/token"
	"weft/yarnrpc/yarnid"
)

// State is where an application stands (YarnApplicationState). The ResourceManager shows FINISHED as soon as the
// ApplicationMaster has unregistered, even while its container still runs.
type State int32

// The states of an application, in the order of its life.
const (
	StateNew       State = 1
	StateNewSaving State = 2
	StateSubmitted State = 3
	StateAccepted  State = 4 // the scheduler has it; the ApplicationMaster has not registered yet
	StateRunning   State = 5
	StateFinished  State = 6 // see Report.Final
	StateFailed    State = 7
	StateKilled    State = 8
)

var stateNames = map[State]string{1: "NEW", 2: "NEW_SAVING", 3: "SUBMITTED", 4: "ACCEPTED", 5: "RUNNING", 6: "FINISHED", 7: "FAILED", 8: "KILLED"}

// String returns the name that YARN prints.
func (s State) String() string {
	if name, ok := stateNames[s]; ok {
		return name
	}
	return fmt.Sprintf("UNKNOWN(%d)", int32(s))
}

// Ended tells whether nothing more will happen.
func (s State) Ended() bool { return s == StateFinished || s == StateFailed || s == StateKilled }

// LiveStates are the states of applications that have not ended, for Filter.
func LiveStates() []State {
	return []State{StateNew, StateNewSaving, StateSubmitted, StateAccepted, StateRunning}
}

// LogStatus says how far log aggregation is (LogAggregationStatus).
type LogStatus int32

// The statuses of log aggregation; 0 when the ResourceManager does not say.
const (
	LogDisabled            LogStatus = 1
	LogNotStarted          LogStatus = 2
	LogRunning             LogStatus = 3
	LogSucceeded           LogStatus = 4
	LogFailed              LogStatus = 5
	LogTimeout             LogStatus = 6
	LogRunningWithFailures LogStatus = 7
)

// Done tells whether no more logs will come.
func (s LogStatus) Done() bool {
	return s == LogDisabled || s == LogSucceeded || s == LogFailed || s == LogTimeout
}

// Report is what the ResourceManager tells about an application (ApplicationReport).
type Report struct {
	ID      yarnid.Application
	Attempt yarnid.Attempt // the current app attempt; zero before the first
	Name    string
	Type    string
	User    string // the owner
	Queue   string // with its path in newer releases: root.default
	Tags    []string
	State   State
	// Final is what the ApplicationMaster said about its end; it counts when State is StateFinished.
	Final       record.FinalStatus
	Diagnostics string // for people; empty instead of YARN's "N/A"
	// Host and RPCPort are what the ApplicationMaster registered; empty and -1 before.
	Host    string
	RPCPort int32
	// TrackingURL goes through YARN's proxy; OriginalTrackingURL is what the ApplicationMaster registered.
	TrackingURL, OriginalTrackingURL string
	Progress                         float32 // 0 to 1
	Started, Launched, Finished      time.Time
	Usage                            Usage
	Logs                             LogStatus
	// ClientToken opens the ApplicationMaster's own RPC on secured clusters; zero otherwise.
	ClientToken token.Token
	// AMRMToken is set for the owner of an unmanaged application that waits for its ApplicationMaster.
	AMRMToken token.Token
}

// Usage is what an application uses and has used (ApplicationResourceUsageReport).
type Usage struct {
	Containers     int32           // running now
	Used, Needed   record.Resource // now; needed is what is still asked for
	MemoryMBSecs   int64           // so far
	VCoreSecs      int64           // so far
	QueuePercent   float32         // share of the queue
	ClusterPercent float32         // share of the cluster
}

// Report fetches the report of one application; errors.Is(err, yarnrpc.ErrUnknownApplication) if there is none.
func (c *Client) Report(ctx context.Context, id yarnid.Application) (*Report, error) {
	var resp pb.GetApplicationReportResponseProto
	req := &pb.GetApplicationReportRequestProto{ApplicationId: record.ApplicationID(id)}
	if err := c.call.Call(ctx, "getApplicationReport", req, &resp); err != nil {
		return nil, err
	}
	r := fromReport(resp.GetApplicationReport())
	return &r, nil
}

// Filter picks applications. Empty lists do not filter.
type Filter struct {
	Types  []string
	Tags   []string // one of them is enough
	States []State
	Users  []string
	Queues []string
	Name   string // exact; Hadoop 3.3 and later
	// StartedAfter leaves out older applications. Zero: no limit.
	StartedAfter time.Time
	// Limit is the largest number of answers. 0: no limit.
	Limit int64
}

// Applications lists the applications that a filter lets through, in no particular order.
func (c *Client) Applications(ctx context.Context, f Filter) ([]Report, error) {
	req := &pb.GetApplicationsRequestProto{
		ApplicationTypes: f.Types, ApplicationTags: f.Tags, Users: f.Users, Queues: f.Queues, Name: optional(f.Name),
	}
	for _, s := range f.States {
		req.ApplicationStates = append(req.ApplicationStates, int32(s))
	}
	if f.Limit > 0 {
		req.Limit = &f.Limit
	}
	if !f.StartedAfter.IsZero() {
		begin, end := f.StartedAfter.UnixMilli(), int64(1<<63-1)
		req.StartBegin, req.StartEnd = &begin, &end
	}
	var resp pb.GetApplicationsResponseProto
	if err := c.call.Call(ctx, "getApplications", req, &resp); err != nil {
		return nil, err
	}
	out := make([]Report, len(resp.Applications))
	for i, p := range resp.Applications {
		out[i] = fromReport(p)
	}
	return out, nil
}

func fromReport(p *pb.ApplicationReportProto) Report {
	return Report{
		ID:                  record.FromApplicationID(p.GetApplicationId()),
		Attempt:             record.FromAttemptID(p.GetCurrentApplicationAttemptId()),
		Name:                p.GetName(),
		Type:                p.GetApplicationType(),
		User:                p.GetUser(),
		Queue:               p.GetQueue(),
		Tags:                p.GetApplicationTags(),
		State:               State(p.GetYarnApplicationState()),
		Final:               record.FinalStatus(p.GetFinalApplicationStatus()),
		Diagnostics:         known(p.GetDiagnostics()),
		Host:                known(p.GetHost()),
		RPCPort:             p.GetRpcPort(),
		TrackingURL:         known(p.GetTrackingUrl()),
		OriginalTrackingURL: known(p.GetOriginalTrackingUrl()),
		Progress:            p.GetProgress(),
		Started:             record.FromMillis(p.GetStartTime()),
		Launched:            record.FromMillis(p.GetLaunchTime()),
		Finished:            record.FromMillis(p.GetFinishTime()),
		Usage:               fromUsage(p.GetAppResource_Usage()),
		Logs:                LogStatus(p.GetLogAggregationStatus()),
		ClientToken:         token.FromProto(p.GetClientToAmToken()),
		AMRMToken:           token.FromProto(p.GetAmRmToken()),
	}
}

func fromUsage(p *pb.ApplicationResourceUsageReportProto) Usage {
	return Usage{
		Containers: p.GetNumUsedContainers(), Used: record.FromResource(p.GetUsedResources()), Needed: record.FromResource(p.GetNeededResources()),
		MemoryMBSecs: p.GetMemorySeconds(), VCoreSecs: p.GetVcoreSeconds(),
		QueuePercent: p.GetQueueUsagePercentage(), ClusterPercent: p.GetClusterUsagePercentage(),
	}
}

// known turns YARN's "N/A" into an empty string.
func known(s string) string {
	if s == "N/A" {
		return ""
	}
	return s
}
