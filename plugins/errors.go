package plugins

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Class answers the question a caller of a plugin has about an error: what to
// do next.
type Class uint8

// The classes. ClassOf maps every error to one of them.
const (
	// Permanent: this attempt cannot succeed; it is failed and one attempt
	// is spent. The class of an error that says nothing else.
	Permanent Class = iota
	// Transient: the same call may succeed soon.
	Transient
	// Lost: the other party is gone; no attempt is spent.
	Lost
	// Dirty: these rows, not the rest. Only *RowErrors has it.
	Dirty
	// Fatal: no attempt can succeed; the job is failed at once.
	Fatal
	// Bug: an invariant of weft broke.
	Bug
)

// String returns the class's name as logs spell it.
func (c Class) String() string {
	names := [...]string{"permanent", "transient", "lost", "dirty", "fatal", "bug"}
	if int(c) < len(names) {
		return names[c]
	}
	return fmt.Sprintf("class(%d)", uint8(c))
}

// Reason narrows a class down to what an operator has to look at. The program
// maps it to a stable error code and an exit code.
type Reason string

// The reasons a plugin can give.
const (
	// ReasonUnknown is the zero Reason.
	ReasonUnknown Reason = ""
	// ReasonUnreachable: nothing answers at the address.
	ReasonUnreachable Reason = "unreachable"
	// ReasonAuth: the server refused who we are.
	ReasonAuth Reason = "auth"
	// ReasonPermission: the server knows us and refuses the act.
	ReasonPermission Reason = "permission"
	// ReasonNotFound: a table, column, file or folder does not exist.
	ReasonNotFound Reason = "not found"
	// ReasonExists: something is there that must not be.
	ReasonExists Reason = "exists"
	// ReasonConfig: the job's own settings are wrong.
	ReasonConfig Reason = "config"
	// ReasonSchema: columns or types of both sides do not go together.
	ReasonSchema Reason = "schema"
	// ReasonSpace: a disk or a quota is full.
	ReasonSpace Reason = "space"
	// ReasonChanged: the source or target changed under the run.
	ReasonChanged Reason = "changed"
	// ReasonGone: what had been accepted is not in the target any more.
	ReasonGone Reason = "accepted output gone"
	// ReasonMismatch: what lies in the target is not what was written.
	ReasonMismatch Reason = "mismatch"
	// ReasonTimeout: a deadline passed.
	ReasonTimeout Reason = "timeout"
	// ReasonFenced: another attempt or generation holds the right to act.
	ReasonFenced Reason = "fenced"
	// ReasonSnapshotLost: the one view of the source that the run promised is
	// gone or cannot be joined; see Snapshotter.
	ReasonSnapshotLost Reason = "snapshot lost"
)

// Error is an error with its class, for the engine, and its reason and hint,
// for people. Message form is "op subject: cause".
type Error struct {
	// Class decides what the engine does.
	Class Class
	// Reason decides which code the user sees.
	Reason Reason
	// Op is what was being done, to what: "read table orders".
	Op string
	// Hint says what to do, if that is certain; else empty.
	Hint string
	// Wait is how long a Transient error asks to be left alone; 0 if unknown.
	Wait time.Duration
	// Err is the cause.
	Err error
}

// Error implements error.
func (e *Error) Error() string {
	if e.Op == "" {
		return e.Err.Error()
	}
	return e.Op + ": " + e.Err.Error()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// ClassOf returns the class of the outermost error in err's chain that has
// one. Without one, an ended context is Transient (nobody's fault) and
// everything else Permanent.
func ClassOf(err error) Class {
	var classed *Error
	var rows *RowErrors
	switch {
	case errors.As(err, &classed):
		return classed.Class
	case errors.As(err, &rows):
		return Dirty
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return Transient
	}
	return Permanent
}

// ReasonOf returns the reason of the outermost *Error in err's chain that
// gives one, or ReasonUnknown.
func ReasonOf(err error) Reason {
	for err != nil {
		var classed *Error
		if !errors.As(err, &classed) {
			return ReasonUnknown
		}
		if classed.Reason != ReasonUnknown {
			return classed.Reason
		}
		err = classed.Err
	}
	return ReasonUnknown
}

// RowCode says why a row was refused. The texts are stable: dirty tables and
// reports carry them.
type RowCode string

// The codes of refused rows.
const (
	// RowConversion: the value has no meaning in the target's type.
	RowConversion RowCode = "conversion"
	// RowOverflow: the number or time is outside the target's range.
	RowOverflow RowCode = "overflow"
	// RowPrecision: digits behind the point would be lost.
	RowPrecision RowCode = "precision"
	// RowTooLong: the text or bytes exceed the target column's length.
	RowTooLong RowCode = "too_long"
	// RowNull: NULL for a column that takes none.
	RowNull RowCode = "null"
	// RowConstraint: the target's constraint refused it.
	RowConstraint RowCode = "constraint"
	// RowDuplicate: the key exists already, in insert mode.
	RowDuplicate RowCode = "duplicate"
	// RowEncoding: bytes that are no text in the agreed encoding.
	RowEncoding RowCode = "encoding"
	// RowDelimiter: a delimiter, newline or NULL marker inside a value.
	RowDelimiter RowCode = "delimiter"
	// RowTooLarge: the row exceeds maxRowBytes.
	RowTooLarge RowCode = "too_large"
	// RowPanic: the plugin panicked on it twice.
	RowPanic RowCode = "panic"
	// RowFormat: the line or record cannot be taken apart.
	RowFormat RowCode = "format"
)

// RowError is one row refused for its own content.
type RowError struct {
	// Index is the row's place in the batch, from 0.
	Index int
	// Column names the culprit; empty if it is the row as a whole.
	Column string
	// Code says why.
	Code RowCode
	// Cause says why in words, naming value and limit.
	Cause string
	// Raw is the row as the reader delivered it, as RawOf renders it. A writer
	// that changed the row in place before refusing it must give it; empty
	// means that the row still stands in the batch as it came. BatchConverter
	// and Refusals see to it. Of a Refusal, which has a Raw of its own, it
	// means nothing.
	Raw string
}

// RowErrors is what Write returns when it refused rows: the rows named are
// dirty, all others were written. Indices are ascending and distinct.
type RowErrors struct {
	Rows []RowError
}

// Error implements error with the first refusal.
func (e *RowErrors) Error() string {
	if len(e.Rows) == 0 {
		return "no rows refused"
	}
	first := e.Rows[0]
	return fmt.Sprintf("%d rows refused, the first, row %d of the batch, column %q: %s: %s",
		len(e.Rows), first.Index, first.Column, first.Code, first.Cause)
}
