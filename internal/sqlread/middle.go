package sqlread

import (
	"encoding/hex"
	"math/big"
	"strings"

	"weft/plugins"
)

// Middle guesses a value between low and high, both canonical texts of kind,
// with low's place before high's: the exact middle of numbers and times, and
// of text the middle of its code points. A guess is only a place to ask the
// server about; in the server's collation it may lie elsewhere. part is the
// share of the distance in per cent, 50 for the middle. ok is false if there
// is nothing between.
func Middle(kind plugins.Kind, low, high string, part int) (guess string, ok bool) {
	switch kind {
	case plugins.KindString:
		return middleText(low, high, part)
	case plugins.KindBytes:
		return middleBytes(low, high, part)
	case plugins.KindDecimal:
		return middleDecimal(low, high, part)
	}
	a, b := number(kind, low), number(kind, high)
	if a == nil || b == nil {
		return "", false
	}
	m, ok := middleInt(a, b, part)
	if !ok {
		return "", false
	}
	return numberText(kind, m), true
}

// middleInt returns a number above a and not above b.
func middleInt(a, b *big.Int, part int) (*big.Int, bool) {
	distance := new(big.Int).Sub(b, a)
	if distance.Sign() <= 0 {
		return nil, false
	}
	m := new(big.Int).Mul(distance, big.NewInt(int64(part)))
	m.Quo(m, big.NewInt(100)).Add(m, a)
	if m.Cmp(a) == 0 {
		m.Add(m, big.NewInt(1))
	}
	return m, true
}

// number returns an integer or a time as a number, nil if text is neither.
// Integers go through big numbers: the distance of two 64-bit values needs 65
// bits.
func number(kind plugins.Kind, text string) *big.Int {
	if kind == plugins.KindInt64 || kind == plugins.KindUint64 {
		n, ok := new(big.Int).SetString(text, 10)
		if !ok {
			return nil
		}
		return n
	}
	var v plugins.Vector
	v.Reset(kind)
	// Zero dates, months and days count as the first of their kind.
	if kind != plugins.KindTime {
		text = strings.ReplaceAll(text, "-00", "-01")
	}
	if err := plugins.ParseText(&v, []byte(text)); err != nil || len(v.Ints) != 1 {
		return nil
	}
	return big.NewInt(v.Ints[0])
}

func numberText(kind plugins.Kind, n *big.Int) string {
	if kind == plugins.KindInt64 || kind == plugins.KindUint64 {
		return n.String()
	}
	var v plugins.Vector
	v.Reset(kind)
	v.AppendInt(n.Int64())
	return string(plugins.AppendText(nil, &v, 0, 6))
}

func middleDecimal(low, high string, part int) (string, bool) {
	a, ok1 := new(big.Rat).SetString(low)
	b, ok2 := new(big.Rat).SetString(high)
	if !ok1 || !ok2 || a.Cmp(b) >= 0 {
		return "", false
	}
	_, fraction, _ := strings.Cut(low, ".")
	m := new(big.Rat).Sub(b, a)
	m.Mul(m, big.NewRat(int64(part), 100)).Add(m, a)
	return m.FloatString(len(fraction) + 1), true
}

// width of the window behind the common beginning within which the middle of
// two texts is computed.
const window = 6

// middleText treats the runes behind the common beginning as digits. The gap
// of the surrogates, which are no characters, is skipped.
func middleText(low, high string, part int) (string, bool) {
	a, b := []rune(low), []rune(high)
	common := 0
	for common < len(a) && common < len(b) && a[common] == b[common] {
		common++
	}
	// Digits are 1 to 0x110000 for runes, 0 for "ends here".
	base := big.NewInt(0x110001)
	m, ok := middleInt(digitsOf(a[common:], base), digitsOf(b[common:], base), part)
	if !ok {
		return "", false
	}
	digits := make([]rune, window)
	rest := new(big.Int)
	for i := window - 1; i >= 0; i-- {
		m.QuoRem(m, base, rest)
		digits[i] = rune(rest.Int64()) - 1
	}
	out := append([]rune(nil), a[:common]...)
	for _, r := range digits {
		if r < 0 {
			break
		}
		if r >= 0xd800 && r <= 0xdfff {
			r = 0xe000
		}
		if out = append(out, r); len(out) > common+1 && r > 0x7f {
			break // far enough from both; more would be noise
		}
	}
	return string(out), len(out) > common
}

func digitsOf(text []rune, base *big.Int) *big.Int {
	n := new(big.Int)
	for i := range window {
		n.Mul(n, base)
		if i < len(text) {
			n.Add(n, big.NewInt(int64(text[i])+1))
		}
	}
	return n
}

// middleBytes treats eight bytes behind the common beginning as a number.
func middleBytes(low, high string, part int) (string, bool) {
	a, err1 := hex.DecodeString(low)
	b, err2 := hex.DecodeString(high)
	if err1 != nil || err2 != nil {
		return "", false
	}
	common := 0
	for common < len(a) && common < len(b) && a[common] == b[common] {
		common++
	}
	eight := func(p []byte) *big.Int {
		var window [8]byte
		copy(window[:], p)
		return new(big.Int).SetBytes(window[:])
	}
	m, ok := middleInt(eight(a[common:]), eight(b[common:]), part)
	if !ok {
		return "", false
	}
	return hex.EncodeToString(append(a[:common:common], m.FillBytes(make([]byte, 8))...)), true
}
