package postgresql

import (
	"encoding/binary"
	"encoding/hex"
	"math"

	"weft/plugins"
)

// encodeFunc appends value i, which is not NULL, in the binary format of the
// column's type (the receive functions in src/backend/utils/adt of PostgreSQL),
// without its length.
type encodeFunc func(dst []byte, v *plugins.Vector, i int) []byte

// encoders of the types that have one. A column of any other type makes all
// rows go as text, which the type's own input function reads.
var encoders = map[uint32]encodeFunc{
	oidBool: func(d []byte, v *plugins.Vector, i int) []byte { return append(d, byte(v.Ints[i])) },
	oidInt2: func(d []byte, v *plugins.Vector, i int) []byte {
		return binary.BigEndian.AppendUint16(d, uint16(v.Ints[i]))
	},
	oidInt4: func(d []byte, v *plugins.Vector, i int) []byte {
		return binary.BigEndian.AppendUint32(d, uint32(v.Ints[i]))
	},
	oidInt8: func(d []byte, v *plugins.Vector, i int) []byte {
		return binary.BigEndian.AppendUint64(d, uint64(v.Ints[i]))
	},
	oidOID: func(d []byte, v *plugins.Vector, i int) []byte {
		return binary.BigEndian.AppendUint32(d, uint32(v.Ints[i]))
	},
	oidFloat4:  encodeFloat4,
	oidFloat8:  encodeFloat8,
	oidNumeric: func(d []byte, v *plugins.Vector, i int) []byte { return appendNumeric(d, v.Bytes(i)) },
	oidText:    encodeData,
	oidVarchar: encodeData,
	oidBPChar:  encodeData,
	oidName:    encodeData,
	oidBytea:   encodeData,
	oidJSON:    encodeData,
	oidJSONB:   func(d []byte, v *plugins.Vector, i int) []byte { return append(append(d, 1), v.Bytes(i)...) },
	oidDate:    encodeDate,
	oidTime: func(d []byte, v *plugins.Vector, i int) []byte {
		return binary.BigEndian.AppendUint64(d, uint64(v.Ints[i]))
	},
	oidTimestamp:   encodeTimestamp,
	oidTimestamptz: encodeTimestamp,
	oidUUID:        encodeUUID,
}

func encodeData(d []byte, v *plugins.Vector, i int) []byte { return append(d, v.Bytes(i)...) }

func encodeFloat4(d []byte, v *plugins.Vector, i int) []byte {
	return binary.BigEndian.AppendUint32(d, math.Float32bits(float32(v.Floats[i])))
}

func encodeFloat8(d []byte, v *plugins.Vector, i int) []byte {
	return binary.BigEndian.AppendUint64(d, math.Float64bits(v.Floats[i]))
}

func encodeDate(d []byte, v *plugins.Vector, i int) []byte {
	return binary.BigEndian.AppendUint32(d, uint32(v.Ints[i]-epochDays))
}

func encodeTimestamp(d []byte, v *plugins.Vector, i int) []byte {
	return binary.BigEndian.AppendUint64(d, uint64(v.Ints[i]-epochMicros))
}

// encodeUUID takes what isUUID has let pass.
func encodeUUID(d []byte, v *plugins.Vector, i int) []byte {
	var digits [32]byte
	n := 0
	for _, c := range v.Bytes(i) {
		if c != '-' && n < len(digits) {
			digits[n] = c
			n++
		}
	}
	d, _ = hex.AppendDecode(d, digits[:]) // isUUID has seen that these are 32 digits
	return d
}

// isUUID says that text is 32 hexadecimal digits in groups of 8, 4, 4, 4, 12, or
// in one.
func isUUID(text []byte) bool {
	if len(text) != 36 && len(text) != 32 {
		return false
	}
	for i, c := range text {
		dash := len(text) == 36 && (i == 8 || i == 13 || i == 18 || i == 23)
		digit := c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
		if dash != (c == '-') || !dash && !digit {
			return false
		}
	}
	return true
}

// appendNumeric appends a canonical decimal text as decodeNumeric draws it.
func appendNumeric(d, text []byte) []byte {
	sign := uint16(numericPositive)
	if len(text) > 0 && text[0] == '-' {
		sign, text = numericNegative, text[1:]
	}
	whole, fraction := text, []byte(nil)
	for i, c := range text {
		if c == '.' {
			whole, fraction = text[:i], text[i+1:]
			break
		}
	}
	head := len(d)
	d = append(d, 0, 0, 0, 0, 0, 0, 0, 0)
	weight := (len(whole)+3)/4 - 1
	first := len(whole) - 4*weight // digits of the first group
	d = appendBase10000(d, whole, first)
	d = appendBase10000(d, fraction, 4)
	d, weight = trimNumeric(d, head+8, weight)
	groups := (len(d) - head - 8) / 2
	if groups == 0 {
		sign, weight = numericPositive, 0
	}
	binary.BigEndian.PutUint16(d[head:], uint16(groups))
	binary.BigEndian.PutUint16(d[head+2:], uint16(int16(weight)))
	binary.BigEndian.PutUint16(d[head+4:], sign)
	binary.BigEndian.PutUint16(d[head+6:], uint16(len(fraction)))
	return d
}

// appendBase10000 appends digits as groups of four, of which the first has so
// many; the last is filled up with zeros behind it.
func appendBase10000(d, digits []byte, first int) []byte {
	for size := first; len(digits) > 0; size = 4 {
		group := 0
		for i := range size {
			group *= 10
			if i < len(digits) {
				group += int(digits[i] - '0')
			}
		}
		d = binary.BigEndian.AppendUint16(d, uint16(group))
		digits = digits[min(size, len(digits)):]
	}
	return d
}

// trimNumeric takes groups of zeros off both ends of the groups from d[from] on.
func trimNumeric(d []byte, from, weight int) ([]byte, int) {
	for len(d) > from && d[len(d)-1] == 0 && d[len(d)-2] == 0 {
		d = d[:len(d)-2]
	}
	zeros := 0
	for from+zeros+1 < len(d) && d[from+zeros] == 0 && d[from+zeros+1] == 0 {
		zeros += 2
	}
	if zeros == 0 {
		return d, weight
	}
	return append(d[:from], d[from+zeros:]...), weight - zeros/2
}

// appendTuple appends row i in the binary format of COPY.
func (w *Writer) appendTuple(dst []byte, b *plugins.Batch, i int) []byte {
	dst = binary.BigEndian.AppendUint16(dst, w.fields)
	for c := range w.columns {
		v := &b.Columns[c]
		if v.IsNull(i) {
			dst = append(dst, 0xff, 0xff, 0xff, 0xff)
			continue
		}
		at := len(dst)
		dst = w.columns[c].encode(append(dst, 0, 0, 0, 0), v, i)
		binary.BigEndian.PutUint32(dst[at:], uint32(len(dst)-at-4))
	}
	return dst
}

// appendLine appends row i in the text format of COPY.
func (w *Writer) appendLine(dst []byte, b *plugins.Batch, i int) []byte {
	for c := range w.columns {
		if c > 0 {
			dst = append(dst, '\t')
		}
		v := &b.Columns[c]
		switch {
		case v.IsNull(i):
			dst = append(dst, '\\', 'N')
		case v.Kind == plugins.KindBytes:
			dst = hex.AppendEncode(append(dst, `\\x`...), v.Bytes(i))
		case v.Kind == plugins.KindString || v.Kind == plugins.KindJSON:
			dst = appendEscaped(dst, v.Bytes(i))
		case v.Kind == plugins.KindDate || v.Kind == plugins.KindDatetime || v.Kind == plugins.KindTimestamp:
			dst = append(dst, farYear(string(plugins.AppendText(nil, v, i, 6)))...)
		default:
			dst = plugins.AppendText(dst, v, i, 6)
		}
	}
	return dst
}

func appendEscaped(dst, text []byte) []byte {
	for _, c := range text {
		switch c {
		case '\\', '\t':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		default:
			dst = append(dst, c)
		}
	}
	return dst
}
