package dataset

import "strconv"

// Shape is a kind of table. Its rows are made in the text form of LOAD DATA: fields separated by tabs, NULL as \N,
// backslash, tab, newline, carriage return and NUL escaped with a backslash.
type Shape struct {
	columns []column
	extra   string // what follows the columns in CREATE TABLE
}

// column is one column of a shape.
type column struct {
	name string
	ddl  string
	// load is the expression over the user variable @v that LOAD DATA assigns, "" for the field as it is.
	load string
	// null is true when one value in ten is NULL.
	null bool
	// value appends the value of row i. It draws from r only, besides i, so that rows do not depend on each other.
	value func(dst []byte, i int64, r *random) []byte
}

// Columns returns the names of the columns in order.
func (s Shape) Columns() []string {
	names := make([]string, len(s.columns))
	for i, c := range s.columns {
		names[i] = c.name
	}
	return names
}

// appendRow appends row i with its newline.
func (s Shape) appendRow(dst []byte, seed uint64, i int64) []byte {
	r := rowRandom(seed, uint64(i))
	for n, c := range s.columns {
		if n > 0 {
			dst = append(dst, '\t')
		}
		if c.null && r.oneIn(10) {
			dst = append(dst, '\\', 'N')
			continue
		}
		dst = c.value(dst, i, r)
	}
	return append(dst, '\n')
}

// integer is a value drawn evenly from [low, high], but one in 16 is one of the two ends or zero.
func integer(low, high int64) func([]byte, int64, *random) []byte {
	return func(dst []byte, _ int64, r *random) []byte {
		v := r.between(low, high)
		if r.oneIn(16) {
			v = []int64{low, high, max(low, 0)}[r.below(3)]
		}
		return strconv.AppendInt(dst, v, 10)
	}
}

// oneOf is one of the given texts, which need no escape.
func oneOf(texts ...string) func([]byte, int64, *random) []byte {
	return func(dst []byte, _ int64, r *random) []byte { return append(dst, r.pick(texts)...) }
}

// escaped appends text with the characters escaped that LOAD DATA would take for something else.
func escaped(dst []byte, text string) []byte {
	for i := range len(text) {
		switch c := text[i]; c {
		case '\\', '\t', '\n':
			dst = append(dst, '\\', c)
		case '\r':
			dst = append(dst, '\\', 'r')
		case 0:
			dst = append(dst, '\\', '0')
		default:
			dst = append(dst, c)
		}
	}
	return dst
}
