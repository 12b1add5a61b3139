package fault

// Error is an error that knows its code. Whoever finds out what happened, and
// no plugin did, returns one.
type Error struct {
	// Code is one of the table.
	Code string
	// Op is what was being done, to what: "submit run orders-20260301".
	Op string
	// Notes say more, a sentence each.
	Notes []string
	// Hint says what to do, if that is certain.
	Hint string
	// Err is the cause; never nil.
	Err error
}

// New returns an Error of a code: "op: cause".
func New(code, op string, err error) *Error { return &Error{Code: code, Op: op, Err: err} }

// Error implements error.
func (e *Error) Error() string {
	if e.Op == "" {
		return e.Err.Error()
	}
	return e.Op + ": " + e.Err.Error()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }
