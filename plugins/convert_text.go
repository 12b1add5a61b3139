package plugins

import (
	"encoding/json"
	"math"
)

// The conversions to and from text.

func keepData(_ *Converter, dst, src *Vector, i int) problem {
	dst.AppendBytes(src.Bytes(i))
	return fine
}

// toText appends the canonical text.
func toText(c *Converter, dst, src *Vector, i int) problem {
	scale := 0
	if isFractional(src.Kind) {
		scale = textScale(src.Ints[i], c.from.Scale)
	}
	dst.Data = AppendText(dst.Data, src, i, scale)
	dst.EndValue()
	return fine
}

// textScale returns the declared number of digits of a fraction, or 6 if that
// would cut some off.
func textScale(micros int64, scale int) int {
	scale = min(max(scale, 0), 6)
	if micros%pow10[6-scale] != 0 {
		return 6
	}
	return scale
}

func timestampToText(c *Converter, dst, src *Vector, i int) problem {
	micros := c.clock.wall(src.Ints[i])
	dst.Data = appendDatetime(dst.Data, micros, textScale(micros, c.from.Scale))
	dst.EndValue()
	return fine
}

func floatToJSON(_ *Converter, dst, src *Vector, i int) problem {
	if x := src.Floats[i]; math.IsNaN(x) || math.IsInf(x, 0) {
		return noForm
	}
	dst.Data = AppendText(dst.Data, src, i, 0)
	dst.EndValue()
	return fine
}

func bytesToText(_ *Converter, dst, src *Vector, i int) problem {
	if !ValidUTF8(src.Bytes(i)) {
		return notText
	}
	dst.AppendBytes(src.Bytes(i))
	return fine
}

func textToJSON(_ *Converter, dst, src *Vector, i int) problem {
	if !json.Valid(src.Bytes(i)) {
		return noForm
	}
	dst.AppendBytes(src.Bytes(i))
	return fine
}

// parseValue reads text as ParseText does, into the kind of dst.
func parseValue(_ *Converter, dst, src *Vector, i int) problem {
	return problemOf(parseInto(dst, src.Bytes(i)))
}
