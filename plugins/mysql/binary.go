package mysql

import (
	"encoding/binary"
	"math"

	"weft/plugins"
)

// binaryDecode chooses, once per column, how values of the binary protocol
// are decoded into the kind of the column ("Binary Protocol Value").
func binaryDecode(d definition, c plugins.Column) func(*wireColumn, *plugins.Vector, []byte, int) verdict {
	switch d.typ {
	case typeTiny:
		return pick(d.unsigned(), binaryUint8, binaryInt8)
	case typeShort, typeYear:
		return pick(d.unsigned() || d.typ == typeYear, binaryUint16, binaryInt16)
	case typeLong, typeInt24:
		return pick(d.unsigned(), binaryUint32, binaryInt32)
	case typeLongLong:
		return binaryInt64
	case typeFloat:
		return binaryFloat32
	case typeDouble:
		return binaryFloat64
	case typeDate, typeDatetime, typeTimestamp:
		return binaryDatetime
	case typeTime:
		return binaryTime
	}
	return lengthDecode(c.Kind, d.typ)
}

func pick[T any](first bool, a, b T) T {
	if first {
		return a
	}
	return b
}

// lengthDecode decodes what both protocols send as a length-encoded string.
func lengthDecode(kind plugins.Kind, typ byte) func(*wireColumn, *plugins.Vector, []byte, int) verdict {
	switch {
	case typ == typeBit:
		return lengthBit
	case kind == plugins.KindDecimal:
		return lengthDecimal
	case kind == plugins.KindBytes:
		return lengthBytes
	}
	return lengthText
}

func binaryInt8(_ *wireColumn, v *plugins.Vector, p []byte, i int) verdict {
	if i >= len(p) {
		return malformed
	}
	v.AppendInt(int64(int8(p[i])))
	return i + 1
}

func binaryUint8(_ *wireColumn, v *plugins.Vector, p []byte, i int) verdict {
	if i >= len(p) {
		return malformed
	}
	v.AppendInt(int64(p[i]))
	return i + 1
}

func binaryInt16(_ *wireColumn, v *plugins.Vector, p []byte, i int) verdict {
	if i+2 > len(p) {
		return malformed
	}
	v.AppendInt(int64(int16(binary.LittleEndian.Uint16(p[i:]))))
	return i + 2
}

func binaryUint16(_ *wireColumn, v *plugins.Vector, p []byte, i int) verdict {
	if i+2 > len(p) {
		return malformed
	}
	v.AppendInt(int64(binary.LittleEndian.Uint16(p[i:])))
	return i + 2
}

func binaryInt32(_ *wireColumn, v *plugins.Vector, p []byte, i int) verdict {
	if i+4 > len(p) {
		return malformed
	}
	v.AppendInt(int64(int32(binary.LittleEndian.Uint32(p[i:]))))
	return i + 4
}

func binaryUint32(_ *wireColumn, v *plugins.Vector, p []byte, i int) verdict {
	if i+4 > len(p) {
		return malformed
	}
	v.AppendInt(int64(binary.LittleEndian.Uint32(p[i:])))
	return i + 4
}

// binaryInt64 serves both signs: a uint64 is held as its bits.
func binaryInt64(_ *wireColumn, v *plugins.Vector, p []byte, i int) verdict {
	if i+8 > len(p) {
		return malformed
	}
	v.AppendInt(int64(binary.LittleEndian.Uint64(p[i:])))
	return i + 8
}

func binaryFloat32(_ *wireColumn, v *plugins.Vector, p []byte, i int) verdict {
	if i+4 > len(p) {
		return malformed
	}
	v.AppendFloat(float64(math.Float32frombits(binary.LittleEndian.Uint32(p[i:]))))
	return i + 4
}

func binaryFloat64(_ *wireColumn, v *plugins.Vector, p []byte, i int) verdict {
	if i+8 > len(p) {
		return malformed
	}
	v.AppendFloat(math.Float64frombits(binary.LittleEndian.Uint64(p[i:])))
	return i + 8
}

// field returns the bounds of the length-encoded string at p[i]; a negative
// end says that there is none.
func field(p []byte, i int) (from, end int) {
	if i < len(p) && p[i] <= 250 { // nearly always
		from, end = i+1, i+1+int(p[i])
	} else {
		n, next := lengthAt(p, i)
		if next < 0 {
			return 0, malformed
		}
		from, end = next, next+n
	}
	if end > len(p) {
		return 0, malformed
	}
	return from, end
}

func lengthText(_ *wireColumn, v *plugins.Vector, p []byte, i int) verdict {
	from, end := field(p, i)
	if end < 0 {
		return malformed
	}
	text := p[from:end]
	if !plugins.ValidUTF8(text) {
		return notUTF8
	}
	v.AppendBytes(text)
	return end
}

func lengthBytes(_ *wireColumn, v *plugins.Vector, p []byte, i int) verdict {
	from, end := field(p, i)
	if end < 0 {
		return malformed
	}
	v.AppendBytes(p[from:end])
	return end
}

// lengthBit decodes BIT(n): up to eight bytes, big endian.
func lengthBit(_ *wireColumn, v *plugins.Vector, p []byte, i int) verdict {
	from, end := field(p, i)
	if end < 0 || end-from > 8 {
		return malformed
	}
	var bits uint64
	for _, b := range p[from:end] {
		bits = bits<<8 | uint64(b)
	}
	v.AppendInt(int64(bits))
	return end
}

// lengthDecimal takes the server's text of a decimal if it is the canonical
// one, which it is unless the column is ZEROFILL or the result of an
// expression.
func lengthDecimal(c *wireColumn, v *plugins.Vector, p []byte, i int) verdict {
	from, end := field(p, i)
	if end < 0 {
		return malformed
	}
	text := p[from:end]
	if !canonicalDecimal(text, c.column.Scale) {
		return decimalOf(c, v, text, end)
	}
	v.AppendBytes(text)
	return end
}

// canonicalDecimal says that text is [-]digits[.digits] with scale digits
// behind the point and no needless zero before it.
func canonicalDecimal(text []byte, scale int) bool {
	whole := len(text)
	if scale > 0 {
		whole -= scale + 1
	}
	start := 0
	if len(text) > 0 && text[0] == '-' {
		start = 1
	}
	if whole <= start || text[start] == '0' && whole-start > 1 {
		return false
	}
	for i := start; i < len(text); i++ {
		if c := text[i]; i == whole && c != '.' || i != whole && c-'0' > 9 {
			return false
		}
	}
	return true
}

// decimalOf brings a decimal to its canonical form: leading zeros off, missing
// digits of the scale added, surplus ones only taken off if they are zero.
func decimalOf(c *wireColumn, v *plugins.Vector, text []byte, end int) verdict {
	start, scale := len(v.Data), c.column.Scale
	if len(text) > 0 && text[0] == '-' {
		v.Data = append(v.Data, '-')
		text = text[1:]
	}
	whole, fraction := text, []byte(nil)
	for i, b := range text {
		if b == '.' {
			whole, fraction = text[:i], text[i+1:]
			break
		}
	}
	for len(whole) > 1 && whole[0] == '0' {
		whole = whole[1:]
	}
	if len(whole) == 0 {
		whole = []byte{'0'}
	}
	for len(fraction) > scale && fraction[len(fraction)-1] == '0' {
		fraction = fraction[:len(fraction)-1]
	}
	v.Data = append(v.Data, whole...)
	if scale > 0 {
		v.Data = append(append(v.Data, '.'), fraction...)
		for range scale - len(fraction) {
			v.Data = append(v.Data, '0')
		}
	}
	if len(fraction) > scale || len(text) == 0 || !canonicalDecimal(v.Data[start:], scale) {
		v.Data = v.Data[:start]
		return noNumber
	}
	v.EndValue()
	return end
}
