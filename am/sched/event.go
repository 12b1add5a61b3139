package sched

import (
	"time"

	"weft/internal/job"
	"weft/internal/umbilical"
	"weft/plugins"
)

// Event is something that happened. The set is closed.
type Event interface{ event() }

// Planned says that the plan exists and what the journal knows of its splits.
type Planned struct {
	Splits []Start
	// Fenced is the newest generation that may have fenced the targets; 0 for
	// none. Of the attempts given out before it only those that it Spared may
	// still go on.
	Fenced int64
	Spared []job.AttemptID
}

// Start is where a split stands before this generation.
type Start struct {
	ID int
	// Weight is the estimated number of rows; the heaviest go first. -1 if
	// unknown.
	Weight int64
	// Next is the sequence of the next unit, From the position before it.
	Next int
	From plugins.Position
	// Attempts is the highest attempt number used, Failures how many counted.
	Attempts, Failures int
	// Done says that nothing is left to move.
	Done bool
	// Counters are those of the accepted units.
	Counters plugins.Counters
}

// Granted says that a container was given.
type Granted struct{ Container, Node string }

// Kept says that a container of an earlier app attempt lives on.
type Kept struct{ Container, Node string }

// Fenced says that the adoption is journalled and the targets take nothing any
// more from attempts that were neither adopted nor given out by this generation.
type Fenced struct{}

// Preempting says that the ResourceManager will take containers back: the
// strict ones, and as many as the others are, of which it leaves the choice.
type Preempting struct{ Strict, Negotiable []string }

// StartFailed says that a granted container could not be started.
type StartFailed struct{ Container, Cause string }

// Gone says that a container has ended. Exit is YARN's exit status.
type Gone struct {
	Container string
	Exit      int
	Cause     string
}

// Wants is Link.Next, waiting for the answer with this id.
type Wants struct {
	ID uint64
	umbilical.Want
}

// Reported is Link.Report.
type Reported struct {
	ID uint64
	umbilical.Progress
}

// Offered is Link.Sealed.
type Offered struct {
	ID uint64
	umbilical.Sealed
}

// Ended is Link.Done.
type Ended struct {
	ID uint64
	umbilical.Ending
}

// Journalled says that the unit of an Accept effect is durable.
type Journalled struct{ Split, Sequence int }

// Contact says that the ResourceManager has answered as to its current master.
type Contact struct{}

// Tick says that time has passed; at least one a second is expected.
type Tick struct{}

// Kill asks for the end: attempts are drained for at most Grace. Reason is
// job.ReasonKilled if somebody wished it, and the run ends as killed then; with
// any other it ends as failed.
type Kill struct {
	Grace  time.Duration
	Reason plugins.Reason
	Cause  string
}

// Broken says that the run cannot go on, for a reason outside of its attempts:
// planning failed, the journal cannot be written, the ResourceManager is lost.
type Broken struct{ Why Why }

// Committed says that the commit plan is applied.
type Committed struct{}

// CommitFailed says that it could not be.
type CommitFailed struct{ Why Why }

func (Planned) event()      {}
func (Granted) event()      {}
func (Kept) event()         {}
func (Fenced) event()       {}
func (Preempting) event()   {}
func (StartFailed) event()  {}
func (Gone) event()         {}
func (Wants) event()        {}
func (Reported) event()     {}
func (Offered) event()      {}
func (Ended) event()        {}
func (Journalled) event()   {}
func (Contact) event()      {}
func (Tick) event()         {}
func (Kill) event()         {}
func (Broken) event()       {}
func (Committed) event()    {}
func (CommitFailed) event() {}
