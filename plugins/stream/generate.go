package stream

import (
	"encoding/binary"
	"math/bits"
	"strconv"

	"weft/plugins"
)

// mix is the output function of splitmix64 (Steele, Lea, Flood: "Fast
// Splittable Pseudorandom Number Generators"): every bit of x changes every
// bit of the result.
func mix(x uint64) uint64 {
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	return x ^ x>>31
}

// at returns the random number of a row.
func (c *column) at(row int64) uint64 { return mix(c.seed + uint64(row)*0x9e3779b97f4a7c15) }

// isNull says that row is NULL; it looks at other bits than the values do.
func (c *column) isNull(row int64) bool {
	return c.nulls > 0 && mix(^c.seed+uint64(row))>>32 < c.nulls
}

// within brings a random number into the column's range.
func (c *column) within(x uint64) int64 {
	if c.span == 0 {
		return int64(x)
	}
	high, _ := bits.Mul64(x, c.span)
	return c.low + int64(high)
}

func fillConstant(c *column, v *plugins.Vector, from, n int64) {
	for row := from; row < from+n; row++ {
		if c.isNull(row) {
			v.AppendNull()
			continue
		}
		v.Append(&c.fixed, 0)
	}
}

func fillID(_ *column, v *plugins.Vector, from, n int64) {
	for row := from; row < from+n; row++ {
		v.AppendInt(row + 1)
	}
}

func fillInts(c *column, v *plugins.Vector, from, n int64) {
	for row := from; row < from+n; row++ {
		if c.isNull(row) {
			v.AppendNull()
			continue
		}
		v.AppendInt(c.within(c.at(row)))
	}
}

// fillBool: low of span are true.
func fillBool(c *column, v *plugins.Vector, from, n int64) {
	for row := from; row < from+n; row++ {
		if c.isNull(row) {
			v.AppendNull()
			continue
		}
		high, _ := bits.Mul64(c.at(row), c.span)
		truth := int64(0)
		if int64(high) < c.low {
			truth = 1
		}
		v.AppendInt(truth)
	}
}

func fillTimes(c *column, v *plugins.Vector, from, n int64) {
	step := c.step()
	for row := from; row < from+n; row++ {
		if c.isNull(row) {
			v.AppendNull()
			continue
		}
		v.AppendInt(c.within(c.at(row)) * step)
	}
}

func fillFloats(c *column, v *plugins.Vector, from, n int64) {
	for row := from; row < from+n; row++ {
		if c.isNull(row) {
			v.AppendNull()
			continue
		}
		x := c.floor + c.width*(float64(c.at(row)>>11)/(1<<53))
		if c.Kind == plugins.KindFloat32 {
			x = float64(float32(x))
		}
		v.AppendFloat(x)
	}
}

func fillDecimals(c *column, v *plugins.Vector, from, n int64) {
	unit := uint64(1)
	for range c.Scale {
		unit *= 10
	}
	for row := from; row < from+n; row++ {
		if c.isNull(row) {
			v.AppendNull()
			continue
		}
		x := c.within(c.at(row))
		if x < 0 {
			v.Data = append(v.Data, '-')
			x = -x
		}
		v.Data = strconv.AppendUint(v.Data, uint64(x)/unit, 10)
		if c.Scale > 0 {
			v.Data = append(v.Data, '.')
			v.Data = appendPadded(v.Data, uint64(x)%unit, unit/10)
		}
		v.EndValue()
	}
}

// appendPadded appends x with as many digits as first has, a power of ten.
func appendPadded(dst []byte, x, first uint64) []byte {
	for ; first > 0; first /= 10 {
		dst = append(dst, byte('0'+x/first%10))
	}
	return dst
}

func fillTexts(c *column, v *plugins.Vector, from, n int64) {
	for row := from; row < from+n; row++ {
		if c.isNull(row) {
			v.AppendNull()
			continue
		}
		v.Data = c.appendLetters(v.Data, row)
		v.EndValue()
	}
}

func fillJSON(c *column, v *plugins.Vector, from, n int64) {
	for row := from; row < from+n; row++ {
		if c.isNull(row) {
			v.AppendNull()
			continue
		}
		v.Data = append(c.appendLetters(append(v.Data, '"'), row), '"')
		v.EndValue()
	}
}

// appendLetters appends lower-case letters, eight at a step: each byte b of a
// random word becomes 'a' + b*26/256, four bytes in each of two multiplications.
func (c *column) appendLetters(dst []byte, row int64) []byte {
	const even = 0x00ff00ff00ff00ff
	x := c.at(row)
	length := int(c.within(x))
	end := len(dst) + length
	for len(dst) < end {
		x = mix(x + 0x9e3779b97f4a7c15)
		letters := (x&even)*26>>8&even | (x>>8&even)*26&^uint64(even)
		dst = binary.LittleEndian.AppendUint64(dst, letters+0x6161616161616161)
	}
	return dst[:end]
}

func fillBytes(c *column, v *plugins.Vector, from, n int64) {
	for row := from; row < from+n; row++ {
		if c.isNull(row) {
			v.AppendNull()
			continue
		}
		x := c.at(row)
		end := len(v.Data) + int(c.within(x))
		for len(v.Data) < end {
			x = mix(x + 0x9e3779b97f4a7c15)
			v.Data = binary.LittleEndian.AppendUint64(v.Data, x)
		}
		v.Data = v.Data[:end]
		v.EndValue()
	}
}
