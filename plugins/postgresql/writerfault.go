package postgresql

import (
	"errors"
	"strings"

	"weft/plugins"
)

// writeMeanings are meanings that differ for who writes.
var writeMeanings = map[string]meaning{
	"42501": {plugins.Fatal, plugins.ReasonPermission, "grant the account INSERT on the table, and CREATE on the schema for the table of checkpoints"},
	"25006": {plugins.Transient, plugins.ReasonUnreachable, "the server only reads: it may have become a standby; name the one that takes writes"},
	"53100": {plugins.Transient, plugins.ReasonSpace, "the server's disk is full; what was committed is safe: make room, then resume the run"},
	"22P04": {plugins.Bug, plugins.ReasonUnknown, ""}, // bad COPY format: ours
}

// writeFault is fault for writers.
func writeFault(op string, err error) error {
	var classed *plugins.Error
	if m, ok := writeMeanings[stateOf(err)]; ok && !errors.As(err, &classed) {
		return &plugins.Error{Class: m.class, Reason: m.reason, Op: op, Hint: m.hint, Err: err}
	}
	return fault(op, err)
}

// contended says that err is a deadlock, a lock that was not to be had or a
// clash of transactions: the same may succeed soon.
func contended(err error) bool {
	switch stateOf(err) {
	case "40P01", "55P03", "40001":
		return true
	}
	return false
}

// rowFaults are the server's errors that one row causes by its content
// (PostgreSQL, "Error Codes"), by SQLSTATE or by class.
var rowFaults = map[string]plugins.RowCode{
	"22": plugins.RowConversion, "22001": plugins.RowTooLong, "22003": plugins.RowOverflow, "22008": plugins.RowOverflow,
	"22021": plugins.RowEncoding, "22P05": plugins.RowEncoding, "22P04": "",
	"23": plugins.RowConstraint, "23502": plugins.RowNull, "23505": plugins.RowDuplicate,
	"44000": plugins.RowConstraint, "P0001": plugins.RowConstraint, "54000": plugins.RowTooLarge,
}

func rowFault(err error) plugins.RowCode {
	state := stateOf(err)
	if len(state) != 5 {
		return ""
	}
	if code, ok := rowFaults[state]; ok {
		return code
	}
	return rowFaults[state[:2]]
}

func isRowFault(err error) bool { return rowFault(err) != "" }

// rowError makes a refused row of what the server said of it.
func rowError(index int, err error) plugins.RowError {
	e := serverErrorOf(err)
	if e == nil { // cannot be: only isRowFault's errors come here
		return plugins.RowError{Index: index, Code: plugins.RowConstraint, Cause: err.Error()}
	}
	row := plugins.RowError{Index: index, Code: rowFault(err), Column: e.ColumnName, Cause: e.Message}
	if e.Detail != "" {
		row.Cause += ": " + e.Detail
	}
	// CONTEXT:  COPY orders, line 3, column amount: "x"
	if _, after, found := strings.Cut(e.Where, ", column "); found && row.Column == "" {
		row.Column, _, _ = strings.Cut(after, ":")
		row.Column, _, _ = strings.Cut(row.Column, "\n")
	}
	return row
}
