// Package verify compares what a run wrote with what its target holds now.
//
// A run's journal has, of each accepted unit, the number of the rows written and
// the sum of their hashes. The unit is read back from the target by a
// plugins.Rereader; if rows and sum agree, the target holds what was written,
// whatever became of disks and files meanwhile. If they do not, the unit's rows
// are read from the source once more, and the rows that only one side has are
// told apart by their hashes:
//
//	journal: rows, sum ----\
//	                        equal? -- yes --> proved
//	target, read back -----/     \
//	                              no --> source, read again - target, read back
//	                                     = the rows that differ, up to 20
//
// The second step needs the source to be as it was; what it says is for people,
// the verdict is that of the first. Nothing is changed anywhere.
//
//	report, err := verify.Run(ctx, verify.Options{Spec: spec, Run: id, Registry: r, Plan: plan, Units: units})
//	if len(report.Mismatches) > 0 { ... }
package verify
