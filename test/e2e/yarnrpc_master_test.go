package e2e

import (
	"context"
	"errors"
	"testing"
	"time"

	"weft/test/cluster"
	"weft/yarnrpc"
	"weft/yarnrpc/amrm"
	"weft/yarnrpc/hadoopconf"
	"weft/yarnrpc/nm"
	"weft/yarnrpc/record"
	"weft/yarnrpc/rm"
	"weft/yarnrpc/sasl"
	"weft/yarnrpc/token"
	"weft/yarnrpc/yarnid"
)

// master is an ApplicationMaster outside of the cluster (unmanaged), so that a test can drive it step by step.
type master struct {
	id    rm.NewApplication
	line  *amrm.Client
	nodes *nm.Client
}

func newMaster(ctx context.Context, t *testing.T, c rpcCluster, qops ...sasl.QOP) master {
	t.Helper()
	app, err := c.rm.NewApplication(ctx)
	if err != nil {
		t.Fatal(err)
	}
	s := rm.Submission{ID: app.ID, Name: "unmanaged", Unmanaged: true, Resource: record.Resource{MemoryMB: 128, VCores: 1}}
	if _, err := c.rm.SubmitWait(ctx, s); err != nil {
		t.Fatal(err)
	}
	creds := &token.Credentials{}
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for len(creds.Tokens) == 0 {
		r, err := c.rm.Report(ctx, app.ID)
		if err != nil || r.State.Ended() {
			t.Fatalf("report %+v, %v", r, err)
		}
		if !r.AMRMToken.IsZero() {
			creds.Add("", r.AMRMToken)
		}
		<-tick.C
	}
	m := master{id: app, nodes: nm.New(yarnrpc.Options{}, qops...)}
	if m.line, err = amrm.New(yarnrpc.Options{Addresses: c.scheduler, CallTimeout: 20 * time.Second}, creds, qops...); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.line.Close(); m.nodes.Close() })
	m.register(ctx, t)
	return m
}

func (m master) register(ctx context.Context, t *testing.T) {
	t.Helper()
	if _, err := m.line.Register(ctx, amrm.Registration{Host: "localhost", RPCPort: -1}); err != nil {
		t.Fatal(err)
	}
}

// until sends heartbeats until an answer satisfies done. The first one is given.
func (m master) until(ctx context.Context, t *testing.T, what string, req amrm.Request, done func(*amrm.Response) bool) {
	t.Helper()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for ; ; req = (amrm.Request{}) {
		resp, err := m.line.Allocate(ctx, req)
		if err != nil {
			t.Fatalf("waiting for %s: %v", what, err)
		}
		for _, tok := range resp.NMTokens {
			m.nodes.SetToken(tok.Node, tok.Token)
		}
		if done(resp) {
			return
		}
		<-tick.C
	}
}

// container asks for one container and starts a command in it.
func (m master) container(ctx context.Context, t *testing.T, command string) record.Container {
	t.Helper()
	var got record.Container
	ask := amrm.Request{Asks: []amrm.Ask{{Priority: 1, Count: 1, Resource: record.Resource{MemoryMB: 128, VCores: 1}}}}
	m.until(ctx, t, "a container", ask, func(r *amrm.Response) bool {
		if len(r.Granted) > 0 {
			got = r.Granted[0]
		}
		return len(r.Granted) > 0
	})
	if err := m.nodes.Start(ctx, got, record.LaunchContext{Command: command}); err != nil {
		t.Fatal(err)
	}
	return got
}

// ended waits for the end of a container. The first heartbeat is given, since its answer may tell already.
func (m master) ended(ctx context.Context, t *testing.T, c record.Container, first amrm.Request) record.ContainerStatus {
	t.Helper()
	var got record.ContainerStatus
	m.until(ctx, t, "the end of "+c.ID.String(), first, func(r *amrm.Response) bool {
		for _, s := range r.Completed {
			if s.ID == c.ID {
				got = s
			}
		}
		return got.ID == c.ID
	})
	return got
}

func (m master) finish(ctx context.Context, t *testing.T) {
	t.Helper()
	if err := m.line.Finish(ctx, amrm.Finish{Status: record.FinalSucceeded}); err != nil {
		t.Fatal(err)
	}
}

// A ResourceManager that is killed and started again: containers go on, the master registers again, and new containers
// carry the next epoch.
func TestResourceManagerRestart(t *testing.T) {
	c, ctx := newRPCCluster(t), testContext(t, 3*time.Minute)
	m := newMaster(ctx, t, c)
	old := m.container(ctx, t, "exec sleep 600")
	if err := c.Kill(cluster.ResourceManager); err != nil {
		t.Fatal(err)
	}
	restarted := make(chan error, 1)
	go func() { restarted <- c.Start(ctx, cluster.ResourceManager) }()
	resp, err := m.line.Allocate(ctx, amrm.Request{}) // finds a server again by itself
	if !errors.Is(err, yarnrpc.ErrResync) {
		t.Errorf("first heartbeat after the restart: %+v, %v", resp, err)
	}
	if err := <-restarted; err != nil {
		t.Fatal(err)
	}
	m.register(ctx, t)
	if err := c.WaitReady(ctx); err != nil {
		t.Fatal(err)
	}
	if s, err := m.nodes.Status(ctx, old.Node, old.ID); err != nil || s.State != record.ContainerRunning {
		t.Errorf("old container: %+v, %v", s, err)
	}
	next := m.container(ctx, t, "exec true")
	if next.ID.Epoch() != old.ID.Epoch()+1 {
		t.Errorf("new container %v, old one %v", next.ID, old.ID)
	}
	if s := m.ended(ctx, t, next, amrm.Request{}); s.Exit != 0 {
		t.Errorf("new container ended %v: %s", s.Exit, s.Diagnostics)
	}
	if failed, err := m.nodes.Stop(ctx, old.Node, old.ID); err != nil || len(failed) != 0 {
		t.Errorf("stop: %v, %v", failed, err)
	}
	if s := m.ended(ctx, t, old, amrm.Request{}); s.Exit != record.ExitKilledByAM && s.Exit != record.ExitSIGTERM {
		t.Errorf("old container ended %v: %s", s.Exit, s.Diagnostics)
	}
	m.finish(ctx, t)
}

// Grants that are given back, and masters that YARN does not want any more.
func TestReleaseAndKilledMaster(t *testing.T) {
	c, ctx := newRPCCluster(t), testContext(t, time.Minute)
	m := newMaster(ctx, t, c)
	running := m.container(ctx, t, "exec sleep 600")
	release := amrm.Request{Release: []yarnid.Container{running.ID}}
	if s := m.ended(ctx, t, running, release); s.Exit != record.ExitAborted || !s.Exit.WentAway() {
		t.Errorf("released container ended %v", s.Exit)
	}
	if err := c.rm.Kill(ctx, m.id.ID, "enough"); err != nil {
		t.Fatal(err)
	}
	var err error
	for err == nil { // the scheduler port hears of the kill a moment later
		_, err = m.line.Allocate(ctx, amrm.Request{})
	}
	if !errors.Is(err, yarnrpc.ErrAttemptOver) {
		t.Errorf("heartbeat of a killed application: %v", err)
	}
}

// Integrity and privacy of Hadoop's own DIGEST-MD5, between master, ResourceManager and NodeManager, while the keys of
// the tokens roll.
func TestProtectionAndRollingKeys(t *testing.T) {
	ctx := testContext(t, 5*time.Minute)
	h, err := cluster.StartHadoop(ctx, cluster.HadoopOptions{
		AMExpiry: 5 * time.Second, NodeExpiry: 3 * time.Second,
		CoreSite: map[string]string{"hadoop.rpc.protection": "authentication,integrity,privacy"},
		YarnSite: map[string]string{
			"yarn.resourcemanager.am-rm-tokens.master-key-rolling-interval-secs":     "20",
			"yarn.resourcemanager.nm-tokens.master-key-rolling-interval-secs":        "20",
			"yarn.resourcemanager.container-tokens.master-key-rolling-interval-secs": "20",
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	conf, err := hadoopconf.Load(h.ConfDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	c := rpcCluster{Hadoop: h}
	if c.scheduler, err = conf.ResourceManagers(hadoopconf.Scheduler); err != nil {
		t.Fatal(err)
	}
	if c.rm, err = rm.New(yarnrpc.Options{Addresses: []string{h.RMAddr}, User: rpcUser}); err != nil {
		t.Fatal(err)
	}
	defer c.rm.Close()
	for _, qop := range []sasl.QOP{sasl.QOPConf, sasl.QOPInt} {
		m := newMaster(ctx, t, c, qop)
		if s := m.ended(ctx, t, m.container(ctx, t, "exec true"), amrm.Request{}); s.Exit != 0 {
			t.Errorf("%s: container ended %v", qop, s.Exit)
		}
		if qop == sasl.QOPConf {
			rolls(ctx, t, m)
		}
		m.finish(ctx, t)
	}
}

// rolls lives through two changes of the AMRM key, with the connection cut after each.
func rolls(ctx context.Context, t *testing.T, m master) {
	t.Helper()
	for n := range 2 {
		before := m.line.Token()
		m.until(ctx, t, "a new AMRM token", amrm.Request{}, func(r *amrm.Response) bool { return r.TokenRolled })
		id, err := m.line.Token().AMRM()
		old, err2 := before.AMRM()
		if err != nil || err2 != nil || id.KeyID == old.KeyID || id.Attempt != old.Attempt {
			t.Errorf("roll %d: token of key %+v after %+v, %v, %v", n, id, old, err, err2)
		}
		again := 0
		m.until(ctx, t, "answers without a token", amrm.Request{}, func(r *amrm.Response) bool {
			if r.TokenRolled {
				again++
			}
			return !r.TokenRolled
		})
		if again > 0 {
			t.Errorf("roll %d: %d more answers carried a token: the connection was not opened anew", n, again)
		}
	}
	if s := m.ended(ctx, t, m.container(ctx, t, "exec true"), amrm.Request{}); s.Exit != 0 {
		t.Errorf("container after the rolls ended %v", s.Exit)
	}
}
