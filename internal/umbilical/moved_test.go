package umbilical

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"
)

// A master hangs and is replaced. One call that runs into its deadline is enough
// to find the successor, and ends all others that still wait at the old place.
func TestHangingMasterIsLeft(t *testing.T) {
	arrived, release := make(chan struct{}, 9), make(chan struct{})
	hanging := answering{next: func(Want) (Assignment, error) {
		arrived <- struct{}{}
		<-release
		return Assignment{Directive: Stop}, nil
	}}
	var address atomic.Value
	address.Store(serve(t, hanging))
	t.Cleanup(func() { close(release) }) // before the server waits for its calls
	c := NewClient(ClientOptions{Name: "container_1", Key: ContainerKey(appSecret, "container_1"),
		Address: func(context.Context) (string, error) { return address.Load().(string), nil }})
	defer c.Close()
	want := Want{Container: "container_1"}

	waiting := make(chan error, 1)
	go func() { _, err := c.Next(t.Context(), want); waiting <- err }()
	<-arrived
	address.Store(serve(t, answering{next: func(Want) (Assignment, error) { return Assignment{Directive: Hold}, nil }}))

	// A new connection leads to the successor at once.
	if a, err := c.Next(t.Context(), want); err != nil || a.Directive != Hold {
		t.Fatalf("the successor says %+v, %v", a, err)
	}
	select {
	case err := <-waiting: // made again, at the successor
		if err != nil {
			t.Errorf("the call that waited at the old master: %v", err)
		}
	case <-time.After(10 * time.Second):
		t.Error("a call still waits at the old master")
	}
}

// A connection that was idle when its master began to hang is not used for ever.
func TestIdleConnectionToAHangingMaster(t *testing.T) {
	var hang atomic.Bool
	release := make(chan struct{})
	old := serve(t, answering{next: func(Want) (Assignment, error) {
		if hang.Load() {
			<-release
		}
		return Assignment{Directive: Hold}, nil
	}})
	t.Cleanup(func() { close(release) })
	var address atomic.Value
	address.Store(old)
	c := NewClient(ClientOptions{Name: "container_1", Key: ContainerKey(appSecret, "container_1"),
		Address: func(context.Context) (string, error) { return address.Load().(string), nil }})
	defer c.Close()
	want := Want{Container: "container_1"}
	if _, err := c.Next(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	hang.Store(true)
	address.Store(serve(t, answering{next: func(Want) (Assignment, error) { return Assignment{Directive: Drain}, nil }}))
	short, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := c.Next(short, want); err == nil {
		t.Fatal("the hanging master answered")
	}
	if a, err := c.Next(t.Context(), want); err != nil || a.Directive != Drain {
		t.Errorf("after the deadline: %+v, %v; want the successor's answer", a, err)
	}
}

// A master that is not the run's any more sends nobody home.
func TestAbandonedDesk(t *testing.T) {
	desk := NewDesk()
	desk.Abandon()
	desk.Close() // too late to mean anything
	c := caller(t, serve(t, desk), "container_1", ContainerKey(appSecret, "container_1"))
	if _, err := c.Next(t.Context(), Want{Container: "container_1"}); err == nil || errors.Is(err, ErrClosed) {
		t.Errorf("over the wire: %v; want an error that is not ErrClosed", err)
	}
	if _, err := desk.Next(t.Context(), Want{}); !errors.Is(err, ErrAbandoned) {
		t.Errorf("in the process: %v; want ErrAbandoned", err)
	}
}
