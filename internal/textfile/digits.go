package textfile

import (
	"math/bits"
	"slices"

	"weft/plugins"
)

// The fast ways to write what most rows consist of. All of them give exactly
// what plugins.AppendText gives (a test compares them); they are faster by
// writing into the buffer once, and by remembering days.

const pairs = "0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243444546474849" +
	"5051525354555657585960616263646566676869707172737475767778798081828384858687888990919293949596979899"

// powers[n] is the smallest number of n+1 digits, 0 counting as one digit.
var powers = [20]uint64{0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19}

// appendInt appends x in decimal.
func appendInt(dst []byte, x int64) []byte {
	u := uint64(x)
	if x < 0 {
		u = -u
		dst = append(dst, '-')
	}
	// log10 from log2: 1233/4096 is a little more than log10(2).
	n := bits.Len64(u) * 1233 >> 12
	if u >= powers[n] {
		n++
	}
	n = max(n, 1)
	dst = slices.Grow(dst, n)
	end := len(dst) + n
	dst = dst[:end]
	for u >= 100 {
		rest := u / 100
		two := (u - rest*100) * 2
		dst[end-1], dst[end-2] = pairs[two+1], pairs[two]
		end -= 2
		u = rest
	}
	if u >= 10 {
		dst[end-1], dst[end-2] = pairs[u*2+1], pairs[u*2]
	} else {
		dst[end-1] = byte('0' + u)
	}
	return dst
}

// calendar remembers the texts of days: rows of one file are about few days,
// and the arithmetic of the calendar costs more than all the rest of a time.
// The table covers eleven years, so that the days of most tables have places of
// their own, at 16 bytes each.
type calendar struct {
	days [4096]dayText
}

type dayText struct {
	// number counts days from firstDay on, beginning with 1; 0 is no day.
	number uint32
	text   [len("2006-01-02")]byte
}

// Days since 1970-01-01 of 0000-01-01 and 9999-12-31. Outside, years have a sign.
const (
	firstDay = -719528
	lastDay  = 2932896
)

// appendDay appends 2006-01-02.
func (c *calendar) appendDay(dst []byte, day int64) []byte {
	number := uint64(day - firstDay + 1)
	if number-1 > lastDay-firstDay {
		return appendRare(dst, plugins.KindDate, day, 0)
	}
	slot := &c.days[number%uint64(len(c.days))]
	if slot.number != uint32(number) {
		slot.number = uint32(number)
		appendRare(slot.text[:0], plugins.KindDate, day, 0)
	}
	return append(dst, slot.text[:]...)
}

// appendRare goes the general way.
func appendRare(dst []byte, kind plugins.Kind, x int64, scale int) []byte {
	return plugins.AppendText(dst, &plugins.Vector{Kind: kind, Ints: []int64{x}}, 0, scale)
}

const (
	microsPerSecond = 1_000_000
	microsPerDay    = 86_400 * microsPerSecond
)

// appendMoment appends 2006-01-02 15:04:05 and scale digits of the fraction.
func (c *calendar) appendMoment(dst []byte, micros int64, scale int) []byte {
	day := micros / microsPerDay
	rest := micros % microsPerDay
	if rest < 0 {
		day--
		rest += microsPerDay
	}
	dst = slices.Grow(c.appendDay(dst, day), len(" 15:04:05.000000"))
	seconds := uint32(rest / microsPerSecond)
	hour, minute, second := seconds/3600*2, seconds/60%60*2, seconds%60*2
	dst = append(dst, ' ', pairs[hour], pairs[hour+1], ':', pairs[minute], pairs[minute+1], ':', pairs[second], pairs[second+1])
	if scale <= 0 {
		return dst
	}
	fraction := uint32(rest % microsPerSecond)
	a, b, d := fraction/10_000*2, fraction/100%100*2, fraction%100*2
	dst = append(dst, '.', pairs[a], pairs[a+1], pairs[b], pairs[b+1], pairs[d], pairs[d+1])
	return dst[:len(dst)-6+min(scale, 6)]
}
