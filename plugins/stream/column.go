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

// parseType reads a type; what it leaves open is what is generated: decimals
// with cents, char of one letter.
func parseType(text string) (plugins.Column, error) {
	name := strings.ToLower(strings.TrimSpace(text))
	switch name {
	case "id":
		return plugins.Column{Kind: plugins.KindInt64, SourceType: text}, nil
	case "":
		return plugins.Column{Kind: plugins.KindString}, nil
	}
	c, err := plugins.ParseType(text)
	switch {
	case err != nil:
	case c.Kind == plugins.KindDecimal && c.Precision == 0:
		c.Precision, c.Scale = 12, 2
	case name == "char" || name == "character":
		c.Length = 1
	}
	return c, err
}

// newColumn makes the generator of column i.
func newColumn(config *ReaderConfig, i int, setup plugins.Setup) (*column, error) {
	settings := config.Column[i]
	kind, err := parseType(settings.Type)
	if errors.Is(err, plugins.ErrUnknownType) && setup.Dialect != plugins.DialectNative {
		kind, err = plugins.Column{Kind: plugins.KindString, SourceType: settings.Type}, nil // as FlinkX does
	}
	if err != nil {
		return nil, err
	}
	if kind.Kind == plugins.KindDate && (setup.Dialect == plugins.DialectDataX || settings.hasTime()) {
		kind.Kind = plugins.KindDatetime // the old tools' date is java.util.Date
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

// hasTime says that the bounds or value of a date have a time of day.
func (s ColumnConfig) hasTime() bool {
	return strings.Contains(s.Random, ":") || s.Value != nil && strings.Contains(string(*s.Value), ":")
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
