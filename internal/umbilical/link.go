package umbilical

import (
	"context"
	"time"

	"weft/internal/job"
	"weft/plugins"
)

// DefaultLease is how long either side may be silent before the other takes it
// for gone.
const DefaultLease = 30 * time.Second

// Link is the container's side. All methods may be called by many goroutines.
// An error means that no answer came: the call may be repeated, it may also
// have been acted upon. It has four methods because they are the whole
// protocol and always come together.
type Link interface {
	// Next asks for work for one slot. The answer may take several seconds
	// while there is none.
	Next(ctx context.Context, w Want) (Assignment, error)
	// Report tells how an attempt goes on and renews its lease.
	Report(ctx context.Context, p Progress) (Order, error)
	// Sealed offers a sealed unit. The same unit may be offered again until
	// the answer is Accepted or Fenced.
	Sealed(ctx context.Context, u Sealed) (Verdict, error)
	// Done ends an attempt. Repeating it changes nothing.
	Done(ctx context.Context, e Ending) (Order, error)
}

// Stamp says who speaks, on behalf of which attempt.
type Stamp struct {
	// Run is the run id.
	Run string `json:"run"`
	// Generation is the one that gave the attempt out.
	Generation int64 `json:"generation"`
	// Container is the container's id.
	Container string `json:"container"`
	// Split and Attempt are the attempt: the split's id, and the number of
	// the try from 1.
	Split   int `json:"split"`
	Attempt int `json:"attempt"`
}

// Want asks for work.
type Want struct {
	// Run is the run id, Container the id of the container that asks.
	Run       string `json:"run"`
	Container string `json:"container"`
	// Slot numbers the container's slots from 0.
	Slot int `json:"slot"`
	// Snapshot is the token of the snapshot that the slot's reader is attached
	// to; empty for none. Refused says why it could not attach when told to.
	Snapshot string `json:"snapshot,omitempty"`
	Refused  string `json:"refused,omitempty"`
}

// Limits are one slot's share of the limits of the whole job; 0 is no limit.
type Limits struct {
	BytesPerSecond int64 `json:"bytes_per_second,omitempty"`
	RowsPerSecond  int64 `json:"rows_per_second,omitempty"`
}

// Share returns one of n equal shares, at least 1 where there is a limit.
func (l Limits) Share(n int) Limits {
	share := func(whole int64) int64 {
		if whole <= 0 {
			return 0
		}
		return max(whole/int64(max(n, 1)), 1)
	}
	return Limits{BytesPerSecond: share(l.BytesPerSecond), RowsPerSecond: share(l.RowsPerSecond)}
}

// Assignment answers Next.
type Assignment struct {
	// Directive is GoOn with a task, Hold (ask again), Attach, or Stop (leave).
	Directive Directive `json:"directive"`
	// Snapshot is the view to read in: of Attach the one to join, of GoOn the
	// one that the slot is attached to; nil for a run without.
	Snapshot *plugins.Snapshot `json:"snapshot,omitempty"`
	// Task is what to move; nil unless GoOn.
	Task *job.Task `json:"task,omitempty"`
	// Limits are the slot's share.
	Limits Limits `json:"limits"`
}

// Progress reports on a running attempt. All numbers are of the unit being
// moved, which the master has not accepted: it counts them beside the accepted
// ones and forgets them when the attempt ends.
type Progress struct {
	Stamp
	// Place is where the unit being moved begins, Accepted where the first unit
	// begins of which no master has said so far that it is accepted: the same
	// place, or one unit before it while an offer is not answered. A master of
	// a later generation goes by both when it adopts the attempt.
	Place
	Accepted Place `json:"accepted"`
	// Counters of its rows so far.
	Counters plugins.Counters `json:"counters"`
	// ReaderWait is the time the reader waited for the writer since the
	// attempt began, WriterWait the time the writer waited for the reader.
	ReaderWait time.Duration `json:"reader_wait_ns"`
	WriterWait time.Duration `json:"writer_wait_ns"`
	// Dirty counts the refused rows of this attempt by their code.
	Dirty map[plugins.RowCode]int64 `json:"dirty,omitempty"`
	// Sample is one refused row in words; empty without.
	Sample string `json:"sample,omitempty"`
}

// Place is the beginning of a unit within a split.
type Place struct {
	// Unit is the sequence of the unit.
	Unit int `json:"unit"`
	// From is the position before its first row.
	From plugins.Position `json:"from"`
}

// Order answers Report and Done.
type Order struct {
	// Directive is what to do now.
	Directive Directive `json:"directive"`
	// Limits are the slot's share from now on.
	Limits Limits `json:"limits"`
}

// Sealed offers a unit.
type Sealed struct {
	Stamp
	// Manifest describes the unit.
	Manifest plugins.Manifest `json:"manifest"`
}

// Ending ends an attempt.
type Ending struct {
	Stamp
	// Outcome says how.
	Outcome Outcome `json:"outcome"`
	// Class and Reason grade the failure; of OutcomeFailed only.
	Class  plugins.Class  `json:"class,omitempty"`
	Reason plugins.Reason `json:"reason,omitempty"`
	// Cause is the failure in words, Hint what to do about it; secrets are
	// scrubbed.
	Cause string `json:"cause,omitempty"`
	Hint  string `json:"hint,omitempty"`
	// Dirty counts the refused rows of this attempt by their code, Sample
	// shows one of them.
	Dirty  map[plugins.RowCode]int64 `json:"dirty,omitempty"`
	Sample string                    `json:"sample,omitempty"`
}
