package plugins

import (
	"math"
	"testing"
)

func TestHashOfTextFormEqualsThatOfTypedForm(t *testing.T) {
	r := newRandom(t)
	for _, kind := range allKinds {
		columns := []Column{{Kind: kind}, {Kind: KindInt64}}
		typed, text := NewBatch(columns), NewBatch(columns)
		text.Columns[0].ResetText(kind)
		for i := range 500 {
			if r.IntN(5) == 0 {
				typed.Columns[0].AppendNull()
				text.Columns[0].AppendNull()
			} else {
				appendRandom(&typed.Columns[0], r)
				text.Columns[0].Data = AppendText(text.Columns[0].Data, &typed.Columns[0], i, 6)
				text.Columns[0].EndValue()
			}
			typed.Columns[1].AppendInt(int64(i))
			text.Columns[1].AppendInt(int64(i))
			typed.EndRow(1)
			text.EndRow(1)
		}
		a, b := HashRows(nil, typed), HashRows(nil, text)
		for i := range a {
			if a[i] != b[i] {
				t.Fatalf("%v: row %d, value %q: hash %x typed, %x as text", kind, i, AppendText(nil, &typed.Columns[0], i, 6), a[i], b[i])
			}
		}
	}
}

// TestHashTellsRowsApart looks at pairs of rows that are easily confused.
func TestHashTellsRowsApart(t *testing.T) {
	columns := []Column{{Kind: KindString}, {Kind: KindString}}
	null := "\x00null"
	rows := [][2]string{{"", ""}, {null, ""}, {"", null}, {null, null}, {"a", ""}, {"", "a"}, {"ab", ""}, {"a", "b"}, {"b", "a"},
		{"NULL", ""}, {"\x00", ""}, {"\x00\x00", ""}, {"12345678", ""}, {"123456780", ""}, {"1234567890123456", ""},
		{"12345678901234567", ""}, {"12345678901234568", ""}, {"1234567890123456\x00", ""}}
	b := NewBatch(columns)
	for _, row := range rows {
		for c, text := range row {
			if text == null {
				b.Columns[c].AppendNull()
				continue
			}
			b.Columns[c].AppendString(text)
		}
		b.EndRow(1)
	}
	seen := map[uint64]int{}
	for i, h := range HashRows(nil, b) {
		if j, twice := seen[h]; twice {
			t.Errorf("rows %q and %q have the same hash", rows[i], rows[j])
		}
		seen[h] = i
	}
}

func TestHashDoesNotDependOnTheBatch(t *testing.T) {
	one := func(before int) uint64 {
		b := NewBatch([]Column{{Kind: KindInt64}})
		for range before {
			b.Columns[0].AppendNull()
			b.EndRow(1)
		}
		b.Columns[0].AppendInt(42)
		b.EndRow(1)
		return HashRows(make([]uint64, 3), b)[before]
	}
	if a, b := one(0), one(100); a != b {
		t.Errorf("the same row hashes as %x and %x", a, b)
	}
}

func TestHashTakesAllNaNsForOne(t *testing.T) {
	b := NewBatch([]Column{{Kind: KindFloat64}})
	b.Columns[0].AppendFloat(math.NaN())
	b.Columns[0].AppendFloat(math.Float64frombits(0xfff8000000000001))
	b.Rows = 2
	if h := HashRows(nil, b); h[0] != h[1] {
		t.Errorf("two NaNs hash as %x and %x, though their text is the same", h[0], h[1])
	}
}

// TestHashSpreads: flipping one bit of an integer changes about half of the
// bits of the hash, in every column.
func TestHashSpreads(t *testing.T) {
	r := newRandom(t)
	for column := range 3 {
		changed := 0
		for range 1000 {
			b := NewBatch([]Column{{Kind: KindInt64}, {Kind: KindInt64}, {Kind: KindInt64}})
			for c := range b.Columns {
				x := int64(r.Uint64() >> r.UintN(60))
				b.Columns[c].AppendInt(x)
				if c == column {
					x ^= 1 << r.UintN(64)
				}
				b.Columns[c].AppendInt(x)
			}
			b.Rows = 2
			h := HashRows(nil, b)
			for d := h[0] ^ h[1]; d != 0; d &= d - 1 {
				changed++
			}
		}
		if mean := float64(changed) / 1000; mean < 28 || mean > 36 {
			t.Errorf("column %d: one bit flips %.1f bits of the hash, want about 32", column, mean)
		}
	}
}

// TestHashStaysTheSame: hashes are kept in journals and compared by a run that
// goes on with another build. Every length up to 40 bytes, NULLs, and the kinds
// held otherwise take part.
func TestHashStaysTheSame(t *testing.T) {
	b := NewBatch([]Column{{Kind: KindString}, {Kind: KindInt64}, {Kind: KindFloat64}, {Kind: KindInt64}})
	text := "0123456789abcdefghijklmnopqrstuvwxyz\u00e9\u4e2d"
	for i := range len(text) + 1 {
		b.Columns[0].AppendString(text[:i])
		b.Columns[1].AppendInt(int64(i) * -7919)
		b.Columns[2].AppendFloat(float64(i) / 3)
		if i%3 == 0 {
			b.Columns[3].AppendNull()
		} else {
			b.Columns[3].AppendInt(int64(i))
		}
		b.EndRow(1)
	}
	b.Columns[0].AppendNull()
	b.Columns[1].AppendInt(0)
	b.Columns[2].AppendNull()
	b.Columns[3].AppendInt(1)
	b.EndRow(1)
	var sum uint64
	for _, h := range HashRows(nil, b) {
		sum += h
	}
	if want := uint64(0x259d3fb578da6e93); sum != want {
		t.Errorf("the sum of the hashes is %#x, want %#x", sum, want)
	}
}
