package job

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"weft/plugins"
)

func expandText(t *testing.T, dialect plugins.Dialect, text string, params map[string]string) (string, []flaw) {
	t.Helper()
	e := &expansion{text: []byte(text), dialect: dialect, params: params, now: testNow}
	e.run()
	return string(e.out), e.found
}

func TestVariables(t *testing.T) {
	params := map[string]string{"a": "1", "q": `say "x"`, "bizdate": "20260331", "month": "2026-02", "at": "2026-03-01 10:20:30", "empty": ""}
	tests := []struct {
		dialect  plugins.Dialect
		in, want string
	}{
		{plugins.DialectFlinkX, `"${a}${a}"`, `"11"`},
		{plugins.DialectFlinkX, `[${q}]`, `[say "x"]`},
		{plugins.DialectNative, `"${q}"`, `"say \"x\""`},
		{plugins.DialectNative, `{"n": ${a}}`, `{"n": 1}`},
		{plugins.DialectNative, `"${empty}|${none:-}|${none:-b c}|${a:-z}|${a:?must}"`, `"||b c|1|1"`},
		{plugins.DialectNative, `"${none:-x${a}y${none:-${q}}}" "${none:-${env:HOME}/b}"`, `"x1ysay \"x\"" "${env:HOME}/b"`},
		{plugins.DialectNative, `"$${a}" "$a" "100$"`, `"${a}" "$a" "100$"`},
		{plugins.DialectDataX, `"$a $b ${a} $1 a$"`, `"1 $b 1 $1 a$"`},
		{plugins.DialectFlinkX, `"$a"`, `"$a"`},
		{plugins.DialectNative, `"${bizdate}"`, `"20260331"`},
		{plugins.DialectNative, `"${bizdate:yyyy-MM-dd}"`, `"2026-03-31"`},
		{plugins.DialectNative, `"${bizdate:yyyy-MM-dd:-1d}"`, `"2026-03-30"`},
		{plugins.DialectNative, `"${bizdate:yyyyMMdd:-1M}"`, `"20260228"`},
		{plugins.DialectNative, `"${bizdate:yyyyMMdd:+1M}"`, `"20260430"`},
		{plugins.DialectNative, `"${bizdate:yyyy:-1y}${bizdate:MM:-1q}"`, `"202512"`},
		{plugins.DialectNative, `"${bizdate:yyyyMMdd:-1M:monthEnd}"`, `"20260228"`},
		{plugins.DialectNative, `"${bizdate:yyyyMMdd:quarterStart} ${bizdate:yyyyMMdd:quarterEnd}"`, `"20260101 20260331"`},
		{plugins.DialectNative, `"${bizdate:yyyyMMdd:weekStart} ${bizdate:yyyyMMdd:weekEnd}"`, `"20260330 20260405"`},
		{plugins.DialectNative, `"${bizdate:yyyyMMdd:yearStart} ${bizdate:yyyyMMdd:yearEnd}"`, `"20260101 20261231"`},
		{plugins.DialectNative, `"${month:yyyyMM:monthEnd}${month:dd:monthEnd}"`, `"20260228"`},
		{plugins.DialectNative, `"${at:yyyy-MM-dd HH:mm:ss:-2h:+30s}"`, `"2026-03-01 08:21:00"`},
		{plugins.DialectNative, `"${at:yyyy'T'H.m.s.SSS}"`, `"2026T10.20.30.000"`},
		{plugins.DialectNative, `"${today:yyyyMMdd}|${yesterday}|${now}|${today:-1d}|${today:+1w}"`, `"20260331|20260330|20260331010203|20260330|20260407"`},
		{plugins.DialectNative, "// ${none}\n/* ${none} */ \"${a}\"", "// ${none}\n/* ${none} */ \"1\""},
		{plugins.DialectFlinkX, "# ${none}\n'${a}'", "# ${none}\n'1'"},
		{plugins.DialectNative, `"\"${a}" "//${a}"`, `"\"1" "//1"`},
		{plugins.DialectNative, `"${env:HOME}${file:/x}"`, `"${env:HOME}${file:/x}"`},
	}
	for _, tt := range tests {
		got, found := expandText(t, tt.dialect, tt.in, params)
		if got != tt.want || len(found) > 0 {
			t.Errorf("%s %s = %s, want %s; %v", tt.dialect, tt.in, got, tt.want, found)
		}
	}
}

func TestVariablesWithoutValue(t *testing.T) {
	tests := []struct{ in, code, text string }{
		{`"${none}"`, CodeMissingVariable, "variable none has no value"},
		{`"${none:?give the day}"`, CodeMissingVariable, "variable none: give the day"},
		{`"${none:yyyyMMdd}"`, CodeMissingVariable, "variable none has no value"},
		{`"${none:-${gone}}"`, CodeMissingVariable, "variable gone has no value"},
		{`"${}"`, CodeBadVariable, `"" is no name of a variable`},
		{`"${a b}"`, CodeBadVariable, `"a b" is no name of a variable`},
		{`"${open"`, CodeBadVariable, "this ${ is not closed"},
		{`"${word:yyyyMMdd}"`, CodeBadVariable, "variable word is no date"},
		{`"${today:yyyy'x}"`, CodeBadVariable, "is not closed"},
		{`"${none:-1d}"`, CodeBadVariable, "could be a default or a date moved"},
		{`[${word}]`, CodeBadVariable, "outside of quotes"},
	}
	for _, tt := range tests {
		_, found := expandText(t, plugins.DialectNative, tt.in, map[string]string{"word": "hello"})
		if len(found) != 1 || found[0].code != tt.code || !strings.Contains(found[0].text, tt.text) {
			t.Errorf("%s: %+v, want %s %q", tt.in, found, tt.code, tt.text)
		}
	}
}

// The end of a month, of a leap year too, is never stepped over.
func TestMonthsKeepTheirEnd(t *testing.T) {
	for _, tt := range []struct {
		day  string
		n    int
		want string
	}{
		{"2024-01-31", 1, "2024-02-29"}, {"2023-01-31", 1, "2023-02-28"}, {"2024-02-29", 12, "2025-02-28"},
		{"2024-03-31", -1, "2024-02-29"}, {"2024-05-15", -5, "2023-12-15"}, {"2024-12-31", 2, "2025-02-28"},
	} {
		day, err := time.Parse("2006-01-02", tt.day)
		if err != nil {
			t.Fatal(err)
		}
		if got := addMonths(day, tt.n).Format("2006-01-02"); got != tt.want {
			t.Errorf("%s %+d months = %s, want %s", tt.day, tt.n, got, tt.want)
		}
	}
}

func TestParseParams(t *testing.T) {
	got, err := ParseParams([]string{"a=1", "b=x=y", "c=1,d=2", "e=one,two,f=3", "-Dg=1 -Dh.i=a b -Dj=", " k= v "})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"a": "1", "b": "x=y", "c": "1", "d": "2", "e": "one,two", "f": "3", "g": "1", "h.i": "a b", "j": "", "k": " v"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for _, bad := range []string{"a", "=1", "1a=2", "-Dx"} {
		if got, err := ParseParams([]string{bad}); err == nil {
			t.Errorf("%q = %v, want an error", bad, got)
		}
	}
}

func TestNearest(t *testing.T) {
	keys := []string{"splitPk", "where", "fetchSize", "table", "column", "customSql"}
	for word, want := range map[string]string{
		"splitPK": "splitPk", "split_pk": "splitPk", "splitKey": "", "wehre": "where", "tabel": "table", "colum": "column",
		"FETCHSIZE": "fetchSize", "xyz": "", "": "", "custemSql": "customSql",
	} {
		if got := nearest(word, keys); got != want {
			t.Errorf("nearest(%q) = %q, want %q", word, got, want)
		}
	}
}
