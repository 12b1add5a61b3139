package main

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"weft/am/tracker"
	"weft/internal/fault"
	"weft/yarnrpc/rm"
)

var errSilent = errors.New("nobody answers")

// scriptedMaster answers, or not, and counts the questions.
type scriptedMaster struct {
	mu     sync.Mutex
	answer *tracker.Snapshot
	asked  int
}

func (m *scriptedMaster) status(_ context.Context, s *tracker.Snapshot) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.asked++
	if m.answer == nil {
		return errSilent
	}
	*s = *m.answer
	return nil
}

func TestWatchAsksTheMaster(t *testing.T) {
	master := &scriptedMaster{answer: &tracker.Snapshot{RunID: "r", State: "COMMITTING", Percent: 42, RowsPerSecond: 7, ETASeconds: 9, Attempt: 1}}
	w := newWatch("r", master.status)
	w.reported(&rm.Report{State: rm.StateAccepted})
	if s := w.Snapshot(); s.State != "ACCEPTED" || s.Percent != -1 || s.RunID != "r" {
		t.Errorf("before: %+v", s)
	}
	stop := w.start(t.Context())
	w.reported(&rm.Report{State: rm.StateRunning, Progress: 0.1})
	<-w.First()
	if s := w.Snapshot(); s.State != "COMMITTING" || s.Percent != 42 {
		t.Errorf("while the master answers: %+v", s)
	}
	stop()
	if master.asked == 0 {
		t.Error("the master was not asked")
	}
	// Long after its last word only the counts are believed.
	w.now = func() time.Time { return time.Now().Add(2 * masterSilent) }
	w.reported(&rm.Report{State: rm.StateAccepted})
	if s := w.Snapshot(); s.State != "ACCEPTED" || s.Percent != 42 || s.RowsPerSecond != 0 || s.ETASeconds != -1 {
		t.Errorf("after the master fell silent: %+v", s)
	}
}

// A master that has not begun knows less than YARN.
func TestWatchOfAMasterThatBegins(t *testing.T) {
	master := &scriptedMaster{answer: &tracker.Snapshot{State: "ACCEPTED", Percent: -1}}
	w := newWatch("r", master.status)
	w.hurry = time.Millisecond
	stop := w.start(t.Context())
	w.reported(&rm.Report{State: rm.StateRunning})
	<-w.First()
	stop()
	if s := w.Snapshot(); s.State != "RUNNING" {
		t.Errorf("%+v", s)
	}
}

// Nobody is asked before there is a master, and a stop does not wait for one.
func TestWatchOfAWaitingRun(t *testing.T) {
	master := &scriptedMaster{}
	w := newWatch("r", master.status)
	stop := w.start(t.Context())
	w.reported(&rm.Report{State: rm.StateAccepted})
	stop()
	if master.asked != 0 {
		t.Errorf("asked %d times", master.asked)
	}
}

// While no master answers, YARN's report is what there is.
func TestWatchWithoutAMaster(t *testing.T) {
	master := &scriptedMaster{}
	w := newWatch("r", master.status)
	w.hurry = time.Millisecond
	stop := w.start(t.Context())
	w.reported(&rm.Report{State: rm.StateRunning, Progress: 0.25})
	<-w.First()
	stop()
	if s := w.Snapshot(); s.State != "RUNNING" || s.Percent != 25 {
		t.Errorf("%+v", s)
	}
	if master.asked < firstTries {
		t.Errorf("gave up after %d questions, want %d", master.asked, firstTries)
	}
}

// announced is a follower whose first moment the test decides.
type announced struct{ first chan struct{} }

func (a *announced) Snapshot() tracker.Snapshot {
	return tracker.Snapshot{State: "RUNNING", ETASeconds: -1, Percent: 3}
}
func (a *announced) First() <-chan struct{} { return a.first }

// told is a writer that hands over each text written.
type told chan string

func (w told) Write(p []byte) (int, error) {
	w <- string(p)
	return len(p), nil
}

// The first line of progress does not wait for the first ten seconds.
func TestFirstLineOfProgress(t *testing.T) {
	out := make(told, 10)
	e := &env{stderr: out, scrub: new(fault.Scrubber)}
	a := &announced{first: make(chan struct{})}
	stop := e.follow(a, "auto")
	close(a.first)
	text := <-out
	stop()
	if len(out) > 0 || !strings.HasPrefix(text, "RUNNING 3.0%") || !strings.HasSuffix(text, "\n") {
		t.Errorf("%q and %d more", text, len(out))
	}
}
