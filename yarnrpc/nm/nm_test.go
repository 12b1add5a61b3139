package nm_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"weft/yarnrpc"
	"weft/yarnrpc/amrm"
	"weft/yarnrpc/nm"
	"weft/yarnrpc/record"
	"weft/yarnrpc/sasl"
	"weft/yarnrpc/token"
	"weft/yarnrpc/yarntest"
)

func quick() yarnrpc.Options {
	return yarnrpc.Options{BackoffBase: time.Millisecond, BackoffMax: 5 * time.Millisecond, RetryFor: 10 * time.Second}
}

// rig is a ResourceManager with one node, and an ApplicationMaster's two clients.
type rig struct {
	rm    *yarntest.RM
	node  *yarntest.NM
	app   *yarntest.App
	line  *amrm.Client
	nodes *nm.Client
}

func newRig(t *testing.T, qops ...sasl.QOP) rig {
	t.Helper()
	r := rig{rm: yarntest.NewRM(t, qops...)}
	r.node = r.rm.AddNode(4096, 16)
	r.app = r.rm.StartApplication(false)
	o := quick()
	o.Addresses = r.rm.SchedulerAddrs()
	var err error
	if r.line, err = amrm.New(o, r.app.Credentials(), qops...); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.line.Close() })
	r.register(t)
	r.nodes = nm.New(quick(), qops...)
	t.Cleanup(func() { r.nodes.Close() })
	return r
}

func (r rig) register(t *testing.T) {
	t.Helper()
	if _, err := r.line.Register(t.Context(), amrm.Registration{}); err != nil {
		t.Fatal(err)
	}
}

// grants asks for containers and hands their NM tokens over.
func (r rig) grants(t *testing.T, n int32) []record.Container {
	t.Helper()
	resp, err := r.line.Allocate(t.Context(), amrm.Request{Asks: []amrm.Ask{{Resource: record.Resource{MemoryMB: 128, VCores: 1}, Count: n}}})
	if err != nil || len(resp.Granted) != int(n) {
		t.Fatalf("granted %+v, %v", resp, err)
	}
	for _, tok := range resp.NMTokens {
		r.nodes.SetToken(tok.Node, tok.Token)
	}
	return resp.Granted
}

var launch = record.LaunchContext{Command: "exec ./weft container", Env: map[string]string{"A": "b"},
	Credentials: &token.Credentials{Secrets: map[string][]byte{"key": []byte("k")}}}

func TestStartStatusStop(t *testing.T) {
	r := newRig(t)
	g := r.grants(t, 1)[0]
	if err := r.nodes.Start(t.Context(), g, launch); err != nil {
		t.Fatal(err)
	}
	running := r.app.Containers()
	if len(running) != 1 || running[0].Command != launch.Command || running[0].Env["A"] != "b" || string(running[0].Credentials.Secrets["key"]) != "k" {
		t.Fatalf("running %+v", running)
	}
	s, err := r.nodes.Status(t.Context(), g.Node, g.ID)
	if err != nil || s.State != record.ContainerRunning {
		t.Errorf("status %+v, %v", s, err)
	}
	for range 2 { // stopping what is gone is no error
		if failed, err := r.nodes.Stop(t.Context(), g.Node, g.ID); err != nil || len(failed) != 0 {
			t.Errorf("stop: %v, %v", failed, err)
		}
	}
	if s, err := r.nodes.Status(t.Context(), g.Node, g.ID); err != nil || s.State != record.ContainerComplete || s.Exit != record.ExitKilledByAM {
		t.Errorf("status after the stop %+v, %v", s, err)
	}
	resp, err := r.line.Allocate(t.Context(), amrm.Request{})
	if err != nil || len(resp.Completed) != 1 || resp.Completed[0].Exit != record.ExitKilledByAM {
		t.Errorf("heartbeat %+v, %v", resp, err)
	}
}

func TestContainersRunTheTestsOwnCode(t *testing.T) {
	r := newRig(t)
	r.rm.Run = func(ctx context.Context, c *yarntest.Running) int32 {
		if c.Env["A"] == "wait" {
			<-ctx.Done()
		}
		return 3
	}
	list := r.grants(t, 2)
	waiting := launch
	waiting.Env = map[string]string{"A": "wait"}
	for i, lc := range []record.LaunchContext{launch, waiting} {
		if err := r.nodes.Start(t.Context(), list[i], lc); err != nil {
			t.Fatal(err)
		}
	}
	r.rm.Await("one container to end by itself", func() bool { return len(r.app.Containers()) == 1 })
	resp, err := r.line.Allocate(t.Context(), amrm.Request{})
	if err != nil || len(resp.Completed) != 1 || resp.Completed[0].ID != list[0].ID || resp.Completed[0].Exit != 3 {
		t.Errorf("heartbeat %+v, %v", resp, err)
	}
}

func TestTrap03_NodePortTakesTokensOnly(t *testing.T) {
	r := newRig(t)
	o := quick()
	o.Addresses, o.Protocol, o.User = []string{r.node.Addr()}, nm.Protocol, "alice"
	plain, err := yarnrpc.NewClient(o)
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	if err := plain.Call(t.Context(), "getContainerStatuses", nil, nil); !errors.Is(err, yarnrpc.ErrDenied) {
		t.Errorf("without a token: %v", err)
	}
}

func TestProtectionOfTheNodePort(t *testing.T) {
	r := newRig(t, sasl.QOPConf)
	if err := r.nodes.Start(t.Context(), r.grants(t, 1)[0], launch); err != nil {
		t.Error(err)
	}
}

func TestTrap11_OneTokenServesAllContainersOfANode(t *testing.T) {
	r := newRig(t)
	g := r.grants(t, 1)[0]
	if err := r.nodes.Start(t.Context(), g, launch); err != nil {
		t.Fatal(err)
	}
	for _, g := range r.grants(t, 3) { // no token comes with these
		if err := r.nodes.Start(t.Context(), g, launch); err != nil {
			t.Error(err)
		}
	}
	if n := r.node.Opened(); n != 1 {
		t.Errorf("%d connections, want 1", n)
	}
	other := nm.New(quick())
	defer other.Close()
	if err := other.Start(t.Context(), g, launch); !errors.Is(err, nm.ErrNoToken) || other.HasToken(g.Node) {
		t.Errorf("without a token: %v", err)
	}
}

func TestNewTokenMeansANewConnection(t *testing.T) {
	r := newRig(t)
	g := r.grants(t, 2)
	if err := r.nodes.Start(t.Context(), g[0], launch); err != nil {
		t.Fatal(err)
	}
	r.rm.Restart()
	if _, err := r.line.Allocate(t.Context(), amrm.Request{}); !errors.Is(err, yarnrpc.ErrResync) {
		t.Fatal(err)
	}
	r.register(t)
	r.grants(t, 1) // brings the same token once more
	if _, err := r.nodes.Status(t.Context(), g[0].Node, g[0].ID); err != nil || r.node.Opened() != 1 {
		t.Errorf("same token: %v, %d connections", err, r.node.Opened())
	}
	r.app.NewAttempt()
	o := quick()
	o.Addresses = r.rm.SchedulerAddrs()
	line, err := amrm.New(o, r.app.Credentials())
	if err != nil {
		t.Fatal(err)
	}
	defer line.Close()
	r.line = line
	r.register(t)
	r.grants(t, 1) // a new attempt's token differs
	if _, err := r.nodes.Status(t.Context(), g[0].Node, g[0].ID); err != nil || r.node.Opened() != 2 {
		t.Errorf("new token: %v, %d connections", err, r.node.Opened())
	}
}

func TestTrap12_ExpiredGrantsAreRefusedForGood(t *testing.T) {
	r := newRig(t)
	r.rm.ExpireTokens(true)
	err := r.nodes.Start(t.Context(), r.grants(t, 1)[0], launch)
	if !errors.Is(err, yarnrpc.ErrContainerRefused) || yarnrpc.ClassOf(err) != yarnrpc.ClassPermanent || !strings.Contains(err.Error(), "This token is expired") {
		t.Errorf("got %v", err)
	}
	var remote *yarnrpc.RemoteError
	if !errors.As(err, &remote) || remote.OverWire {
		t.Errorf("the refusal stood inside an answer: %+v", remote)
	}
}

func TestGrantsOfAnEarlierResourceManagerAreRefused(t *testing.T) {
	r := newRig(t)
	g := r.grants(t, 1)[0]
	r.rm.Restart()
	if err := r.nodes.Start(t.Context(), g, launch); !errors.Is(err, yarnrpc.ErrContainerRefused) || !strings.Contains(err.Error(), "previous RM") {
		t.Errorf("got %v", err)
	}
}

func TestTrap13_ContainerTokenArrivesUnchanged(t *testing.T) {
	r := newRig(t)
	g := r.grants(t, 2)
	if err := r.nodes.Start(t.Context(), g[0], launch); err != nil { // the node checks the signature of every byte
		t.Error(err)
	}
	g[1].Token.Identifier = append([]byte(nil), g[1].Token.Identifier...)
	g[1].Token.Identifier[len(g[1].Token.Identifier)-1]++
	if err := r.nodes.Start(t.Context(), g[1], launch); err == nil {
		t.Error("an altered token was accepted: the test proves nothing")
	}
}

func TestALostStartIsRepeatedAndTakenAsStarted(t *testing.T) {
	r := newRig(t)
	g := r.grants(t, 1)[0]
	r.node.Inject("startContainers", yarntest.Fault{Lose: true})
	if err := r.nodes.Start(t.Context(), g, launch); err != nil {
		t.Error(err)
	}
	if n := len(r.app.Containers()); n != 1 || len(r.node.Calls("startContainers")) != 2 {
		t.Errorf("%d containers after %d calls", n, len(r.node.Calls("startContainers")))
	}
}

func TestBadLaunchContextNeverLeaves(t *testing.T) {
	r := newRig(t)
	bad := launch
	bad.Command = `exec "x"`
	if err := r.nodes.Start(t.Context(), r.grants(t, 1)[0], bad); err == nil || len(r.node.Calls("")) != 0 {
		t.Errorf("got %v after %d calls", err, len(r.node.Calls("")))
	}
}

func TestLostNodeAndClosedClient(t *testing.T) {
	r := newRig(t)
	g := r.grants(t, 1)[0]
	r.node.Lose()
	o := quick()
	o.RetryFor = -1
	short := nm.New(o)
	short.SetToken(g.Node, token.Token{Kind: token.KindNM})
	if err := short.Start(t.Context(), g, launch); yarnrpc.ClassOf(err) != yarnrpc.ClassTransient || !yarnrpc.SafeToRetry(err) {
		t.Errorf("lost node: %v", err)
	}
	short.Close()
	if _, err := short.Status(t.Context(), g.Node, g.ID); !errors.Is(err, yarnrpc.ErrClosed) {
		t.Errorf("closed: %v", err)
	}
}
