package ask

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"weft/yarnrpc"
	"weft/yarnrpc/amrm"
	"weft/yarnrpc/record"
	"weft/yarnrpc/token"
	"weft/yarnrpc/yarnid"
)

// fake is a ResourceManager that records requests and answers from a script.
type fake struct {
	requests  []amrm.Request
	registers int
	finishes  int
	answers   []any // *amrm.Response or error, one per Allocate
	finish    []error
}

func (f *fake) Register(context.Context, amrm.Registration) (*amrm.Registered, error) {
	f.registers++
	return &amrm.Registered{}, nil
}

func (f *fake) Allocate(_ context.Context, r amrm.Request) (*amrm.Response, error) {
	f.requests = append(f.requests, r)
	next := f.answers[0]
	f.answers = f.answers[1:]
	if err, ok := next.(error); ok {
		return nil, err
	}
	return next.(*amrm.Response), nil
}

func (f *fake) Finish(context.Context, amrm.Finish) error {
	f.finishes++
	next := f.finish[0]
	f.finish = f.finish[1:]
	return next
}

func id(n int64) yarnid.Container { return yarnid.Container{ID: n} }

func granted(ids ...int64) *amrm.Response {
	r := &amrm.Response{}
	for _, n := range ids {
		r.Granted = append(r.Granted, record.Container{ID: id(n)})
	}
	return r
}

// said shortens a request for comparison: asks, releases, exclusions.
func said(r amrm.Request) string {
	text := ""
	for _, a := range r.Asks {
		text += fmt.Sprintf("ask %d ", a.Count)
	}
	for _, c := range r.Release {
		text += fmt.Sprintf("release %d ", c.ID)
	}
	for _, h := range r.BlacklistAdd {
		text += "avoid " + h + " "
	}
	for _, h := range r.BlacklistRemove {
		text += "allow " + h + " "
	}
	return text
}

func talk(t *testing.T, f *fake, wishes ...Wish) []string {
	t.Helper()
	d := New(f, Options{})
	for i, w := range wishes {
		if _, err := d.Heartbeat(context.Background(), w); err != nil {
			t.Fatalf("heartbeat %d: %v", i, err)
		}
	}
	var out []string
	for _, r := range f.requests {
		out = append(out, said(r))
	}
	return out
}

func TestOnlyChangesAreSent(t *testing.T) {
	f := &fake{answers: []any{granted(), granted(), granted(1, 2), granted(), granted(), granted()}}
	got := talk(t, f, Wish{Containers: 3}, Wish{Containers: 3}, Wish{Containers: 3}, Wish{Containers: 1},
		Wish{Containers: 2, Exclude: []string{"h1"}}, Wish{Release: []yarnid.Container{id(2)}})
	want := []string{"ask 3 ", "", "", "", "ask 2 avoid h1 ", "ask 0 release 2 allow h1 "}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// A container lost while its grant was under way makes the wish go up again
// although the count looks unchanged to the caller.
func TestGrantLowersTheCountOfTheResourceManager(t *testing.T) {
	f := &fake{answers: []any{granted(1), granted(), granted()}}
	got := talk(t, f, Wish{Containers: 1}, Wish{Containers: 0}, Wish{Containers: 1})
	if diff := cmp.Diff([]string{"ask 1 ", "", "ask 1 "}, got); diff != "" {
		t.Error(diff)
	}
}

func TestResyncSaysEverythingAgain(t *testing.T) {
	lost := fmt.Errorf("allocate: %w", yarnrpc.ErrResync)
	f := &fake{answers: []any{granted(7), granted(), lost, granted()}}
	got := talk(t, f, Wish{Containers: 2, Exclude: []string{"h1"}},
		Wish{Containers: 1, Exclude: []string{"h1"}, Release: []yarnid.Container{id(7)}},
		Wish{Containers: 1, Exclude: []string{"h1"}})
	want := []string{"ask 2 avoid h1 ", "release 7 ", "", "ask 1 release 7 avoid h1 "}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if f.registers != 1 {
		t.Errorf("registered %d times; want once", f.registers)
	}
}

func TestReleaseIsRepeatedOnlyUntilTheEndIsSeen(t *testing.T) {
	ended := &amrm.Response{Completed: []record.ContainerStatus{{ID: id(7)}}}
	f := &fake{answers: []any{ended, yarnrpc.ErrResync, granted()}}
	got := talk(t, f, Wish{Release: []yarnid.Container{id(7)}}, Wish{})
	if diff := cmp.Diff([]string{"release 7 ", "", "ask 0 "}, got); diff != "" {
		t.Error(diff)
	}
}

func TestFailedHeartbeatLosesNothing(t *testing.T) {
	f := &fake{answers: []any{errors.New("unreachable"), granted()}}
	d := New(f, Options{})
	wish := Wish{Containers: 1, Release: []yarnid.Container{id(3)}}
	if _, err := d.Heartbeat(context.Background(), wish); err == nil {
		t.Fatal("no error")
	}
	if !d.LastAnswer().IsZero() {
		t.Error("a failed heartbeat counts as an answer")
	}
	if _, err := d.Heartbeat(context.Background(), Wish{Containers: 1}); err != nil {
		t.Fatal(err)
	}
	if got := said(f.requests[1]); got != "ask 1 release 3 " {
		t.Errorf("the second heartbeat said %q", got)
	}
	if d.LastAnswer().IsZero() {
		t.Error("no answer noted")
	}
}

func TestOver(t *testing.T) {
	for _, cause := range []error{yarnrpc.ErrAttemptOver, yarnrpc.ErrInvalidToken, yarnrpc.ErrOutOfStep} {
		d := New(&fake{answers: []any{fmt.Errorf("allocate: %w", cause)}}, Options{})
		if _, err := d.Heartbeat(context.Background(), Wish{}); !errors.Is(err, ErrOver) || !errors.Is(err, cause) {
			t.Errorf("%v: got %v", cause, err)
		}
	}
}

func TestFinishAfterResourceManagerRestart(t *testing.T) {
	f := &fake{finish: []error{yarnrpc.ErrResync, nil}}
	if err := New(f, Options{}).Finish(context.Background(), amrm.Finish{}); err != nil || f.registers != 1 || f.finishes != 2 {
		t.Errorf("got %v after %d registers, %d finishes", err, f.registers, f.finishes)
	}
}

func TestTokensComeBeforeGrants(t *testing.T) {
	var seen []string
	node := yarnid.Node{Host: "h", Port: 1}
	resp := granted(1)
	resp.NMTokens = []amrm.NMToken{{Node: node}}
	d := New(&fake{answers: []any{resp}}, Options{OnToken: func(n yarnid.Node, _ token.Token) { seen = append(seen, n.Host) }})
	if _, err := d.Heartbeat(context.Background(), Wish{Containers: 1}); err != nil || len(seen) != 1 {
		t.Errorf("tokens %v, %v", seen, err)
	}
}
