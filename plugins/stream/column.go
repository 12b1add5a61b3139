package stream

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"weft/plugins"
)

// column generates the values of one column.
type column struct {
	plugins.Column
	seed uint64
	// nulls is the share of NULLs, in 1/2^32.
	nulls uint64
	// fill appends the values of rows [from, from+n) to v.
	fill func(c *column, v *plugins.Vector, from, n int64)
	// low and span bound integers, times and lengths: low to low+span-1; a
	// span of 0 is all 2^64.
	low  int64
	span uint64
	// floor and width bound floats.
	floor, width float64
	// fixed holds the one value of a constant column.
	fixed plugins.Vector
	// bytes is about what a value takes.
	bytes int
}

// types are the names of types, of weft, FlinkX and DataX, with what they are
// unless parentheses say more.
var types = map[string]plugins.Column{
	"bool": {Kind: plugins.KindBool}, "boolean": {Kind: plugins.KindBool},
	"byte": {Kind: plugins.KindInt64, Length: 1}, "tinyint": {Kind: plugins.KindInt64, Length: 1},
	"short": {Kind: plugins.KindInt64, Length: 2}, "smallint": {Kind: plugins.KindInt64, Length: 2},
	"int": {Kind: plugins.KindInt64, Length: 4}, "integer": {Kind: plugins.KindInt64, Length: 4},
	"id": {Kind: plugins.KindInt64}, "long": {Kind: plugins.KindInt64}, "bigint": {Kind: plugins.KindInt64},
	"int64": {Kind: plugins.KindInt64}, "uint64": {Kind: plugins.KindUint64},
	"float": {Kind: plugins.KindFloat32}, "float32": {Kind: plugins.KindFloat32},
	"double": {Kind: plugins.KindFloat64}, "float64": {Kind: plugins.KindFloat64},
	"decimal":    {Kind: plugins.KindDecimal, Precision: 12, Scale: 2},
	"bigdecimal": {Kind: plugins.KindDecimal, Precision: 12, Scale: 2},
	"biginteger": {Kind: plugins.KindDecimal, Precision: 18},
	"string":     {Kind: plugins.KindString}, "varchar": {Kind: plugins.KindString}, "": {Kind: plugins.KindString},
	"char": {Kind: plugins.KindString, Length: 1}, "character": {Kind: plugins.KindString, Length: 1},
	"bytes": {Kind: plugins.KindBytes}, "binary": {Kind: plugins.KindBytes},
	"date": {Kind: plugins.KindDate}, "time": {Kind: plugins.KindTime},
	"datetime": {Kind: plugins.KindDatetime}, "timestamp": {Kind: plugins.KindTimestamp},
	"json": {Kind: plugins.KindJSON},
}

// errUnknownType: parseType does not know the name.
var errUnknownType = errors.New("unknown type")

// parseType reads a type such as "decimal(12,2)".
func parseType(text string) (plugins.Column, error) {
	name, rest, sized := strings.Cut(strings.ToLower(strings.TrimSpace(text)), "(")
	c, ok := types[strings.TrimSpace(name)]
	if !ok {
		return c, fmt.Errorf("%w %q", errUnknownType, text)
	}
	c.SourceType = text
	if !sized {
		return c, nil
	}
	var sizes []int
	for part := range strings.SplitSeq(strings.TrimSuffix(rest, ")"), ",") {
		n, err := strconv.Atoi(strings.TrimSpace(part))
		if err != nil || n < 0 || n > 1<<20 {
			return c, fmt.Errorf("type %q: %q is no size", text, part)
		}
		sizes = append(sizes, n)
	}
	return withSizes(c, text, sizes)
}

// withSizes puts what stands in parentheses to its place.
func withSizes(c plugins.Column, text string, sizes []int) (plugins.Column, error) {
	switch {
	case c.Kind == plugins.KindDecimal && len(sizes) <= 2:
		c.Precision, c.Scale = sizes[0], 0
		if len(sizes) == 2 {
			c.Scale = sizes[1]
		}
		if c.Precision < 1 || c.Precision > 65 || c.Scale > c.Precision {
			return c, fmt.Errorf("type %q: a precision of 1 to 65 and a scale within it are possible", text)
		}
	case len(sizes) == 1 && (c.Kind == plugins.KindString || c.Kind == plugins.KindBytes):
		c.Length = sizes[0]
	case len(sizes) == 1 && sizes[0] <= 6 && (c.Kind == plugins.KindTime || c.Kind == plugins.KindDatetime || c.Kind == plugins.KindTimestamp):
		c.Scale = sizes[0]
	case len(sizes) == 1 && c.Kind == plugins.KindInt64:
		// A display width, as in int(11).
	default:
		return c, fmt.Errorf("type %q: this type takes no such size", text)
	}
	return c, nil
}

// newColumn makes the generator of column i.
func newColumn(config *ReaderConfig, i int, setup plugins.Setup) (*column, error) {
	settings := config.Column[i]
	kind, err := parseType(settings.Type)
	if errors.Is(err, errUnknownType) && setup.Dialect != plugins.DialectNative {
		kind, err = types["string"], nil // as FlinkX does
		kind.SourceType = settings.Type
	}
	if err != nil {
		return nil, err
	}
	if setup.Dialect == plugins.DialectDataX && kind.Kind == plugins.KindDate {
		kind.Kind = plugins.KindDatetime // DataX's date has a time of day
	}
	c := &column{Column: kind, seed: mix(config.Seed + uint64(i)*0x9e3779b97f4a7c15 + 1)}
	c.Name = settings.Name
	if c.Name == "" {
		c.Name = "c" + strconv.Itoa(i)
	}
	ratio := config.NullRatio
	if settings.NullRatio != nil {
		ratio = *settings.NullRatio
	}
	if settings.Value != nil {
		if err := c.constant(string(*settings.Value), setup); err != nil {
			return nil, err
		}
	} else if err := c.random(settings); err != nil {
		return nil, err
	}
	if ratio > 0 && strings.TrimSpace(strings.ToLower(settings.Type)) != "id" {
		c.nulls = uint64(ratio * (1 << 32))
		c.Nullable = true
	}
	return c, nil
}

// constant makes every value the one that text spells; null is NULL, as in
// FlinkX.
func (c *column) constant(text string, setup plugins.Setup) error {
	c.fill, c.bytes = fillConstant, 8+len(text)
	if text == "null" {
		c.Nullable = true
		c.fixed.Reset(c.Kind)
		c.fixed.AppendNull()
		return nil
	}
	if c.Kind == plugins.KindBytes {
		c.fixed.Reset(c.Kind)
		c.fixed.AppendString(text)
		return nil
	}
	converter, err := plugins.NewConverter(plugins.Column{Kind: plugins.KindString}, c.Column, setup.Zone)
	if err != nil {
		return err
	}
	var refused plugins.Refusals
	refused.Reset(1)
	c.fixed.Reset(plugins.KindString)
	c.fixed.AppendString(text)
	converter.Convert(&c.fixed, &refused)
	if refused.Len() > 0 {
		return fmt.Errorf("value %q is no %s", text, c.SourceType)
	}
	return nil
}
