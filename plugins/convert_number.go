package plugins

import (
	"bytes"
	"math"
	"strconv"
)

// The conversions whose target is a number or a bool.

func keepInt(_ *Converter, dst, src *Vector, i int) problem {
	dst.AppendInt(src.Ints[i])
	return fine
}

func keepFloat(_ *Converter, dst, src *Vector, i int) problem {
	dst.AppendFloat(src.Floats[i])
	return fine
}

func intToBool(_ *Converter, dst, src *Vector, i int) problem {
	x := src.Ints[i]
	if x != 0 && x != 1 {
		return outside
	}
	dst.AppendInt(x)
	return fine
}

// flipSign makes a uint64 of an int64 and the reverse: the numbers both have
// are the same bits.
func flipSign(_ *Converter, dst, src *Vector, i int) problem {
	if src.Ints[i] < 0 {
		return outside
	}
	dst.AppendInt(src.Ints[i])
	return fine
}

// exactBits is how many bits of a whole number a float keeps.
func exactBits(kind Kind) int {
	if kind == KindFloat32 {
		return 24
	}
	return 53
}

func signedToFloat(_ *Converter, dst, src *Vector, i int) problem {
	x := src.Ints[i]
	magnitude := uint64(x)
	if x < 0 {
		magnitude = -magnitude
	}
	if !isExact(magnitude, dst.Kind) {
		return imprecise
	}
	dst.AppendFloat(float64(x))
	return fine
}

func unsignedToFloat(_ *Converter, dst, src *Vector, i int) problem {
	x := uint64(src.Ints[i])
	if !isExact(x, dst.Kind) {
		return imprecise
	}
	dst.AppendFloat(float64(x))
	return fine
}

// isExact says that a float of the kind holds x: all set bits lie within the
// bits it keeps.
func isExact(x uint64, kind Kind) bool {
	for x&1 == 0 && x>>exactBits(kind) != 0 {
		x >>= 1
	}
	return x>>exactBits(kind) == 0
}

func floatToSigned(_ *Converter, dst, src *Vector, i int) problem {
	x := src.Floats[i]
	switch {
	case math.IsNaN(x):
		return noForm
	case x < -1<<63 || x >= 1<<63:
		return outside
	case x != math.Trunc(x):
		return imprecise
	}
	dst.AppendInt(int64(x))
	return fine
}

func floatToUnsigned(_ *Converter, dst, src *Vector, i int) problem {
	x := src.Floats[i]
	switch {
	case math.IsNaN(x):
		return noForm
	case x < 0 || x >= 1<<64:
		return outside
	case x != math.Trunc(x):
		return imprecise
	}
	dst.AppendInt(int64(uint64(x)))
	return fine
}

// narrowFloat makes a float of a double that is one, or that a person would
// write the same way: 0.1 is not the same number in both, but the same text.
func narrowFloat(c *Converter, dst, src *Vector, i int) problem {
	x := src.Floats[i]
	short := float32(x)
	switch {
	case float64(short) == x, math.IsNaN(x):
	case math.IsInf(float64(short), 0):
		return outside
	default:
		c.scratch = appendFloat(c.scratch[:0], x, 64)
		n := len(c.scratch)
		c.scratch = appendFloat(c.scratch, float64(short), 32)
		if !bytes.Equal(c.scratch[:n], c.scratch[n:]) {
			return imprecise
		}
	}
	dst.AppendFloat(float64(short))
	return fine
}

func decimalToBool(_ *Converter, dst, src *Vector, i int) problem {
	d, ok := splitDecimal(src.Bytes(i))
	switch {
	case !ok:
		return noForm
	case d.isZero():
		dst.AppendInt(0)
		return fine
	case d.negative, len(d.significant()) > 0, string(d.whole) != "1":
		return outside
	}
	dst.AppendInt(1)
	return fine
}

func decimalToInt(c *Converter, dst, src *Vector, i int) problem {
	d, ok := splitDecimal(src.Bytes(i))
	switch {
	case !ok:
		return noForm
	case len(d.significant()) > 0:
		return imprecise
	}
	c.scratch = d.append(c.scratch[:0], 0)
	x, err := parseFixed(dst.Kind, c.scratch)
	if err != nil {
		return outside // the form is right, so only the size can be wrong
	}
	dst.AppendInt(x)
	return fine
}

// decimalToFloat takes decimals that spell the float exactly, or as its
// shortest text does.
func decimalToFloat(c *Converter, dst, src *Vector, i int) problem {
	text := src.Bytes(i)
	d, ok := splitDecimal(text)
	switch {
	case !ok:
		return noForm
	case d.isZero():
		dst.AppendFloat(0)
		return fine
	}
	bitSize := 64
	if dst.Kind == KindFloat32 {
		bitSize = 32
	}
	x, err := strconv.ParseFloat(string(text), bitSize)
	if err != nil {
		return outside
	}
	scale := len(d.significant())
	c.scratch = d.append(c.scratch[:0], scale)
	n := len(c.scratch)
	c.scratch = strconv.AppendFloat(c.scratch, x, 'f', -1, bitSize)
	if !bytes.Equal(c.scratch[:n], c.scratch[n:]) {
		c.scratch = strconv.AppendFloat(c.scratch[:n], x, 'f', scale, 64)
		// 'f' with a fixed scale rounds: only if reading back all digits of
		// the float finds none behind the scale is it the exact value.
		if !bytes.Equal(c.scratch[:n], c.scratch[n:]) || !endsWithin(x, scale) {
			return imprecise
		}
	}
	dst.AppendFloat(x)
	return fine
}

// endsWithin says that x has no more than scale binary digits behind the
// point, and so no more than scale decimal ones.
func endsWithin(x float64, scale int) bool {
	scaled := math.Ldexp(x, scale)
	return scaled == math.Trunc(scaled) && !math.IsInf(scaled, 0)
}

// textToDecimal brings numbers of all kinds, and text, to the scale of the
// target, digit by digit.
func textToDecimal(c *Converter, dst, src *Vector, i int) problem {
	c.scratch = appendPlain(c.scratch[:0], src, i)
	d, ok := splitDecimal(c.scratch)
	if !ok {
		return noForm
	}
	scale := c.to.Scale
	switch {
	case unbounded(c.to):
		scale = len(d.fraction)
	case len(d.significant()) > scale:
		return imprecise
	case c.to.Precision > 0 && len(d.whole) > c.to.Precision-scale:
		return outside
	}
	dst.Data = d.append(dst.Data, scale)
	dst.EndValue()
	return fine
}

// appendPlain is AppendText without exponents.
func appendPlain(dst []byte, v *Vector, i int) []byte {
	switch v.Kind {
	case KindFloat32:
		return strconv.AppendFloat(dst, v.Floats[i], 'f', -1, 32)
	case KindFloat64:
		return strconv.AppendFloat(dst, v.Floats[i], 'f', -1, 64)
	}
	return AppendText(dst, v, i, 0)
}
