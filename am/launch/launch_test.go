package launch

import (
	"context"
	"errors"
	"strings"
	"testing"

	"weft/am"
	"weft/internal/hadoop"
	"weft/yarnrpc/record"
	"weft/yarnrpc/token"
	"weft/yarnrpc/yarnid"
)

// fakeNodes remembers what it was asked to start.
type fakeNodes struct {
	launch record.LaunchContext
	err    error
	failed map[yarnid.Container]error
}

func (f *fakeNodes) Start(_ context.Context, _ record.Container, l record.LaunchContext) error {
	f.launch = l
	return f.err
}

func (f *fakeNodes) Stop(context.Context, yarnid.Node, ...yarnid.Container) (map[yarnid.Container]error, error) {
	return f.failed, f.err
}

func grant() am.Grant {
	c := record.Container{ID: yarnid.Container{ID: 7}, Resource: record.Resource{MemoryMB: 1024}}
	return am.Grant{ID: c.ID.String(), Opaque: c}
}

func options() Options {
	tokens := &token.Credentials{}
	tokens.Add("", token.Token{Kind: token.KindAMRM})
	tokens.Add("hdfs", token.Token{Kind: token.KindHDFSDelegation})
	tokens.SetSecret(hadoop.SecretMaster, []byte("the application secret"))
	return Options{
		Launch: hadoop.Launch{Run: "hdfs://ns/runs/r", Binary: "hdfs://ns/bin/weft", User: "ann"},
		Key:    func(container string) []byte { return []byte("key of " + container) },
		Tokens: tokens,
	}
}

func TestContainerGetsItsOwnKeyAndNoOtherSecret(t *testing.T) {
	nodes := &fakeNodes{}
	o := options()
	if err := New(nodes, o).Start(context.Background(), grant()); err != nil {
		t.Fatal(err)
	}
	got := nodes.launch.Credentials
	if key, _ := got.Secret(hadoop.SecretContainer); string(key) != "key of "+grant().ID {
		t.Errorf("the container's key is %q", key)
	}
	if _, ok := got.Secret(hadoop.SecretMaster); ok || len(got.Secrets) != 1 {
		t.Errorf("the container got %d secrets", len(got.Secrets))
	}
	if _, ok := got.ByKind(token.KindAMRM); ok {
		t.Error("the container got the ApplicationMaster's token")
	}
	if _, ok := got.ByKind(token.KindHDFSDelegation); !ok {
		t.Error("the container got no HDFS token")
	}
	if _, ok := o.Tokens.Secret(hadoop.SecretMaster); !ok {
		t.Error("the launcher changed the master's own credentials")
	}
}

// What a launched process is told must be legible in no list of processes and
// no launch script: the command and environment hold no secret.
func TestCommandAndEnvironmentHoldNoSecret(t *testing.T) {
	nodes := &fakeNodes{}
	if err := New(nodes, options()).Start(context.Background(), grant()); err != nil {
		t.Fatal(err)
	}
	if want := "exec ./weft container 1><LOG_DIR>/stdout 2><LOG_DIR>/stderr"; nodes.launch.Command != want {
		t.Errorf("command %q; want %q", nodes.launch.Command, want)
	}
	for name, value := range nodes.launch.Env {
		if strings.Contains(value, "key of") || strings.Contains(value, "secret") {
			t.Errorf("%s=%s", name, value)
		}
	}
	if nodes.launch.Env[hadoop.EnvMemory] != "1024" {
		t.Errorf("memory %q; want what was granted", nodes.launch.Env[hadoop.EnvMemory])
	}
}

func TestStop(t *testing.T) {
	ctx := context.Background()
	failure := errors.New("unknown container")
	nodes := &fakeNodes{failed: map[yarnid.Container]error{{ID: 7}: failure}}
	l := New(nodes, options())
	if err := l.Stop(ctx, grant().ID); err != nil {
		t.Errorf("stopping what was never started: %v", err)
	}
	if err := l.Start(ctx, grant()); err != nil {
		t.Fatal(err)
	}
	if err := l.Stop(ctx, grant().ID); !errors.Is(err, failure) {
		t.Errorf("got %v", err)
	}
	nodes.failed = nil
	if err := l.Stop(ctx, grant().ID); err != nil {
		t.Errorf("got %v", err)
	}
}

func TestGrantOfAnotherMaker(t *testing.T) {
	if err := New(&fakeNodes{}, options()).Start(context.Background(), am.Grant{ID: "x"}); err == nil {
		t.Error("no error")
	}
}
