// Package pump moves the rows of one attempt: from a reader, in recycled
// batches, through a writer, unit by unit.
//
//	       free batches (3 of them)
//	    +----------------------------+
//	    v                            |
//	reader goroutine -- full --> Run's own goroutine --> Writer.Write
//	                                 |  count, hash, set dirty rows aside
//	                                 |  unit full? drain? end of split?
//	                                 +--> close dirty file -> Writer.Seal -> Link.Sealed
//	reporter goroutine: Link.Report each second, and at once after a dirty row
//
// # Guarantees
//
//   - Conservation: a unit whose rows read are not exactly the rows written,
//     dirty and filtered is never offered.
//   - A unit is sealed only after its dirty file is closed, and the next one is
//     sealed only after the answer for this one: a target that remembers just
//     its newest unit never loses one.
//   - A transient error of the reader reopens it after the last row it
//     delivered; one of the writer redoes the unit from its last seal; both
//     with growing pauses and a bound.
//   - A panic in a plugin redoes the unit, with batches of one row around the
//     place. The row that panics again becomes dirty; a panic in reading cannot
//     be pinned to a row and fails the attempt the second time.
//   - Memory: at most Options.BudgetBytes of source bytes are under way, or one
//     batch if that is larger. The steady state allocates nothing per row.
//   - Fenced, stopped, or without an answer for the length of the lease, it
//     stops sealing and ends.
//
// Waiting is counted on both sides: the side that waits is the faster one.
//
//	ending := pump.Run(ctx, pump.Options{Task: task, Ends: ends, Link: link, ...})
package pump
