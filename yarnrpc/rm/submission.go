package rm

import (
	"context"
	"errors"
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"

	"weft/yarnrpc"
	"weft/yarnrpc/internal/pb"
	"weft/yarnrpc/record"
	"weft/yarnrpc/yarnid"
)

// Limits of the ResourceManager on what describes an application.
const (
	MaxTags      = 10  // more are refused
	MaxTagBytes  = 100 // of printable ASCII
	MaxTypeBytes = 20  // a longer type is cut
)

// Submission describes an application (ApplicationSubmissionContext). ID, Resource and Launch are required.
type Submission struct {
	ID   yarnid.Application
	Name string // shown to people
	// Queue to run in; empty means "default".
	Queue string
	// Type is what "yarn application -list" shows and filters by, e.g. WEFT; at most MaxTypeBytes.
	Type string
	// Tags to find the application by; lower case in most releases' answers. At most MaxTags.
	Tags []string
	// Priority within the queue: higher is more important. Nil leaves it to the queue.
	Priority *int32
	// Resource of the ApplicationMaster's container. A static Go program needs at least 1 GiB where virtual memory is
	// checked.
	Resource record.Resource
	// Launch is what runs in it. The credentials in it are renewed by the ResourceManager while the application lives.
	Launch record.LaunchContext
	// NodeLabel is where containers run unless they ask otherwise; empty: the queue's default.
	NodeLabel string
	// MaxAttempts of the ApplicationMaster; 0 means the cluster's default (2), and more than its limit is cut to it.
	MaxAttempts int32
	// AttemptFailureWindow: failures of an attempt longer ago than this do not count. 0: all count.
	AttemptFailureWindow time.Duration
	// KeepContainers lets running containers survive a failed attempt, if another one follows.
	KeepContainers bool
	// KeepTokens leaves the delegation tokens valid when the application ends: for tokens that came from a parent, such
	// as Oozie's launcher.
	KeepTokens bool
	// Lifetime after which YARN kills the application. 0: no limit.
	Lifetime time.Duration
	// Unmanaged: the ApplicationMaster runs outside the cluster; Launch is then not used.
	Unmanaged bool
	// Logs says which log files are aggregated; nil: all.
	Logs *LogAggregation
}

// LogAggregation picks log files by regular expressions that are searched for in the file name
// (LogAggregationContext). Empty patterns pick what YARN picks by default.
type LogAggregation struct {
	Include, Exclude             string // files of containers that have ended
	RolledInclude, RolledExclude string // files of running containers, uploaded from time to time
}

// Submit hands an application over. It returns before the application is stored or accepted: see WaitAccepted.
func (c *Client) Submit(ctx context.Context, s Submission) error {
	p, err := s.proto()
	if err != nil {
		return fmt.Errorf("submit %v: %w", s.ID, err)
	}
	req := &pb.SubmitApplicationRequestProto{ApplicationSubmissionContext: p}
	return c.call.Call(ctx, "submitApplication", req, &pb.SubmitApplicationResponseProto{})
}

// acceptPoll is the pause between looks at a new application.
const acceptPoll = 200 * time.Millisecond

// SubmitWait submits and waits until the application was accepted or refused. If the ResourceManager failed over before
// it stored the application, it is submitted again.
func (c *Client) SubmitWait(ctx context.Context, s Submission) (*Report, error) {
	for {
		if err := c.Submit(ctx, s); err != nil {
			return nil, err
		}
		r, err := c.WaitAccepted(ctx, s.ID)
		if !errors.Is(err, yarnrpc.ErrUnknownApplication) {
			return r, err
		}
		if err := pause(ctx, acceptPoll); err != nil {
			return nil, fmt.Errorf("submit %v: %w", s.ID, err)
		}
	}
}

// WaitAccepted waits until the scheduler took or refused the application: its state is then none of StateNew,
// StateNewSaving, StateSubmitted. A refusal is no error: look at the state and the diagnostics.
func (c *Client) WaitAccepted(ctx context.Context, id yarnid.Application) (*Report, error) {
	for {
		r, err := c.Report(ctx, id)
		if err != nil {
			return nil, err
		}
		if r.State >= StateAccepted {
			return r, nil
		}
		if err := pause(ctx, acceptPoll); err != nil {
			return nil, fmt.Errorf("wait until %v is accepted (%v): %w", id, r.State, err)
		}
	}
}

// Check finds what a ResourceManager would refuse or garble, all at once.
func (s Submission) Check() error {
	var problems []error
	if s.ID.IsZero() {
		problems = append(problems, errors.New("no application id"))
	}
	if s.Resource.MemoryMB <= 0 || s.Resource.VCores <= 0 {
		problems = append(problems, fmt.Errorf("resource of the application master: %v", s.Resource))
	}
	if len(s.Type) > MaxTypeBytes {
		problems = append(problems, fmt.Errorf("type %q is longer than %d bytes", s.Type, MaxTypeBytes))
	}
	if len(s.Tags) > MaxTags {
		problems = append(problems, fmt.Errorf("%d tags, at most %d are allowed", len(s.Tags), MaxTags))
	}
	for _, tag := range s.Tags {
		if !validTag(tag) {
			problems = append(problems, fmt.Errorf("tag %q: want 1 to %d bytes of printable ASCII", tag, MaxTagBytes))
		}
	}
	if !s.Unmanaged {
		if err := s.Launch.Check(); err != nil {
			problems = append(problems, err)
		}
	}
	return errors.Join(problems...)
}

func validTag(tag string) bool {
	for _, r := range tag {
		if r < ' ' || r > '~' {
			return false
		}
	}
	return tag != "" && len(tag) <= MaxTagBytes
}

func (s Submission) proto() (*pb.ApplicationSubmissionContextProto, error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	p := &pb.ApplicationSubmissionContextProto{
		ApplicationId:                           record.ApplicationID(s.ID),
		Resource:                                s.Resource.Proto(),
		ApplicationTags:                         s.Tags,
		MaxAppAttempts:                          &s.MaxAttempts,
		KeepContainersAcrossApplicationAttempts: &s.KeepContainers,
		CancelTokensWhenComplete:                proto.Bool(!s.KeepTokens),
		UnmanagedAm:                             &s.Unmanaged,
		ApplicationName:                         optional(s.Name),
		Queue:                                   optional(s.Queue),
		ApplicationType:                         optional(s.Type),
		NodeLabelExpression:                     optional(s.NodeLabel),
		LogAggregationContext:                   s.Logs.proto(),
		AmContainerSpec:                         &pb.ContainerLaunchContextProto{},
	}
	if s.Priority != nil {
		p.Priority = record.Priority(*s.Priority)
	}
	if s.AttemptFailureWindow > 0 {
		p.AttemptFailuresValidityInterval = proto.Int64(s.AttemptFailureWindow.Milliseconds())
	}
	if s.Lifetime > 0 {
		p.ApplicationTimeouts = []*pb.ApplicationTimeoutMapProto{{
			ApplicationTimeoutType: proto.Int32(timeoutLifetime), Timeout: proto.Int64(int64(s.Lifetime / time.Second)),
		}}
	}
	if s.Unmanaged {
		return p, nil
	}
	var err error
	p.AmContainerSpec, err = s.Launch.Proto()
	return p, err
}

// timeoutLifetime is the only ApplicationTimeoutType.
const timeoutLifetime = 1

func (l *LogAggregation) proto() *pb.LogAggregationContextProto {
	if l == nil {
		return nil
	}
	return &pb.LogAggregationContextProto{
		IncludePattern: optional(l.Include), ExcludePattern: optional(l.Exclude),
		RolledLogsIncludePattern: optional(l.RolledInclude), RolledLogsExcludePattern: optional(l.RolledExclude),
	}
}

// optional leaves an empty string out, so that the server's default holds.
func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
