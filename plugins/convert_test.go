package plugins

import (
	"fmt"
	"math"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// nullable gives columns names and lets them take NULL.
func nullable(c Column) Column {
	c.Name, c.Nullable = "c", true
	return c
}

// convertAll converts texts from one column to another and returns the
// results; a refused value is its code in brackets, NULL is "\\N".
func convertAll(t *testing.T, from, to Column, zone *time.Location, textForm bool, values ...string) []string {
	t.Helper()
	c, err := NewConverter(from, to, zone)
	if err != nil {
		t.Fatal(err)
	}
	var v Vector
	v.Reset(from.Kind)
	v.Text = textForm
	for _, text := range values {
		switch {
		case text == `\N`:
			v.AppendNull()
		case textForm:
			v.AppendString(text)
		default:
			if err := ParseText(&v, []byte(text)); err != nil {
				t.Fatal(err)
			}
		}
	}
	var refused Refusals
	refused.Reset(len(values))
	c.Convert(&v, &refused)
	got := make([]string, v.Len())
	for i := range got {
		switch {
		case refused.Has(i):
			got[i] = "refused"
		case v.IsNull(i):
			got[i] = `\N`
		default:
			got[i] = string(AppendText(nil, &v, i, to.Scale))
		}
	}
	for _, row := range refused.rows {
		got[row.Index] = "[" + string(row.Code) + "]"
	}
	return got
}

func TestConvertTextFormLikeTypedForm(t *testing.T) {
	for _, source := range goldenSources {
		for _, target := range goldenTargets {
			if _, ok := ruleOf(source.column.Kind, target.Kind); !ok {
				continue
			}
			from, to := nullable(source.column), nullable(target)
			values := append([]string{`\N`}, canonical(t, source.column, source.values)...)
			typed := convertAll(t, from, to, shanghai, false, values...)
			text := convertAll(t, from, to, shanghai, true, values...)
			if diff := cmp.Diff(typed, text); diff != "" {
				t.Errorf("%s -> %s (-typed +text form):\n%s", describe(from), describe(to), diff)
			}
		}
	}
}

// canonical brings texts into canonical form, as text form demands.
func canonical(t *testing.T, c Column, values []string) []string {
	t.Helper()
	var v Vector
	v.Reset(c.Kind)
	texts := make([]string, len(values))
	for i, text := range values {
		if err := ParseText(&v, []byte(text)); err != nil {
			t.Fatal(err)
		}
		texts[i] = string(AppendText(nil, &v, i, c.Scale))
	}
	return texts
}

func TestConvertKeepsNull(t *testing.T) {
	for _, source := range goldenSources {
		for _, target := range goldenTargets {
			if _, ok := ruleOf(source.column.Kind, target.Kind); !ok {
				continue
			}
			got := convertAll(t, nullable(source.column), nullable(target), nil, false, `\N`, `\N`)
			if diff := cmp.Diff([]string{`\N`, `\N`}, got); diff != "" {
				t.Errorf("%s -> %s: %s", describe(source.column), describe(target), diff)
			}
		}
	}
}

func TestConvertRefusesNullWhereItIsNotTaken(t *testing.T) {
	from, to := nullable(Column{Kind: KindInt64}), Column{Kind: KindInt64}
	got := convertAll(t, from, to, nil, false, "1", `\N`, "3")
	if diff := cmp.Diff([]string{"1", "[null]", "3"}, got); diff != "" {
		t.Error(diff)
	}
	c, err := NewConverter(from, to, nil)
	if err != nil || c.Identity() || c.Lossy() != "refuses NULL" {
		t.Errorf("identity %v, lossy %q, %v", c.Identity(), c.Lossy(), err)
	}
}

func TestConvertLimits(t *testing.T) {
	cases := []struct {
		from, to     Column
		values, want []string
	}{
		{Column{Kind: KindString}, Column{Kind: KindString, Length: 2},
			[]string{"ab", "中文", "中文字", "e\u0301x"}, []string{"ab", "中文", "[too_long]", "[too_long]"}},
		{Column{Kind: KindBytes}, Column{Kind: KindBytes, Length: 2}, []string{"YWI=", "YWJj"}, []string{"YWI=", "[too_long]"}},
		{Column{Kind: KindInt64}, Column{Kind: KindInt64, Length: 3},
			[]string{"8388607", "8388608", "-8388608", "-8388609"}, []string{"8388607", "[overflow]", "-8388608", "[overflow]"}},
		{Column{Kind: KindUint64}, Column{Kind: KindUint64, Length: 1}, []string{"255", "256"}, []string{"255", "[overflow]"}},
		{Column{Kind: KindInt64}, Column{Kind: KindUint64, Length: 1}, []string{"255", "256", "-1"}, []string{"255", "[overflow]", "[overflow]"}},
		{Column{Kind: KindDecimal, Precision: 20, Scale: 4}, Column{Kind: KindDecimal, Precision: 5, Scale: 2},
			[]string{"999.9900", "999.9950", "1000.0000", "-0.0100"}, []string{"999.99", "[precision]", "[overflow]", "-0.01"}},
		{Column{Kind: KindDatetime, Scale: 6}, Column{Kind: KindDatetime, Scale: 3},
			[]string{"2024-01-01 00:00:00.123000", "2024-01-01 00:00:00.123400"}, []string{"2024-01-01 00:00:00.123", "[precision]"}},
	}
	for _, c := range cases {
		got := convertAll(t, nullable(c.from), nullable(c.to), nil, false, c.values...)
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s -> %s: %s", describe(c.from), describe(c.to), diff)
		}
	}
}

func TestConvertTrustsWhatTheSourceDeclares(t *testing.T) {
	cases := []struct{ from, to Column }{
		{Column{Kind: KindInt64, Length: 2}, Column{Kind: KindInt64, Length: 4}},
		{Column{Kind: KindString, Length: 10}, Column{Kind: KindString, Length: 10}},
		{Column{Kind: KindString, Length: 10}, Column{Kind: KindString}},
		{Column{Kind: KindDecimal, Precision: 8, Scale: 2}, Column{Kind: KindDecimal, Precision: 10, Scale: 2}},
		{Column{Kind: KindDatetime, Scale: 3}, Column{Kind: KindDatetime, Scale: 6}},
		{Column{Kind: KindJSON}, Column{Kind: KindJSON}},
	}
	for _, c := range cases {
		conv, err := NewConverter(c.from, c.to, nil)
		if err != nil || !conv.Identity() || conv.Lossy() != "" {
			t.Errorf("%s -> %s: identity %v, lossy %q, %v", describe(c.from), describe(c.to), conv.Identity(), conv.Lossy(), err)
		}
	}
}

func TestConvertKeepsDatetimeOutOfEveryZone(t *testing.T) {
	for _, zone := range []*time.Location{time.UTC, shanghai, load(t, "America/New_York")} {
		from := nullable(Column{Kind: KindDatetime})
		gap := "2024-03-10 02:30:00" // no such time in New York
		for _, kind := range []Kind{KindDatetime, KindString} {
			if got := convertAll(t, from, nullable(Column{Kind: kind}), zone, false, gap)[0]; got != gap {
				t.Errorf("%v in %v: %q", kind, zone, got)
			}
		}
	}
}

func TestConvertInstantsThroughTheZone(t *testing.T) {
	newYork := load(t, "America/New_York")
	wall := nullable(Column{Kind: KindDatetime})
	instant := nullable(Column{Kind: KindTimestamp})
	got := convertAll(t, wall, instant, newYork, false, "2024-03-10 02:30:00", "2024-07-01 00:00:00", "2024-01-01 00:00:00")
	want := []string{"[conversion]", "2024-07-01 04:00:00", "2024-01-01 05:00:00"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	got = convertAll(t, instant, nullable(Column{Kind: KindString}), newYork, false, "2024-07-01 04:00:00", "2024-01-01 05:00:00")
	if diff := cmp.Diff([]string{"2024-07-01 00:00:00", "2024-01-01 00:00:00"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestConvertIntegersToFloatsOnlyExactly(t *testing.T) {
	r := newRandom(t)
	for _, kind := range []Kind{KindFloat32, KindFloat64} {
		for range 20_000 {
			x := int64(r.Uint64() >> r.UintN(64))
			if r.IntN(2) == 0 {
				x <<= r.UintN(64)
			}
			exact := int64(float32(x)) == x && float64(float32(x)) < math.MaxInt64
			if kind == KindFloat64 {
				exact = float64(x) < math.MaxInt64 && int64(float64(x)) == x
			}
			magnitude := uint64(x)
			if x < 0 {
				magnitude = -magnitude
			}
			if isExact(magnitude, kind) != exact {
				t.Fatalf("%d as %v: exact %v, want %v", x, kind, !exact, exact)
			}
		}
	}
}

func TestConvertDecimalsOfFifteenDigitsAreAlwaysDoubles(t *testing.T) {
	r := newRandom(t)
	from, to := nullable(Column{Kind: KindDecimal, Precision: 15, Scale: 6}), nullable(Column{Kind: KindFloat64})
	back, err := NewConverter(to, from, nil)
	if err != nil {
		t.Fatal(err)
	}
	there, err := NewConverter(from, to, nil)
	if err != nil {
		t.Fatal(err)
	}
	var v Vector
	v.Reset(KindDecimal)
	var texts []string
	for range 5000 {
		n := r.Int64N(1e15)
		texts = append(texts, fmt.Sprintf("%d.%06d", n/1e6, n%1e6))
		v.AppendString(texts[len(texts)-1])
	}
	var refused Refusals
	refused.Reset(v.Len())
	there.Convert(&v, &refused)
	for i, text := range texts {
		if want, err := strconv.ParseFloat(text, 64); err != nil || refused.Has(i) || v.Floats[i] != want {
			t.Fatalf("%s became %v, want %v (refused %v, %v)", text, v.Floats[i], want, refused.Has(i), err)
		}
	}
	back.Convert(&v, &refused)
	for i, text := range texts {
		if refused.Has(i) || string(v.Bytes(i)) != text {
			t.Fatalf("%s came back as %s (refused %v)", text, v.Bytes(i), refused.Has(i))
		}
	}
}

func TestConvertAllocatesNothingOnceWarm(t *testing.T) {
	for _, source := range goldenSources {
		for _, target := range goldenTargets {
			checkAllocations(t, nullable(source.column), nullable(target), source.values)
		}
	}
}

// checkAllocations converts batches of the values that are not refused.
func checkAllocations(t *testing.T, from, to Column, values []string) {
	t.Helper()
	c, err := NewConverter(from, to, shanghai)
	if err != nil {
		return
	}
	var good []string
	for i, got := range convertAll(t, from, to, shanghai, false, values...) {
		if got == "" || got[0] != '[' {
			good = append(good, values[i])
		}
	}
	var typed, v Vector
	typed.Reset(from.Kind)
	for i := range 100 * min(1, len(good)) {
		if err := ParseText(&typed, []byte(good[i%len(good)])); err != nil {
			t.Fatal(err)
		}
	}
	typed.AppendNull()
	var refused Refusals
	run := func() {
		v.Reset(from.Kind)
		for i := range typed.Len() {
			v.Append(&typed, i)
		}
		refused.Reset(v.Len())
		c.Convert(&v, &refused)
	}
	run()
	run()
	if to.Kind == KindJSON && !pooled { // json.Valid takes its scanner from a pool
		return
	}
	if n := testing.AllocsPerRun(5, run); n != 0 {
		t.Errorf("%s -> %s: %v allocations for %d values", describe(from), describe(to), n, typed.Len())
	}
}

func TestBatchConverter(t *testing.T) {
	from := []Column{{Name: "id", Kind: KindInt64}, {Name: "name", Kind: KindString, Nullable: true}}
	to := []Column{{Name: "k", Kind: KindInt64, Length: 1}, {Name: "n", Kind: KindString, Length: 3}}
	c, err := NewBatchConverter(from, to, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Columns()) != 2 || c.Columns()[0].Identity() {
		t.Errorf("%d converters, the first an identity: %v", len(c.Columns()), c.Columns()[0].Identity())
	}
	b := NewBatch(from)
	for i, name := range []string{"abc", "abcd", "", "xyz"} {
		b.Columns[0].AppendInt(int64(i * 100))
		if name == "" {
			b.Columns[1].AppendNull()
		} else {
			b.Columns[1].AppendString(name)
		}
		b.EndRow(1)
	}
	var refused Refusals
	refused.Reset(b.Rows)
	c.Convert(b, &refused)
	want := &RowErrors{Rows: []RowError{
		{Index: 1, Column: "n", Code: RowTooLong, Cause: `"abcd" has a length of 4, string(3) takes 3`,
			Raw: `{"id":"100","name":"abcd"}`},
		{Index: 2, Column: "k", Code: RowOverflow, Cause: `"200" is outside the range of 1-byte int64`,
			Raw: `{"id":"200","name":null}`},
		{Index: 3, Column: "k", Code: RowOverflow, Cause: `"300" is outside the range of 1-byte int64`,
			Raw: `{"id":"300","name":"xyz"}`},
	}}
	if diff := cmp.Diff(error(want), refused.Err()); diff != "" {
		t.Error(diff)
	}
}

func TestBatchConverterNeedsColumnsThatGoTogether(t *testing.T) {
	one := []Column{{Name: "a", Kind: KindDate}}
	for _, to := range [][]Column{{}, {{Name: "b", Kind: KindBool}}} {
		_, err := NewBatchConverter(one, to, nil)
		if ClassOf(err) != Fatal || ReasonOf(err) != ReasonSchema {
			t.Errorf("%d columns: %v", len(to), err)
		}
	}
}

func TestConverterWithoutSuchARule(t *testing.T) {
	for _, kind := range []Kind{KindInvalid, kindEnd, 200} {
		if _, err := NewConverter(Column{Kind: kind}, Column{Kind: kind}, nil); err == nil {
			t.Errorf("%v became itself", kind)
		}
	}
}
