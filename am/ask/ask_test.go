package ask

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"weft/am"
	"weft/internal/job"
	"weft/yarnrpc"
	"weft/yarnrpc/amrm"
	"weft/yarnrpc/record"
	"weft/yarnrpc/token"
	"weft/yarnrpc/yarnid"
)

// fake is a ResourceManager that records requests and answers from a script.
type fake struct {
	requests  []amrm.Request
	registers []amrm.Registration
	finishes  []amrm.Finish
	answers   []any // *amrm.Response or error, one per Allocate
	finish    []error
}

func (f *fake) Register(_ context.Context, r amrm.Registration) (*amrm.Registered, error) {
	f.registers = append(f.registers, r)
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

func (f *fake) Finish(_ context.Context, end amrm.Finish) error {
	f.finishes = append(f.finishes, end)
	next := f.finish[0]
	f.finish = f.finish[1:]
	return next
}

func id(n int64) yarnid.Container {
	return yarnid.Container{Attempt: yarnid.Attempt{App: yarnid.Application{ClusterTimestamp: 1, Sequence: 1}, Number: 1}, ID: n}
}

func granted(ids ...int64) *amrm.Response {
	r := &amrm.Response{}
	for _, n := range ids {
		r.Granted = append(r.Granted, record.Container{ID: id(n), Node: yarnid.Node{Host: "h", Port: 1}})
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

func release(n int64) []string { return []string{id(n).String()} }

func talk(t *testing.T, f *fake, wishes ...am.Wish) []string {
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
	got := talk(t, f, am.Wish{Containers: 3}, am.Wish{Containers: 3}, am.Wish{Containers: 3}, am.Wish{Containers: 1},
		am.Wish{Containers: 2, Exclude: []string{"h1"}}, am.Wish{Release: release(2)})
	want := []string{"ask 3 ", "", "", "", "ask 2 avoid h1 ", "ask 0 release 2 "}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// A container lost while its grant was under way makes the wish go up again
// although the count looks unchanged to the master.
func TestGrantLowersTheCountOfTheResourceManager(t *testing.T) {
	f := &fake{answers: []any{granted(1), granted(), granted()}}
	got := talk(t, f, am.Wish{Containers: 1}, am.Wish{Containers: 0}, am.Wish{Containers: 1})
	if diff := cmp.Diff([]string{"ask 1 ", "", "ask 1 "}, got); diff != "" {
		t.Error(diff)
	}
}

func TestResyncSaysEverythingAgain(t *testing.T) {
	lost := fmt.Errorf("allocate: %w", yarnrpc.ErrResync)
	f := &fake{answers: []any{granted(7), granted(), lost, granted()}}
	got := talk(t, f, am.Wish{Containers: 2, Exclude: []string{"h1"}},
		am.Wish{Containers: 1, Release: release(7)}, am.Wish{Containers: 1, Exclude: []string{"h2"}})
	want := []string{"ask 2 avoid h1 ", "release 7 ", "avoid h2 ", "ask 1 release 7 avoid h1 avoid h2 "}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if len(f.registers) != 1 {
		t.Errorf("registered %d times; want once", len(f.registers))
	}
}

// Where many nodes are suspect it is the job that is, and no node is avoided any
// more: on a cluster of one node nothing would ever be granted again.
func TestExclusionsLeaveNodes(t *testing.T) {
	of := func(nodes int32) *amrm.Response { return &amrm.Response{ClusterNodes: nodes} }
	exclude := func(host string) am.Wish { return am.Wish{Containers: 1, Exclude: []string{host}} }
	f := &fake{answers: []any{of(6), of(6), of(6), of(7), of(7)}}
	got := talk(t, f, am.Wish{Containers: 1}, exclude("h1"), exclude("h2"), am.Wish{Containers: 1}, am.Wish{Containers: 1})
	want := []string{"ask 1 ", "avoid h1 ", "allow h1 ", "", "avoid h1 avoid h2 "}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	f = &fake{answers: []any{of(1), of(1)}}
	if got := talk(t, f, am.Wish{Containers: 1}, exclude("h1")); got[1] != "" {
		t.Errorf("of the only node: %q", got[1])
	}
}

func TestReleaseIsRepeatedOnlyUntilTheEndIsSeen(t *testing.T) {
	ended := &amrm.Response{Completed: []record.ContainerStatus{{ID: id(7)}}}
	f := &fake{answers: []any{granted(), ended, yarnrpc.ErrResync, granted()}}
	got := talk(t, f, am.Wish{Release: release(7)}, am.Wish{}, am.Wish{})
	if diff := cmp.Diff([]string{"release 7 ", "", "", "ask 0 "}, got); diff != "" {
		t.Error(diff)
	}
}

func TestFailedHeartbeatIsSaidAgainByTheMaster(t *testing.T) {
	f := &fake{answers: []any{errors.New("unreachable"), granted()}}
	d := New(f, Options{})
	wish := am.Wish{Containers: 1, Release: release(3)}
	if _, err := d.Heartbeat(context.Background(), wish); err == nil || errors.Is(err, am.ErrNotCurrent) {
		t.Fatalf("got %v", err)
	}
	if _, err := d.Heartbeat(context.Background(), wish); err != nil {
		t.Fatal(err)
	}
	if got := said(f.requests[1]); got != "ask 1 release 3 " {
		t.Errorf("the second heartbeat said %q", got)
	}
}

func TestNotCurrent(t *testing.T) {
	for _, cause := range []error{yarnrpc.ErrAttemptOver, yarnrpc.ErrInvalidToken, yarnrpc.ErrOutOfStep} {
		d := New(&fake{answers: []any{fmt.Errorf("allocate: %w", cause)}}, Options{})
		if _, err := d.Heartbeat(context.Background(), am.Wish{}); !errors.Is(err, am.ErrNotCurrent) || !errors.Is(err, cause) {
			t.Errorf("%v: got %v", cause, err)
		}
	}
}

func TestFinishAfterResourceManagerRestart(t *testing.T) {
	f := &fake{finish: []error{yarnrpc.ErrResync, nil}}
	d := New(f, Options{})
	if err := d.Register(context.Background(), am.Registration{TrackingURL: "http://h:1"}); err != nil {
		t.Fatal(err)
	}
	if err := d.Finish(context.Background(), am.Final{State: job.StateKilled}); err != nil {
		t.Fatal(err)
	}
	if len(f.registers) != 2 || f.registers[1].TrackingURL != "http://h:1" {
		t.Errorf("registered %+v", f.registers)
	}
	if len(f.finishes) != 2 || f.finishes[1].Status != record.FinalKilled {
		t.Errorf("finished %+v", f.finishes)
	}
}

func TestNews(t *testing.T) {
	var seen []string
	resp := granted(1)
	resp.NMTokens = []amrm.NMToken{{Node: yarnid.Node{Host: "h"}}}
	resp.Completed = []record.ContainerStatus{{ID: id(2), Exit: record.ExitPreempted, Diagnostics: "taken"}}
	d := New(&fake{answers: []any{resp}}, Options{OnToken: func(n yarnid.Node, _ token.Token) { seen = append(seen, n.Host) }})
	news, err := d.Heartbeat(context.Background(), am.Wish{Containers: 1})
	if err != nil || len(seen) != 1 {
		t.Fatalf("tokens %v, %v", seen, err)
	}
	if len(news.Granted) != 1 || news.Granted[0].Node != "h" || news.Granted[0].ID != id(1).String() {
		t.Errorf("granted %+v", news.Granted)
	}
	if want := []am.Gone{{ID: id(2).String(), Exit: -102, Diagnostics: "taken"}}; !cmp.Equal(want, news.Gone) {
		t.Errorf("gone %+v", news.Gone)
	}
}
