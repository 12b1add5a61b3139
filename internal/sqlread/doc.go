// Package sqlread holds what readers of SQL databases share and what needs no
// database to be right: the settings that job files spell in several ways,
// predicates over composite keys, positions, and the cutting of a table into
// ranges of its key.
//
// # Keys, tuples, ranges
//
// A key is a list of columns; a Tuple is a place in its order, given by the
// text of a value for each column or for the first few of them. A Range is
// half-open, [Low, High), and an open end is an empty tuple, so that a list of
// ranges made by Cut is disjoint and complete whatever rows come later.
//
// Nobody here compares two values of a text column: only the server knows its
// collation. Boundaries are always values that the server itself returned;
// what this package computes are guesses where to ask (Middle).
//
// # Example
//
//	sql := sqlread.SQL{Quote: quote, Literal: literal}
//	key := []sqlread.KeyColumn{{Name: "tenant", Kind: plugins.KindInt64}, {Name: "code", Kind: plugins.KindString}}
//	sql.After(key, sqlread.Tuple{"7", "x"})
//	// (`tenant` > 7 OR (`tenant` = 7 AND `code` > 'x'))
//
// The expanded form, rather than the row comparison (tenant, code) > (7, 'x'),
// is what MySQL and MariaDB turn into a range of the index.
package sqlread
