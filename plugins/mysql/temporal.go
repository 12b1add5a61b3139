package mysql

import (
	"encoding/binary"

	"weft/plugins"
)

// zeroPolicy says what becomes of MySQL's zero dates: '0000-00-00' and days
// or months of 00, which no calendar has.
type zeroPolicy string

// The policies of the setting zeroDate.
const (
	// zeroNull delivers NULL, as Connector/J's convertToNull.
	zeroNull zeroPolicy = "null"
	// zeroError refuses the row.
	zeroError zeroPolicy = "error"
	// zeroKeep delivers all dates and datetimes as the server's text.
	zeroKeep zeroPolicy = "keep"
	// zeroMin delivers 0001-01-01, as Connector/J's round.
	zeroMin zeroPolicy = "min"
)

const (
	microsPerSecond = 1_000_000
	microsPerDay    = 86_400 * microsPerSecond
)

// clock is a DATE, DATETIME or TIMESTAMP as the wire has it. TIMESTAMP comes
// in UTC because the session's time zone is set so.
type clock struct {
	year, month, day     int
	hour, minute, second int
	micros               int
}

// binaryDatetime decodes ("ProtocolBinary: MYSQL_TYPE_DATETIME"); missing
// fields are zero:
//
//	| 0, 4, 7 or 11 | year, 2 | month | day | hour | minute | second | microseconds, 4 |
func binaryDatetime(c *wireColumn, v *plugins.Vector, p []byte, i int) verdict {
	if i >= len(p) {
		return malformed
	}
	n := int(p[i])
	f := p[i+1:]
	if n > len(f) || n != 0 && n != 4 && n != 7 && n != 11 {
		return malformed
	}
	var t clock
	if n >= 4 {
		t.year, t.month, t.day = int(binary.LittleEndian.Uint16(f)), int(f[2]), int(f[3])
	}
	if n >= 7 {
		t.hour, t.minute, t.second = int(f[4]), int(f[5]), int(f[6])
	}
	if n == 11 {
		t.micros = int(binary.LittleEndian.Uint32(f[7:]))
	}
	return c.appendClock(v, t, i+1+n)
}

// appendClock appends t in the kind of the column. next is what to return if
// all is well.
func (c *wireColumn) appendClock(v *plugins.Vector, t clock, next verdict) verdict {
	if c.column.Kind == plugins.KindString { // zeroKeep
		v.Data = c.appendClockText(v.Data, t)
		v.EndValue()
		return next
	}
	if t.month == 0 || t.day == 0 {
		return c.appendZero(v, next)
	}
	if t.month > 12 || t.day > plugins.DaysIn(t.year, t.month) || t.hour > 23 || t.minute > 59 || t.second > 59 || t.micros >= microsPerSecond {
		return noDate
	}
	days := plugins.DaysOf(t.year, t.month, t.day)
	if c.column.Kind == plugins.KindDate {
		v.AppendInt(days)
		return next
	}
	v.AppendInt(days*microsPerDay + int64(t.hour*3600+t.minute*60+t.second)*microsPerSecond + int64(t.micros))
	return next
}

func (c *wireColumn) appendZero(v *plugins.Vector, next verdict) verdict {
	switch c.zero {
	case zeroError:
		return zeroDate
	case zeroMin:
		days := plugins.DaysOf(1, 1, 1)
		v.AppendInt(pick(c.column.Kind == plugins.KindDate, days, days*microsPerDay))
	default:
		v.AppendNull()
	}
	return next
}

// appendClockText writes t as the server would, zero fields included.
func (c *wireColumn) appendClockText(dst []byte, t clock) []byte {
	dst = appendDigits(dst, t.year, 4)
	dst = appendDigits(append(dst, '-'), t.month, 2)
	dst = appendDigits(append(dst, '-'), t.day, 2)
	if c.typ == typeDate {
		return dst
	}
	dst = appendDigits(append(dst, ' '), t.hour, 2)
	dst = appendDigits(append(dst, ':'), t.minute, 2)
	dst = appendDigits(append(dst, ':'), t.second, 2)
	scale := min(c.decimals, 6)
	if scale == 0 {
		return dst
	}
	dst = appendDigits(append(dst, '.'), t.micros, 6)
	return dst[:len(dst)-(6-scale)]
}

func appendDigits(dst []byte, n, width int) []byte {
	start := len(dst)
	for range width {
		dst = append(dst, '0')
	}
	for i := len(dst) - 1; i >= start; i-- {
		dst[i] = byte('0' + n%10)
		n /= 10
	}
	return dst
}

// binaryTime decodes ("ProtocolBinary: MYSQL_TYPE_TIME"):
//
//	| 0, 8 or 12 | negative | days, 4 | hour | minute | second | microseconds, 4 |
func binaryTime(_ *wireColumn, v *plugins.Vector, p []byte, i int) verdict {
	if i >= len(p) {
		return malformed
	}
	n := int(p[i])
	f := p[i+1:]
	if n > len(f) || n != 0 && n != 8 && n != 12 {
		return malformed
	}
	var micros int64
	if n >= 8 {
		hours := int64(binary.LittleEndian.Uint32(f[1:]))*24 + int64(f[5])
		micros = ((hours*60+int64(f[6]))*60 + int64(f[7])) * microsPerSecond
	}
	if n == 12 {
		micros += int64(binary.LittleEndian.Uint32(f[8:]))
	}
	if n > 0 && f[0] != 0 {
		micros = -micros
	}
	v.AppendInt(micros)
	return i + 1 + n
}
