package plugintest

import (
	"math"
	"strconv"
	"strings"

	"weft/plugins"
)

// appendRow appends the row that number stands for: in the first column, if it
// is an integer and not nullable, the number itself, as a key; in the others a
// NULL or extreme of the kind, within what the column declares.
func appendRow(b *plugins.Batch, columns []plugins.Column, number int) {
	for c := range columns {
		v := &b.Columns[c]
		column := columns[c]
		switch {
		case c == 0 && !column.Nullable && (column.Kind == plugins.KindInt64 || column.Kind == plugins.KindUint64):
			v.AppendInt(int64(number))
		case column.Nullable && (number+c)%5 == 0:
			v.AppendNull()
		default:
			appendExtreme(v, column, number)
		}
	}
	b.EndRow(100)
}

func appendExtreme(v *plugins.Vector, c plugins.Column, number int) {
	switch c.Kind {
	case plugins.KindBool:
		v.AppendInt(int64(number & 1))
	case plugins.KindInt64:
		low, high := integerRange(c)
		v.AppendInt(pick(number, []int64{0, 1, -1, low, high}))
	case plugins.KindUint64:
		_, high := integerRange(c)
		v.AppendInt(pick(number, []int64{0, 1, high, high<<1 | 1}))
	case plugins.KindFloat32:
		v.AppendFloat(pick(number, []float64{0, 1, -2.5, math.MaxFloat32, -math.MaxFloat32, float64(float32(1.5e-30))}))
	case plugins.KindFloat64:
		v.AppendFloat(pick(number, []float64{0, 0.1, -2.5, math.MaxFloat64, -math.MaxFloat64, 2.2250738585072014e-308}))
	case plugins.KindDecimal:
		v.AppendString(decimalText(c, number))
	case plugins.KindString:
		v.AppendString(shorter(pick(number, texts), c.Length))
	case plugins.KindBytes:
		data := pick(number, []string{"", "\x00", "\xff\xfe", "abc\n\t'\"\\", "\x80"})
		v.AppendString(data[:min(len(data), lengthOf(c))])
	case plugins.KindJSON:
		v.AppendString(pick(number, []string{`{"a": [1, null, "中"]}`, `[]`, `null`, `"text"`, `-1.5e3`}))
	default:
		v.AppendInt(temporal(c, number))
	}
}

// texts are strings that a writer could confuse with something else. None
// holds a delimiter, line end or NULL marker: what becomes of those depends on
// the target's format and is the plugin's own to test.
var texts = []string{"", " ", "NULL", "null", "中文", "it's \"quoted\"", "😀", "%s $1 ? :a", "0", "'; --", "e\u0301", strings.Repeat("长", 40)}

func pick[T any](number int, list []T) T { return list[number%len(list)] }

// integerRange returns the range of a signed integer of the column's width.
func integerRange(c plugins.Column) (low, high int64) {
	bits := 64
	if c.Length > 0 && c.Length < 8 {
		bits = 8 * c.Length
	}
	return -1 << (bits - 1), 1<<(bits-1) - 1
}

func lengthOf(c plugins.Column) int {
	if c.Length <= 0 {
		return math.MaxInt
	}
	return c.Length
}

func shorter(text string, length int) string {
	runes := []rune(text)
	if length <= 0 || len(runes) <= length {
		return text
	}
	return string(runes[:length])
}

func decimalText(c plugins.Column, number int) string {
	if c.Precision == 0 && c.Scale == 0 {
		return pick(number, []string{"0", "-1.5", "12345678901234567890.123456789", "0.000000001"})
	}
	precision := c.Precision
	if precision == 0 {
		precision = c.Scale + 20
	}
	whole := strings.Repeat("9", precision-c.Scale)
	fraction := strings.Repeat("9", c.Scale)
	switch number % 4 {
	case 0:
		whole, fraction = "0", strings.Repeat("0", c.Scale)
	case 1:
		whole = "-" + whole
	case 2:
		whole, fraction = "1", strings.Repeat("0", c.Scale)
	}
	if strings.Trim(whole, "-") == "" {
		whole += "0"
	}
	if c.Scale == 0 {
		return whole
	}
	return whole + "." + fraction
}

// temporal returns a date, time, datetime or timestamp with as many digits of
// a fraction as the column declares. They are within what MySQL and Hive take.
func temporal(c plugins.Column, number int) int64 {
	const second = 1_000_000
	step := int64(second)
	for range min(c.Scale, 6) {
		step /= 10
	}
	const day = 86_400 * second
	first := plugins.DaysOf(1000, 1, 1)
	last := plugins.DaysOf(9999, 12, 31)
	leap := plugins.DaysOf(2024, 2, 29)
	switch c.Kind {
	case plugins.KindDate:
		return pick(number, []int64{0, first, last, leap, -1})
	case plugins.KindTime:
		return pick(number, []int64{0, day - step, 3600 * second, -(838*3600 + 59*60 + 59) * second, (838*3600 + 59*60 + 59) * second})
	case plugins.KindTimestamp:
		return pick(number, []int64{second, day, leap*day + 12*3600*second, 1<<31*second - step})
	}
	return pick(number, []int64{0, first * day, last*day + day - step, leap*day + 1, -step}) / step * step
}

// number names a row in messages.
func rowName(number int) string { return "row " + strconv.Itoa(number) }
