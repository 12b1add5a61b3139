package main

import (
	"sync"

	"weft/am/tracker"
	"weft/internal/job"
	"weft/yarnrpc/rm"
)

// watch is what is known of a run on the cluster, for the progress display:
// what the ResourceManager reports.
type watch struct {
	mu   sync.Mutex
	last tracker.Snapshot
}

var _ follower = (*watch)(nil)

func newWatch(run string) *watch {
	return &watch{last: tracker.Snapshot{RunID: run, State: string(job.StateAccepted), Percent: -1, ETASeconds: -1, DirtyLimit: -1}}
}

// Snapshot implements follower.
func (w *watch) Snapshot() tracker.Snapshot {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.last
}

// reported takes in a report of the ResourceManager.
func (w *watch) reported(r *rm.Report) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if r.State == rm.StateRunning && w.last.State == string(job.StateAccepted) {
		w.last.State = string(job.StateRunning)
	}
}
