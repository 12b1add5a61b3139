// Package plugins is the contract between weft's engine and the systems it
// reads from and writes to: what a plugin author implements, and the values
// that cross the border.
//
// # The way of a row
//
//	Reader.Read -> Batch -> Writer.Write -> Seal -> Manifest -> (journal) -> Committer
//
// A job's source is cut into splits once (Splitter, Describer). For each split
// one attempt at a time opens a Reader and a Writer and moves batches between
// them. Every so often, and at the end of the split, the engine seals: the
// Writer makes all rows since the previous seal durable, as one unit, and
// describes it in a Manifest. A sealed unit that the ApplicationMaster has
// accepted is never redone; whatever was not sealed leaves no trace. When all
// splits are done, the Committer makes the whole output visible at once.
//
// # Guarantees a plugin owes
//
//   - Positions never go backwards, and reading on from a position yields
//     exactly the rows after it.
//   - A unit is accepted as a whole or not at all.
//   - A row refused for its own content is reported as a dirty row, and shown
//     as the reader delivered it; trouble with the infrastructure never is.
//   - On cancellation the context's error comes back promptly.
//   - Calls on one value never overlap; after an error other than *RowErrors
//     the only legal call is Close.
//
// # Guarantees a plugin gets
//
//   - One goroutine at a time per value.
//   - A Batch handed to Read is empty of everything but capacity; a Batch
//     handed to Write holds the columns the Attempt announced.
//   - Close is always called, at any time, possibly twice or without Open.
//
// Optional abilities are found by type assertion: Describer, Splitter,
// Snapshotter, Pauser, Incrementer, Explainer, Keyed, Checker of a Reader, Sizer,
// Mapper, Committer, Checker, Guarantor of a Writer. The package plugintest
// holds one named test for each sentence of the contract; every plugin must
// pass it.
//
// This package imports the standard library only.
//
// # Example
//
// A reader of three numbers that can resume after each of them:
//
//	type threeReader struct{ next, end int64 }
//
//	func (r *threeReader) Open(_ context.Context, _ plugins.Split, from plugins.Position) error {
//		r.next, r.end = 1, 4
//		if from != "" {
//			last, err := strconv.ParseInt(string(from), 10, 64)
//			r.next = last + 1
//			return err
//		}
//		return nil
//	}
//
//	func (r *threeReader) Read(_ context.Context, b *plugins.Batch) error {
//		if r.next == r.end {
//			return io.EOF
//		}
//		for ; r.next < r.end && !b.Full(); r.next++ {
//			b.Columns[0].AppendInt(r.next)
//			b.EndRow(8)
//			b.Position = plugins.Position(strconv.FormatInt(r.next, 10))
//		}
//		return nil
//	}
//
//	func (r *threeReader) Close() error { return nil }
package plugins
