package job

import "weft/plugins"

// Result is how a run ended: result.json of the run folder, and the one object
// that `-o json` prints. Its keys are a promise to scripts; new ones may come.
type Result struct {
	// RunID is the run's id, Job the job's name.
	RunID string `json:"run_id"`
	Job   string `json:"job"`
	// State is final, ExitCode what the program exits with.
	State    State `json:"state"`
	ExitCode int   `json:"exit_code"`
	// Cause says why it did not succeed, Reason classes it, Hint says what to
	// do; all empty after success.
	Cause  string         `json:"cause"`
	Reason plugins.Reason `json:"reason,omitempty"`
	Hint   string         `json:"hint,omitempty"`
	// DurationMillis is the wall time of this incarnation in milliseconds.
	DurationMillis int64 `json:"duration_ms"`
	// The counters are of the accepted units of the whole run.
	plugins.Counters
	// Splits is the number of splits, Attempts that of attempts of splits,
	// MasterAttempts that of the ApplicationMaster's incarnations.
	Splits         int   `json:"splits"`
	Attempts       int   `json:"attempts"`
	MasterAttempts int64 `json:"am_attempts"`
	// Guarantee is the level of delivery, Verify what was proved.
	Guarantee string `json:"guarantee"`
	Verify    string `json:"verify"`
	// Consistency is the one that was kept: snapshot, split or none. Snapshot
	// names the moment, if the source has a name for it. Degraded says why a
	// run that asked for snapshot read a part later; empty if it did not.
	Consistency string `json:"consistency"`
	Snapshot    string `json:"snapshot,omitempty"`
	Degraded    string `json:"degraded,omitempty"`
	// Hash is the order-independent hash of the rows written, in hexadecimal;
	// empty unless verify is checksum.
	Hash string `json:"hash,omitempty"`
	// DirtyReasons counts dirty rows by code, DirtySample shows one.
	DirtyReasons map[plugins.RowCode]int64 `json:"dirty_reasons,omitempty"`
	DirtySample  string                    `json:"dirty_sample,omitempty"`
	// Dirty says where the dirty rows were laid out; nil if there are none, or
	// the job does not say where to.
	Dirty *DirtyPlace `json:"dirty,omitempty"`
	// Outputs names what became visible.
	Outputs []string `json:"outputs"`
	// ApplicationID and TrackingURL are YARN's; empty after `weft run`.
	ApplicationID string `json:"application_id"`
	TrackingURL   string `json:"tracking_url"`
}
