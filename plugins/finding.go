package plugins

import "fmt"

// Severity grades a Finding.
type Severity uint8

// The severities.
const (
	// OK: looked at and good.
	OK Severity = iota
	// Note: worth knowing, such as a setting that has no effect.
	Note
	// Warn: the job runs, perhaps not as wanted.
	Warn
	// Fail: the job cannot run.
	Fail
)

// String returns the severity as `weft check` prints it.
func (s Severity) String() string {
	names := [...]string{"OK", "NOTE", "WARN", "FAIL"}
	if int(s) < len(names) {
		return names[s]
	}
	return fmt.Sprintf("severity(%d)", uint8(s))
}

// Finding is one thing a check, a mapping or the reading of a config found.
type Finding struct {
	// Severity grades it.
	Severity Severity
	// Reason decides the error code of a Fail.
	Reason Reason
	// Key is the setting it is about, in the path form of the config:
	// "splitPk", "connection[0].table"; empty if none.
	Key string
	// Text says what was found, with names, numbers and units.
	Text string
	// Hint says what to do; empty unless that is certain.
	Hint string
}
