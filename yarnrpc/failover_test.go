package yarnrpc_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"weft/yarnrpc"
	"weft/yarnrpc/yarntest"
)

func TestTrap08_StandbyGoesToTheOtherServer(t *testing.T) {
	a, b := newServer(t), newServer(t)
	c := newClient(t, quick(a.Addr(), b.Addr()))
	a.Inject("echo", yarntest.Standby())
	mustCall(t, c, "echo", "by exception")
	if c.Address() != b.Addr() {
		t.Errorf("address %s, want the second", c.Address())
	}
	b.Refuse(true)                                    // a standby ResourceManager does not even listen
	mustCall(t, c.Idempotent(), "echo", "by refusal") // the request may have left before the connection was seen to end
	if c.Address() != a.Addr() {
		t.Errorf("address %s, want the first again", c.Address())
	}
	if calls := a.Calls("echo"); len(calls) != 2 || calls[0].Retry != 0 {
		t.Errorf("calls of the first: %+v", calls)
	}
}

func TestWaitsUntilAServerComesBack(t *testing.T) {
	s := newServer(t)
	o := quick(s.Addr())
	tries := make(chan struct{}, 100)
	o.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		select {
		case tries <- struct{}{}:
		default:
		}
		return new(net.Dialer).DialContext(ctx, network, address)
	}
	c := newClient(t, o)
	s.Refuse(true)
	done := make(chan error, 1)
	go func() {
		_, err := call(t.Context(), c, "echo", "x")
		done <- err
	}()
	for range 3 {
		<-tries
	}
	s.Refuse(false)
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestBusyServerIsAskedAgain(t *testing.T) {
	a, b := newServer(t), newServer(t)
	c := newClient(t, quick(a.Addr(), b.Addr()))
	a.Inject("echo", yarntest.Busy(), yarntest.Busy())
	mustCall(t, c, "echo", "x")
	if got := a.Calls("echo"); len(got) != 3 || got[2].Retry != 2 || got[2].ID != got[0].ID {
		t.Errorf("calls %+v, want the same call three times", got)
	}
	if n := len(b.Calls("")); n != 0 {
		t.Errorf("%d calls went to the other server", n)
	}
}

func TestRetryForBoundsAllTries(t *testing.T) {
	s := newServer(t)
	s.Refuse(true)
	o := quick(s.Addr())
	o.RetryFor = 20 * time.Millisecond
	_, err := call(t.Context(), newClient(t, o), "echo", "x")
	if err == nil || !strings.Contains(err.Error(), "gave up after") || !strings.Contains(err.Error(), "in 20ms") || !strings.Contains(err.Error(), s.Addr()) {
		t.Errorf("got %v", err)
	}
	if yarnrpc.ClassOf(err) != yarnrpc.ClassTransient || !yarnrpc.SafeToRetry(err) {
		t.Errorf("class %v, safe %v", yarnrpc.ClassOf(err), yarnrpc.SafeToRetry(err))
	}
}

func TestCancelledWhileWaitingForAServer(t *testing.T) {
	s := newServer(t)
	s.Refuse(true)
	o := quick(s.Addr())
	o.BackoffBase, o.BackoffMax, o.RetryFor = time.Hour, time.Hour, 10*time.Hour
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	_, err := call(ctx, newClient(t, o), "echo", "x")
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

// The three ways to lose an answer. What cannot be known is not repeated, unless the caller said that it may be; then it
// keeps its call id, by which a NameNode recognises it.
func TestLostAnswers(t *testing.T) {
	for name, f := range map[string]yarntest.Fault{
		"dropped before acting": {Drop: true}, "dropped after acting": {Lose: true}, "half an answer": {Half: true},
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t)
			c := newClient(t, quick(s.Addr()))
			s.Inject("echo", f)
			_, err := call(t.Context(), c, "echo", "x")
			if yarnrpc.ClassOf(err) != yarnrpc.ClassLost || yarnrpc.SafeToRetry(err) {
				t.Errorf("plain call: %v, class %v", err, yarnrpc.ClassOf(err))
			}
			if n := len(s.Calls("echo")); n != 1 {
				t.Errorf("plain call was made %d times", n)
			}
			s.Inject("echo", f)
			mustCall(t, c.Idempotent(), "echo", "y")
			got := s.Calls("echo")[1:]
			if len(got) != 2 || got[0].ID != got[1].ID || string(got[0].ClientID) != string(got[1].ClientID) || got[1].Retry != got[0].Retry+1 {
				t.Errorf("idempotent calls %+v", got)
			}
		})
	}
}

func TestExceptionsAreNotRepeated(t *testing.T) {
	s := newServer(t)
	c := newClient(t, quick(s.Addr()))
	s.Inject("echo", yarntest.Fault{Throw: &yarntest.Exception{Class: "org.apache.hadoop.security.AccessControlException", Message: "Permission denied: user=alice"}})
	_, err := call(t.Context(), c.Idempotent(), "echo", "x")
	if !errors.Is(err, yarnrpc.ErrDenied) || err.Error() != "echo on "+s.Addr()+": AccessControlException: Permission denied: user=alice" {
		t.Errorf("got %v", err)
	}
	if n := len(s.Calls("echo")); n != 1 {
		t.Errorf("made %d times", n)
	}
	if _, err := call(t.Context(), c, "nothing", "x"); !errors.Is(err, yarnrpc.ErrUnsupported) {
		t.Errorf("unknown method: %v", err)
	}
}
