package stream

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"weft/plugins"
)

// What is generated where the job says nothing: numbers of at most six digits
// and moments of this century's first thirty years, texts of 16 to 24 letters.
const (
	defaultHigh    = 999_999
	defaultShort   = 16
	defaultLong    = 24
	microsASecond  = 1_000_000
	secondsADay    = 86_400
	maxTextBytes   = 1 << 20
	maxDigitsExact = 15
)

// random makes values change from row to row, within the bounds given.
func (c *column) random(settings ColumnConfig) error {
	low, high, given := strings.Cut(settings.Random, ",")
	low, high = strings.TrimSpace(low), strings.TrimSpace(high)
	if settings.Random != "" && !given {
		return fmt.Errorf("random %q: two bounds and a comma are needed", settings.Random)
	}
	c.bytes = 8
	switch c.Kind {
	case plugins.KindBool:
		c.fill = fillBool
		return c.between(low, high, given, 1, 1)
	case plugins.KindInt64, plugins.KindUint64:
		if strings.EqualFold(strings.TrimSpace(settings.Type), "id") {
			c.fill = fillID
			return nil
		}
		c.fill = fillInts
		most := int64(defaultHigh)
		if c.Length == 1 || c.Length == 2 {
			most = 1<<(8*c.Length-1) - 1
		}
		return c.between(low, high, given, 0, most)
	case plugins.KindFloat32, plugins.KindFloat64:
		c.fill = fillFloats
		return c.betweenFloats(low, high, given)
	case plugins.KindDecimal:
		c.fill, c.bytes = fillDecimals, c.Precision+3
		return c.betweenDecimals(low, high, given)
	case plugins.KindString, plugins.KindBytes, plugins.KindJSON:
		return c.lengths(low, high, given)
	}
	c.fill = fillTimes
	return c.betweenTimes(low, high, given)
}

// between sets the bounds of integers; a bool's are the shares of true and
// false.
func (c *column) between(low, high string, given bool, from, to int64) error {
	if given {
		var err error
		if from, err = strconv.ParseInt(low, 10, 64); err != nil {
			return fmt.Errorf("random: %q is no whole number", low)
		}
		if to, err = strconv.ParseInt(high, 10, 64); err != nil {
			return fmt.Errorf("random: %q is no whole number", high)
		}
	}
	if c.Kind == plugins.KindBool {
		if from < 0 || to < 0 || from+to <= 0 {
			return fmt.Errorf("random: shares of %d and %d are not possible", from, to)
		}
		c.low, c.span = from, uint64(from+to)
		return nil
	}
	least, most := int64(math.MinInt64), int64(math.MaxInt64)
	switch {
	case c.Kind == plugins.KindUint64:
		least = 0
	case c.Length > 0 && c.Length < 8:
		least, most = -1<<(8*c.Length-1), 1<<(8*c.Length-1)-1
	}
	if from > to || from < least || to > most {
		return fmt.Errorf("random: %d to %d is no range of %s", from, to, c.Kind)
	}
	c.low, c.span = from, uint64(to-from)+1
	return nil
}

func (c *column) betweenFloats(low, high string, given bool) error {
	from, to := 0.0, 1.0
	if given {
		var err error
		if from, err = strconv.ParseFloat(low, 64); err != nil {
			return fmt.Errorf("random: %q is no number", low)
		}
		if to, err = strconv.ParseFloat(high, 64); err != nil {
			return fmt.Errorf("random: %q is no number", high)
		}
	}
	c.floor, c.width = from, to-from
	if !(c.width >= 0) || math.IsInf(c.width, 0) {
		return fmt.Errorf("random: %v to %v is no range", from, to)
	}
	return nil
}

// betweenDecimals sets the bounds as whole numbers of the last decimal place.
func (c *column) betweenDecimals(low, high string, given bool) error {
	if c.Scale > maxDigitsExact {
		return fmt.Errorf("a scale of %d cannot be generated; %d at most", c.Scale, maxDigitsExact)
	}
	unit := int64(math.Pow10(c.Scale))
	most := int64(math.Pow10(min(c.Precision, maxDigitsExact))) - 1
	c.low, c.span = 0, uint64(most)+1
	if !given {
		return nil
	}
	from, ferr := strconv.ParseInt(low, 10, 64)
	to, terr := strconv.ParseInt(high, 10, 64)
	if ferr != nil || terr != nil || from > to || from < -most/unit || to > most/unit {
		return fmt.Errorf("random: %q to %q is no range of whole numbers within %s", low, high, c.SourceType)
	}
	c.low, c.span = from*unit, uint64((to-from)*unit)+1
	return nil
}

// lengths sets the bounds of the length of texts and bytes.
func (c *column) lengths(low, high string, given bool) error {
	short, long := defaultShort, defaultLong
	if c.Length > 0 {
		short, long = min(short, c.Length), min(long, c.Length)
	}
	if given {
		var serr, lerr error
		short, serr = strconv.Atoi(low)
		long, lerr = strconv.Atoi(high)
		if serr != nil || lerr != nil || short < 0 || short > long || long > maxTextBytes || c.Length > 0 && long > c.Length {
			return fmt.Errorf("random: %q to %q is no range of lengths", low, high)
		}
	}
	c.low, c.span, c.bytes = int64(short), uint64(long-short)+1, long
	switch c.Kind {
	case plugins.KindString:
		c.fill = fillTexts
	case plugins.KindJSON:
		c.fill, c.bytes = fillJSON, long+2
	default:
		c.fill = fillBytes
	}
	return nil
}

// betweenTimes sets the bounds in the column's own steps: days, or the last
// digit of the seconds.
func (c *column) betweenTimes(low, high string, given bool) error {
	from, to := int64(0), int64(secondsADay-1)*microsASecond
	switch c.Kind {
	case plugins.KindDate:
		from, to = plugins.DaysOf(2000, 1, 1), plugins.DaysOf(2029, 12, 31)
	case plugins.KindDatetime, plugins.KindTimestamp:
		day := int64(secondsADay) * microsASecond
		from, to = plugins.DaysOf(2000, 1, 1)*day, plugins.DaysOf(2030, 1, 1)*day-1
	}
	if given {
		var v plugins.Vector
		v.Reset(c.Kind)
		for _, text := range []string{low, high} {
			if err := plugins.ParseText(&v, []byte(text)); err != nil {
				return fmt.Errorf("random: %w", err)
			}
		}
		from, to = v.Ints[0], v.Ints[1]
	}
	if from > to {
		return fmt.Errorf("random: %q lies after %q", low, high)
	}
	step := c.step()
	c.low, c.span = from/step, uint64(to/step-from/step)+1
	return nil
}

// step is the smallest difference between two values: a day, or in
// microseconds the last digit that the column declares.
func (c *column) step() int64 {
	if c.Kind == plugins.KindDate {
		return 1
	}
	return int64(math.Pow10(6 - min(max(c.Scale, 0), 6)))
}
