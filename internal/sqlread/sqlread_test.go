package sqlread

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"weft/plugins"
)

var testSQL = SQL{
	Quote: func(name string) string { return "`" + name + "`" },
	Literal: func(kind plugins.Kind, text string) string {
		if kind == plugins.KindInt64 {
			return text
		}
		return "'" + text + "'"
	},
}

var testKey = []KeyColumn{{Name: "a", Kind: plugins.KindInt64}, {Name: "b", Kind: plugins.KindString}, {Name: "c", Kind: plugins.KindInt64}}

func TestPredicates(t *testing.T) {
	one, three := Tuple{"5"}, Tuple{"5", "x", "7"}
	for _, c := range []struct{ got, want string }{
		{testSQL.After(testKey, one), "`a` > 5"},
		{testSQL.From(testKey, one), "`a` >= 5"},
		{testSQL.Before(testKey, one), "`a` < 5"},
		{testSQL.UpTo(testKey, one), "`a` <= 5"},
		{testSQL.After(testKey, three), "(`a` > 5 OR (`a` = 5 AND `b` > 'x') OR (`a` = 5 AND `b` = 'x' AND `c` > 7))"},
		{testSQL.From(testKey, three), "(`a` > 5 OR (`a` = 5 AND `b` > 'x') OR (`a` = 5 AND `b` = 'x' AND `c` >= 7))"},
		{testSQL.Before(testKey, three[:2]), "(`a` < 5 OR (`a` = 5 AND `b` < 'x'))"},
		{testSQL.UpTo(testKey, three[:2]), "(`a` < 5 OR (`a` = 5 AND `b` <= 'x'))"},
		{testSQL.Within(testKey, Range{}), ""},
		{testSQL.Within(testKey, Range{Low: one, High: Tuple{"9"}}), "`a` >= 5 AND `a` < 9"},
		{testSQL.Order(testKey, " DESC"), "`a` DESC, `b` DESC, `c` DESC"},
		{Label(testKey, Range{Low: three, High: one}), "(a, b, c) >= (5, x, 7) and a < 5"},
		{Label(testKey, Range{High: Tuple{strings.Repeat("9", 50)}}), "a < " + strings.Repeat("9", 40) + "..."},
	} {
		if c.got != c.want {
			t.Errorf("%s, want %s", c.got, c.want)
		}
	}
}

func TestPosition(t *testing.T) {
	want := Tuple{"1", "it's \"中\"\n\\", ""}
	p, err := FormatPosition(want)
	if err != nil {
		t.Fatal(err)
	}
	got, err := ParsePosition(p, 3)
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
	for _, bad := range []plugins.Position{"x", "[1,2,3]", `["a"]`, "null", ""} {
		if got, err := ParsePosition(bad, 3); err == nil {
			t.Errorf("%q: %v, want an error", bad, got)
		}
	}
}

func FuzzParsePosition(f *testing.F) {
	f.Add(`["1","x"]`)
	f.Fuzz(func(t *testing.T, text string) {
		got, err := ParsePosition(plugins.Position(text), 2)
		if err == nil && len(got) != 2 {
			t.Errorf("%q: %v", text, got)
		}
	})
}

func TestSettings(t *testing.T) {
	for text, want := range map[string]Strings{`"a"`: {"a"}, `["a", " ", "b "]`: {"a", "b"}, `""`: nil, `[]`: nil, `null`: nil} {
		var got Strings
		if err := json.Unmarshal([]byte(text), &got); err != nil || !cmp.Equal(got, want) {
			t.Errorf("%s: %q, %v", text, got, err)
		}
	}
	for text, want := range map[string]Text{`" a "`: "a", `17`: "17", `-1.5`: "-1.5", `null`: "", `""`: ""} {
		var got Text
		if err := json.Unmarshal([]byte(text), &got); err != nil || got != want {
			t.Errorf("%s: %q, %v", text, got, err)
		}
	}
	for _, text := range []string{`5`, `{}`, `[1]`} {
		var got Strings
		if err := json.Unmarshal([]byte(text), &got); err == nil {
			t.Errorf("%s: %q, want an error", text, got)
		}
	}
	var got Text
	if err := json.Unmarshal([]byte(`["a"]`), &got); err == nil {
		t.Errorf("%q, want an error", got)
	}
}

func TestColumns(t *testing.T) {
	five := Text("5")
	for text, want := range map[string]Columns{
		`"*"`: {{Name: "*"}}, `["*"]`: {{Name: "*"}}, `"id"`: {{Name: "id"}}, `["a", "b"]`: {{Name: "a"}, {Name: "b"}}, `null`: nil, `[]`: nil, `""`: nil,
		`[{"name": "a", "type": "int", "index": 0, "isPart": false}, {"name": "k", "value": 5, "format": "f"}]`: {{Name: "a", Type: "int"}, {Name: "k", Value: &five, Format: "f"}},
	} {
		var got Columns
		err := json.Unmarshal([]byte(text), &got)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v %s", text, err, diff)
		}
		if all := strings.Contains(text, "*") || len(want) == 0; got.All() != all {
			t.Errorf("%s: all is %t", text, got.All())
		}
	}
	for _, text := range []string{`5`, `[5]`, `[["a"]]`, `{"name": "a"}`} {
		var got Columns
		if err := json.Unmarshal([]byte(text), &got); err == nil {
			t.Errorf("%s: %v, want an error", text, got)
		}
	}
}

func TestNearest(t *testing.T) {
	list := []string{"customer_id", "amount", "created_at", "id", "status"}
	for name, want := range map[string]string{"amuont": "amount", "AMOUNT": "amount", "customerid": "customer_id", "create_at": "created_at", "di": "id", "zzz": "", "price": ""} {
		if got := Nearest(name, list); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

// A guess lies between the two in the order of its own kind.
func TestMiddle(t *testing.T) {
	for _, c := range []struct {
		kind            plugins.Kind
		low, high, want string
	}{
		{plugins.KindInt64, "-9223372036854775808", "9223372036854775807", "-1"},
		{plugins.KindUint64, "0", "18446744073709551615", "9223372036854775807"},
		{plugins.KindInt64, "5", "6", "6"},
		{plugins.KindInt64, "6", "6", ""},
		{plugins.KindInt64, "7", "6", ""},
		{plugins.KindDecimal, "1.00", "2.00", "1.500"},
		{plugins.KindDate, "2024-01-01", "2024-01-31", "2024-01-16"},
		{plugins.KindDate, "0000-00-00", "0001-01-01", "0000-07-02"},
		{plugins.KindDatetime, "2024-01-01 00:00:00", "2024-01-02 00:00:00", "2024-01-01 12:00:00.000000"},
		{plugins.KindTime, "-01:00:00", "01:00:00", "00:00:00.000000"},
		{plugins.KindBytes, "00", "80", "4000000000000000"},
		{plugins.KindBytes, "ff00", "ffff", "ff7f80000000000000"},
		{plugins.KindBool, "false", "true", "true"},
		{plugins.KindInt64, "x", "6", ""},
	} {
		if got, _ := Middle(c.kind, c.low, c.high, 50); got != c.want {
			t.Errorf("%s %s..%s: %q, want %q", c.kind, c.low, c.high, got, c.want)
		}
	}
	for _, c := range [][2]string{{"a", "c"}, {"abc1", "abc9"}, {"", "z"}, {"order-1", "order-100"}, {"中", "文"}, {"a", "😀"}} {
		got, ok := Middle(plugins.KindString, c[0], c[1], 50)
		if !ok || got <= c[0] || got > c[1] {
			t.Errorf("%q..%q: %q, %t", c[0], c[1], got, ok)
		}
	}
}

func FuzzBetween(f *testing.F) {
	f.Add(uint8(plugins.KindString), "a", "中", false)
	f.Add(uint8(plugins.KindBytes), "00", "ff", false)
	f.Add(uint8(plugins.KindString), "123e4567-e89b-12d3-a456-426655440000", "223e4567-e89b-12d3-a456-426655440000", true)
	f.Fuzz(func(t *testing.T, kind uint8, low, high string, turned bool) {
		Between(KeyColumn{Kind: plugins.Kind(kind % 14), Turned: turned}, low, high)
	})
}
