package job

import "weft/plugins"

// Reasons a run can end for that no plugin gives.
const (
	// ReasonErrorLimit: too many dirty rows.
	ReasonErrorLimit plugins.Reason = "error limit"
	// ReasonKilled: somebody stopped the run.
	ReasonKilled plugins.Reason = "killed"
	// ReasonMismatch: verification found a difference.
	ReasonMismatch = plugins.ReasonMismatch
	// ReasonRunTimeout: the run took longer than timeout.run.
	ReasonRunTimeout plugins.Reason = "run timeout"
	// ReasonAttempts: a split's containers died as often as maxAttempts allows.
	ReasonAttempts plugins.Reason = "attempts"
	// ReasonCheckpoint: the run folder cannot be read, or is not what it should
	// be.
	ReasonCheckpoint plugins.Reason = "checkpoint"
	// ReasonVersion: another version of weft made the run folder.
	ReasonVersion plugins.Reason = "version"
	// ReasonDirtyRows: the dirty rows could not be put where the job wants them.
	ReasonDirtyRows plugins.Reason = "dirty rows not laid out"
	// ReasonRunning: the run is alive already.
	ReasonRunning plugins.Reason = "already running"
)

// The exit codes of the program and of a run. More may be added.
const (
	ExitOK         = 0  // success
	ExitFailed     = 1  // the job failed, for nothing named below
	ExitUsage      = 2  // wrong usage or invalid job
	ExitErrorLimit = 3  // too many dirty rows
	ExitMismatch   = 4  // verification found a difference
	ExitTemporary  = 5  // infrastructure; a retry may help
	ExitAuth       = 6  // authentication or authorisation
	ExitKilled     = 7  // somebody stopped the run
	ExitUnknown    = 8  // nobody can tell how the run ended
	ExitEmpty      = 9  // no rows, with --fail-on-empty
	ExitTimeout    = 10 // a deadline of the user passed
	ExitRunning    = 11 // the run is alive already
)

// exitCodes maps the reasons that have a code of their own.
var exitCodes = map[plugins.Reason]int{
	ReasonErrorLimit:          ExitErrorLimit,
	ReasonKilled:              ExitKilled,
	ReasonMismatch:            ExitMismatch,
	ReasonRunTimeout:          ExitTimeout,
	ReasonRunning:             ExitRunning,
	ReasonDirtyRows:           ExitTemporary,
	plugins.ReasonAuth:        ExitAuth,
	plugins.ReasonPermission:  ExitAuth,
	plugins.ReasonConfig:      ExitUsage,
	plugins.ReasonSchema:      ExitUsage,
	plugins.ReasonNotFound:    ExitUsage,
	plugins.ReasonUnreachable: ExitTemporary,
	plugins.ReasonTimeout:     ExitTemporary,
}

// ExitCode returns the code of a run that ended in state s for reason r.
func ExitCode(s State, r plugins.Reason) int {
	switch code, ok := exitCodes[r]; {
	case s == StateSucceeded:
		return ExitOK
	case s == StateKilled:
		return ExitKilled
	case ok:
		return code
	}
	return ExitFailed
}
