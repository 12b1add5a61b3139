package main

import (
	"context"
	"sync"
	"time"

	"weft/am/tracker"
	"weft/internal/job"
	"weft/yarnrpc/rm"
)

// Times of a watch. An ApplicationMaster that registered a moment ago is about
// to publish its address, so the first questions follow one another quickly;
// after firstTries of them there is nothing better to show than YARN's report.
const (
	firstPause   = 200 * time.Millisecond
	askPause     = time.Second
	firstTries   = 15
	masterSilent = 5 * time.Second
)

// watch is what is known of a run on the cluster, for the progress display:
// what its ApplicationMaster says, and while that is silent what the
// ResourceManager reports.
type watch struct {
	ask   func(context.Context, *tracker.Snapshot) error
	now   func() time.Time
	hurry time.Duration // between the first questions

	running chan struct{} // closed when YARN says that the run has an ApplicationMaster
	first   chan struct{} // closed when there is something to show

	mu    sync.Mutex
	last  tracker.Snapshot
	state job.State // as YARN reports it
	heard time.Time // of the ApplicationMaster's newest answer
}

var _ follower = (*watch)(nil)

// newWatch returns a watch over a run. ask is the question to its
// ApplicationMaster.
func newWatch(run string, ask func(context.Context, *tracker.Snapshot) error) *watch {
	return &watch{ask: ask, now: time.Now, hurry: firstPause, running: make(chan struct{}), first: make(chan struct{}), state: job.StateAccepted,
		last: tracker.Snapshot{RunID: run, State: string(job.StateAccepted), Percent: -1, ETASeconds: -1, DirtyLimit: -1}}
}

// start asks from now on. The returned function ends that and waits for it.
func (w *watch) start(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var asking sync.WaitGroup
	asking.Go(func() { w.keepAsking(ctx) })
	return func() { cancel(); asking.Wait() }
}

func (w *watch) keepAsking(ctx context.Context) {
	select {
	case <-w.running:
	case <-ctx.Done():
		return
	}
	for pause, try := w.hurry, 1; ; try++ {
		var s tracker.Snapshot
		begun := w.ask(ctx, &s) == nil && s.Attempt > 0
		if begun {
			w.answered(s)
		}
		if begun || try >= firstTries {
			w.show()
			pause = askPause
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return
		}
	}
}

func (w *watch) answered(s tracker.Snapshot) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.last, w.heard = s, w.now()
}

// show opens first, once; only keepAsking calls it.
func (w *watch) show() {
	select {
	case <-w.first:
	default:
		close(w.first)
	}
}

// First implements announcer.
func (w *watch) First() <-chan struct{} { return w.first }

// Snapshot implements follower. What an ApplicationMaster said that has fallen
// silent keeps its counts; state and speed are not known any more.
func (w *watch) Snapshot() tracker.Snapshot {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := w.last
	if w.now().Sub(w.heard) > masterSilent {
		s.State = string(w.state)
		s.RowsPerSecond, s.BytesPerSecond, s.ReaderWait, s.WriterWait, s.Bottleneck, s.ETASeconds = 0, 0, 0, 0, "", -1
	}
	return s
}

// reported takes in a report of the ResourceManager; one goroutine calls it.
func (w *watch) reported(r *rm.Report) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.state = stateOf(r)
	if w.heard.IsZero() && r.Progress > 0 {
		w.last.Percent = 100 * float64(r.Progress)
	}
	if r.State != rm.StateRunning {
		return
	}
	select {
	case <-w.running:
	default:
		close(w.running)
	}
}
