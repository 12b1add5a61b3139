package sched

import (
	"weft/internal/job"
	"weft/internal/umbilical"
	"weft/plugins"
)

// Effect is something to be done. The set is closed.
type Effect interface{ effect() }

// Ask says how many containers are still missing, absolutely.
type Ask struct{ Containers int }

// Launch starts a granted container.
type Launch struct{ Container, Node string }

// Release gives a granted container back, unused.
type Release struct{ Container string }

// Stop ends a container.
type Stop struct{ Container string }

// GiveBack ends a container that an earlier app attempt started.
type GiveBack struct{ Container string }

// Adopt journals which attempts of earlier generations go on, and then fences
// the targets for all others; Fenced must follow. It comes once, also when
// there are none.
type Adopt struct{ Attempts []job.AttemptID }

// Exclude asks for no more containers on a node.
type Exclude struct{ Node string }

// Assign answers Next with a task.
type Assign struct {
	ID             uint64
	Split, Attempt int
	From           plugins.Position
	Sequence       int
	// Sharers is the number of slots that share the job's limits.
	Sharers int
}

// Wait answers Next with "ask again", Leave with "there is no more work".
type Wait struct{ ID uint64 }

// Leave answers Next with "there is no more work".
type Leave struct{ ID uint64 }

// Instruct answers Report and Done.
type Instruct struct {
	ID        uint64
	Directive umbilical.Directive
	Sharers   int
}

// Accept journals a unit; Journalled must follow, and only then is the offer
// answered.
type Accept struct{ Manifest plugins.Manifest }

// Judge answers Sealed.
type Judge struct {
	ID      uint64
	Verdict umbilical.Verdict
}

// Spend journals an attempt that failed and counts. Nobody waits for it.
type Spend struct {
	Split, Attempt int
	Cause          string
}

// Commit makes the output visible; Committed or CommitFailed must follow.
type Commit struct{}

// Finish ends the run. It is the last effect but for answers.
type Finish struct {
	State job.State
	Why   Why
}

// Why says why a run did not succeed.
type Why struct {
	// Reason classes it; Cause says it in words, Hint what to do.
	Reason plugins.Reason
	Cause  string
	Hint   string
}

func (Ask) effect()      {}
func (Launch) effect()   {}
func (Release) effect()  {}
func (Stop) effect()     {}
func (GiveBack) effect() {}
func (Adopt) effect()    {}
func (Exclude) effect()  {}
func (Assign) effect()   {}
func (Wait) effect()     {}
func (Leave) effect()    {}
func (Instruct) effect() {}
func (Accept) effect()   {}
func (Judge) effect()    {}
func (Spend) effect()    {}
func (Commit) effect()   {}
func (Finish) effect()   {}
