package plugins

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var rewrite = flag.Bool("rewrite", false, "write testdata/convert.golden anew")

const goldenPath = "testdata/convert.golden"

// shanghai is east of Greenwich and, in these years, without summer time.
var shanghai = time.FixedZone("UTC+8", 8*3600)

// goldenSources are the source columns of the golden table, each with values
// in canonical text.
var goldenSources = []struct {
	column Column
	values []string
}{
	{Column{Kind: KindBool}, []string{"true", "false"}},
	{Column{Kind: KindInt64}, []string{"0", "1", "-1", "127", "128", "-9223372036854775808", "9223372036854775807"}},
	{Column{Kind: KindUint64}, []string{"0", "1", "9223372036854775807", "9223372036854775808", "18446744073709551615"}},
	{Column{Kind: KindFloat32}, []string{"0", "1", "0.1", "-2.5", "16777216", "3.4028235e+38", "NaN", "-Infinity"}},
	{Column{Kind: KindFloat64}, []string{"0", "-0", "1", "0.1", "-2.5", "3.141592653589793", "1e+21",
		"9223372036854774784", "9223372036854775808", "5e-324", "1.7976931348623157e+308", "NaN", "Infinity"}},
	{Column{Kind: KindDecimal, Precision: 30, Scale: 3}, []string{"0.000", "1.000", "-1.500", "0.100",
		"9007199254740993.000", "18446744073709551615.000", "999999999999999999999999999.999"}},
	{Column{Kind: KindString}, []string{"", "0", "1", "-7", "+7", "007", " 7", "1.50", "1e3", "true", "NULL", "中文字", "0x1p-2",
		"2024-02-29", "2024-02-30", "2024-02-29 12:34:56", "2024-02-29T12:34:56.123456Z", "2024-02-29 12:34:56.1234567",
		"2024-02-29 12:34:56+01:30", "-838:59:59", "12:34:56.5", `{"a":1}`, "18446744073709551616"}},
	{Column{Kind: KindBytes}, []string{"", "YWJj", "5Lit", "/w=="}},
	{Column{Kind: KindDate}, []string{"1970-01-01", "1969-12-31", "0000-01-01", "9999-12-31", "-0044-03-15"}},
	{Column{Kind: KindTime, Scale: 6}, []string{"00:00:00.000000", "-838:59:59.000000", "23:59:59.999999"}},
	{Column{Kind: KindDatetime, Scale: 6}, []string{"1970-01-01 00:00:00.000000", "1969-12-31 23:59:59.999999", "2024-02-29 12:34:56.100000"}},
	{Column{Kind: KindTimestamp, Scale: 6}, []string{"1970-01-01 00:00:00.000000", "2024-02-28 16:00:00.000000", "2024-02-29 12:34:56.100000"}},
	{Column{Kind: KindJSON}, []string{`{"a": 1}`, "null", "7"}},
}

// goldenTargets are the target columns of the golden table.
var goldenTargets = []Column{
	{Kind: KindBool}, {Kind: KindInt64}, {Kind: KindInt64, Length: 1}, {Kind: KindUint64}, {Kind: KindUint64, Length: 3},
	{Kind: KindFloat32}, {Kind: KindFloat64},
	{Kind: KindDecimal}, {Kind: KindDecimal, Precision: 5, Scale: 2}, {Kind: KindDecimal, Precision: 38},
	{Kind: KindString}, {Kind: KindString, Length: 3}, {Kind: KindBytes}, {Kind: KindBytes, Length: 3},
	{Kind: KindDate}, {Kind: KindTime}, {Kind: KindTime, Scale: 6}, {Kind: KindDatetime}, {Kind: KindDatetime, Scale: 6},
	{Kind: KindTimestamp}, {Kind: KindTimestamp, Scale: 6}, {Kind: KindJSON},
}

// TestConversionTable holds the whole table of conversions, value by value, in
// a file that people read.
func TestConversionTable(t *testing.T) {
	var out strings.Builder
	out.WriteString("# The conversions of package plugins, zone UTC+8. Written by go test ./plugins -run TestConversionTable -rewrite.\n")
	out.WriteString("# value = result, or value ! code: cause. A dot behind the arrow: there is no such conversion.\n")
	for _, source := range goldenSources {
		for _, target := range goldenTargets {
			writeGolden(&out, t, source.column, target, source.values)
		}
	}
	if *rewrite {
		if err := os.WriteFile(goldenPath, []byte(out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(goldenPath)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(out.String(), "\n")); diff != "" {
		t.Errorf("%s (-want +got):\n%s", goldenPath, diff)
	}
}

func writeGolden(out *strings.Builder, t *testing.T, from, to Column, values []string) {
	t.Helper()
	c, err := NewConverter(from, to, shanghai)
	if err != nil {
		if ClassOf(err) != Fatal || ReasonOf(err) != ReasonSchema {
			t.Errorf("%s -> %s: error %v of class %v, reason %q", describe(from), describe(to), err, ClassOf(err), ReasonOf(err))
		}
		fmt.Fprintf(out, "\n%s -> %s .\n", describe(from), describe(to))
		return
	}
	fmt.Fprintf(out, "\n%s -> %s %s\n", describe(from), describe(to), goldenNote(c))
	var v Vector
	v.Reset(from.Kind)
	for _, text := range values {
		if err := ParseText(&v, []byte(text)); err != nil {
			t.Fatalf("sample of %s: %v", describe(from), err)
		}
	}
	var refused Refusals
	refused.Reset(v.Len())
	c.Convert(&v, &refused)
	if v.Len() != len(values) || v.Kind != to.Kind || v.Text {
		t.Fatalf("%s -> %s: %d values of kind %v, text %v", describe(from), describe(to), v.Len(), v.Kind, v.Text)
	}
	why := map[int]RowError{}
	for _, row := range refused.rows {
		why[row.Index] = row
	}
	for i, text := range values {
		if e, bad := why[i]; bad {
			fmt.Fprintf(out, "    %s ! %s: %s\n", text, e.Code, e.Cause)
			continue
		}
		fmt.Fprintf(out, "    %s = %s\n", text, AppendText(nil, &v, i, max(to.Scale, 0)))
	}
	if refused.Len() > 0 && c.Lossy() == "" {
		t.Errorf("%s -> %s refused %d values, though Lossy is empty", describe(from), describe(to), refused.Len())
	}
}

func goldenNote(c *Converter) string {
	if c.Identity() {
		return "(identity)"
	}
	if c.Lossy() == "" {
		return "(always)"
	}
	return "(" + c.Lossy() + ")"
}
