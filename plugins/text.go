package plugins

import (
	"encoding/base64"
	"math"
	"strconv"
)

// AppendText appends the canonical text of value i, which must not be NULL,
// and returns the extended buffer. scale is the number of digits of
// fractional seconds (0 to 6) of the three kinds that have them.
//
//	bool       true | false
//	int64      -12          uint64  18446744073709551615
//	float      shortest text that reads back the same; plain digits for
//	           1e-5 <= |x| < 1e21, else 1e+21; NaN, Infinity, -Infinity
//	decimal    as held      string, json  as held
//	bytes      base64 (RFC 4648, with padding)
//	date       2006-01-02
//	time       -838:59:59.123456    hours of at least two digits
//	datetime   2006-01-02 15:04:05.123456
//	timestamp  the same, in UTC
//
// Years outside 0 to 9999 are written with a sign and at least four digits.
func AppendText(dst []byte, v *Vector, i, scale int) []byte {
	if v.Text {
		return append(dst, v.Bytes(i)...)
	}
	switch v.Kind {
	case KindInt64:
		return strconv.AppendInt(dst, v.Ints[i], 10)
	case KindUint64:
		return strconv.AppendUint(dst, uint64(v.Ints[i]), 10)
	case KindDecimal, KindString, KindJSON:
		return append(dst, v.Bytes(i)...)
	case KindBytes:
		return base64.StdEncoding.AppendEncode(dst, v.Bytes(i))
	case KindDate:
		return appendDate(dst, v.Ints[i])
	case KindDatetime, KindTimestamp:
		return appendDatetime(dst, v.Ints[i], scale)
	case KindTime:
		return appendTime(dst, v.Ints[i], scale)
	case KindBool:
		return strconv.AppendBool(dst, v.Ints[i] != 0)
	case KindFloat32:
		return appendFloat(dst, v.Floats[i], 32)
	case KindFloat64:
		return appendFloat(dst, v.Floats[i], 64)
	}
	return dst
}

func appendFloat(dst []byte, x float64, bitSize int) []byte {
	switch abs := math.Abs(x); {
	case math.IsNaN(x):
		return append(dst, "NaN"...)
	case math.IsInf(x, 1):
		return append(dst, "Infinity"...)
	case math.IsInf(x, -1):
		return append(dst, "-Infinity"...)
	case abs != 0 && (abs < 1e-5 || abs >= 1e21):
		return strconv.AppendFloat(dst, x, 'e', -1, bitSize)
	}
	return strconv.AppendFloat(dst, x, 'f', -1, bitSize)
}

const digitPairs = "00010203040506070809" + "10111213141516171819" + "20212223242526272829" +
	"30313233343536373839" + "40414243444546474849" + "50515253545556575859" +
	"60616263646566676869" + "70717273747576777879" + "80818283848586878889" + "90919293949596979899"

// appendPair appends n, 0 to 99, as two digits.
func appendPair(dst []byte, n int) []byte {
	return append(dst, digitPairs[2*n], digitPairs[2*n+1])
}

func appendDate(dst []byte, days int64) []byte {
	year, month, day := CivilOf(days)
	if year < 0 || year > 9999 {
		dst = appendFarYear(dst, year)
	} else {
		dst = appendPair(appendPair(dst, year/100), year%100)
	}
	dst = appendPair(append(dst, '-'), month)
	return appendPair(append(dst, '-'), day)
}

func appendFarYear(dst []byte, year int) []byte {
	if year > 0 {
		return strconv.AppendInt(append(dst, '+'), int64(year), 10)
	}
	text := strconv.Itoa(-year)
	dst = append(dst, '-')
	for n := len(text); n < 4; n++ {
		dst = append(dst, '0')
	}
	return append(dst, text...)
}

func appendDatetime(dst []byte, micros int64, scale int) []byte {
	days := floorDiv(micros, microsPerDay)
	rest := micros - days*microsPerDay
	dst = append(appendDate(dst, days), ' ')
	seconds := int(rest / microsPerSecond)
	dst = appendPair(dst, seconds/3600)
	return appendMinutes(dst, seconds, int(rest%microsPerSecond), scale)
}

func appendTime(dst []byte, micros int64, scale int) []byte {
	if micros < 0 {
		dst = append(dst, '-')
		micros = -micros
	}
	seconds := int(micros / microsPerSecond)
	if hours := seconds / 3600; hours < 100 {
		dst = appendPair(dst, hours)
	} else {
		dst = strconv.AppendInt(dst, int64(hours), 10)
	}
	return appendMinutes(dst, seconds, int(micros%microsPerSecond), scale)
}

// appendMinutes appends :MM:SS and the fraction behind the hours.
func appendMinutes(dst []byte, seconds, micros, scale int) []byte {
	dst = appendPair(append(dst, ':'), seconds/60%60)
	dst = appendPair(append(dst, ':'), seconds%60)
	if scale <= 0 {
		return dst
	}
	dst = append(dst, '.')
	dst = appendPair(appendPair(appendPair(dst, micros/10_000), micros/100%100), micros%100)
	return dst[:len(dst)-(6-min(scale, 6))]
}
