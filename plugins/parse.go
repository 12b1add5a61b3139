package plugins

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"math"
	"strconv"
)

// Errors of ParseText, wrapped in a *ParseError. They decide the RowCode.
var (
	errSyntax   = errors.New("not of this form")
	errRange    = errors.New("out of range")
	errDigits   = errors.New("more digits than can be kept")
	errEncoding = errors.New("not valid UTF-8")
)

// ParseError is a text that has no value in a kind.
type ParseError struct {
	// Kind is what was wanted.
	Kind Kind
	// Text is what was there, cut to 60 bytes.
	Text string
	// Code is RowConversion, RowOverflow, RowPrecision or RowEncoding.
	Code RowCode
}

// Error implements error.
func (e *ParseError) Error() string {
	return fmt.Sprintf("%q is no %s (%s)", e.Text, e.Kind, e.Code)
}

func newParseError(kind Kind, text []byte, err error) error {
	if len(text) > quoteBytes {
		text = text[:quoteBytes]
	}
	return &ParseError{Kind: kind, Text: string(text), Code: problemOf(err).code()}
}

// ParseText appends the value that text spells in v.Kind to v, which is not in
// text form. It takes the canonical text of AppendText, and besides: 0 and 1
// for bool and TRUE, True, FALSE, False; a sign '+' and leading zeros of numbers,
// which a decimal then loses, while its fraction stays as long as it is; a date
// and time parted by 'T'; a date alone as midnight; one to nine digits of
// fractional seconds, of which those beyond microseconds must be zero; an
// ending 'Z' for a timestamp. Spaces around numbers and times are not taken. The error is a *ParseError,
// and v is unchanged then.
func ParseText(v *Vector, text []byte) error {
	err := parseInto(v, text)
	if err != nil {
		return newParseError(v.Kind, text, err)
	}
	return nil
}

func parseInto(v *Vector, text []byte) error {
	switch v.Kind {
	case KindString:
		if !ValidUTF8(text) {
			return errEncoding
		}
		v.AppendBytes(text)
		return nil
	case KindJSON:
		v.AppendBytes(text)
		return nil
	case KindBytes:
		data, err := base64.StdEncoding.AppendDecode(v.Data, text)
		if err != nil {
			return errSyntax
		}
		v.Data = data
		v.EndValue()
		return nil
	case KindDecimal:
		d, ok := splitDecimal(text)
		if !ok {
			return errSyntax
		}
		v.Data = d.append(v.Data, len(d.fraction))
		v.EndValue()
		return nil
	case KindFloat32, KindFloat64:
		return parseFloat(v, text)
	}
	x, err := parseFixed(v.Kind, text)
	if err == nil {
		v.AppendInt(x)
	}
	return err
}

func parseFixed(kind Kind, text []byte) (int64, error) {
	switch kind {
	case KindInt64:
		return parseInt(text)
	case KindUint64:
		x, err := strconv.ParseUint(string(text), 10, 64)
		return int64(x), err
	case KindBool:
		return parseBool(string(text))
	case KindDate:
		days, rest, err := parseDate(text)
		if err == nil && len(rest) > 0 {
			return 0, errSyntax
		}
		return days, err
	case KindDatetime:
		return parseDatetime(text)
	case KindTimestamp:
		if n := len(text); n > 0 && text[n-1] == 'Z' {
			text = text[:n-1]
		}
		return parseDatetime(text)
	case KindTime:
		return parseTime(text)
	}
	return 0, errSyntax
}

// parseInt is strconv.ParseInt in decimal, without a string for it. What is not
// plainly a number of up to 18 digits, which fit for certain, goes there.
func parseInt(text []byte) (int64, error) {
	const certain = 18
	number := text
	if len(number) > 0 && number[0] == '-' {
		number = number[1:]
	}
	if len(number) == 0 || len(number) > certain {
		return strconv.ParseInt(string(text), 10, 64)
	}
	var x int64
	for _, c := range number {
		if c -= '0'; c > 9 {
			return strconv.ParseInt(string(text), 10, 64)
		}
		x = x*10 + int64(c)
	}
	if text[0] == '-' {
		x = -x
	}
	return x, nil
}

func parseFloat(v *Vector, text []byte) error {
	bitSize := 64
	if v.Kind == KindFloat32 {
		bitSize = 32
	}
	if bytes.ContainsAny(text, "xX") {
		return errSyntax // strconv reads C's hexadecimal floats; no database writes them
	}
	x, err := strconv.ParseFloat(string(text), bitSize)
	if err != nil {
		return err
	}
	v.AppendFloat(x)
	return nil
}

func parseBool(text string) (int64, error) {
	switch text {
	case "true", "TRUE", "True", "1":
		return 1, nil
	case "false", "FALSE", "False", "0":
		return 0, nil
	}
	return 0, errSyntax
}

// digits reads n decimal digits from the front of text.
func digits(text []byte, n int) (value int, rest []byte, err error) {
	if len(text) < n {
		return 0, nil, errSyntax
	}
	for _, c := range text[:n] {
		if c < '0' || c > '9' {
			return 0, nil, errSyntax
		}
		value = value*10 + int(c-'0')
	}
	return value, text[n:], nil
}

// parseDate reads a date from the front of text and returns what follows it.
func parseDate(text []byte) (days int64, rest []byte, err error) {
	sign, width := 1, 4
	if len(text) > 0 && (text[0] == '-' || text[0] == '+') {
		if text[0] == '-' {
			sign = -1
		}
		text = text[1:]
		for width < len(text) && width < 7 && text[width] != '-' {
			width++
		}
	}
	year, text, err := digits(text, width)
	if err != nil {
		return 0, nil, err
	}
	month, text, err := pairAfter('-', text)
	if err != nil {
		return 0, nil, err
	}
	day, text, err := pairAfter('-', text)
	if err != nil {
		return 0, nil, err
	}
	year *= sign
	if month < 1 || month > 12 || day < 1 || day > DaysIn(year, month) {
		return 0, nil, errRange
	}
	return DaysOf(year, month, day), text, nil
}

// pairAfter reads a separator and two digits.
func pairAfter(separator byte, text []byte) (value int, rest []byte, err error) {
	if len(text) == 0 || text[0] != separator {
		return 0, nil, errSyntax
	}
	return digits(text[1:], 2)
}

func parseDatetime(text []byte) (int64, error) {
	days, rest, err := parseDate(text)
	switch {
	case err != nil:
		return 0, err
	case days < farPast/microsPerDay || days > farFuture/microsPerDay:
		return 0, errRange
	case len(rest) == 0:
		return days * microsPerDay, nil
	}
	if rest[0] != ' ' && rest[0] != 'T' {
		return 0, errSyntax
	}
	hour, rest, err := digits(rest[1:], 2)
	if err != nil {
		return 0, err
	}
	if hour > 23 {
		return 0, errRange
	}
	micros, err := parseMinutes(int64(hour), rest)
	return days*microsPerDay + micros, err
}

func parseTime(text []byte) (int64, error) {
	negative := len(text) > 0 && text[0] == '-'
	if negative {
		text = text[1:]
	}
	width := 0
	for width < len(text) && width < 4 && text[width] != ':' {
		width++
	}
	if width < 2 {
		return 0, errSyntax
	}
	hours, rest, err := digits(text, width)
	if err != nil {
		return 0, err
	}
	micros, err := parseMinutes(int64(hours), rest)
	if negative {
		micros = -micros
	}
	return micros, err
}

// parseMinutes reads :MM:SS[.fraction] to the end of the text.
func parseMinutes(hours int64, text []byte) (int64, error) {
	minute, text, err := pairAfter(':', text)
	if err != nil {
		return 0, err
	}
	second, text, err := pairAfter(':', text)
	if err != nil {
		return 0, err
	}
	if minute > 59 || second > 59 {
		return 0, errRange
	}
	fraction, err := parseFraction(text)
	return ((hours*60+int64(minute))*60+int64(second))*microsPerSecond + fraction, err
}

func parseFraction(text []byte) (int64, error) {
	if len(text) == 0 {
		return 0, nil
	}
	if text[0] != '.' || len(text) == 1 || len(text) > 10 {
		return 0, errSyntax
	}
	nanos, _, err := digits(text[1:], len(text)-1)
	if err != nil {
		return 0, err
	}
	scaled := int64(nanos) * int64(math.Pow10(10-len(text)))
	if scaled%1000 != 0 {
		return 0, errDigits
	}
	return scaled / 1000, nil
}
