package mysql

import (
	"errors"
	"regexp"
	"slices"

	"weft/plugins"
)

// writeMeanings are meanings that differ for who writes.
var writeMeanings = map[int]meaning{
	1044: {plugins.Fatal, plugins.ReasonPermission, "grant the account INSERT, and CREATE for the table of checkpoints"},
	1142: {plugins.Fatal, plugins.ReasonPermission, "grant the account INSERT, and CREATE for the table of checkpoints"},
	1143: {plugins.Fatal, plugins.ReasonPermission, "grant the account INSERT on the column"},
	1021: {plugins.Transient, plugins.ReasonSpace, "the server's disk is full; what was committed is safe: make room, then resume the run"},
	1114: {plugins.Transient, plugins.ReasonSpace, "the table, its tablespace or tmp_table_size is full; what was committed is safe: make room, then resume the run"},
	3019: {plugins.Transient, plugins.ReasonSpace, "the undo tablespace is full; make room, then resume the run"},
	1290: {plugins.Transient, plugins.ReasonUnreachable, "the server is read-only: it may have become a replica; name the one that takes writes"},
	1792: {plugins.Transient, plugins.ReasonUnreachable, "the server is read-only: it may have become a replica; name the one that takes writes"},
	1836: {plugins.Transient, plugins.ReasonUnreachable, "the server is read-only: it may have become a replica; name the one that takes writes"},
	1180: {plugins.Transient, plugins.ReasonUnknown, ""},
	1015: {plugins.Transient, plugins.ReasonUnknown, ""},
	1197: {plugins.Permanent, plugins.ReasonSpace, "the unit is larger than max_binlog_cache_size: make the job's unit smaller"},
	1206: {plugins.Permanent, plugins.ReasonSpace, "the unit takes more locks than the server has room for: make the job's unit smaller"},
	1637: {plugins.Transient, plugins.ReasonUnknown, "too many transactions at once"},
	3101: {plugins.Transient, plugins.ReasonUnknown, "another node of the group changed the same rows"},
	1412: {plugins.Transient, plugins.ReasonChanged, ""},
}

// writeFault is fault for writers.
func writeFault(op string, err error) error {
	var classed *plugins.Error
	if e := serverErrorOf(err); e != nil && !errors.As(err, &classed) {
		if m, ok := writeMeanings[e.Number]; ok {
			return &plugins.Error{Class: m.class, Reason: m.reason, Op: op, Hint: m.hint, Err: e}
		}
	}
	return fault(op, err)
}

// Numbers of the server's errors that have a meaning here.
const (
	errLockWait = 1205
	errDeadlock = 1213
)

// isNumber says that err is the server's, with one of the numbers.
func isServerError(err error, numbers ...int) bool {
	e := serverErrorOf(err)
	return e != nil && slices.Contains(numbers, e.Number)
}

// contended says that err is a deadlock or a lock that was not to be had: the
// same may succeed soon.
func contended(err error) bool { return isServerError(err, errLockWait, errDeadlock) }

// rowFaults are the server's errors that one row causes by its content (server
// error reference of MySQL and MariaDB).
var rowFaults = map[int]plugins.RowCode{
	1022: plugins.RowDuplicate, 1062: plugins.RowDuplicate, 1169: plugins.RowDuplicate, 1586: plugins.RowDuplicate,
	1048: plugins.RowNull, 1263: plugins.RowNull, 1364: plugins.RowNull,
	1406: plugins.RowTooLong, 1118: plugins.RowTooLarge, 1301: plugins.RowTooLarge,
	1264: plugins.RowOverflow, 1441: plugins.RowOverflow, 1690: plugins.RowOverflow, 1916: plugins.RowOverflow,
	1300: plugins.RowEncoding, 1366: plugins.RowEncoding, 1977: plugins.RowEncoding, 3854: plugins.RowEncoding,
	1265: plugins.RowConversion, 1292: plugins.RowConversion, 1367: plugins.RowConversion, 1411: plugins.RowConversion,
	1416: plugins.RowConversion, 3140: plugins.RowConversion, 3156: plugins.RowConversion, 3903: plugins.RowConversion,
	1216: plugins.RowConstraint, 1217: plugins.RowConstraint, 1369: plugins.RowConstraint, 1451: plugins.RowConstraint,
	1452: plugins.RowConstraint, 1526: plugins.RowConstraint, 1644: plugins.RowConstraint, 1748: plugins.RowConstraint,
	3819: plugins.RowConstraint, 4025: plugins.RowConstraint,
}

func isRowFault(err error) bool {
	e := serverErrorOf(err)
	return e != nil && rowFaults[e.Number] != ""
}

// columnNamed finds the column in messages such as "Data too long for column 'a'
// at row 1" and "... for column `db`.`t`.`a` at row 1".
var columnNamed = regexp.MustCompile("column '([^']+)'|`([^`]+)` at row")

// rowError makes a refused row of what the server said of it.
func rowError(index int, err error) plugins.RowError {
	e := serverErrorOf(err)
	if e == nil { // cannot be: only isRowFault's errors come here
		return plugins.RowError{Index: index, Code: plugins.RowConstraint, Cause: err.Error()}
	}
	row := plugins.RowError{Index: index, Code: rowFaults[e.Number], Cause: e.Message}
	if m := columnNamed.FindStringSubmatch(e.Message); m != nil {
		row.Column = m[1] + m[2]
	}
	return row
}
