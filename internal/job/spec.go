package job

import (
	"encoding/json"
	"time"

	"weft/plugins"
)

// Spec is one job as the user asked for it, variables expanded and defaults
// filled in, whatever dialect the file was written in. It is stored as
// spec.json in the run folder and never changed.
type Spec struct {
	// Name is the job's name: the file's own, or the file's name without
	// its ending.
	Name string `json:"name"`
	// Dialect says whose rules the file follows.
	Dialect plugins.Dialect `json:"dialect"`
	// Reader and Writer are the two ends.
	Reader Side `json:"reader"`
	Writer Side `json:"writer"`
	// Setting is everything that belongs to neither end.
	Setting Setting `json:"setting"`
	// Secrets are the JSON pointers (RFC 6901) of the strings below Reader
	// and Writer that must not be shown, "/reader/password": what Resolve,
	// Seal and Masked work on.
	Secrets []string `json:"secrets,omitempty"`
}

// Side is one end of a job.
type Side struct {
	// Plugin is the plugin's name as in the registry.
	Plugin string `json:"plugin"`
	// Config is the plugin's settings as the file has them, standard JSON,
	// to be decoded by Decode.
	Config json.RawMessage `json:"config"`
}

// Setting holds the engine's settings of a job. Zero values are never used:
// Load fills in the defaults.
type Setting struct {
	// Channel is the number of slots that move rows at the same time.
	Channel int `json:"channel"`
	// BytesPerSecond and RowsPerSecond limit the whole job; 0 is no limit.
	BytesPerSecond int64 `json:"bytesPerSecond"`
	RowsPerSecond  int64 `json:"rowsPerSecond"`
	// ErrorLimit says how many dirty rows are too many.
	ErrorLimit ErrorLimit `json:"errorLimit"`
	// UnitBytes and UnitInterval seal a unit by the size of what was written
	// and by its age, whichever comes first.
	UnitBytes    int64    `json:"unitBytes"`
	UnitInterval Duration `json:"unitInterval"`
	// MaxRowBytes is the largest row; larger ones are dirty.
	MaxRowBytes int `json:"maxRowBytes"`
	// Verify is off, count or checksum.
	Verify Verify `json:"verify"`
	// Consistency is snapshot, split or none: which state of the source the
	// run reads. OnSnapshotLoss is fail or degrade: what becomes of a run whose
	// snapshot is gone.
	Consistency    plugins.Consistency `json:"consistency"`
	OnSnapshotLoss SnapshotLoss        `json:"onSnapshotLoss"`
	// StallAfter is how long nothing of a split may move before what is under
	// way is broken off and tried again.
	StallAfter Duration `json:"stallAfter"`
	// MaxAttempts is how often one split may fail before the job does.
	MaxAttempts int `json:"maxAttempts"`
	// Zone is the IANA name of the zone that renders instants as text.
	Zone string `json:"timezone"`
	// YARN holds what concerns the cluster.
	YARN YARN `json:"yarn"`
	// AM holds what concerns the ApplicationMaster.
	AM AM `json:"am"`
	// Timeout holds how long is waited for what.
	Timeout Timeout `json:"timeout"`
	// Dirty says where dirty rows are laid out at the end.
	Dirty Dirty `json:"dirty"`
}

// AM says how the ApplicationMaster works. `weft run` ignores it.
type AM struct {
	// KeepContainers lets containers live on when their ApplicationMaster
	// dies, so that the next one takes them over with what they are doing.
	KeepContainers bool `json:"keepContainers"`
}

// Timeout says how long is waited for what; all are above 0 unless said
// otherwise.
type Timeout struct {
	// Call bounds one question of `check` and `plan` to one end or to the
	// cluster.
	Call Duration `json:"call"`
	// Run bounds the whole run, exit code 10; 0 is no bound.
	Run Duration `json:"run"`
	// Cluster is how long a run that has begun waits for HDFS or YARN when
	// neither of their servers takes a call: restarts, failover, safe mode.
	Cluster Duration `json:"cluster"`
}

// YARN says how the job runs on a cluster. `weft run` ignores it.
type YARN struct {
	// Queue is the scheduler's queue.
	Queue string `json:"queue"`
	// Staging is the folder that holds binaries and runs, a file-system URI
	// or a path on the default file system.
	Staging string `json:"staging"`
	// ContainerMemoryMiB is the size of a container that moves rows; 0 lets
	// weft compute it from Slots and the batch budget.
	ContainerMemoryMiB int `json:"containerMemoryMiB"`
	// MasterMemoryMiB is the size of the ApplicationMaster's container.
	MasterMemoryMiB int `json:"masterMemoryMiB"`
	// VCores is the number of virtual cores of a container.
	VCores int `json:"vcores"`
	// Slots is the number of splits that one container moves at a time.
	Slots int `json:"slots"`
	// Priority of the application in its queue.
	Priority int `json:"priority"`
	// NodeLabel is the node label expression; empty for the queue's default.
	NodeLabel string `json:"nodeLabel"`
	// Tags are further YARN application tags.
	Tags []string `json:"tags"`
	// MaxMasterAttempts is the number of application attempts YARN may
	// start.
	MaxMasterAttempts int `json:"maxMasterAttempts"`
}

// ErrorLimit says when dirty rows fail the job.
type ErrorLimit struct {
	// Record is the largest tolerated number of dirty rows; -1 is no limit.
	Record int64 `json:"record"`
	// Percentage is the largest tolerated share of dirty rows among the rows
	// read, in percent; -1 is no limit.
	Percentage float64 `json:"percentage"`
	// Dialect says whose rules of comparison hold.
	Dialect plugins.Dialect `json:"dialect"`
}

// Verify says how a finished run is proved.
type Verify string

// The ways to verify.
const (
	// VerifyOff compares nothing.
	VerifyOff Verify = "off"
	// VerifyCount compares the number of rows.
	VerifyCount Verify = "count"
	// VerifyChecksum compares an order-independent hash of the rows too.
	VerifyChecksum Verify = "checksum"
)

// SnapshotLoss says what becomes of a run whose snapshot is gone.
type SnapshotLoss string

// The ways to take it.
const (
	// LossFail ends the run; what was accepted stays, and a resume may go on
	// under another consistency.
	LossFail SnapshotLoss = "fail"
	// LossDegrade reads the rest as consistency: split does, and says so in the
	// result.
	LossDegrade SnapshotLoss = "degrade"
)

// Duration is a time.Duration that is written "5m0s" in JSON.
type Duration time.Duration

// MarshalText implements encoding.TextMarshaler.
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler; it takes what
// time.ParseDuration takes.
func (d *Duration) UnmarshalText(text []byte) error {
	got, err := time.ParseDuration(string(text))
	*d = Duration(got)
	return err
}
