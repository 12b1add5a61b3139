package job

// State is where a run stands.
type State string

// The states of a run. The last three are final.
const (
	// StateAccepted: submitted, no ApplicationMaster yet.
	StateAccepted State = "ACCEPTED"
	// StateRunning: an ApplicationMaster works on it.
	StateRunning State = "RUNNING"
	// StateCommitting: all splits are done, the commit plan is written.
	StateCommitting State = "COMMITTING"
	// StateSucceeded: the output is visible.
	StateSucceeded State = "SUCCEEDED"
	// StateFailed: it stopped for an error.
	StateFailed State = "FAILED"
	// StateKilled: somebody stopped it.
	StateKilled State = "KILLED"
)

// Final says that the state will not change any more.
func (s State) Final() bool {
	return s == StateSucceeded || s == StateFailed || s == StateKilled
}
