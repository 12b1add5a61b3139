package job

import (
	"encoding/json"
	"fmt"
	"slices"

	"weft/plugins"
)

// Diagnostic is one thing found in a job or site file: what, where, and what
// to do. internal/fault prints it.
type Diagnostic struct {
	// Code is the stable code, "E2104".
	Code string
	// Severity is Fail, Warn or Note.
	Severity plugins.Severity
	// File, Line and Column say where: the name as the user gave it, both
	// numbers from 1, the column in characters. Line is 0 if it is about no
	// place in a file.
	File         string
	Line, Column int
	// Source is the line itself, long ones cut, secrets masked. Mark and
	// MarkLength say which of its characters to underline, from 0.
	Source           string
	Mark, MarkLength int
	// Key is the setting it is about: "job.setting.speed.channel"; may be
	// empty.
	Key string
	// Text says what is wrong.
	Text string
	// Hint says what to do; empty unless that is certain.
	Hint string
}

// Error implements error: "orders.json:14:7: unknown option ...".
func (d Diagnostic) Error() string {
	if d.Line > 0 {
		return fmt.Sprintf("%s:%d:%d: %s", d.File, d.Line, d.Column, d.Text)
	}
	if d.File != "" {
		return d.File + ": " + d.Text
	}
	return d.Text
}

// MarshalJSON implements json.Marshaler with the keys that `-o json` promises:
// code, severity (error, warning, note), file, line, column, key, message,
// hint.
func (d Diagnostic) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Code     string `json:"code"`
		Severity string `json:"severity"`
		File     string `json:"file,omitempty"`
		Line     int    `json:"line,omitempty"`
		Column   int    `json:"column,omitempty"`
		Key      string `json:"key,omitempty"`
		Message  string `json:"message"`
		Hint     string `json:"hint,omitempty"`
	}{d.Code, d.Level(), d.File, d.Line, d.Column, d.Key, d.Text, d.Hint})
}

// Level returns the severity as messages spell it: error, warning, note.
func (d Diagnostic) Level() string {
	switch d.Severity {
	case plugins.Fail:
		return "error"
	case plugins.Warn:
		return "warning"
	}
	return "note"
}

// Failed says that one of the diagnostics keeps the job from running.
func Failed(list []Diagnostic) bool {
	return slices.ContainsFunc(list, func(d Diagnostic) bool { return d.Severity == plugins.Fail })
}

// sortDiagnostics orders by place in the file; what has no place comes last.
func sortDiagnostics(list []Diagnostic) {
	slices.SortStableFunc(list, func(a, b Diagnostic) int {
		switch {
		case a.Line == 0 && b.Line > 0:
			return 1
		case b.Line == 0 && a.Line > 0:
			return -1
		case a.Line != b.Line:
			return a.Line - b.Line
		}
		return a.Column - b.Column
	})
}
