package job

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"weft/plugins"
)

// every has a field of each type that plugin settings may use.
type every struct {
	Full    string            `json:"full" weft:"alias=whole,filled"`
	Text    string            `json:"text" doc:"some text"`
	Flag    bool              `json:"flag"`
	Small   int8              `json:"small"`
	Big     uint64            `json:"big"`
	Real    float64           `json:"real"`
	List    []string          `json:"list" weft:"alias=lists,many"`
	Numbers []int             `json:"numbers"`
	Map     map[string]string `json:"map"`
	Any     any               `json:"any"`
	Inner   inner             `json:"inner"`
	Inners  []inner           `json:"inners"`
	Ptr     *int              `json:"ptr"`
	Secret  plugins.Secret    `json:"secret"`
	Wait    Duration          `json:"wait"`
	Raw     json.RawMessage   `json:"raw"`
	Old     any               `json:"old" weft:"ignored"`
	Hidden  string            `json:"-"`
	shared
}

type inner struct {
	Name string `json:"name"`
}

type shared struct {
	Common string `json:"common"`
}

func (*every) Validate() []plugins.Finding { return nil }

func ints(n int) *int { return &n }

func TestDecodeTypes(t *testing.T) {
	const native = `{"text": "a", "flag": true, "small": -128, "big": 18446744073709551615, "real": 1.5, "list": ["x", "y"],
		"numbers": [1, 2.0, 3e2], "map": {"a": "b", "n": 1, "t": true}, "any": [1, {"k": null}], "inner": {"name": "i"},
		"inners": [{"name": "j"}], "ptr": 0, "secret": "s", "wait": "1m", "raw": {"a": [1]}, "common": "c", "many": null}`
	got := &every{}
	if list := Decode(json.RawMessage(native), got, plugins.DialectNative); len(list) > 0 {
		t.Fatal(show(list))
	}
	want := &every{Text: "a", Flag: true, Small: -128, Big: 1<<64 - 1, Real: 1.5, List: []string{"x", "y"}, Numbers: []int{1, 2, 300},
		Map: map[string]string{"a": "b", "n": "1", "t": "true"}, Any: []any{json.Number("1"), map[string]any{"k": nil}},
		Inner: inner{"i"}, Inners: []inner{{"j"}}, Ptr: ints(0), Secret: plugins.NewSecret("s"), Wait: Duration(60e9),
		Raw: json.RawMessage(`{"a":[1]}`), shared: shared{"c"}}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(every{})); diff != "" {
		t.Error(diff)
	}
}

// What FlinkX's and DataX's files write otherwise means the same.
func TestDecodeLenient(t *testing.T) {
	const old = `{"text": 3306, "flag": "TRUE", "small": " 7 ", "big": ["9", 10], "real": "0.5", "list": "x", "numbers": ["1"],
		"inners": {"name": true}, "ptr": "", "secret": 4711, "inner": "", "common": null}`
	got := &every{Inner: inner{"default"}, Ptr: ints(3)}
	list := Decode(json.RawMessage(old), got, plugins.DialectFlinkX)
	if len(list) != 1 || list[0].Severity != plugins.Warn || !strings.Contains(list[0].Text, "only the first of the 2 values") {
		t.Error(show(list))
	}
	want := &every{Text: "3306", Flag: true, Small: 7, Big: 9, Real: 0.5, List: []string{"x"}, Numbers: []int{1},
		Inner: inner{"default"}, Inners: []inner{{"true"}}, Ptr: ints(3), Secret: plugins.NewSecret("4711")}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(every{})); diff != "" {
		t.Error(diff)
	}
}

func TestDecodeRefuses(t *testing.T) {
	for _, tt := range []struct{ text, code, want string }{
		{`{"text": 1}`, CodeType, `"text" must be a string, not 1`},
		{`{"full": ""}`, CodeValue, `"full" must not be empty`},
		{`{"whole": ""}`, CodeValue, `"whole" must not be empty`},
		{`{"text": ["a"]}`, CodeType, `"text" must be a string, not a list`},
		{`{"flag": "true"}`, CodeType, `"flag" must be true or false, not a string`},
		{`{"flag": 1}`, CodeType, `"flag" must be true or false, not 1`},
		{`{"small": 128}`, CodeValue, `"small": 128 is out of range`},
		{`{"small": 1.5}`, CodeType, `"small" must be a whole number, not 1.5`},
		{`{"big": -1}`, CodeValue, `"big": -1 is out of range`},
		{`{"big": 1e30}`, CodeType, `must be a whole number`},
		{`{"real": "1"}`, CodeType, `"real" must be a number, not a string`},
		{`{"list": "x"}`, CodeType, `"list" must be a list, not a string`},
		{`{"list": ["a", 1]}`, CodeType, `"list[1]" must be a string, not 1`},
		{`{"map": []}`, CodeType, `"map" must be an object, not a list`},
		{`{"inner": []}`, CodeType, `"inner" must be an object, not a list`},
		{`{"inner": {"nmae": 1}}`, CodeUnknownKey, `unknown option "nmae"`},
		{`{"secret": 1}`, CodeType, `"secret" must be a string, not 1`},
		{`{"wait": "soon"}`, CodeType, `"wait": time: invalid duration "soon"`},
		{`{"Text": "a"}`, CodeUnknownKey, `unknown option "Text"`},
		{`{"Hidden": "a"}`, CodeUnknownKey, `unknown option "Hidden"`},
		{`{"text": "a", "text": "b"}`, CodeDuplicate, `key "text" stands twice`},
		{`[]`, CodeType, `the value must be an object, not a list`},
		{`{"text": `, CodeSyntax, `the end of the text where a value should be`},
	} {
		list := Decode(json.RawMessage(tt.text), &every{}, plugins.DialectNative)
		if len(list) == 0 || list[0].Code != tt.code || !strings.Contains(list[0].Text, tt.want) || list[0].Severity != plugins.Fail {
			t.Errorf("%s: %s, want %s %s", tt.text, show(list), tt.code, tt.want)
		}
	}
	if list := Decode(json.RawMessage(`{"full": ""}`), &every{}, plugins.DialectFlinkX); len(list) > 0 {
		t.Errorf("an empty text of FlinkX: %s", show(list))
	}
	list := Decode(json.RawMessage(`{"old": 1, "extra": 2, "columnTypes": 3}`), &every{}, plugins.DialectDataX)
	for i, want := range []plugins.Severity{plugins.Note, plugins.Warn, plugins.Note} {
		if i >= len(list) || list[i].Severity != want {
			t.Errorf("%s, want severities note, warning, note", show(list))
			break
		}
	}
}

func TestOptions(t *testing.T) {
	got := make(map[string]Option)
	for _, o := range Options(&every{Text: "d", Secret: plugins.NewSecret("s"), Wait: Duration(60e9)}) {
		got[o.Key] = o
	}
	for key, want := range map[string]Option{
		"text":          {Key: "text", Type: "string", Default: `"d"`, Doc: "some text"},
		"list":          {Key: "list", Type: "list of string", Aliases: []string{"lists", "many"}},
		"inner":         {Key: "inner", Type: "object"},
		"inner.name":    {Key: "inner.name", Type: "string"},
		"inners[].name": {Key: "inners[].name", Type: "string"},
		"ptr":           {Key: "ptr", Type: "number"},
		"secret":        {Key: "secret", Type: "secret", Default: "******"},
		"wait":          {Key: "wait", Type: "duration", Default: `"1m0s"`},
		"old":           {Key: "old", Type: "any", Ignored: true},
		"common":        {Key: "common", Type: "string"},
	} {
		if diff := cmp.Diff(want, got[key]); diff != "" {
			t.Errorf("%s: %s", key, diff)
		}
	}
}
