package mysql

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"unicode/utf8"

	"weft/plugins"
)

// valueCheck looks at the values of one column that the conversion let pass, for what
// the server would refuse or, worse, change without a word. It returns "" if
// value i is fine.
type valueCheck func(v *plugins.Vector, i int) (plugins.RowCode, string)

// Limits of the server's times, in microseconds or days.
const (
	secondMicros  = int64(1_000_000)
	dayMicros     = 86_400 * secondMicros
	maxTimeMicros = (838*3600 + 59*60 + 59) * secondMicros
	// maxTimestamp is the end of 32 unsigned bits of seconds, which newer
	// servers keep; older ones refuse what lies beyond 2038 by themselves.
	maxTimestamp = (1<<32 - 1) * secondMicros
)

// checksOf returns what of the column's limits no conversion knows.
func checksOf(c goalColumn) []valueCheck {
	var list []valueCheck
	switch c.Kind {
	case plugins.KindFloat32, plugins.KindFloat64:
		list = append(list, finite)
		if c.unsigned {
			list = append(list, func(v *plugins.Vector, i int) (plugins.RowCode, string) {
				return outside(v.Floats[i] < 0, c, v, i)
			})
		}
	case plugins.KindDecimal:
		if c.unsigned {
			list = append(list, func(v *plugins.Vector, i int) (plugins.RowCode, string) {
				return outside(bytes.HasPrefix(v.Bytes(i), []byte("-")), c, v, i)
			})
		}
	case plugins.KindInt64, plugins.KindUint64:
		list = append(list, integerChecks(c)...)
	case plugins.KindDate, plugins.KindDatetime, plugins.KindTimestamp, plugins.KindTime:
		low, high := clockLimits(c.Kind)
		list = append(list, func(v *plugins.Vector, i int) (plugins.RowCode, string) {
			return outside(v.Ints[i] < low || v.Ints[i] > high, c, v, i)
		})
	case plugins.KindString:
		list = append(list, textChecks(c)...)
	}
	return list
}

func integerChecks(c goalColumn) []valueCheck {
	switch {
	case c.base == "year":
		return []valueCheck{func(v *plugins.Vector, i int) (plugins.RowCode, string) {
			return outside(v.Ints[i] != 0 && (v.Ints[i] < 1901 || v.Ints[i] > 2155), c, v, i)
		}}
	case c.base == "bit" && c.Precision < 64:
		return []valueCheck{func(v *plugins.Vector, i int) (plugins.RowCode, string) {
			return outside(uint64(v.Ints[i])>>c.Precision != 0, c, v, i)
		}}
	}
	return nil
}

func clockLimits(kind plugins.Kind) (low, high int64) {
	first, last := plugins.DaysOf(0, 1, 1), plugins.DaysOf(9999, 12, 31)
	switch kind {
	case plugins.KindTimestamp: // 0 is the server's zero date
		return 1, maxTimestamp + secondMicros - 1
	case plugins.KindTime:
		return -maxTimeMicros, maxTimeMicros
	case plugins.KindDatetime:
		return first * dayMicros, last*dayMicros + dayMicros - 1
	}
	return first, last
}

func textChecks(c goalColumn) []valueCheck {
	var list []valueCheck
	// Of other character sets the server alone knows how many bytes a text takes.
	unicode := c.charset == "utf8mb4" || c.charset == "utf8mb3" || c.charset == "utf8"
	if c.Length == 0 && unicode && c.octets > 0 && c.octets < 1<<30 && c.base != "enum" && c.base != "set" {
		list = append(list, func(v *plugins.Vector, i int) (plugins.RowCode, string) {
			if n := len(v.Bytes(i)); n > c.octets {
				return plugins.RowTooLong, fmt.Sprintf("%s has %d bytes, %s takes %d", shown(v, i), n, c.SourceType, c.octets)
			}
			return "", ""
		})
	}
	if c.charset == "utf8mb3" || c.charset == "utf8" {
		list = append(list, func(v *plugins.Vector, i int) (plugins.RowCode, string) {
			for _, b := range v.Bytes(i) {
				if b >= 0xf0 { // first of four bytes
					return plugins.RowEncoding, fmt.Sprintf("%s has a character of four bytes, which the character set %s of the column cannot hold", shown(v, i), c.charset)
				}
			}
			return "", ""
		})
	}
	return list
}

func finite(v *plugins.Vector, i int) (plugins.RowCode, string) {
	if x := v.Floats[i]; math.IsNaN(x) || math.IsInf(x, 0) {
		return plugins.RowOverflow, shown(v, i) + " is no number that the server has"
	}
	return "", ""
}

func outside(bad bool, c goalColumn, v *plugins.Vector, i int) (plugins.RowCode, string) {
	if !bad {
		return "", ""
	}
	return plugins.RowOverflow, fmt.Sprintf("%s is outside the range of %s", shown(v, i), c.SourceType)
}

// shown quotes a value for a message.
func shown(v *plugins.Vector, i int) string {
	value := plugins.AppendText(nil, v, i, 6)
	if len(value) > 60 {
		cut := 60
		for cut > 0 && !utf8.RuneStart(value[cut]) {
			cut--
		}
		return strconv.Quote(string(value[:cut])) + "..."
	}
	return strconv.Quote(string(value))
}

// inspect refuses the rows of b whose values the checks refuse.
func (w *Writer) inspect(b *plugins.Batch) {
	for c := range w.columns {
		v := &b.Columns[c]
		for _, look := range w.columns[c].checks {
			for i := range b.Rows {
				if v.IsNull(i) || w.refused.Has(i) {
					continue
				}
				if code, cause := look(v, i); code != "" {
					w.refused.Add(plugins.RowError{Index: i, Column: w.columns[c].Name, Code: code, Cause: cause})
				}
			}
		}
	}
}
