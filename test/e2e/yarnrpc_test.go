package e2e

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"testing"
	"time"

	"weft/test/cluster"
	"weft/yarnrpc"
	"weft/yarnrpc/amrm"
	"weft/yarnrpc/hadoopconf"
	"weft/yarnrpc/nm"
	"weft/yarnrpc/nn"
	"weft/yarnrpc/record"
	"weft/yarnrpc/rm"
	"weft/yarnrpc/token"
	"weft/yarnrpc/yarnid"
)

const rpcUser = "alice"

// rpcCluster is what the clients of yarnrpc need of a cluster.
type rpcCluster struct {
	*cluster.Hadoop
	scheduler []string
	rm        *rm.Client
	nn        *nn.Client
}

func newRPCCluster(t *testing.T) rpcCluster {
	t.Helper()
	h := shared.Hadoop(t)
	conf, err := hadoopconf.Load(h.ConfDir(), os.LookupEnv)
	if err != nil {
		t.Fatal(err)
	}
	c := rpcCluster{Hadoop: h}
	var addrs []string
	if addrs, err = conf.ResourceManagers(hadoopconf.Client); err != nil {
		t.Fatal(err)
	}
	if c.scheduler, err = conf.ResourceManagers(hadoopconf.Scheduler); err != nil {
		t.Fatal(err)
	}
	if c.rm, err = rm.New(yarnrpc.Options{Addresses: addrs, User: rpcUser}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.rm.Close() })
	if c.nn, err = nn.New(yarnrpc.Options{Addresses: []string{h.NNAddr}, User: h.Superuser()}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.nn.Close() })
	return c
}

// An application whose ApplicationMaster is this test binary, fetched from HDFS by the NodeManager.
func TestApplicationLife(t *testing.T) {
	c, ctx := newRPCCluster(t), testContext(t, 3*time.Minute)
	app := submitMaster(ctx, t, c, map[string]string{roleEnv: "rpc-master", "RM_SCHEDULER": c.scheduler[0]})
	r := waitEnd(ctx, t, c, app)
	if r.State != rm.StateFinished || r.Final != record.FinalSucceeded {
		t.Fatalf("ended %v, %v: %s", r.State, r.Final, r.Diagnostics)
	}
	if want := "2 containers ended well"; r.Diagnostics != want {
		t.Errorf("diagnostics %q, want %q", r.Diagnostics, want)
	}
	if r.Type != "RPCTEST" || r.User != rpcUser || len(r.Tags) != 1 || r.Tags[0] != "rpc-life" {
		t.Errorf("report %+v", r)
	}
	list, err := c.rm.Applications(ctx, rm.Filter{Tags: []string{"rpc-life"}, Types: []string{"RPCTEST"}})
	if err != nil || len(list) != 1 || list[0].ID != app {
		t.Errorf("applications by tag: %v, %v", list, err)
	}
	// The application is FINISHED when its master has unregistered; the attempt follows when the process is gone.
	err = cluster.Await(ctx, time.Minute, "end of the app attempt", func(ctx context.Context) error {
		attempts, err := c.rm.Attempts(ctx, app)
		if err == nil && (len(attempts) != 1 || attempts[0].State != rm.AttemptFinished || attempts[0].Master.Number() != 1) {
			err = fmt.Errorf("attempts: %+v", attempts)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// A kill is waited for, and killing again is no error. YARN gives a container 250 ms between SIGTERM and SIGKILL.
func TestTrap17_KillRunningApplication(t *testing.T) {
	c, ctx := newRPCCluster(t), testContext(t, 2*time.Minute)
	id := newApplication(ctx, t, c)
	s := rm.Submission{ID: id, Name: "sleeper", Resource: record.Resource{MemoryMB: 256, VCores: 1}, Launch: record.LaunchContext{Command: "exec sleep 600"}}
	if r, err := c.rm.SubmitWait(ctx, s); err != nil || r.State != rm.StateAccepted {
		t.Fatalf("submit: %+v, %v", r, err)
	}
	for range 2 {
		if err := c.rm.Kill(ctx, id, "no longer wanted"); err != nil {
			t.Fatal(err)
		}
	}
	r, err := c.rm.Report(ctx, id)
	if err != nil || r.State != rm.StateKilled || !strings.Contains(r.Diagnostics, "no longer wanted") {
		t.Errorf("after the kill: %+v, %v", r, err)
	}
}

func TestClusterQuestions(t *testing.T) {
	c, ctx := newRPCCluster(t), testContext(t, time.Minute)
	m, err := c.rm.Metrics(ctx)
	if err != nil || m.Active != 2 {
		t.Errorf("metrics %+v, %v", m, err)
	}
	nodes, err := c.rm.Nodes(ctx, record.NodeRunning)
	if err != nil || len(nodes) != 2 || nodes[0].Capability.MemoryMB == 0 || nodes[0].Rack == "" {
		t.Errorf("nodes %+v, %v", nodes, err)
	}
	q, ok, err := c.rm.Queue(ctx, cluster.DefaultQueue)
	if err != nil || !ok || q.Name != cluster.DefaultQueue || q.State != rm.QueueRunning {
		t.Errorf("queue %+v, %v, %v", q, ok, err)
	}
	if _, ok, err := c.rm.Queue(ctx, "nowhere"); err != nil || ok {
		t.Errorf("queue that does not exist: %v, %v", ok, err)
	}
	_, err = c.rm.Report(ctx, yarnid.Application{ClusterTimestamp: 1, Sequence: 1})
	if !errors.Is(err, yarnrpc.ErrUnknownApplication) {
		t.Errorf("report of an unknown application: %v", err)
	}
}

// What a ResourceManager refuses must come with a class that stops retries, and a reason.
func TestRefusedSubmissions(t *testing.T) {
	c, ctx := newRPCCluster(t), testContext(t, time.Minute)
	good := rm.Submission{Resource: record.Resource{MemoryMB: 256, VCores: 1}, Launch: record.LaunchContext{Command: "exec true"}}
	large := good
	large.ID, large.Resource.MemoryMB = newApplication(ctx, t, c), 1<<20
	if err := c.rm.Submit(ctx, large); !errors.Is(err, yarnrpc.ErrBadRequest) || yarnrpc.ClassOf(err) != yarnrpc.ClassFatal {
		t.Errorf("container larger than the cluster allows: %v", err)
	}
	lost := good
	lost.ID, lost.Queue = newApplication(ctx, t, c), "nowhere"
	r, err := c.rm.SubmitWait(ctx, lost)
	if err == nil && r.State != rm.StateFailed {
		t.Errorf("queue that does not exist: %+v", r)
	}
	if err != nil && !strings.Contains(err.Error(), "nowhere") {
		t.Errorf("queue that does not exist: %v", err)
	}
}

func TestNameNodeCalls(t *testing.T) {
	c, ctx := newRPCCluster(t), testContext(t, time.Minute)
	const dir = "/tmp/rpc-names"
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(c.nn.Mkdir(ctx, dir, 0o750, false))
	defer func() { must(c.nn.Delete(ctx, dir, true)) }()
	if err := c.nn.Mkdir(ctx, dir+"/a/b", 0o750, false); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("mkdir without a parent: %v", err)
	}
	o := nn.CreateOptions{Perm: 0o640, Holder: "one", Replication: 1, BlockSizeBytes: 1 << 20}
	must(c.nn.CreateEmpty(ctx, dir+"/claim", o))
	if err := c.nn.CreateEmpty(ctx, dir+"/claim", o); !errors.Is(err, fs.ErrExist) {
		t.Errorf("second claim: %v", err)
	}
	if err := c.nn.CreateEmpty(ctx, dir+"/gone/claim", o); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("claim in a folder that is not there: %v", err)
	}
	must(c.nn.CreateEmpty(ctx, dir+"/other", o))
	if err := c.nn.Rename(ctx, dir+"/other", dir+"/claim", false); !errors.Is(err, fs.ErrExist) {
		t.Errorf("rename onto an existing file: %v", err)
	}
	must(c.nn.Rename(ctx, dir+"/other", dir+"/moved", false))
	must(c.nn.SetPermission(ctx, dir+"/moved", 0o600))
	when := time.UnixMilli(1700000000123)
	must(c.nn.SetTimes(ctx, dir+"/moved", when, time.Time{}))
	s, err := c.nn.Stat(ctx, dir+"/moved")
	if err != nil || s.Perm != 0o600 || !s.ModTime.Equal(when) || s.Kind != nn.File || s.Encrypted || s.ErasureCoding != "" {
		t.Errorf("status %+v, %v", s, err)
	}
	list, err := c.nn.List(ctx, dir)
	if err != nil || len(list) != 2 || list[0].Name != "claim" || list[1].Name != "moved" {
		t.Errorf("list %+v, %v", list, err)
	}
	must(c.nn.CheckAccess(ctx, dir, 7))
	if err := c.nn.CheckAccess(ctx, dir+"/gone", 1); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("access to nothing: %v", err)
	}
	if sum, err := c.nn.ContentSummary(ctx, dir); err != nil || sum.Files != 2 || sum.Dirs != 1 || sum.SpaceQuotaBytes != -1 {
		t.Errorf("summary %+v, %v", sum, err)
	}
}

// A file that its writer left open is closed by lease recovery, and the old writer is out.
func TestLeaseRecovery(t *testing.T) {
	c, ctx := newRPCCluster(t), testContext(t, time.Minute)
	const path = "/tmp/rpc-lease"
	o := nn.CreateOptions{Perm: 0o640, Holder: "dead", Replication: 1, BlockSizeBytes: 1 << 20}
	if _, err := c.nn.Create(ctx, path, o); err != nil {
		t.Fatal(err)
	}
	defer c.nn.Delete(ctx, path, false)
	if closed, err := c.nn.IsClosed(ctx, path); err != nil || closed {
		t.Errorf("open file: closed %v, %v", closed, err)
	}
	for closed := false; !closed; {
		var err error
		if closed, err = c.nn.RecoverLease(ctx, path, "successor"); err != nil {
			t.Fatal(err)
		}
	}
	if closed, err := c.nn.IsClosed(ctx, path); err != nil || !closed {
		t.Errorf("recovered file: closed %v, %v", closed, err)
	}
}

func TestFileSystemQuestions(t *testing.T) {
	c, ctx := newRPCCluster(t), testContext(t, time.Minute)
	if s, err := c.nn.FSStats(ctx); err != nil || s.CapacityBytes <= 0 || s.RemainingBytes <= 0 {
		t.Errorf("stats %+v, %v", s, err)
	}
	if d, err := c.nn.Defaults(ctx); err != nil || d.Replication != 1 || d.BlockSizeBytes == 0 || d.EncryptData {
		t.Errorf("defaults %+v, %v", d, err)
	}
	if _, ok, err := c.nn.DelegationToken(ctx, "yarn"); err != nil || ok {
		t.Errorf("delegation token without security: %v, %v", ok, err)
	}
	if _, err := c.nn.Stat(ctx, "/tmp/rpc-nothing"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("stat of nothing: %v", err)
	}
}

func newApplication(ctx context.Context, t *testing.T, c rpcCluster) yarnid.Application {
	t.Helper()
	app, err := c.rm.NewApplication(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return app.ID
}

// submitMaster submits an application that runs this binary with the given environment.
func submitMaster(ctx context.Context, t *testing.T, c rpcCluster, env map[string]string) yarnid.Application {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	binary, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	const path = "/tmp/rpc-master"
	if err := c.WriteFile(ctx, path, binary); err != nil {
		t.Fatal(err)
	}
	st, err := c.nn.Stat(ctx, path)
	if err != nil {
		t.Fatal(err)
	}
	id := newApplication(ctx, t, c)
	s := rm.Submission{
		ID: id, Name: "rpc life", Type: "RPCTEST", Tags: []string{"rpc-life"}, MaxAttempts: 1,
		Resource: record.Resource{MemoryMB: 1024, VCores: 1},
		Launch: record.LaunchContext{
			Command:        "exec ./master 1><LOG_DIR>/stdout 2><LOG_DIR>/stderr",
			Env:            env,
			LocalResources: map[string]record.LocalResource{"master": {URL: "hdfs://" + c.NNAddr + path, SizeBytes: st.Length, ModTime: st.ModTime}},
			Credentials:    &token.Credentials{Secrets: map[string][]byte{"key": []byte("secret")}},
		},
	}
	r, err := c.rm.SubmitWait(ctx, s)
	if err != nil || r.State.Ended() {
		t.Fatalf("submit: %+v, %v", r, err)
	}
	return id
}

// waitEnd polls until an application has ended.
func waitEnd(ctx context.Context, t *testing.T, c rpcCluster, id yarnid.Application) *rm.Report {
	t.Helper()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		r, err := c.rm.Report(ctx, id)
		if err != nil {
			t.Fatal(err)
		}
		if r.State.Ended() {
			return r
		}
		<-tick.C
	}
}

// rpcMaster is an ApplicationMaster: it runs a shell in two containers and tells how that went.
func rpcMaster(ctx context.Context) error {
	creds, err := token.ReadFile(os.Getenv("HADOOP_TOKEN_FILE_LOCATION"))
	if err != nil {
		return err
	}
	if key, ok := creds.Secret("key"); !ok || string(key) != "secret" {
		return fmt.Errorf("secret did not arrive: %v", creds)
	}
	self, err := yarnid.ParseContainer(os.Getenv("CONTAINER_ID"))
	if err != nil {
		return err
	}
	line, err := amrm.New(yarnrpc.Options{Addresses: []string{os.Getenv("RM_SCHEDULER")}}, creds)
	if err != nil {
		return err
	}
	defer line.Close()
	if a, err := line.Attempt(); err != nil || a != self.Attempt {
		return fmt.Errorf("token is for %v, container is of %v: %v", a, self.Attempt, err)
	}
	if _, err := line.Register(ctx, amrm.Registration{Host: "localhost", RPCPort: -1}); err != nil {
		return err
	}
	nodes := nm.New(yarnrpc.Options{})
	defer nodes.Close()
	if err := runTwo(ctx, line, nodes, creds.Without(token.KindAMRM)); err != nil {
		return err
	}
	return line.Finish(ctx, amrm.Finish{Status: record.FinalSucceeded, Diagnostics: "2 containers ended well"})
}

func runTwo(ctx context.Context, line *amrm.Client, nodes *nm.Client, creds *token.Credentials) error {
	launch := record.LaunchContext{Command: `exec sh -c 'test -r $HADOOP_TOKEN_FILE_LOCATION' 1><LOG_DIR>/stdout 2><LOG_DIR>/stderr`, Credentials: creds}
	req := amrm.Request{Asks: []amrm.Ask{{Priority: 1, Count: 2, Resource: record.Resource{MemoryMB: 200, VCores: 1}}}}
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for ended := 0; ended < 2; {
		resp, err := line.Allocate(ctx, req)
		if err != nil {
			return err
		}
		req = amrm.Request{Progress: float32(ended) / 2}
		for _, t := range resp.NMTokens {
			nodes.SetToken(t.Node, t.Token)
		}
		for _, g := range resp.Granted {
			if err := nodes.Start(ctx, g, launch); err != nil {
				return err
			}
			if _, err := nodes.Status(ctx, g.Node, g.ID); err != nil {
				return err
			}
		}
		for _, s := range resp.Completed {
			if s.Exit != 0 {
				return fmt.Errorf("%v ended with %v: %s", s.ID, s.Exit, s.Diagnostics)
			}
			ended++
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("waiting for two containers, %d ended: %w", ended, ctx.Err())
		}
	}
	return nil
}
