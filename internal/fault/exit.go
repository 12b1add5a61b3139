package fault

// The exit codes of every verb. Scripts depend on them; new ones may come,
// none changes its meaning. 99 is never used: Airflow takes it for "skipped".
const (
	ExitOK          = 0   // success
	ExitFailed      = 1   // the job failed, not classed below
	ExitUsage       = 2   // usage, or an invalid job
	ExitErrorLimit  = 3   // more dirty rows than the job tolerates
	ExitMismatch    = 4   // verification found a difference
	ExitTemporary   = 5   // infrastructure; trying again may help
	ExitDenied      = 6   // authentication or authorisation
	ExitKilled      = 7   // somebody killed the run
	ExitUnknown     = 8   // the state cannot be told, the application is lost
	ExitEmpty       = 9   // success with zero rows, under --fail-on-empty
	ExitTimeout     = 10  // the run's own time was up
	ExitRunning     = 11  // the run is under way already, under --no-attach
	ExitInterrupted = 130 // SIGINT
	ExitTerminated  = 143 // SIGTERM
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
