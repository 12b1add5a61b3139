package mysql

import (
	"strconv"

	"weft/plugins"
)

// textDecode chooses, once per column, how values of the text protocol are
// decoded. It serves servers and proxies that know no prepared statements.
func textDecode(d definition, c plugins.Column) func(*wireColumn, *plugins.Vector, []byte, int) verdict {
	switch d.typ {
	case typeTiny, typeShort, typeLong, typeInt24, typeLongLong, typeYear:
		return textInteger
	case typeFloat, typeDouble:
		return textFloat
	case typeDate, typeDatetime, typeTimestamp:
		return textDatetime
	case typeTime:
		return textTime
	}
	return lengthDecode(c.Kind, d.typ)
}

func textInteger(c *wireColumn, v *plugins.Vector, p []byte, i int) verdict {
	from, end := field(p, i)
	if end < 0 {
		return malformed
	}
	text := p[from:end]
	negative := len(text) > 0 && text[0] == '-'
	if negative {
		text = text[1:]
	}
	if len(text) == 0 || len(text) > 20 {
		return noNumber
	}
	var x uint64
	for _, b := range text {
		if b-'0' > 9 {
			return noNumber
		}
		x = x*10 + uint64(b-'0')
	}
	if negative {
		x = -x
	}
	v.AppendInt(int64(x))
	return end
}

func textFloat(c *wireColumn, v *plugins.Vector, p []byte, i int) verdict {
	from, end := field(p, i)
	if end < 0 {
		return malformed
	}
	x, err := strconv.ParseFloat(string(p[from:end]), pick(c.column.Kind == plugins.KindFloat32, 32, 64))
	if err != nil {
		return noNumber
	}
	v.AppendFloat(x)
	return end
}

// textDatetime takes apart YYYY-MM-DD[ hh:mm:ss[.ffffff]].
func textDatetime(c *wireColumn, v *plugins.Vector, p []byte, i int) verdict {
	from, end := field(p, i)
	if end < 0 {
		return malformed
	}
	text := p[from:end]
	var t clock
	ok := number(&text, 4, &t.year) && mark(&text, '-') && number(&text, 2, &t.month) && mark(&text, '-') && number(&text, 2, &t.day)
	if ok && len(text) > 0 {
		ok = mark(&text, ' ') && number(&text, 2, &t.hour) && minuteSecond(&text, &t)
	}
	if !ok || len(text) > 0 {
		return noDate
	}
	return c.appendClock(v, t, end)
}

// textTime takes apart [-]hh[h]:mm:ss[.ffffff].
func textTime(_ *wireColumn, v *plugins.Vector, p []byte, i int) verdict {
	from, end := field(p, i)
	if end < 0 {
		return malformed
	}
	text := p[from:end]
	negative := mark(&text, '-')
	width := 2
	if len(text) > 2 && text[2] != ':' {
		width = 3
	}
	var t clock
	if !number(&text, width, &t.hour) || !minuteSecond(&text, &t) || len(text) > 0 {
		return noDate
	}
	micros := int64(t.hour*3600+t.minute*60+t.second)*microsPerSecond + int64(t.micros)
	v.AppendInt(pick(negative, -micros, micros))
	return end
}

// minuteSecond takes :mm:ss[.ffffff] off the front of text.
func minuteSecond(text *[]byte, t *clock) bool {
	if !mark(text, ':') || !number(text, 2, &t.minute) || !mark(text, ':') || !number(text, 2, &t.second) {
		return false
	}
	if !mark(text, '.') {
		return true
	}
	digits := len(*text)
	if digits == 0 || digits > 6 || !number(text, digits, &t.micros) {
		return false
	}
	for ; digits < 6; digits++ {
		t.micros *= 10
	}
	return true
}

// number takes width digits off the front of text.
func number(text *[]byte, width int, to *int) bool {
	if len(*text) < width {
		return false
	}
	for _, b := range (*text)[:width] {
		if b-'0' > 9 {
			return false
		}
		*to = *to*10 + int(b-'0')
	}
	*text = (*text)[width:]
	return true
}

// mark takes one expected byte off the front of text.
func mark(text *[]byte, b byte) bool {
	if len(*text) == 0 || (*text)[0] != b {
		return false
	}
	*text = (*text)[1:]
	return true
}
