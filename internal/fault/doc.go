// Package fault turns errors into what a user sees: one stable code, one root
// cause, where, what to do, and the exit code of the program.
//
// The table of codes (Table) is the only one; docs/codes.md shows it and a
// test compares the two. Codes are never given another meaning.
//
//	2xxx  the job, its variables, the site's settings: nothing was touched
//	3xxx  the systems at both ends
//	4xxx  rows: limits, verification
//	5xxx  identity and rights on the cluster
//	6xxx  HDFS and YARN
//	7xxx  the run itself
//	9xxx  mistakes of weft
//
// Of maps any error: a *fault.Error says its code itself; a *plugins.Error is
// mapped by class and reason; errors of yarnrpc, fsys and io/fs by their
// sentinels. Exit codes follow from the code alone.
//
// Scrubber removes resolved secrets from any text; Handler wraps a slog
// handler with it.
//
//	if err != nil {
//		report := fault.Of(err)
//		report.Text(os.Stderr, scrub)
//		os.Exit(report.Exit)
//	}
package fault
