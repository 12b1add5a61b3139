// Package dataset makes the same table on every machine: for tests, the demo and the benchmarks.
//
// A Shape is a table definition and a function from (seed, row number) to a row. Wide has every common column type of
// MySQL and MariaDB and values that programs stumble over: NULLs, Chinese text, emoji, quotes, tabs, newlines,
// backslashes, the text \N, zero and negative keys, the largest unsigned 64-bit number. Bench has the eight columns with
// which the speed of weft and of others is measured, 115 bytes a row as text.
//
//	err := dataset.Load(ctx, db, "orders", dataset.Wide(), 1_000_000, dataset.Seed)
//
// Guarantees: row i of a seed is always the same, whatever the number of rows and the version of Go; rows are made while
// they are sent, so memory does not depend on their number; a loaded table has exactly the rows asked for or an error
// says so. Zero dates (0000-00-00) are not in it: MySQL refuses them by default.
package dataset
