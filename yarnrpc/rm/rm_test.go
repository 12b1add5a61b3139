package rm_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"weft/yarnrpc"
	"weft/yarnrpc/amrm"
	"weft/yarnrpc/hrpc"
	"weft/yarnrpc/internal/pb"
	"weft/yarnrpc/record"
	"weft/yarnrpc/rm"
	"weft/yarnrpc/token"
	"weft/yarnrpc/yarnid"
	"weft/yarnrpc/yarntest"
)

func newClient(t *testing.T, r *yarntest.RM) *rm.Client {
	t.Helper()
	c, err := rm.New(yarnrpc.Options{Addresses: r.ClientAddrs(), User: "alice", BackoffBase: time.Millisecond, BackoffMax: 5 * time.Millisecond, RetryFor: 10 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func submission(t *testing.T, c *rm.Client) rm.Submission {
	t.Helper()
	app, err := c.NewApplication(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return rm.Submission{ID: app.ID, Name: "n", Queue: yarntest.Queue, Type: "WEFT", Tags: []string{"run-1"},
		Resource: record.Resource{MemoryMB: 1024, VCores: 1}, Launch: record.LaunchContext{Command: "exec true"}}
}

func TestSubmitWatchKill(t *testing.T) {
	r := yarntest.NewRM(t)
	c := newClient(t, r)
	s := submission(t, c)
	rep, err := c.SubmitWait(t.Context(), s)
	if err != nil || rep.State != rm.StateAccepted || rep.User != "alice" || rep.Type != "WEFT" || rep.Diagnostics != "" {
		t.Fatalf("report %+v, %v", rep, err)
	}
	r.App(s.ID).NewAttempt()
	list, err := c.Applications(t.Context(), rm.Filter{Tags: []string{"run-1"}, States: rm.LiveStates(), Types: []string{"WEFT"}})
	if err != nil || len(list) != 1 || list[0].ID != s.ID {
		t.Errorf("list %+v, %v", list, err)
	}
	if list, err := c.Applications(t.Context(), rm.Filter{Tags: []string{"run-2"}}); err != nil || len(list) != 0 {
		t.Errorf("other tag: %+v, %v", list, err)
	}
	if err := c.Kill(t.Context(), s.ID, "stop"); err != nil {
		t.Fatal(err)
	}
	if n := len(r.Client.Calls("forceKillApplication")); n != 2 {
		t.Errorf("%d calls: the first answer said not yet", n)
	}
	if rep, err := c.Report(t.Context(), s.ID); err != nil || rep.State != rm.StateKilled || rep.Diagnostics != "stop" || !rep.State.Ended() {
		t.Errorf("report %+v, %v", rep, err)
	}
}

func TestTrap08_EveryCallFindsTheActiveResourceManager(t *testing.T) {
	r := yarntest.NewRM(t)
	r.AddStandby()
	c := newClient(t, r)
	s := submission(t, c)
	r.Failover(1)
	if err := c.Submit(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	r.Failover(0)
	if rep, err := c.Report(t.Context(), s.ID); err != nil || rep.State != rm.StateAccepted {
		t.Errorf("report %+v, %v", rep, err)
	}
}

func TestALostSubmissionIsRepeated(t *testing.T) {
	r := yarntest.NewRM(t)
	c := newClient(t, r)
	s := submission(t, c)
	r.Client.Inject("submitApplication", yarntest.Fault{Lose: true})
	if _, err := c.SubmitWait(t.Context(), s); err != nil || len(r.Client.Calls("submitApplication")) != 2 {
		t.Errorf("%v after %d calls", err, len(r.Client.Calls("submitApplication")))
	}
}

func TestASubmissionThatAFailoverForgotIsMadeAgain(t *testing.T) {
	r := yarntest.NewRM(t)
	c := newClient(t, r)
	s := submission(t, c)
	r.Client.Inject("getApplicationReport", yarntest.Fault{Throw: &yarntest.Exception{Class: "org.apache.hadoop.yarn.exceptions.ApplicationNotFoundException", Message: "doesn't exist in RM"}})
	if rep, err := c.SubmitWait(t.Context(), s); err != nil || rep.State != rm.StateAccepted || len(r.Client.Calls("submitApplication")) != 2 {
		t.Errorf("%+v, %v after %d calls", rep, err, len(r.Client.Calls("submitApplication")))
	}
}

func TestRefusals(t *testing.T) {
	r := yarntest.NewRM(t)
	c := newClient(t, r)
	large := submission(t, c)
	large.Resource.MemoryMB = 1 << 20
	if err := c.Submit(t.Context(), large); !errors.Is(err, yarnrpc.ErrBadRequest) {
		t.Errorf("too large: %v", err)
	}
	lost := submission(t, c)
	lost.Queue = "nowhere"
	if rep, err := c.SubmitWait(t.Context(), lost); err != nil || rep.State != rm.StateFailed || !strings.Contains(rep.Diagnostics, "unknown queue") {
		t.Errorf("unknown queue: %+v, %v", rep, err)
	}
	if _, err := c.Report(t.Context(), yarnid.Application{ClusterTimestamp: 1, Sequence: 1}); !errors.Is(err, yarnrpc.ErrUnknownApplication) {
		t.Errorf("unknown application: %v", err)
	}
}

func TestSubmissionCheckSaysAllAtOnce(t *testing.T) {
	s := rm.Submission{Type: strings.Repeat("T", 21), Tags: append(make([]string, 11), "ä")}
	err := s.Check()
	for _, want := range []string{"no application id", "resource", "longer than 20 bytes", "12 tags", `tag "ä"`, "no command"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error does not say %q: %v", want, err)
		}
	}
}

// capture is a yarnrpc.Caller that keeps the last request.
type capture struct{ req proto.Message }

// Call implements yarnrpc.Caller.
func (c *capture) Call(_ context.Context, _ string, req, _ proto.Message) error {
	c.req = req
	return nil
}

func TestSubmissionOnTheWire(t *testing.T) {
	priority, call := int32(5), &capture{}
	s := rm.Submission{
		ID: yarnid.Application{ClusterTimestamp: 1, Sequence: 2}, Name: "n", Queue: "etl", Type: "WEFT", Tags: []string{"a"}, Priority: &priority,
		Resource: record.Resource{MemoryMB: 1024, VCores: 2}, NodeLabel: "fast", MaxAttempts: 3, AttemptFailureWindow: time.Minute, KeepContainers: true,
		Lifetime: time.Hour, Logs: &rm.LogAggregation{Include: "std.*", RolledInclude: ".*"},
		Launch: record.LaunchContext{Command: "exec true", Credentials: &token.Credentials{}},
	}
	if err := rm.NewWith(call).Submit(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	p := call.req.(*pb.SubmitApplicationRequestProto).GetApplicationSubmissionContext()
	if p.GetApplicationId().GetId() != 2 || p.GetApplicationName() != "n" || p.GetQueue() != "etl" || p.GetApplicationType() != "WEFT" || p.GetPriority().GetPriority() != 5 {
		t.Errorf("identity: %v", p)
	}
	if p.GetResource().GetMemory() != 1024 || p.GetNodeLabelExpression() != "fast" || p.GetMaxAppAttempts() != 3 || !p.GetKeepContainersAcrossApplicationAttempts() {
		t.Errorf("attempts: %v", p)
	}
	if p.GetAttemptFailuresValidityInterval() != 60_000 || p.ApplicationTimeouts[0].GetTimeout() != 3600 || !p.GetCancelTokensWhenComplete() {
		t.Errorf("times: %v", p)
	}
	logs := p.GetLogAggregationContext()
	if logs.GetIncludePattern() != "std.*" || logs.ExcludePattern != nil || logs.GetRolledLogsExcludePattern() != ".*" || string(p.GetAmContainerSpec().GetTokens()[:4]) != "HDTS" {
		t.Errorf("logs: %v", logs)
	}
}

func TestTrap26_TokensOfAParentAreNotCancelled(t *testing.T) {
	call := &capture{}
	s := rm.Submission{ID: yarnid.Application{Sequence: 1}, Resource: record.Resource{MemoryMB: 1, VCores: 1}, KeepTokens: true, Launch: record.LaunchContext{Command: "exec true"}}
	if err := rm.NewWith(call).Submit(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	p := call.req.(*pb.SubmitApplicationRequestProto).GetApplicationSubmissionContext()
	if p.CancelTokensWhenComplete == nil || p.GetCancelTokensWhenComplete() {
		t.Error("cancel_tokens_when_complete must be sent as false: left out it means true")
	}
}

// A new attempt finds the tokens of the submission again, not those that the old one got later.
func TestTrap20_EachAttemptGetsTheSubmittedCredentials(t *testing.T) {
	r := yarntest.NewRM(t)
	c := newClient(t, r)
	s := submission(t, c)
	s.Launch.Credentials = &token.Credentials{Secrets: map[string][]byte{"key": []byte("k")}}
	if err := c.Submit(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	app := r.App(s.ID)
	for range 2 {
		app.NewAttempt()
		creds := app.Credentials()
		if key, ok := creds.Secret("key"); !ok || string(key) != "k" {
			t.Errorf("credentials %v", creds)
		}
		line, err := amrm.New(yarnrpc.Options{Addresses: r.SchedulerAddrs()}, creds)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := line.Register(t.Context(), amrm.Registration{}); err != nil {
			t.Error(err)
		}
		line.Close()
	}
	attempts, err := c.Attempts(t.Context(), s.ID)
	if err != nil || len(attempts) != 2 || attempts[0].State != rm.AttemptFailed || attempts[1].State != rm.AttemptRunning {
		t.Errorf("attempts %+v, %v", attempts, err)
	}
}

func TestClusterQuestions(t *testing.T) {
	r := yarntest.NewRM(t)
	r.AddNode(1024, 2)
	r.AddNode(2048, 4).Lose()
	c := newClient(t, r)
	if m, err := c.Metrics(t.Context()); err != nil || m.Nodes != 2 || m.Active != 1 || m.Lost != 1 {
		t.Errorf("metrics %+v, %v", m, err)
	}
	nodes, err := c.Nodes(t.Context(), record.NodeRunning)
	if err != nil || len(nodes) != 1 || nodes[0].Capability.MemoryMB != 1024 || nodes[0].Rack != "/default-rack" {
		t.Errorf("nodes %+v, %v", nodes, err)
	}
	if q, ok, err := c.Queue(t.Context(), yarntest.Queue); err != nil || !ok || q.State != rm.QueueRunning {
		t.Errorf("queue %+v, %v, %v", q, ok, err)
	}
	if _, ok, err := c.Queue(t.Context(), "nowhere"); err != nil || ok {
		t.Errorf("unknown queue: %v, %v", ok, err)
	}
	if list, err := c.Containers(t.Context(), r.StartApplication(false).Attempt()); err != nil || len(list) != 0 {
		t.Errorf("containers %+v, %v", list, err)
	}
}

func TestDelegationTokens(t *testing.T) {
	tok := token.Token{Identifier: []byte("i"), Password: []byte("p"), Kind: token.KindRMDelegation}
	s := yarntest.NewServer(t, rm.Protocol, yarntest.Policy{Simple: true}, map[string]yarntest.Handler{
		"getDelegationToken": func(string, hrpc.Request) (proto.Message, error) {
			return &pb.GetDelegationTokenResponseProto{Token: tok.Proto()}, nil
		},
		"renewDelegationToken": func(string, hrpc.Request) (proto.Message, error) {
			return &pb.RenewDelegationTokenResponseProto{NewExpiryTime: proto.Uint64(1700000000000)}, nil
		},
		"cancelDelegationToken": func(string, hrpc.Request) (proto.Message, error) {
			return &pb.CancelDelegationTokenResponseProto{}, nil
		},
	})
	c, err := rm.New(yarnrpc.Options{Addresses: []string{s.Addr()}, User: "alice"})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	got, err := c.DelegationToken(t.Context(), "rm")
	if err != nil || !got.Equal(tok) {
		t.Errorf("got %v, %v", got, err)
	}
	if until, err := c.RenewDelegationToken(t.Context(), got); err != nil || until.UnixMilli() != 1700000000000 {
		t.Errorf("valid until %v, %v", until, err)
	}
	if err := c.CancelDelegationToken(t.Context(), got); err != nil {
		t.Error(err)
	}
}

func TestWaitsEndWithTheirContext(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	never := rm.NewWith(&capture{}) // answers nothing: no state, kill not completed
	id := yarnid.Application{ClusterTimestamp: 1, Sequence: 1}
	if err := never.Kill(ctx, id, ""); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), id.String()) {
		t.Errorf("kill: %v", err)
	}
	if _, err := never.WaitAccepted(ctx, id); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), id.String()) {
		t.Errorf("wait: %v", err)
	}
}
