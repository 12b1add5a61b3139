// Package dirtytable puts the dirty rows of a run where people look for them: a
// Hive table, and the four-column files of FlinkX.
//
// The containers have left one file of dirty rows for each unit in the run
// folder (internal/dirty). At the end of the run, whatever the end is, those of
// the accepted units are laid out:
//
//	<location>/dt=2026-03-01/job=orders/<run>@000012-000003-g000001-a02   the table's partition
//	<path>/<run>@000012-000003-g000001-a02                                FlinkX's setting.dirty
//	<location>/.weft-<run>/...                                            files on their way, gone afterwards
//
// and then table and partition are made in the metastore, without a HiveServer2.
//
// Guarantees:
//   - a file appears whole, by one rename, and its name is a function of run and
//     accepted unit: whoever repeats this, a successor too, finds what is done
//     and adds what is missing;
//   - the day is that on which the run began, however long it takes or how often
//     it is resumed: a run lies in one partition;
//   - files of this run that no accepted unit names (it began from scratch) are
//     taken away; files of others are never touched;
//   - secrets are masked, values bounded.
//
// The table is text with escapes, read by LazySimpleSerDe: see
// docs/design/0007-dirty-rows-as-text.md.
//
//	place, err := dirtytable.Run(ctx, dirtytable.Options{...})
package dirtytable
