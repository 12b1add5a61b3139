package dataset

import (
	"strconv"
	"time"
)

// digits appends v with at least n digits.
func digits(dst []byte, v int64, n int) []byte {
	for limit := int64(10); n > 1; n-- {
		if v < limit {
			dst = append(dst, '0')
		}
		limit *= 10
	}
	return strconv.AppendInt(dst, v, 10)
}

// fraction appends a point and n random digits, nothing when n is 0; one in four is a round second.
func fraction(dst []byte, r *random, n int) []byte {
	if n == 0 {
		return dst
	}
	limit := int64(1)
	for range n {
		limit *= 10
	}
	v := r.below(limit)
	if r.oneIn(4) {
		v = 0
	}
	return digits(append(dst, '.'), v, n)
}

// dates are calendar days between two years, the last day of the last year included.
func dates(fromYear, toYear int) func([]byte, int64, *random) []byte {
	first := time.Date(fromYear, 1, 1, 0, 0, 0, 0, time.UTC)
	days := time.Date(toYear+1, 1, 1, 0, 0, 0, 0, time.UTC).Unix()/86400 - first.Unix()/86400
	return func(dst []byte, _ int64, r *random) []byte {
		return first.AddDate(0, 0, int(r.below(days))).AppendFormat(dst, time.DateOnly)
	}
}

// moments are dates and times of day between two instants, with the given digits of fraction.
func moments(from, to time.Time, precision int) func([]byte, int64, *random) []byte {
	first, seconds := from.Unix(), to.Unix()-from.Unix()
	return func(dst []byte, _ int64, r *random) []byte {
		dst = time.Unix(first+r.below(seconds), 0).UTC().AppendFormat(dst, time.DateTime)
		return fraction(dst, r, precision)
	}
}

// spans are MySQL's TIME values, which are signed and reach to 838 hours.
func spans(precision int) func([]byte, int64, *random) []byte {
	return func(dst []byte, _ int64, r *random) []byte {
		if r.oneIn(3) {
			dst = append(dst, '-')
		}
		hours := r.below(24)
		if r.oneIn(4) {
			hours = r.below(838)
		}
		dst = digits(dst, hours, 2)
		dst = digits(append(dst, ':'), r.below(60), 2)
		dst = digits(append(dst, ':'), r.between(1, 59), 2) // never -00:00:00, which is not kept
		return fraction(dst, r, precision)
	}
}
