package postgresql

import (
	"encoding/binary"
	"encoding/hex"
	"math"

	"weft/plugins"
)

// specialPolicy says what becomes of values that no other system has: infinity
// of dates and times, NaN and infinity of numeric. (NaN and infinity of the
// floating types are ordinary values.)
type specialPolicy string

// The policies of the setting specialValue.
const (
	// specialError refuses the row.
	specialError specialPolicy = "error"
	// specialNull delivers NULL.
	specialNull specialPolicy = "null"
)

// verdict says whether a value was decoded, or why its row is refused.
type verdict uint8

const (
	decoded verdict = iota
	// malformed: the field is not what the protocol says. No row is dirty for
	// it: the connection cannot be trusted any further.
	malformed
	// notUTF8: the bytes of a text are no UTF-8 (a database in SQL_ASCII).
	notUTF8
	// specialValue: a value that the policy refuses.
	specialValue
	// outOfRange: a time beyond what weft keeps.
	outOfRange
)

var refusals = map[verdict]struct {
	code plugins.RowCode
	text string
}{
	notUTF8:      {plugins.RowEncoding, "the bytes are no UTF-8 text"},
	specialValue: {plugins.RowConversion, "infinity or NaN, which specialValue: error refuses"},
	outOfRange:   {plugins.RowOverflow, "a time beyond the year 294246"},
}

// decodeFunc appends the value of a field that is not NULL to v. The formats
// are those of the types' send functions (src/backend/utils/adt of PostgreSQL).
type decodeFunc func(c *wireColumn, v *plugins.Vector, p []byte) verdict

func decodeBool(_ *wireColumn, v *plugins.Vector, p []byte) verdict {
	if len(p) != 1 {
		return malformed
	}
	v.AppendInt(int64(p[0] & 1))
	return decoded
}

func decodeInt2(_ *wireColumn, v *plugins.Vector, p []byte) verdict {
	if len(p) != 2 {
		return malformed
	}
	v.AppendInt(int64(int16(binary.BigEndian.Uint16(p))))
	return decoded
}

func decodeInt4(_ *wireColumn, v *plugins.Vector, p []byte) verdict {
	if len(p) != 4 {
		return malformed
	}
	v.AppendInt(int64(int32(binary.BigEndian.Uint32(p))))
	return decoded
}

func decodeInt8(_ *wireColumn, v *plugins.Vector, p []byte) verdict {
	if len(p) != 8 {
		return malformed
	}
	v.AppendInt(int64(binary.BigEndian.Uint64(p)))
	return decoded
}

func decodeOID(_ *wireColumn, v *plugins.Vector, p []byte) verdict {
	if len(p) != 4 {
		return malformed
	}
	v.AppendInt(int64(binary.BigEndian.Uint32(p)))
	return decoded
}

func decodeFloat4(_ *wireColumn, v *plugins.Vector, p []byte) verdict {
	if len(p) != 4 {
		return malformed
	}
	v.AppendFloat(float64(math.Float32frombits(binary.BigEndian.Uint32(p))))
	return decoded
}

func decodeFloat8(_ *wireColumn, v *plugins.Vector, p []byte) verdict {
	if len(p) != 8 {
		return malformed
	}
	v.AppendFloat(math.Float64frombits(binary.BigEndian.Uint64(p)))
	return decoded
}

func decodeText(_ *wireColumn, v *plugins.Vector, p []byte) verdict {
	if !plugins.ValidUTF8(p) {
		return notUTF8
	}
	v.AppendBytes(p)
	return decoded
}

func decodeBytes(_ *wireColumn, v *plugins.Vector, p []byte) verdict {
	v.AppendBytes(p)
	return decoded
}

// decodeJSONB: a version, 1, before the text.
func decodeJSONB(c *wireColumn, v *plugins.Vector, p []byte) verdict {
	if len(p) < 1 || p[0] != 1 {
		return malformed
	}
	return decodeText(c, v, p[1:])
}

func decodeUUID(_ *wireColumn, v *plugins.Vector, p []byte) verdict {
	if len(p) != 16 {
		return malformed
	}
	d := hex.AppendEncode(v.Data, p[:4])
	d = hex.AppendEncode(append(d, '-'), p[4:6])
	d = hex.AppendEncode(append(d, '-'), p[6:8])
	d = hex.AppendEncode(append(d, '-'), p[8:10])
	v.Data = hex.AppendEncode(append(d, '-'), p[10:])
	v.EndValue()
	return decoded
}

// Days and microseconds from 1970-01-01 to 2000-01-01, where PostgreSQL counts
// from.
const (
	epochDays   = 10_957
	epochMicros = epochDays * 86_400_000_000
)

// decodeDate: days since 2000-01-01; the two ends of int32 are infinity.
func decodeDate(c *wireColumn, v *plugins.Vector, p []byte) verdict {
	if len(p) != 4 {
		return malformed
	}
	days := int32(binary.BigEndian.Uint32(p))
	if days == math.MinInt32 || days == math.MaxInt32 {
		return c.specialTo(v)
	}
	v.AppendInt(int64(days) + epochDays)
	return decoded
}

func decodeTime(_ *wireColumn, v *plugins.Vector, p []byte) verdict {
	return decodeInt8(nil, v, p)
}

// decodeTimestamp: microseconds since 2000-01-01; the two ends of int64 are
// infinity.
func decodeTimestamp(c *wireColumn, v *plugins.Vector, p []byte) verdict {
	if len(p) != 8 {
		return malformed
	}
	micros := int64(binary.BigEndian.Uint64(p))
	switch {
	case micros == math.MinInt64 || micros == math.MaxInt64:
		return c.specialTo(v)
	case micros > math.MaxInt64-epochMicros:
		return outOfRange
	}
	v.AppendInt(micros + epochMicros)
	return decoded
}

// specialTo follows the policy for a value that no other system has.
func (c *wireColumn) specialTo(v *plugins.Vector) verdict {
	if c.special == specialNull {
		v.AppendNull()
		return decoded
	}
	return specialValue
}

// Signs of a numeric.
const (
	numericPositive = 0x0000
	numericNegative = 0x4000
	numericSpecial  = 0xc000 // these bits together: NaN, infinity, -infinity
)

// decodeNumeric writes the digits of a numeric, which come in groups of four:
//
//	| groups, 2 | weight, 2 | sign, 2 | digits behind the point, 2 | group, 2 ... |
//
// The first group counts 10000^weight; groups of zeros at either end are left
// out.
func decodeNumeric(c *wireColumn, v *plugins.Vector, p []byte) verdict {
	if len(p) < 8 {
		return malformed
	}
	groups, weight := int(binary.BigEndian.Uint16(p)), int(int16(binary.BigEndian.Uint16(p[2:])))
	sign, scale := binary.BigEndian.Uint16(p[4:]), int(binary.BigEndian.Uint16(p[6:]))
	if sign&numericSpecial == numericSpecial {
		return c.specialTo(v)
	}
	digits := p[8:]
	if len(digits) != 2*groups || sign != numericPositive && sign != numericNegative {
		return malformed
	}
	d := v.Data
	if sign == numericNegative && groups > 0 {
		d = append(d, '-')
	}
	d, ok := appendWhole(d, digits, weight)
	if !ok {
		return malformed
	}
	if scale > 0 {
		if d, ok = appendFraction(append(d, '.'), digits, weight, scale); !ok {
			return malformed
		}
	}
	v.Data = d
	v.EndValue()
	return decoded
}

// appendWhole appends the digits before the point, at least one.
func appendWhole(d, digits []byte, weight int) ([]byte, bool) {
	if weight < 0 {
		return append(d, '0'), true
	}
	for i := range weight + 1 {
		group := 0
		if 2*i < len(digits) {
			group = int(binary.BigEndian.Uint16(digits[2*i:]))
		}
		if group > 9999 {
			return d, false
		}
		if i > 0 {
			d = appendGroup(d, group)
			continue
		}
		switch {
		case group > 999:
			d = appendGroup(d, group)
		case group > 99:
			d = append(d, byte('0'+group/100), byte('0'+group/10%10), byte('0'+group%10))
		case group > 9:
			d = append(d, byte('0'+group/10), byte('0'+group%10))
		default:
			d = append(d, byte('0'+group))
		}
	}
	return d, true
}

// appendFraction appends exactly scale digits behind the point.
func appendFraction(d, digits []byte, weight, scale int) ([]byte, bool) {
	end := len(d) + scale
	for i := weight + 1; len(d) < end; i++ {
		group := 0
		if i >= 0 && 2*i < len(digits) {
			group = int(binary.BigEndian.Uint16(digits[2*i:]))
		}
		if group > 9999 {
			return d, false
		}
		d = appendGroup(d, group)
	}
	return d[:end], true
}

// appendGroup appends four digits.
func appendGroup(d []byte, group int) []byte {
	return append(d, byte('0'+group/1000), byte('0'+group/100%10), byte('0'+group/10%10), byte('0'+group%10))
}
