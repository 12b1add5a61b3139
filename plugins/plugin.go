package plugins

import (
	"log/slog"
	"time"
)

// Plugin is what a system's folder exports and plugins/all lists: one value,
// no registration. Either side may be missing (nil constructors).
type Plugin struct {
	// Name is the system's name in job files: "mysql". The old forms with a
	// suffix ("mysqlreader", "mysqlwriter") find it too.
	Name string
	// Summary says in one line what it reads and writes.
	Summary string
	// Sample is a commented job that uses the plugin (sample.json).
	Sample string
	// NewReaderConfig and NewWriterConfig return a pointer to a struct that
	// holds the defaults, for the engine to decode the job's settings into.
	// JSON tags name the keys.
	NewReaderConfig func() Config
	NewWriterConfig func() Config
	// NewReader and NewWriter take a config that was decoded and validated.
	// They do no I/O.
	NewReader func(Config, Setup) (Reader, error)
	NewWriter func(Config, Setup) (Writer, error)
}

// Config is a plugin's user settings, one side of a job.
//
// Passwords, keys and tokens are fields of type Secret. Struct tags beside
// `json`: `weft:"ignored"` (a key of FlinkX or DataX that has no effect here,
// reported as a note), `weft:"alias=a,b"` (other spellings of the key),
// `weft:"filled"` (empty text is refused in native jobs; FlinkX and DataX take it
// for the default),
// `doc:"..."` (one line for the reference of options).
type Config interface {
	// Validate reports everything wrong with the settings at once, without
	// I/O. It may fill in values that follow from others.
	Validate() []Finding
}

// Dialect says whose rules a job file follows.
type Dialect string

// The dialects.
const (
	// DialectNative is a job with a top-level "weft": 1.
	DialectNative Dialect = "native"
	// DialectFlinkX is a FlinkX or ChunJun job.
	DialectFlinkX Dialect = "flinkx"
	// DialectDataX is a DataX job.
	DialectDataX Dialect = "datax"
)

// Setup is what the engine gives a plugin beside its own config. Before the
// plan exists (describing, splitting, checking), Columns is nil.
type Setup struct {
	// Run is the run id; it is part of the names of everything the run makes.
	Run string
	// Job is the job's name.
	Job string
	// Channel is the number of slots that the job asks for; 0 if nobody
	// knows. Only what the old tools count by channel may depend on it.
	Channel int
	// Columns are what the reader delivers, from the plan.
	Columns []Column
	// Dialect says whose defaults hold.
	Dialect Dialect
	// Zone renders instants as text; never nil, UTC for native jobs.
	Zone *time.Location
	// MaxRowBytes is the largest row, in bytes as the source delivers it;
	// larger ones are refused. Always above 0.
	MaxRowBytes int
	// StartLocation is where an incremental reader goes on, exclusive; empty
	// at the first run.
	StartLocation string
	// Consistency is what the job asks of the source; "" is ConsistencySplit.
	Consistency Consistency
	// Log takes life events; never nil.
	Log *slog.Logger
}
