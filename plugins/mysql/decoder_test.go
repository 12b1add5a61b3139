package mysql

import (
	"encoding/binary"
	"encoding/json"
	"testing"

	"weft/plugins"
)

// wireTypes are the types that the fuzzed rows have, in turn.
var wireTypes = []definition{
	{name: "a", typ: typeLongLong}, {name: "b", typ: typeTiny, flags: flagUnsigned}, {name: "c", typ: typeShort}, {name: "d", typ: typeLong},
	{name: "e", typ: typeFloat}, {name: "f", typ: typeDouble}, {name: "g", typ: typeNewDecimal, length: 14, decimals: 2},
	{name: "h", typ: typeDate, charset: charsetBinary}, {name: "i", typ: typeDatetime, decimals: 6}, {name: "j", typ: typeTime, decimals: 3},
	{name: "k", typ: typeVarString, charset: 45, length: 100}, {name: "l", typ: typeBlob, charset: charsetBinary}, {name: "m", typ: typeBit, length: 17},
	{name: "n", typ: typeJSON, charset: charsetBinary}, {name: "o", typ: typeYear}, {name: "p", typ: typeTimestamp}, {name: "q", typ: typeNull},
}

func fuzzDecoder(text bool, zero zeroPolicy) (*decoder, []plugins.Column) {
	var columns []wireColumn
	var plan []plugins.Column
	for i, d := range wireTypes {
		c := columnOf(d, zero)
		plan = append(plan, c)
		columns = append(columns, wireColumn{definition: d, column: c, out: i, zero: zero})
	}
	return newDecoder(columns, 1, text), plan
}

// FuzzRow feeds rows to the decoder: whatever they hold, it neither panics nor
// reads beyond them, and what it takes is one value for each column.
func FuzzRow(f *testing.F) {
	row := append([]byte{0, 0, 0, 0}, make([]byte, 8+1+2+4+4+8)...)
	row = append(row, 4, '1', '.', '2', '5', 4, 232, 7, 2, 29, 11, 232, 7, 2, 29, 1, 2, 3, 4, 5, 6, 0)
	row = append(row, 8, 1, 0, 0, 0, 0, 1, 2, 3, 2, 0xc3, 0xa9, 1, 0xff, 3, 1, 2, 3, 2, '{', '}', 232, 7, 0, 0)
	f.Add(row, false)
	f.Add([]byte{0, 0xff, 0xff, 0xff}, false)
	f.Add([]byte("\x011\x012\x013\xfb\x041.25\x011\x041.25\x0a2024-02-29\x132024-02-29 01:02:03\x0801:02:03\x01x\x01y\x01z\x02{}\x042024\xfb\xfb"), true)
	f.Fuzz(func(t *testing.T, p []byte, text bool) {
		for _, zero := range []zeroPolicy{zeroNull, zeroError, zeroKeep, zeroMin} {
			d, plan := fuzzDecoder(text, zero)
			b := plugins.NewBatch(plan)
			_, v := d.row(p, b.Columns)
			if v >= 0 {
				b.EndRow(len(p))
			} else {
				b.Refuse(plugins.Refusal{}, len(p))
			}
			for i := range b.Columns {
				if b.Columns[i].Len() != b.Rows {
					t.Fatalf("column %s has %d values, want %d", plan[i].Name, b.Columns[i].Len(), b.Rows)
				}
			}
			if raw := d.raw(p); !json.Valid([]byte(raw)) {
				t.Fatalf("raw %q is no JSON", raw)
			}
			if _, err := d.place(p); v >= 0 && err != nil && !b.Columns[0].IsNull(0) {
				t.Fatalf("no place in a good row: %v", err)
			}
		}
	})
}

func FuzzDefinition(f *testing.F) {
	f.Add([]byte("\x03def\x01s\x01t\x01t\x02id\x02id\x0c\x3f\x00\x14\x00\x00\x00\x08\x03\x42\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, p []byte) {
		d, err := parseDefinition(p)
		if err == nil && columnOf(d, zeroNull).Kind == plugins.KindInvalid {
			t.Errorf("%+v has no kind", d)
		}
		_ = parseError(p)
		_, _ = endOfRows(p, len(p))
	})
}

func TestDecimalOf(t *testing.T) {
	for _, c := range []struct {
		text  string
		scale int
		want  string // "" for refused
	}{
		{"1.50", 2, "1.50"}, {"0001.5", 2, "1.50"}, {"-0.5", 3, "-0.500"}, {".5", 1, "0.5"}, {"-.5", 1, "-0.5"}, {"7", 0, "7"}, {"000", 0, "0"},
		{"1.500", 1, "1.5"}, {"1.55", 1, ""}, {"", 2, ""}, {"-", 0, ""}, {"1e5", 0, ""}, {"1.2.3", 3, ""}, {"12a", 0, ""}, {"1.0", 0, "1"}, {"5.", 2, "5.00"},
	} {
		var v plugins.Vector
		v.Reset(plugins.KindDecimal)
		w := &wireColumn{column: plugins.Column{Kind: plugins.KindDecimal, Scale: c.scale}}
		p := append([]byte{byte(len(c.text))}, c.text...)
		got := ""
		if end := lengthDecimal(w, &v, p, 0); end == len(p) {
			got = string(v.Bytes(0))
		} else if v.Len() != 0 || len(v.Data) != 0 {
			t.Errorf("%q: a refused value left %q behind", c.text, v.Data)
		}
		if got != c.want {
			t.Errorf("%q with scale %d: %q, want %q", c.text, c.scale, got, c.want)
		}
	}
}

func TestLengthAt(t *testing.T) {
	huge := binary.LittleEndian.AppendUint64([]byte{254}, 1<<41)
	for _, c := range []struct {
		p       []byte
		n, next int
	}{
		{[]byte{250}, 250, 1}, {[]byte{251}, 0, -1}, {[]byte{252, 1, 2}, 513, 3}, {[]byte{252, 1}, 0, -1}, {[]byte{253, 1, 0, 1}, 65537, 4},
		{[]byte{254, 0, 0, 0, 1, 0, 0, 0, 0}, 1 << 24, 9}, {huge, 0, -1}, {nil, 0, -1}, {[]byte{255}, 0, -1},
	} {
		if n, next := lengthAt(c.p, 0); n != c.n || next != c.next {
			t.Errorf("%v: %d, %d; want %d, %d", c.p, n, next, c.n, c.next)
		}
	}
}
