package plugins

import (
	"math"
	"unicode/utf8"
)

// limits are what a target column declares about its values beyond their kind,
// as far as the source does not keep it already.
type limits struct {
	// low and high bound an int64; highUnsigned bounds a uint64.
	low, high    int64
	highUnsigned uint64
	// quantum is what microseconds must be a multiple of; 0 if anything goes.
	quantum int64
	// length is the largest number of characters or bytes; 0 if unbounded.
	length int
}

// limitsOf returns what of to's limits has to be checked on values that come
// from from, and whether that is anything. Decimals are not here: their limits
// are part of bringing them to scale.
func limitsOf(from, to Column) (limits, bool) {
	same := from.Kind == to.Kind
	switch to.Kind {
	case KindInt64, KindUint64:
		bits := 8 * uint(width(to))
		l := limits{low: -1 << (bits - 1), high: 1<<(bits-1) - 1, highUnsigned: math.MaxUint64 >> (64 - bits)}
		kept := from.Kind == KindBool || same && width(from) <= width(to)
		return l, bits < 64 && !kept
	case KindTime, KindDatetime, KindTimestamp:
		scale := min(max(to.Scale, 0), 6)
		kept := from.Kind == KindDate || isFractional(from.Kind) && from.Scale <= scale
		return limits{quantum: pow10[6-scale]}, scale < 6 && !kept
	case KindString, KindBytes:
		kept := to.Length <= 0 || same && from.Length > 0 && from.Length <= to.Length
		return limits{length: to.Length}, !kept
	}
	return limits{}, false
}

// width returns the bytes of an integer column.
func width(c Column) int {
	if c.Length < 1 || c.Length > 8 {
		return 8
	}
	return c.Length
}

var pow10 = [...]int64{1, 10, 100, 1000, 10_000, 100_000, 1_000_000}

// check refuses the rows of v whose value is beyond the limits.
func (l *limits) check(c *Converter, v *Vector, refused *Refusals) {
	switch v.Kind {
	case KindInt64:
		for i, x := range v.Ints {
			if x < l.low || x > l.high {
				c.refuse(v, i, outside, refused)
			}
		}
	case KindUint64:
		for i, x := range v.Ints {
			if uint64(x) > l.highUnsigned {
				c.refuse(v, i, outside, refused)
			}
		}
	case KindTime, KindDatetime, KindTimestamp:
		for i, x := range v.Ints {
			if x%l.quantum != 0 {
				c.refuse(v, i, imprecise, refused)
			}
		}
	case KindString:
		l.checkLengths(c, v, refused, true)
	case KindBytes:
		l.checkLengths(c, v, refused, false)
	}
}

// checkLengths needs no look at NULLs: they are empty, as in Ints they are 0,
// and both are within every limit.
func (l *limits) checkLengths(c *Converter, v *Vector, refused *Refusals, characters bool) {
	for i := range v.Len() {
		value := v.Bytes(i)
		if len(value) <= l.length {
			continue
		}
		if !characters || utf8.RuneCount(value) > l.length {
			c.refuse(v, i, tooLong, refused)
		}
	}
}

// fitsDecimal says that every decimal of from is one of to as it stands.
func fitsDecimal(from, to Column) bool {
	if unbounded(to) {
		return true
	}
	return from.Scale == to.Scale && (to.Precision == 0 || from.Precision > 0 && from.Precision <= to.Precision)
}

// unbounded says that a decimal column takes any digits (PostgreSQL's numeric
// without arguments).
func unbounded(c Column) bool { return c.Precision == 0 && c.Scale == 0 }
