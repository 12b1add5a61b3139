package plugins

import (
	"errors"
	"fmt"
	"strconv"
	"unicode/utf8"
)

// problem is why one value was refused. It becomes words only then.
type problem uint8

const (
	fine problem = iota
	// noForm: the text or number means nothing in the target's kind.
	noForm
	// outside: the number or time lies outside the target's range.
	outside
	// imprecise: digits would be lost.
	imprecise
	// tooLong: more characters or bytes than the target takes.
	tooLong
	// notText: the bytes are no UTF-8.
	notText
	// skipped: the wall-clock time does not exist in the zone.
	skipped
)

func (p problem) code() RowCode {
	switch p {
	case outside:
		return RowOverflow
	case imprecise:
		return RowPrecision
	case tooLong:
		return RowTooLong
	case notText:
		return RowEncoding
	}
	return RowConversion
}

// problemOf turns an error of parseInto into a problem.
func problemOf(err error) problem {
	switch {
	case err == nil:
		return fine
	case errors.Is(err, errDigits):
		return imprecise
	case errors.Is(err, errRange), errors.Is(err, strconv.ErrRange):
		return outside
	case errors.Is(err, errEncoding):
		return notText
	}
	return noForm
}

// quoteBytes is how much of a value a message quotes.
const quoteBytes = 60

// explain says what is wrong with value i, naming value and limit.
func (c *Converter) explain(v *Vector, i int, p problem) string {
	value := AppendText(nil, v, i, 6)
	length := utf8.RuneCount(value)
	if v.Kind == KindBytes && !v.Text {
		length = len(v.Bytes(i))
	}
	text := shorten(value)
	target := describe(c.to)
	if p == imprecise && c.to.Kind == KindDate {
		return fmt.Sprintf("%s has a time of day, which %s does not keep", text, target)
	}
	switch p {
	case outside:
		return fmt.Sprintf("%s is outside the range of %s", text, target)
	case imprecise:
		return fmt.Sprintf("%s has more digits than %s keeps", text, target)
	case tooLong:
		return fmt.Sprintf("%s has a length of %d, %s takes %d", text, length, target, c.to.Length)
	case notText:
		return fmt.Sprintf("%s is no UTF-8 text, which %s needs", text, target)
	case skipped:
		return fmt.Sprintf("%s does not exist in the zone %s", text, c.clock.zone)
	}
	return fmt.Sprintf("%s is no %s", text, target)
}

// shorten quotes a value, cut to quoteBytes.
func shorten(value []byte) string {
	if len(value) <= quoteBytes {
		return strconv.Quote(string(value))
	}
	return strconv.Quote(string(value[:quoteBytes])) + "..."
}

// describe names a column's type: in its system's words where known.
func describe(c Column) string {
	switch {
	case c.SourceType != "":
		return c.SourceType
	case c.Kind == KindDecimal && c.Precision > 0:
		return fmt.Sprintf("decimal(%d,%d)", c.Precision, c.Scale)
	case isFractional(c.Kind) && c.Scale > 0:
		return fmt.Sprintf("%s(%d)", c.Kind, c.Scale)
	case (c.Kind == KindString || c.Kind == KindBytes) && c.Length > 0:
		return fmt.Sprintf("%s(%d)", c.Kind, c.Length)
	case isInteger(c.Kind) && c.Length > 0 && c.Length < 8:
		return fmt.Sprintf("%d-byte %s", c.Length, c.Kind)
	}
	return c.Kind.String()
}

func isInteger(k Kind) bool { return k == KindInt64 || k == KindUint64 }

// isFractional says that the kind has fractional seconds.
func isFractional(k Kind) bool { return k == KindTime || k == KindDatetime || k == KindTimestamp }
