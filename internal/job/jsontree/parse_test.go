package jsontree

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	tests := []struct {
		mode     Mode
		in, want string
	}{
		{Standard, ` {"a" : [1, -2.5e+3, true, null, "x\u0041\n\/"], "b": {}} `, `{"a":[1,-2.5e+3,true,null,"xA\n/"],"b":{}}`},
		{Standard, "{ // c\n \"a\": /* d */ 1, }", `{"a":1}`},
		{Standard, "\ufeff[1,]", `[1]`},
		{Standard, `"\ud83d\ude00 \ud800"`, `"😀 ` + "\ufffd" + `"`},
		{Standard, `"<&> 中文"`, `"<&> 中文"`},
		{Lenient, `{a: 'b', "c": d, 'e': "it's"}`, `{"a":"b","c":"d","e":"it's"}`},
		{Lenient, "{a: 'x\x01\ty', b: \"l1\nl2\"} # end", `{"a":"x\u0001\ty","b":"l1\nl2"}`},
		{Lenient, `["\001", "\11", '\'', "\u0001"]`, `["\u0001","\t","'","\u0001"]`},
		{Lenient, `[${x}, a${b c}d, "${y}"]`, `["${x}","a${b c}d","${y}"]`},
		{Lenient, `[01, +1, .5, NaN, True]`, `["01","+1",".5","NaN","True"]`},
		{Lenient, `{a: jdbc}`, `{"a":"jdbc"}`},
		{Lenient, `{"a": 1, "b": 2, "a": 3}`, `{"a":3,"b":2}`},
	}
	for _, tt := range tests {
		root, problems := Parse([]byte(tt.in), tt.mode)
		for _, p := range problems {
			if p.Fatal {
				t.Errorf("%q: %+v", tt.in, p)
			}
		}
		if got := string(root.JSON()); got != tt.want {
			t.Errorf("%q = %s, want %s", tt.in, got, tt.want)
		}
	}
}

func TestProblems(t *testing.T) {
	tests := []struct {
		mode Mode
		in   string
		want string // start:text, joined
	}{
		{Standard, ``, "0:the text is empty"},
		{Standard, " // only\n", "0:the text is empty"},
		{Standard, `{"a": 1 "b": 2}`, "7:no comma before '\"'"},
		{Standard, `{"a" 1}`, "1:no colon behind key \"a\""},
		{Standard, `{"a"}`, "1:no colon behind key \"a\""},
		{Standard, `[1 2]`, "2:no comma before '2'"},
		{Standard, `[1`, "0:this list is not closed"},
		{Standard, `{"a": [1, {"b": 2`, "10:this object is not closed"},
		{Standard, `{"a": [1}`, "6:this list is not closed"},
		{Standard, `[1] 2`, "4:'2' behind the end of the JSON value"},
		{Standard, `{"a": "x`, "6:this string is not closed|0:this object is not closed"},
		{Standard, "[\"a\nb\"]", "1:this string is not closed on its line|3:no comma before 'b'|4:b is no JSON value|5:no comma before '\"'|5:this string is not closed|0:this list is not closed"},
		{Standard, "[\"a\tb\"]", "3:control character 0x09 inside a string"},
		{Standard, `['a']`, "1:a string in single quotes"},
		{Standard, `{a: 1}`, "1:key a without quotes"},
		{Standard, `[True]`, "1:True is no JSON value"},
		{Standard, `[01]`, "1:01 is no JSON value"},
		{Standard, `["\q"]`, `2:\q is no escape of JSON`},
		{Lenient, `["\q"]`, `2:\q is no escape of JSON`},
		{Standard, `["\u12"]`, `2:\u needs four hexadecimal digits`},
		{Standard, "[\"\xff\"]", "1:bytes that are not UTF-8"},
		{Lenient, "[\xff\xfe]", "1:bytes that are not UTF-8"},
		{Standard, "[1,\u00a02]", "3:a wide or non-breaking space outside of a string"},
		{Standard, "{\"a\":\u30001}", "5:a wide or non-breaking space outside of a string"},
		{Standard, `{"a":1,"a":2}`, `7:key "a" stands twice in one object`},
		{Standard, `/* x`, "0:this comment is not closed|0:the text is empty"},
		{Standard, `{,}`, "1:',' where a key should be"},
		{Standard, `[,1]`, "1:',' where a value should be"},
	}
	for _, tt := range tests {
		root, problems := Parse([]byte(tt.in), tt.mode)
		if root == nil {
			t.Fatalf("%q: no tree", tt.in)
		}
		var got []string
		for _, p := range problems {
			got = append(got, fmt.Sprintf("%d:%s", p.Start, p.Text))
		}
		if strings.Join(got, "|") != tt.want {
			t.Errorf("%q: %s\nwant %s", tt.in, strings.Join(got, "|"), tt.want)
		}
	}
}

func TestDepthAndProblemsAreBounded(t *testing.T) {
	_, problems := Parse([]byte(strings.Repeat("[", 100_000)), Lenient)
	if len(problems) == 0 || len(problems) > maxProblems {
		t.Errorf("%d problems", len(problems))
	}
	_, problems = Parse([]byte("["+strings.Repeat("'a' 'b' ", 10_000)), Standard)
	if len(problems) != maxProblems {
		t.Errorf("%d problems, want %d", len(problems), maxProblems)
	}
}

func TestPaths(t *testing.T) {
	root, _ := Parse([]byte(`{"a": {"b": [10, {"c": 20}]}, "d": [[1]]}`), Standard)
	for path, want := range map[string]string{"a.b[0]": "10", "a.b[1].c": "20", "d[0][0]": "1", "": string(root.JSON())} {
		if n := root.At(path); n == nil || string(n.JSON()) != want {
			t.Errorf("%q = %v, want %s", path, n, want)
		}
	}
	for path, rest := range map[string]string{"a.x": "x", "a.b[7]": "[7]", "a.b.c": "c", "a.b[1].d.e": "d.e", "d[x]": "[x]"} {
		if n, left := root.Nearest(path); left != rest || n == nil {
			t.Errorf("Nearest(%q) leaves %q, want %q", path, left, rest)
		}
	}
	var none *Node
	if none.At("a") != nil || none.Get("a") != nil {
		t.Error("nil has members")
	}
}

// FuzzParse: no text makes it panic or hang, every place lies in the text, and
// what it writes is JSON that it reads to the same tree.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{`{"a":[1,"x",null,true]}`, `{a:'b',}`, "[\"\\u00e9\\001\"] // c", "{\"a\" \"b\": ${x}}", "\ufeff\xff", `{"a":{"a":{"a":`} {
		f.Add([]byte(seed), true)
		f.Add([]byte(seed), false)
	}
	f.Fuzz(func(t *testing.T, text []byte, lenient bool) {
		mode := Standard
		if lenient {
			mode = Lenient
		}
		root, problems := Parse(text, mode)
		for _, p := range problems {
			if p.Start < 0 || p.Start > len(text) || p.End < p.Start {
				t.Fatalf("place %d to %d of %d bytes", p.Start, p.End, len(text))
			}
		}
		written := root.JSON()
		if !json.Valid(written) {
			t.Fatalf("%q gives %q, which is no JSON", text, written)
		}
		again, problems := Parse(written, Standard)
		if len(problems) > 0 || string(again.JSON()) != string(written) {
			t.Fatalf("%q: %v, %q", written, problems, again.JSON())
		}
	})
}
