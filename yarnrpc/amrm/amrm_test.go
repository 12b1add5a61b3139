package amrm_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"weft/yarnrpc"
	"weft/yarnrpc/amrm"
	"weft/yarnrpc/hrpc"
	"weft/yarnrpc/internal/pb"
	"weft/yarnrpc/nm"
	"weft/yarnrpc/record"
	"weft/yarnrpc/rm"
	"weft/yarnrpc/sasl"
	"weft/yarnrpc/token"
	"weft/yarnrpc/yarnid"
	"weft/yarnrpc/yarntest"
)

var size = record.Resource{MemoryMB: 200, VCores: 1}

// quick makes failures show at once.
func quick(addrs []string) yarnrpc.Options {
	return yarnrpc.Options{Addresses: addrs, BackoffBase: time.Millisecond, BackoffMax: 5 * time.Millisecond, RetryFor: 10 * time.Second}
}

func newClient(t *testing.T, r *yarntest.RM, app *yarntest.App) *amrm.Client {
	t.Helper()
	c, err := amrm.New(quick(r.SchedulerAddrs()), app.Credentials())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// registered is a fresh ResourceManager with two nodes and an ApplicationMaster that has registered.
func registered(t *testing.T) (*yarntest.RM, *yarntest.App, *amrm.Client) {
	t.Helper()
	r := yarntest.NewRM(t)
	r.AddNode(2048, 8)
	r.AddNode(2048, 8)
	app := r.StartApplication(false)
	c := newClient(t, r, app)
	mustRegister(t, c)
	return r, app, c
}

func mustRegister(t *testing.T, c *amrm.Client) *amrm.Registered {
	t.Helper()
	reg, err := c.Register(t.Context(), amrm.Registration{Host: "h", RPCPort: -1, TrackingURL: "http://h:1"})
	if err != nil {
		t.Fatal(err)
	}
	return reg
}

func mustAllocate(t *testing.T, c *amrm.Client, r amrm.Request) *amrm.Response {
	t.Helper()
	resp, err := c.Allocate(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	return resp
}

func want(count int32) amrm.Request {
	return amrm.Request{Asks: []amrm.Ask{{Priority: 1, Resource: size, Count: count}}}
}

func TestLifeOfAnApplicationMaster(t *testing.T) {
	r, app, c := registered(t)
	if id, err := c.Attempt(); err != nil || id != app.Attempt() {
		t.Errorf("attempt %v, %v", id, err)
	}
	resp := mustAllocate(t, c, want(3))
	if len(resp.Granted) != 3 || resp.ClusterNodes != 2 {
		t.Fatalf("got %+v", resp)
	}
	resp = mustAllocate(t, c, amrm.Request{Release: []yarnid.Container{resp.Granted[0].ID}, Progress: 0.5})
	if len(resp.Completed) != 1 || resp.Completed[0].Exit != record.ExitAborted {
		t.Errorf("released: %+v", resp.Completed)
	}
	if err := c.Finish(t.Context(), amrm.Finish{Status: record.FinalSucceeded, Diagnostics: "done"}); err != nil {
		t.Fatal(err)
	}
	if state, final, diag := app.State(); state != rm.StateFinished || final != record.FinalSucceeded || diag != "done" {
		t.Errorf("ended %v, %v, %q", state, final, diag)
	}
	r.Await("no container left", func() bool { return len(app.Containers()) == 0 })
}

func TestTrap03_SchedulerPortTakesTokensOnly(t *testing.T) {
	r := yarntest.NewRM(t)
	o := quick(r.SchedulerAddrs())
	o.Protocol, o.User = amrm.Protocol, "alice"
	plain, err := yarnrpc.NewClient(o)
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	if _, err := amrm.NewWith(plain).Register(t.Context(), amrm.Registration{}); !errors.Is(err, yarnrpc.ErrDenied) {
		t.Errorf("without a token: %v", err)
	}
	if _, err := amrm.New(o, &token.Credentials{}); err == nil || !strings.Contains(err.Error(), "no AMRM token") {
		t.Errorf("no token: %v", err)
	}
	mustRegister(t, newClient(t, r, r.StartApplication(false)))
}

func TestProtectionOfTheSchedulerPort(t *testing.T) {
	r := yarntest.NewRM(t, sasl.QOPConf)
	c, err := amrm.New(quick(r.SchedulerAddrs()), r.StartApplication(false).Credentials(), sasl.QOPConf)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	mustRegister(t, c)
	mustAllocate(t, c, amrm.Request{})
}

func TestTrap09_ALostHeartbeatIsRepeatedWithTheSameResponseID(t *testing.T) {
	r, _, c := registered(t)
	mustAllocate(t, c, amrm.Request{})
	r.Scheduler.Inject("allocate", yarntest.Fault{Lose: true})
	resp := mustAllocate(t, c, want(2)) // acted upon twice it would grant four or answer "out of step"
	if len(resp.Granted) != 2 {
		t.Errorf("%d grants, want 2", len(resp.Granted))
	}
	ids := responseIDs(t, r.Scheduler.Calls("allocate"))
	if !slices.Equal(ids, []int32{0, 1, 1}) {
		t.Errorf("response ids %v", ids)
	}
	if got := mustAllocate(t, c, amrm.Request{}); len(got.Granted) != 0 {
		t.Errorf("granted again: %v", got.Granted)
	}
}

func responseIDs(t *testing.T, calls []yarntest.Call) []int32 {
	t.Helper()
	var ids []int32
	for _, k := range calls {
		var m pb.AllocateRequestProto
		if err := (hrpc.Request{Body: k.Request}).Decode(&m); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, m.GetResponseId())
	}
	return ids
}

func TestTrap09_AnotherMasterOutOfStepIsTold(t *testing.T) {
	r, app, first := registered(t)
	mustAllocate(t, first, amrm.Request{})
	mustAllocate(t, first, amrm.Request{})
	second := newClient(t, r, app) // believes that its first heartbeat is due
	if _, err := second.Allocate(t.Context(), amrm.Request{}); !errors.Is(err, yarnrpc.ErrOutOfStep) {
		t.Errorf("heartbeat: %v", err)
	}
	if _, err := second.Register(t.Context(), amrm.Registration{}); !errors.Is(err, yarnrpc.ErrOutOfStep) {
		t.Errorf("register: %v", err)
	}
}

func TestRegisterIsNotRepeatedAfterALostAnswer(t *testing.T) {
	r := yarntest.NewRM(t)
	c := newClient(t, r, r.StartApplication(false))
	r.Scheduler.Inject("registerApplicationMaster", yarntest.Fault{Lose: true})
	_, err := c.Register(t.Context(), amrm.Registration{})
	if yarnrpc.ClassOf(err) != yarnrpc.ClassLost || len(r.Scheduler.Calls("registerApplicationMaster")) != 1 {
		t.Errorf("got %v after %d calls", err, len(r.Scheduler.Calls("registerApplicationMaster")))
	}
}

func TestTrap10_HostsComeWithTheirRackAndAnywhere(t *testing.T) {
	r, app, c := registered(t)
	host := r.Nodes()[1].ID().Host
	asks := func(count int32) amrm.Request {
		return amrm.Request{Asks: []amrm.Ask{{Priority: 2, Name: host, Resource: size, Count: count},
			{Priority: 2, Name: "/default-rack", Resource: size, Count: count, Strict: true},
			{Priority: 2, Name: amrm.Anywhere, Resource: size, Count: count, Strict: true}}}
	}
	for _, g := range mustAllocate(t, c, asks(2)).Granted {
		if g.Node.Host != host {
			t.Errorf("granted on %v, want only %s", g.Node, host)
		}
	}
	mustAllocate(t, c, asks(0))
	if app.Wanted() != 0 {
		t.Errorf("%d wanted after cancelling", app.Wanted())
	}
}

func TestTrap11_NMTokensComeOncePerNode(t *testing.T) {
	_, _, c := registered(t)
	first := mustAllocate(t, c, want(2))
	seen := map[yarnid.Node]bool{}
	for _, tok := range first.NMTokens {
		id, err := tok.Token.NM()
		if err != nil || id.Node != tok.Node || seen[tok.Node] {
			t.Errorf("token %+v for %v, %v", id, tok.Node, err)
		}
		seen[tok.Node] = true
	}
	for _, g := range first.Granted {
		if !seen[g.Node] {
			t.Errorf("no token for %v", g.Node)
		}
	}
	if again := mustAllocate(t, c, want(1)); len(again.Granted) != 1 || seen[again.Granted[0].Node] != (len(again.NMTokens) == 0) {
		t.Errorf("second grant: %+v", again)
	}
}

func TestTrap19_ContainersOfEarlierAttemptsComeWithTheirTokens(t *testing.T) {
	r := yarntest.NewRM(t)
	node := r.AddNode(2048, 8)
	app := r.StartApplication(true)
	c := newClient(t, r, app)
	mustRegister(t, c)
	resp := mustAllocate(t, c, want(2))
	nodes := nm.New(quick(nil))
	defer nodes.Close()
	nodes.SetToken(resp.NMTokens[0].Node, resp.NMTokens[0].Token)
	if err := nodes.Start(t.Context(), resp.Granted[0], record.LaunchContext{Command: "exec sleep 9"}); err != nil {
		t.Fatal(err)
	}
	app.NewAttempt()
	if _, err := c.Allocate(t.Context(), amrm.Request{}); !errors.Is(err, yarnrpc.ErrAttemptOver) {
		t.Errorf("the old attempt: %v", err)
	}
	reg := mustRegister(t, newClient(t, r, app))
	if len(reg.Previous) != 1 || reg.Previous[0].ID != resp.Granted[0].ID { // the one that was not started is gone
		t.Errorf("previous %+v", reg.Previous)
	}
	if len(reg.NMTokens) != 1 || reg.NMTokens[0].Node != node.ID() {
		t.Errorf("tokens %+v", reg.NMTokens)
	}
}

func TestTrap18_FinishWaitsForItsAcknowledgement(t *testing.T) {
	r, app, c := registered(t)
	if err := c.Finish(t.Context(), amrm.Finish{Status: record.FinalFailed}); err != nil {
		t.Fatal(err)
	}
	if n := len(r.Scheduler.Calls("finishApplicationMaster")); n != 2 {
		t.Errorf("%d calls: the first answer was no acknowledgement", n)
	}
	if state, final, _ := app.State(); state != rm.StateFinished || final != record.FinalFailed {
		t.Errorf("ended %v, %v", state, final)
	}
}

func TestTrap18_FinishSurvivesALostAcknowledgement(t *testing.T) {
	r, _, c := registered(t)
	r.Scheduler.Inject("finishApplicationMaster", yarntest.Fault{}, yarntest.Fault{Lose: true})
	if err := c.Finish(t.Context(), amrm.Finish{Status: record.FinalSucceeded}); err != nil {
		t.Error(err)
	}
}

func TestFinishThatIsNeverAcknowledgedSaysSo(t *testing.T) {
	never := caller(func(context.Context, string, proto.Message, proto.Message) error { return nil })
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	err := amrm.NewWith(never).Finish(ctx, amrm.Finish{})
	if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "not acknowledged") {
		t.Errorf("got %v", err)
	}
}

func TestTrap21_RolledTokenIsUsedForTheNextConnection(t *testing.T) {
	r, _, c := registered(t)
	old := c.Token()
	r.RollKey()
	resp := mustAllocate(t, c, amrm.Request{})
	if !resp.TokenRolled || c.Token().Equal(old) {
		t.Fatalf("rolled %v, token %v", resp.TokenRolled, c.Token())
	}
	if got := c.Token().Service; got != strings.Join(r.SchedulerAddrs(), ",") {
		t.Errorf("service %q, want all resource managers", got)
	}
	if resp = mustAllocate(t, c, amrm.Request{}); resp.TokenRolled {
		t.Error("a token came again: the connection was not authenticated anew")
	}
	if n := r.Scheduler.Opened(); n != 2 {
		t.Errorf("%d connections, want 2", n)
	}
	r.ActivateKey()
	r.Scheduler.DropConnections() // with the old token the next connection would be refused
	mustAllocate(t, c, amrm.Request{})
	if attempt, err := c.Attempt(); err != nil || attempt.Number != 1 {
		t.Errorf("attempt %v, %v", attempt, err)
	}
}

func TestTrap23_WhatWasGrantedCounts(t *testing.T) {
	_, _, c := registered(t)
	g := mustAllocate(t, c, want(1)).Granted[0]
	if g.Resource.MemoryMB != 256 { // 200 rounded up
		t.Errorf("granted %v", g.Resource)
	}
	if id, err := g.Token.Container(); err != nil || id.MemoryMB != 256 || id.ID != g.ID {
		t.Errorf("token %+v, %v", id, err)
	}
}

func TestTrap24_EverythingInTheAnswer(t *testing.T) {
	r, app, c := registered(t)
	resp := mustAllocate(t, c, want(4))
	app.Preempt([]yarnid.Container{resp.Granted[0].ID}, []yarnid.Container{resp.Granted[1].ID})
	p := mustAllocate(t, c, amrm.Request{}).Preempt
	if p == nil || !slices.Equal(p.Strict, []yarnid.Container{resp.Granted[0].ID}) || !slices.Equal(p.Negotiable, []yarnid.Container{resp.Granted[1].ID}) {
		t.Errorf("preemption %+v", p)
	}
	lost := r.Nodes()[0]
	lost.Lose()
	news := mustAllocate(t, c, amrm.Request{BlacklistAdd: []string{lost.ID().Host}})
	if len(news.UpdatedNodes) != 1 || news.UpdatedNodes[0].ID != lost.ID() || news.UpdatedNodes[0].State != record.NodeLost {
		t.Errorf("nodes %+v", news.UpdatedNodes)
	}
	if len(news.Completed) == 0 || news.Completed[0].Exit != record.ExitAborted || !news.Completed[0].Exit.WentAway() {
		t.Errorf("completed %+v", news.Completed)
	}
	if got := app.Blacklist(); !slices.Equal(got, []string{lost.ID().Host}) {
		t.Errorf("blacklist %v", got)
	}
	if again := mustAllocate(t, c, amrm.Request{BlacklistRemove: []string{lost.ID().Host}}); again.Preempt != nil || len(again.UpdatedNodes) != 0 || len(app.Blacklist()) != 0 {
		t.Errorf("said twice: %+v", again)
	}
}

func TestTrap24_CommandsAndExceptions(t *testing.T) {
	for command, want := range map[int32]error{1: yarnrpc.ErrResync, 2: yarnrpc.ErrAttemptOver} {
		c := amrm.NewWith(caller(func(_ context.Context, _ string, _, resp proto.Message) error {
			resp.(*pb.AllocateResponseProto).AMCommand = &command
			return nil
		}))
		if _, err := c.Allocate(t.Context(), amrm.Request{}); !errors.Is(err, want) {
			t.Errorf("command %d: %v", command, err)
		}
	}
	_, app, c := registered(t)
	_, err := c.Allocate(t.Context(), amrm.Request{Asks: []amrm.Ask{{Resource: record.Resource{MemoryMB: 1 << 20, VCores: 1}, Count: 1}}})
	if !errors.Is(err, yarnrpc.ErrBadRequest) || yarnrpc.ClassOf(err) != yarnrpc.ClassFatal {
		t.Errorf("too large: %v", err)
	}
	mustAllocate(t, c, amrm.Request{}) // a refused heartbeat has not moved the response id
	app.Kill()
	if _, err := c.Allocate(t.Context(), amrm.Request{}); !errors.Is(err, yarnrpc.ErrAttemptOver) {
		t.Errorf("killed: %v", err)
	}
}

func TestTrap08_FailoverToTheOtherResourceManager(t *testing.T) {
	r := yarntest.NewRM(t)
	r.AddNode(2048, 8)
	r.AddStandby()
	app := r.StartApplication(false)
	c := newClient(t, r, app)
	mustRegister(t, c)
	r.Failover(1)
	if _, err := c.Allocate(t.Context(), amrm.Request{}); !errors.Is(err, yarnrpc.ErrResync) {
		t.Fatalf("first heartbeat at the other one: %v", err)
	}
	mustRegister(t, c)
	g := mustAllocate(t, c, want(1)).Granted
	if len(g) != 1 || g[0].ID.Epoch() != 1 {
		t.Errorf("granted %+v, want one with epoch 1", g)
	}
}

func TestProgressStaysInBounds(t *testing.T) {
	var got []float32
	c := amrm.NewWith(caller(func(_ context.Context, _ string, req, _ proto.Message) error {
		got = append(got, req.(*pb.AllocateRequestProto).GetProgress())
		return nil
	}))
	for _, p := range []float32{-1, 0.5, 7} {
		mustAllocate(t, c, amrm.Request{Progress: p})
	}
	if !slices.Equal(got, []float32{0, 0.5, 1}) {
		t.Errorf("sent %v", got)
	}
}

// caller is a yarnrpc.Caller without a network.
type caller func(ctx context.Context, method string, req, resp proto.Message) error

// Call implements yarnrpc.Caller.
func (c caller) Call(ctx context.Context, method string, req, resp proto.Message) error {
	return c(ctx, method, req, resp)
}
