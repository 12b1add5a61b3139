package plugins

import (
	"math/big"
	"testing"
)

// FuzzConvert: whatever the text, each conversion of it refuses the row or
// gives a value whose canonical text reads back, and numbers keep their value
// to the last digit.
func FuzzConvert(f *testing.F) {
	for _, source := range goldenSources {
		for _, text := range source.values {
			f.Add(text)
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, target := range goldenTargets {
			c, err := NewConverter(Column{Kind: KindString}, target, shanghai)
			if err != nil {
				t.Fatal(err)
			}
			var v, back Vector
			v.Reset(KindString)
			v.AppendString(text)
			var refused Refusals
			refused.Reset(1)
			c.Convert(&v, &refused)
			if v.Len() != 1 || v.Kind != target.Kind {
				t.Fatalf("%q as %s: %d values of %v", text, describe(target), v.Len(), v.Kind)
			}
			if refused.Len() > 0 || v.Kind == KindString {
				continue
			}
			canonical := AppendText(nil, &v, 0, 6)
			back.Reset(v.Kind)
			if err := ParseText(&back, canonical); err != nil || !sameValue(&v, &back, 0) {
				t.Errorf("%q as %s is %q, which does not read back: %v", text, describe(target), canonical, err)
			}
			checkSameNumber(t, text, string(canonical), target)
		}
	})
}

// checkSameNumber compares exactly, where both texts are decimal numbers.
func checkSameNumber(t *testing.T, from, to string, target Column) {
	t.Helper()
	if target.Kind != KindDecimal && !isInteger(target.Kind) {
		return
	}
	a, aok := new(big.Rat).SetString(from)
	b, bok := new(big.Rat).SetString(to)
	if !aok || !bok || a.Cmp(b) != 0 {
		t.Errorf("%q as %s became %q", from, describe(target), to)
	}
}

// TestConvertNumbersExactly converts random numbers between all exact kinds,
// with exact arithmetic as the judge: what is not refused has the same value,
// and what the target can hold is not refused.
func TestConvertNumbersExactly(t *testing.T) {
	r := newRandom(t)
	sources := []Column{{Kind: KindInt64}, {Kind: KindUint64}, {Kind: KindDecimal}}
	targets := []Column{{Kind: KindInt64}, {Kind: KindInt64, Length: 2}, {Kind: KindUint64}, {Kind: KindUint64, Length: 4},
		{Kind: KindDecimal}, {Kind: KindDecimal, Precision: 10, Scale: 3}, {Kind: KindDecimal, Precision: 30}}
	for _, from := range sources {
		for _, to := range targets {
			c, err := NewConverter(from, to, nil)
			if err != nil {
				t.Fatal(err)
			}
			var v Vector
			v.Reset(from.Kind)
			for range 3000 {
				appendRandom(&v, r)
			}
			texts := make([]string, v.Len())
			for i := range texts {
				texts[i] = string(AppendText(nil, &v, i, 0))
			}
			var refused Refusals
			refused.Reset(v.Len())
			c.Convert(&v, &refused)
			for i, text := range texts {
				if fits := fitsColumn(text, to); fits == refused.Has(i) {
					t.Fatalf("%s as %s: refused %v, fits %v", text, describe(to), !fits, fits)
				}
				if !refused.Has(i) {
					checkSameNumber(t, text, string(AppendText(nil, &v, i, 0)), to)
				}
			}
		}
	}
}

// fitsColumn says with exact arithmetic whether a number is one of the column.
func fitsColumn(text string, c Column) bool {
	x, ok := new(big.Rat).SetString(text)
	if !ok {
		return false
	}
	scale, low, high := 0, new(big.Int), new(big.Int)
	one := big.NewInt(1)
	switch c.Kind {
	case KindInt64:
		high.Lsh(one, uint(8*width(c)-1))
		low.Neg(high)
		high.Sub(high, one)
	case KindUint64:
		high.Sub(high.Lsh(one, uint(8*width(c))), one)
	default:
		if unbounded(c) {
			return true
		}
		scale = c.Scale
		high.Sub(high.Exp(big.NewInt(10), big.NewInt(int64(c.Precision)), nil), one)
		low.Neg(high)
	}
	x.Mul(x, new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(scale)), nil)))
	return x.IsInt() && x.Num().Cmp(low) >= 0 && x.Num().Cmp(high) <= 0
}
