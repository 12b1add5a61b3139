package plugins

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// ErrUnknownType is in the chain of ParseType's error for a name nobody knows.
var ErrUnknownType = errors.New("unknown type")

// typeNames are the names of types that jobs give columns without a system of
// their own: weft's kinds, and what FlinkX and DataX call them.
var typeNames = map[string]Column{
	"bool": {Kind: KindBool}, "boolean": {Kind: KindBool},
	"byte": {Kind: KindInt64, Length: 1}, "tinyint": {Kind: KindInt64, Length: 1},
	"short": {Kind: KindInt64, Length: 2}, "smallint": {Kind: KindInt64, Length: 2},
	"int": {Kind: KindInt64, Length: 4}, "integer": {Kind: KindInt64, Length: 4},
	"long": {Kind: KindInt64}, "bigint": {Kind: KindInt64}, "int64": {Kind: KindInt64},
	"uint64": {Kind: KindUint64},
	"float":  {Kind: KindFloat32}, "float32": {Kind: KindFloat32},
	"double": {Kind: KindFloat64}, "float64": {Kind: KindFloat64},
	"decimal": {Kind: KindDecimal}, "bigdecimal": {Kind: KindDecimal}, "number": {Kind: KindDecimal}, "numeric": {Kind: KindDecimal},
	"biginteger": {Kind: KindDecimal, Precision: 38},
	"string":     {Kind: KindString}, "varchar": {Kind: KindString}, "text": {Kind: KindString},
	"char": {Kind: KindString}, "character": {Kind: KindString},
	"bytes": {Kind: KindBytes}, "binary": {Kind: KindBytes},
	"date": {Kind: KindDate}, "time": {Kind: KindTime}, "datetime": {Kind: KindDatetime}, "timestamp": {Kind: KindTimestamp},
	"json": {Kind: KindJSON},
}

// ParseType reads the type of a column as jobs spell it for files and
// generated rows: a name in any case, and in parentheses precision and scale
// (decimal), a length (string, bytes) or digits of fractional seconds (time,
// datetime, timestamp). The result has SourceType set and no name.
func ParseType(text string) (Column, error) {
	name, rest, sized := strings.Cut(strings.ToLower(strings.TrimSpace(text)), "(")
	c, ok := typeNames[strings.TrimSpace(name)]
	if !ok {
		return Column{}, fmt.Errorf("%w %q", ErrUnknownType, text)
	}
	c.SourceType = text
	if !sized {
		return c, nil
	}
	inside, closed := strings.CutSuffix(strings.TrimSpace(rest), ")")
	if !closed {
		return Column{}, fmt.Errorf("type %q: the parenthesis is not closed", text)
	}
	var sizes []int
	for part := range strings.SplitSeq(inside, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(part))
		if err != nil || n < 0 || n > 1<<30 {
			return Column{}, fmt.Errorf("type %q: %q is no size", text, part)
		}
		sizes = append(sizes, n)
	}
	return withSizes(c, sizes)
}

// withSizes puts what stands in parentheses to its place.
func withSizes(c Column, sizes []int) (Column, error) {
	switch {
	case c.Kind == KindDecimal && len(sizes) <= 2:
		c.Precision, c.Scale = sizes[0], 0
		if len(sizes) == 2 {
			c.Scale = sizes[1]
		}
		if c.Precision < 1 || c.Scale > c.Precision {
			return Column{}, fmt.Errorf("type %q: a precision above 0 and a scale within it are possible", c.SourceType)
		}
	case len(sizes) == 1 && (c.Kind == KindString || c.Kind == KindBytes):
		c.Length = sizes[0]
	case len(sizes) == 1 && sizes[0] <= 6 && isFractional(c.Kind):
		c.Scale = sizes[0]
	case len(sizes) == 1 && c.Kind == KindInt64:
		// A display width, as in int(11).
	default:
		return Column{}, fmt.Errorf("type %q: this type takes no such size", c.SourceType)
	}
	return c, nil
}
