package sched

import (
	"time"

	"weft/internal/umbilical"
	"weft/plugins"
)

// phase is where the run stands; see the diagram in the package comment.
type phase string

const (
	planning   phase = "planning"
	attaching  phase = "attaching" // waiting for containers that outlived an earlier app attempt
	fencing    phase = "fencing"   // adoption is being journalled and the targets fenced
	running    phase = "running"
	draining   phase = "draining"
	committing phase = "committing"
	finished   phase = "finished"
)

// split is one split. While attempt is nil it waits, unless it is done.
type split struct {
	Start
	attempt     *attempt
	journalling bool             // a unit is on its way into the journal; none is given out meanwhile
	pending     plugins.Manifest // that unit
	offers      []uint64         // calls of Sealed that wait for it
	lost        int              // lost attempts in a row
	notBefore   time.Time        // it rests until then
	cause       string           // the newest failure
}

// attempt is a running attempt of a split.
type attempt struct {
	generation int64 // the one that gave it out; an earlier one's is adopted
	number     int
	container  string
	heard      time.Time
	since      time.Time        // when its unit began, as far as is known here
	live       plugins.Counters // of the unit being moved
	dirty      map[plugins.RowCode]int64
	sample     string
}

// container is one that was granted and has not gone.
type container struct {
	id, node string
	granted  time.Time
	heard    time.Time // zero until its first call
	kept     bool      // started by an earlier app attempt
	leaving  bool      // it gets no more work: the ResourceManager wants it back
}

// parked is a call of Next that waits for work.
type parked struct {
	id    uint64
	want  umbilical.Want
	since time.Time
}

// Status is a view of a Machine for people.
type Status struct {
	Phase      string
	Splits     []SplitStatus
	Containers int
	// Accepted are the counters of all accepted units; Live those of the
	// units being moved.
	Accepted, Live plugins.Counters
}

// SplitStatus is a view of one split.
type SplitStatus struct {
	ID        int
	State     string // waiting, running or done
	Attempt   int
	Container string
	Failures  int
	Cause     string
	Weight    int64
	Counters  plugins.Counters // accepted and live
}

// Status returns a view that shares nothing with the machine.
func (m *Machine) Status() Status {
	s := Status{Phase: string(m.phase), Containers: len(m.containers), Accepted: m.accepted, Live: m.live()}
	for _, sp := range m.splits {
		view := SplitStatus{ID: sp.ID, State: "waiting", Attempt: sp.Attempts, Failures: sp.Failures,
			Cause: sp.cause, Weight: sp.Weight, Counters: sp.Counters}
		if sp.attempt != nil {
			view.State, view.Container = "running", sp.attempt.container
			view.Counters.Add(sp.attempt.live)
		}
		if sp.Done {
			view.State = "done"
		}
		s.Splits = append(s.Splits, view)
	}
	return s
}
