package yarnrpc_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"weft/yarnrpc"
	"weft/yarnrpc/hrpc"
	"weft/yarnrpc/internal/pb"
	"weft/yarnrpc/sasl"
	"weft/yarnrpc/token"
	"weft/yarnrpc/yarntest"
)

var testProtocol = hrpc.Protocol{Name: "org.example.EchoProtocolPB", Version: 1}

// echo answers with the request.
func echo(_ string, r hrpc.Request) (proto.Message, error) {
	m := new(pb.CredentialsKVProto)
	return m, r.Decode(m)
}

func newServer(t *testing.T) *yarntest.Server {
	t.Helper()
	return yarntest.NewServer(t, testProtocol, yarntest.Policy{Simple: true}, map[string]yarntest.Handler{"echo": echo, "slow": echo})
}

// quick are options that make failures show at once.
func quick(addrs ...string) yarnrpc.Options {
	return yarnrpc.Options{
		Protocol: testProtocol, Addresses: addrs, User: "alice", BackoffBase: time.Millisecond, BackoffMax: 5 * time.Millisecond,
		RetryFor: 5 * time.Second, CallTimeout: 10 * time.Second,
	}
}

func newClient(t *testing.T, o yarnrpc.Options) *yarnrpc.Client {
	t.Helper()
	c, err := yarnrpc.NewClient(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// call echoes text through a method and returns what came back.
func call(ctx context.Context, c yarnrpc.Caller, method, text string) (string, error) {
	resp := new(pb.CredentialsKVProto)
	err := c.Call(ctx, method, &pb.CredentialsKVProto{Alias: &text}, resp)
	return resp.GetAlias(), err
}

func mustCall(t *testing.T, c yarnrpc.Caller, method, text string) {
	t.Helper()
	if got, err := call(t.Context(), c, method, text); err != nil || got != text {
		t.Fatalf("%s: got %q, %v, want %q", method, got, err, text)
	}
}

func TestManyCallsOverOneConnection(t *testing.T) {
	s := newServer(t)
	c := newClient(t, quick(s.Addr()))
	var wait sync.WaitGroup
	for i := range 50 {
		wait.Go(func() {
			text := fmt.Sprint("call ", i)
			if got, err := call(t.Context(), c, "echo", text); err != nil || got != text {
				t.Errorf("got %q, %v, want %q", got, err, text)
			}
		})
	}
	wait.Wait()
	if got := s.Opened(); got != 1 {
		t.Errorf("%d connections, want 1", got)
	}
	ids := map[int32]bool{}
	for _, k := range s.Calls("echo") {
		ids[k.ID] = true
		if k.Caller != "alice" || k.Retry != 0 || len(k.ClientID) != hrpc.ClientIDBytes {
			t.Errorf("call %+v", k)
		}
	}
	if len(ids) != 50 {
		t.Errorf("%d different call ids, want 50", len(ids))
	}
}

func TestTrap07_AnswersComeInAnyOrder(t *testing.T) {
	s := newServer(t)
	c := newClient(t, quick(s.Addr()))
	arrived, release := s.Hold("slow")
	var wait sync.WaitGroup
	wait.Go(func() {
		if got, err := call(t.Context(), c, "slow", "first"); err != nil || got != "first" {
			t.Errorf("first: %q, %v", got, err)
		}
	})
	<-arrived
	mustCall(t, c, "echo", "second") // answered while the first one waits
	release()
	wait.Wait()
}

func TestTrap07_FatalAnswerEndsTheConnection(t *testing.T) {
	s := newServer(t)
	c := newClient(t, quick(s.Addr()))
	arrived, release := s.Hold("slow")
	defer release()
	other := make(chan error, 1)
	go func() {
		_, err := call(t.Context(), c, "slow", "x")
		other <- err
	}()
	<-arrived
	s.Inject("echo", yarntest.Fault{Throw: &yarntest.Exception{Class: "java.lang.IllegalStateException", Message: "broken", Fatal: true}})
	_, err := call(t.Context(), c, "echo", "y")
	var remote *yarnrpc.RemoteError
	if !errors.As(err, &remote) || remote.Exception != "java.lang.IllegalStateException" || remote.Message != "broken" {
		t.Errorf("the call itself: %v", err)
	}
	if err := <-other; yarnrpc.ClassOf(err) != yarnrpc.ClassLost || yarnrpc.SafeToRetry(err) {
		t.Errorf("the other call: %v, class %v", err, yarnrpc.ClassOf(err))
	}
	mustCall(t, c, "echo", "again")
	if got := s.Opened(); got != 2 {
		t.Errorf("%d connections, want 2", got)
	}
}

func TestCancelledCallReturnsAtOnceAndItsLateAnswerIsDropped(t *testing.T) {
	s := newServer(t)
	c := newClient(t, quick(s.Addr()))
	arrived, release := s.Hold("slow")
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("not wanted any more")
	done := make(chan error, 1)
	go func() {
		_, err := call(ctx, c, "slow", "x")
		done <- err
	}()
	<-arrived
	cancel(why)
	if err := <-done; !errors.Is(err, why) || yarnrpc.SafeToRetry(err) {
		t.Errorf("cancelled call: %v", err)
	}
	release()
	for range 3 { // the late answer is on its way now; it must disturb nobody
		mustCall(t, c, "echo", "next")
	}
	if got := s.Opened(); got != 1 {
		t.Errorf("%d connections, want 1", got)
	}
}

func TestCallTimeoutNamesItsLimitAndDropsASilentConnection(t *testing.T) {
	s := newServer(t)
	o := quick(s.Addr())
	o.CallTimeout = 30 * time.Millisecond
	c := newClient(t, o)
	mustCall(t, c, "echo", "warm")
	_, release := s.Hold("slow")
	defer release()
	_, err := call(t.Context(), c, "slow", "x")
	if err == nil || !strings.Contains(err.Error(), "no answer within 30ms") || !strings.Contains(err.Error(), s.Addr()) {
		t.Errorf("got %v", err)
	}
	if yarnrpc.ClassOf(err) != yarnrpc.ClassLost {
		t.Errorf("class %v, want lost", yarnrpc.ClassOf(err))
	}
	mustCall(t, c, "echo", "elsewhere")
	if got := s.Opened(); got != 2 {
		t.Errorf("%d connections, want a second one after silence", got)
	}
}

func TestPingsWhileACallWaits(t *testing.T) {
	s := newServer(t)
	o := quick(s.Addr())
	o.PingInterval = 10 * time.Millisecond
	c := newClient(t, o)
	_, release := s.Hold("slow")
	done := make(chan error, 1)
	go func() {
		_, err := call(t.Context(), c, "slow", "x")
		done <- err
	}()
	yarntest.Until(t, "two pings", func() bool { return s.Pings() >= 2 })
	release()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestIdleConnectionIsClosedAndReopened(t *testing.T) {
	s := newServer(t)
	o := quick(s.Addr())
	o.IdleClose = 10 * time.Millisecond
	c := newClient(t, o)
	mustCall(t, c, "echo", "one")
	yarntest.Until(t, "the idle connection to close", func() bool { return s.Open() == 0 })
	mustCall(t, c, "echo", "two")
	if got := s.Calls("echo")[1].Retry; got != 0 {
		t.Errorf("retry count %d after an idle close, want 0", got)
	}
}

func TestLargeAnswersAreBounded(t *testing.T) {
	s := newServer(t)
	o := quick(s.Addr())
	o.MaxFrameBytes = 1000
	c := newClient(t, o)
	mustCall(t, c, "echo", strings.Repeat("x", 900))
	_, err := call(t.Context(), c, "echo", strings.Repeat("x", 2000))
	if !errors.Is(err, hrpc.ErrFrameSize) || yarnrpc.ClassOf(err) != yarnrpc.ClassBug {
		t.Errorf("got %v, class %v", err, yarnrpc.ClassOf(err))
	}
}

func TestClosedClient(t *testing.T) {
	s := newServer(t)
	c := newClient(t, quick(s.Addr()))
	arrived, release := s.Hold("slow")
	defer release()
	done := make(chan error, 1)
	go func() {
		_, err := call(t.Context(), c, "slow", "x")
		done <- err
	}()
	<-arrived
	c.Close()
	c.Close()
	if err := <-done; !errors.Is(err, yarnrpc.ErrClosed) {
		t.Errorf("call in flight: %v", err)
	}
	if _, err := call(t.Context(), c, "echo", "x"); !errors.Is(err, yarnrpc.ErrClosed) {
		t.Errorf("later call: %v", err)
	}
}

func TestReconnectAuthenticatesAgain(t *testing.T) {
	s := newServer(t)
	c := newClient(t, quick(s.Addr()))
	arrived, release := s.Hold("slow")
	done := make(chan error, 1)
	go func() {
		_, err := call(t.Context(), c, "slow", "x")
		done <- err
	}()
	<-arrived
	c.Reconnect()
	mustCall(t, c, "echo", "new")
	release()
	if err := <-done; err != nil {
		t.Errorf("call on the old connection: %v", err)
	}
	if got := s.Opened(); got != 2 {
		t.Errorf("%d connections, want 2", got)
	}
}

func TestWrongPort(t *testing.T) {
	for _, c := range []struct {
		answer string
		want   error
	}{{"HTTP/1.1 404 Not Found\r\n\r\n", hrpc.ErrHTTP}, {"\xff\xff\xff\xff old", hrpc.ErrVersion}, {"\x7f\xff\xff\xff", hrpc.ErrFrameSize}} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		var wait sync.WaitGroup
		wait.Go(func() {
			for {
				conn, err := l.Accept()
				if err != nil {
					return
				}
				conn.Read(make([]byte, hrpc.PreambleBytes))
				conn.Write([]byte(c.answer))
				wait.Go(func() { defer conn.Close(); conn.Read(make([]byte, 1<<16)) })
			}
		})
		_, err = call(t.Context(), newClient(t, quick(l.Addr().String())), "echo", "x")
		if !errors.Is(err, c.want) {
			t.Errorf("answer %q: got %v, want %v", c.answer, err, c.want)
		}
		if class := yarnrpc.ClassOf(err); class == yarnrpc.ClassTransient {
			t.Errorf("answer %q: class %v", c.answer, class)
		}
		l.Close()
		wait.Wait()
	}
}

func TestSilentServerEndsTheConnectTimeout(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	o := quick(l.Addr().String())
	o.ConnectTimeout, o.RetryFor = 20*time.Millisecond, -1
	o.Auth = tokenAuth(token.Token{Kind: "k"})
	_, err = call(t.Context(), newClient(t, o), "echo", "x")
	if err == nil || !strings.Contains(err.Error(), "not connected within 20ms") || !yarnrpc.SafeToRetry(err) {
		t.Errorf("got %v", err)
	}
}

func TestOptionsSayAllProblemsAtOnce(t *testing.T) {
	_, err := yarnrpc.NewClient(yarnrpc.Options{Addresses: []string{"no-port"}, MaxFrameBytes: -1})
	for _, want := range []string{"no-port", "no protocol", "neither a user nor credentials", "MaxFrameBytes"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v does not say %q", err, want)
		}
	}
}

// tokenAuth authenticates by one token.
func tokenAuth(tok token.Token, qops ...sasl.QOP) func(context.Context, string) ([]sasl.Mechanism, error) {
	return func(context.Context, string) ([]sasl.Mechanism, error) {
		return []sasl.Mechanism{sasl.NewToken(tok, qops...)}, nil
	}
}

var goodToken = token.Token{Identifier: []byte("id"), Password: []byte("good-5150"), Kind: "TEST"}

// tokenServer accepts goodToken only.
func tokenServer(t *testing.T, p yarntest.Policy) *yarntest.Server {
	t.Helper()
	p.Password = func(id []byte) ([]byte, string, error) {
		if !bytes.Equal(id, goodToken.Identifier) {
			return nil, "", errors.New("unknown token")
		}
		return goodToken.Password, "alice by token", nil
	}
	return yarntest.NewServer(t, testProtocol, p, map[string]yarntest.Handler{"echo": echo})
}
