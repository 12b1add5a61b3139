package plugins

import (
	"context"
	"fmt"
)

// Consistency says which state of the source a run reads.
type Consistency string

// The levels of consistency.
const (
	// ConsistencySnapshot: all splits see the source as it was at one moment.
	// The reader must be a Snapshotter.
	ConsistencySnapshot Consistency = "snapshot"
	// ConsistencySplit: each split is read in one view of its own, taken when
	// its reading begins, as long as nothing interrupts it; what is read after
	// an interruption is as of then. The default; "" means it too.
	ConsistencySplit Consistency = "split"
	// ConsistencyNone: each query stands for itself; nothing is held for a
	// whole split.
	ConsistencyNone Consistency = "none"
)

// Snapshot is one view of the source that many readers can join. It travels
// from the ApplicationMaster to the slots, and is kept in the journal.
type Snapshot struct {
	// Token is what Attach needs. It is never empty, and no two Acquires give
	// the same one, so it also tells snapshots apart.
	Token string `json:"token"`
	// Point names the moment for people and for whoever goes on from there:
	// a binlog place and GTIDs, an LSN. Empty if the source has no such name.
	Point string `json:"point,omitempty"`
	// Late says that readers can attach for as long as the snapshot is held,
	// again and again (PostgreSQL's exported snapshots). Else they can only
	// until Release, once (MySQL's, between lock and unlock).
	Late bool `json:"late,omitempty"`
}

// NoSnapshots is the error of a job that asks for a snapshot of a source whose
// plugin has none.
func NoSnapshots(plugin string) error {
	return &Error{Class: Fatal, Reason: ReasonConfig, Op: "consistency: snapshot",
		Hint: "use consistency: split", Err: fmt.Errorf("%s cannot show a source as of one moment", plugin)}
}

// Snapshotter is a reader that can give many connections in many processes one
// view of the source. The engine asks for it when the job says
// `consistency: snapshot`, which the reader finds in Setup.Consistency.
//
//	master's value:  Acquire ............ Release        not Late: barrier
//	slots' values:        Attach  Attach         | Open Read ... Close
//
//	master's value:  Acquire ..................... Release (end of run)  Late
//	slots' values:        Attach  Open Read ...  Attach Open ...
//
// Acquire and Release are called by the ApplicationMaster on a Reader value that
// it never opens. Attach is called in each slot, on the value that will read
// there.
//
// A snapshot that is not Late is a barrier: the engine gathers the slots first,
// calls Acquire, has all of them attach at the same time, and calls Release at
// once, 5 s later at the latest. Slots that come later get no work. A slot
// that loses its view gets no more work either: its split is read again, behind
// the last accepted unit, by a slot that still has it. When no slot has, the
// snapshot is lost, and the job's onSnapshotLoss decides.
type Snapshotter interface {
	// Acquire makes the source stand still for Attach (a read lock), or exports
	// a view that Attach can join, and holds it until Release or Close. Errors:
	// a missing right is Fatal with ReasonPermission and a Hint that names what
	// to grant, or `consistency: split`; a lock that cannot be had soon, 5 s at
	// most, is Transient with ReasonTimeout; a source without such a thing
	// (several servers, an engine without transactions) is Fatal with
	// ReasonConfig.
	Acquire(ctx context.Context) (Snapshot, error)
	// Attach makes every later Open of this value, until Close, read in the
	// snapshot. It is called before the first Open and, of a Late snapshot, on
	// a new value after an error. An attachment is worth nothing unless Release
	// confirms it, if the snapshot is not Late. If the snapshot cannot be
	// joined (any more), the error's Reason is ReasonSnapshotLost.
	//
	// An attached value may be opened again after an error or a cancelled Read,
	// and in the middle of a split: Open begins anew, in the same view. Only if
	// an error has ReasonSnapshotLost, with Class Lost, is the view gone; the
	// engine then closes the value. A reader never goes on in another view by
	// itself.
	Attach(ctx context.Context, s Snapshot) error
	// Release ends what Acquire holds. It returns an error if the source may
	// have changed since Acquire returned (the connection with the lock was
	// lost): then nobody's Attach counts.
	Release(ctx context.Context) error
}
