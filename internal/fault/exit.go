package fault

import "weft/internal/job"

// The exit codes of every verb: those a run can end with (package job), and
// those of the program itself. Scripts depend on them; new ones may come,
// none changes its meaning. 99 is never used: Airflow takes it for "skipped".
const (
	ExitOK          = job.ExitOK         // success
	ExitFailed      = job.ExitFailed     // the job failed, not classed below
	ExitUsage       = job.ExitUsage      // usage, or an invalid job
	ExitErrorLimit  = job.ExitErrorLimit // more dirty rows than the job tolerates
	ExitMismatch    = job.ExitMismatch   // verification found a difference
	ExitTemporary   = job.ExitTemporary  // infrastructure; trying again may help
	ExitDenied      = job.ExitAuth       // authentication or authorisation
	ExitKilled      = job.ExitKilled     // somebody killed the run
	ExitUnknown     = job.ExitUnknown    // the state cannot be told, the application is lost
	ExitEmpty       = job.ExitEmpty      // success with zero rows, under --fail-on-empty
	ExitTimeout     = job.ExitTimeout    // the run's own time was up
	ExitRunning     = job.ExitRunning    // the run is under way already, under --no-attach
	ExitInterrupted = 130                // SIGINT
	ExitTerminated  = 143                // SIGTERM
)

// ExitMeaning is one line of the table in every verb's help.
type ExitMeaning struct {
	Code    int
	Meaning string
}

// Exits lists the exit codes with their meanings, in ascending order.
func Exits() []ExitMeaning {
	return []ExitMeaning{
		{ExitOK, "success"},
		{ExitFailed, "the job failed (not classed below)"},
		{ExitUsage, "wrong usage or invalid job; nothing was touched"},
		{ExitErrorLimit, "error limit exceeded"},
		{ExitMismatch, "verification mismatch"},
		{ExitTemporary, "temporary trouble of the infrastructure; a retry may help"},
		{ExitDenied, "authentication or authorisation"},
		{ExitKilled, "killed"},
		{ExitUnknown, "state unknown, application lost"},
		{ExitEmpty, "success with zero rows (only with --fail-on-empty)"},
		{ExitTimeout, "the run's time was up"},
		{ExitRunning, "already running (only with --no-attach, or another job under the run id)"},
		{ExitInterrupted, "ended by Ctrl-C (SIGINT)"},
		{ExitTerminated, "ended by SIGTERM"},
	}
}
