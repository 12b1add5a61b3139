package plugins

import (
	"errors"
	"math"
	"testing"
)

func TestTextReadsBackTheSame(t *testing.T) {
	r := newRandom(t)
	for _, kind := range allKinds {
		var v, back Vector
		v.Reset(kind)
		for range 3000 {
			appendRandom(&v, r)
		}
		back.Reset(kind)
		for i := range v.Len() {
			text := AppendText(nil, &v, i, 6)
			if err := ParseText(&back, text); err != nil {
				t.Fatalf("%v: canonical text %q: %v", kind, text, err)
			}
			if !sameValue(&v, &back, i) {
				t.Fatalf("%v: %q came back as %q", kind, text, AppendText(nil, &back, i, 6))
			}
		}
	}
}

func sameValue(a, b *Vector, i int) bool {
	switch {
	case a.InData():
		return string(a.Bytes(i)) == string(b.Bytes(i))
	case kindStorage[a.Kind] == inFloats:
		return a.Floats[i] == b.Floats[i] || math.IsNaN(a.Floats[i]) && math.IsNaN(b.Floats[i])
	}
	return a.Ints[i] == b.Ints[i]
}

func TestAppendText(t *testing.T) {
	cases := []struct {
		kind  Kind
		value any // int64, float64 or string, as the vector holds it
		scale int
		want  string
	}{
		{KindBool, int64(1), 0, "true"},
		{KindInt64, int64(math.MinInt64), 0, "-9223372036854775808"},
		{KindUint64, int64(-1), 0, "18446744073709551615"},
		{KindFloat64, 0.1, 0, "0.1"},
		{KindFloat64, 1e20, 0, "100000000000000000000"},
		{KindFloat64, 1e21, 0, "1e+21"},
		{KindFloat64, 1e-5, 0, "0.00001"},
		{KindFloat64, 1e-6, 0, "1e-06"},
		{KindFloat64, math.Copysign(0, -1), 0, "-0"},
		{KindFloat64, math.NaN(), 0, "NaN"},
		{KindFloat64, math.Inf(-1), 0, "-Infinity"},
		{KindFloat32, float64(float32(0.1)), 0, "0.1"},
		{KindDecimal, "-12.50", 0, "-12.50"},
		{KindString, "中\n", 0, "中\n"},
		{KindBytes, "\xff\x00a", 0, "/wBh"},
		{KindJSON, `{"a": 1}`, 0, `{"a": 1}`},
		{KindDate, int64(0), 0, "1970-01-01"},
		{KindDate, DaysOf(0, 1, 1), 0, "0000-01-01"},
		{KindDate, DaysOf(-44, 3, 15), 0, "-0044-03-15"},
		{KindDate, DaysOf(12345, 6, 7), 0, "+12345-06-07"},
		{KindTime, int64(-1), 6, "-00:00:00.000001"},
		{KindTime, int64(-838*3600-59*60-59) * microsPerSecond, 0, "-838:59:59"},
		{KindTime, int64(5*3600) * microsPerSecond, 3, "05:00:00.000"},
		{KindDatetime, int64(-1), 6, "1969-12-31 23:59:59.999999"},
		{KindDatetime, int64(123456), 3, "1970-01-01 00:00:00.123"},
		{KindTimestamp, int64(86_399) * microsPerSecond, 0, "1970-01-01 23:59:59"},
	}
	for _, c := range cases {
		var v Vector
		v.Reset(c.kind)
		switch x := c.value.(type) {
		case int64:
			v.AppendInt(x)
		case float64:
			v.AppendFloat(x)
		case string:
			v.AppendString(x)
		}
		if got := string(AppendText([]byte("<"), &v, 0, c.scale)); got != "<"+c.want {
			t.Errorf("%v %v: %q, want %q", c.kind, c.value, got, "<"+c.want)
		}
	}
}

func TestAppendTextOfTextForm(t *testing.T) {
	var v Vector
	v.ResetText(KindInt64)
	v.AppendString("-5")
	if got := string(AppendText(nil, &v, 0, 0)); got != "-5" {
		t.Errorf("text form became %q", got)
	}
}

func TestParseText(t *testing.T) {
	cases := []struct {
		kind Kind
		text string
		want string // canonical text; empty if code is set
		code RowCode
	}{
		{KindBool, "TRUE", "true", ""}, {KindBool, "0", "false", ""}, {KindBool, "yes", "", RowConversion},
		{KindInt64, "+5", "5", ""}, {KindInt64, "1_000", "", RowConversion}, {KindInt64, "9223372036854775808", "", RowOverflow},
		{KindUint64, "-1", "", RowConversion}, {KindInt64, "", "", RowConversion},
		{KindFloat64, "1E3", "1000", ""}, {KindFloat64, "0x10", "", RowConversion}, {KindFloat64, "1e999", "", RowOverflow},
		{KindFloat64, "nan", "NaN", ""}, {KindFloat32, "3.5e38", "", RowOverflow},
		{KindDecimal, "+007.50", "7.50", ""}, {KindDecimal, "-0.00", "0.00", ""}, {KindDecimal, ".5", "0.5", ""},
		{KindDecimal, "5.", "5", ""}, {KindDecimal, ".", "", RowConversion}, {KindDecimal, "1.2.3", "", RowConversion},
		{KindDecimal, "1e5", "", RowConversion}, {KindDecimal, "-", "", RowConversion},
		{KindString, "\xff", "", RowEncoding}, {KindBytes, "YQ", "", RowConversion},
		{KindDate, "2024-02-29", "2024-02-29", ""}, {KindDate, "2023-02-29", "", RowOverflow},
		{KindDate, "2024-2-9", "", RowConversion}, {KindDate, "2024-02-29 00:00:00", "", RowConversion},
		{KindDate, "0000-00-00", "", RowOverflow}, {KindDate, "2024-13-01", "", RowOverflow},
		{KindTime, "24:00:00", "24:00:00.000000", ""}, {KindTime, "-01:02:03.5", "-01:02:03.500000", ""},
		{KindTime, "1:02:03", "", RowConversion}, {KindTime, "01:60:00", "", RowOverflow}, {KindTime, "01:02", "", RowConversion},
		{KindDatetime, "2024-02-29T01:02:03", "2024-02-29 01:02:03.000000", ""},
		{KindDatetime, "2024-02-29", "2024-02-29 00:00:00.000000", ""},
		{KindDatetime, "2024-02-29 24:00:00", "", RowOverflow},
		{KindDatetime, "2024-02-29 01:02:03.123456000", "2024-02-29 01:02:03.123456", ""},
		{KindDatetime, "2024-02-29 01:02:03.1234567", "", RowPrecision},
		{KindDatetime, "2024-02-29 01:02:03.", "", RowConversion},
		{KindDatetime, "2024-02-29 01:02:03Z", "", RowConversion},
		{KindDatetime, "+9999999-01-01", "", RowOverflow},
		{KindTimestamp, "2024-02-29T01:02:03Z", "2024-02-29 01:02:03.000000", ""},
	}
	for _, c := range cases {
		var v Vector
		v.Reset(c.kind)
		err := ParseText(&v, []byte(c.text))
		var parse *ParseError
		if errors.As(err, &parse) {
			if parse.Code != c.code || v.Len() != 0 || len(v.Data) != 0 {
				t.Errorf("%v %q: code %q, want %q; %d values left", c.kind, c.text, parse.Code, c.code, v.Len())
			}
			continue
		}
		if err != nil || c.code != "" {
			t.Errorf("%v %q: error %v, want code %q", c.kind, c.text, err, c.code)
			continue
		}
		if got := string(AppendText(nil, &v, 0, 6)); got != c.want {
			t.Errorf("%v %q: %q, want %q", c.kind, c.text, got, c.want)
		}
	}
}

// FuzzParseText: whatever the text, ParseText refuses it and leaves the vector
// alone, or its value's canonical text reads back the same.
func FuzzParseText(f *testing.F) {
	for _, text := range []string{"", "-1", "1.5", "NaN", "2024-02-29 01:02:03.5", "-838:59:59", "+12345-01-01", "YWI=", "\xff", "true"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, kind := range allKinds {
			var v, back Vector
			v.Reset(kind)
			if err := ParseText(&v, []byte(text)); err != nil {
				if v.Len() != 0 || len(v.Data) != 0 {
					t.Errorf("%v %q: refused, and yet %d values", kind, text, v.Len())
				}
				continue
			}
			canonical := AppendText(nil, &v, 0, 6)
			back.Reset(kind)
			if err := ParseText(&back, canonical); err != nil || !sameValue(&v, &back, 0) {
				t.Errorf("%v %q: canonical text %q does not read back: %v", kind, text, canonical, err)
			}
		}
	})
}
