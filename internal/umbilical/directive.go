package umbilical

// Directive is what the master tells an attempt.
type Directive string

// The directives.
const (
	// GoOn: nothing changes.
	GoOn Directive = "go on"
	// Hold: pause between two batches, keep what is open, and report on.
	Hold Directive = "hold"
	// Drain: seal the current unit, end the attempt as OutcomeDrained.
	Drain Directive = "drain"
	// Stop: leave at once, sealing nothing.
	Stop Directive = "stop"
	// Attach: join the snapshot of the source at once, and ask again with its
	// token, or with why that failed.
	Attach Directive = "attach"
)

// Verdict answers Sealed.
type Verdict string

// The verdicts.
const (
	// Accepted: the unit is journalled and will never be redone.
	Accepted Verdict = "accepted"
	// NotYet: offer it again; the lease is renewed. The master says so while
	// it does not know whether it is still the master.
	NotYet Verdict = "not yet"
	// Fenced: the attempt has no right to the split any more. It stops.
	Fenced Verdict = "fenced"
)

// Outcome is what an attempt ended as.
type Outcome string

// The outcomes.
const (
	// OutcomeDone: the split is exhausted and its last unit accepted.
	OutcomeDone Outcome = "done"
	// OutcomeDrained: it ended early because it was told to, or because its
	// own dirty rows exceeded the limit; what it sealed is accepted.
	OutcomeDrained Outcome = "drained"
	// OutcomeFailed: an error ended it.
	OutcomeFailed Outcome = "failed"
	// OutcomeStopped: it was told to stop, or was fenced, or lost its lease.
	OutcomeStopped Outcome = "stopped"
)
