// Package stream is the plugin without a system: a reader that generates typed
// rows, and writers that print rows or drop them. It serves trials,
// measurements and tests; FlinkX and DataX call it streamreader and
// streamwriter.
//
// # Reader
//
// A value is a function of seed, column and row number. So the same job gives
// the same rows on every machine, in any number of splits and after any
// resumption; a position is the number of the next row. Generating costs a few
// nanoseconds a value and allocates nothing.
//
//	rows  0 ............................ rows
//	split [0, n)  [n, 2n)  ...              one range each; ids count on over splits
//
// # Writers
//
// "null" drops rows. "print" writes them to the program's standard output, one
// line each, at once: what an attempt printed before it was lost is printed
// again by the next one. "stream" is either, by its setting print.
//
//	{"name": "stream", "parameter": {"rows": 1000, "seed": 7, "column": [
//		{"name": "id", "type": "id"},
//		{"name": "name", "type": "string(20)", "nullRatio": 0.1},
//		{"name": "amount", "type": "decimal(12,2)", "random": "-100,100"}]}}
package stream
