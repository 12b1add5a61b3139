package textfile

import (
	"errors"
	"strings"
	"testing"

	"weft/plugins"

	"github.com/google/go-cmp/cmp"
)

// strs makes a batch of one string column; "\x00" stands for NULL.
func strs(values ...string) *plugins.Batch {
	b := plugins.NewBatch([]plugins.Column{{Name: "s", Kind: plugins.KindString}})
	for _, v := range values {
		if v == "\x00" {
			b.Columns[0].AppendNull()
		} else {
			b.Columns[0].AppendString(v)
		}
		b.EndRow(len(v))
	}
	return b
}

// encode writes a batch and returns the text and the indices of refused rows.
func encode(t *testing.T, o EncoderOptions, b *plugins.Batch) (string, []int) {
	t.Helper()
	if o.Columns == nil {
		for i := range b.Columns {
			o.Columns = append(o.Columns, plugins.Column{Name: string(rune('a' + i)), Kind: b.Columns[i].Kind})
		}
	}
	e, err := NewEncoder(o)
	if err != nil {
		t.Fatal(err)
	}
	var refused plugins.Refusals
	refused.Reset(b.Rows)
	e.Begin(b, &refused)
	text, next := e.Append(nil, 0, 1<<30)
	if next != b.Rows {
		t.Fatalf("Append stopped at row %d of %d", next, b.Rows)
	}
	var rows []int
	for i := range b.Rows {
		if refused.Has(i) {
			rows = append(rows, i)
		}
	}
	return string(text), rows
}

func escaping(crlf bool) Format {
	f := Hive()
	f.Delimiter, f.Escape, f.EscapeCRLF = "|", '\\', crlf
	return f
}

func TestEncodePolicies(t *testing.T) {
	plain := Hive()
	plain.Delimiter = "|"
	long := plain
	long.Delimiter = "||"
	empty := plain
	empty.Null = ""
	csv := CSV()
	csvNull := csv
	csvNull.Null = "NULL"
	for _, tt := range []struct {
		name    string
		o       EncoderOptions
		in      []string
		want    string
		refused []int
	}{
		{"dirty", EncoderOptions{Format: plain}, []string{"x", "a|b", "", "\x00", "a\nb", "a\rb", `\N`, `\Nx`}, "x\n\n\\N\n\\Nx\n", []int{1, 4, 5, 6}},
		{"escape", EncoderOptions{Format: escaping(false), OnDelimiter: Escape}, []string{"a|b", `a\b`, `\N`, "a\nb", "\x00"},
			"a\\|b\na\\\\b\n\\\\N\n\\N\n", []int{3}},
		{"escape crlf", EncoderOptions{Format: escaping(true), OnDelimiter: Escape}, []string{"a\r\nb|", "n"}, "a\\r\\nb\\|\nn\n", nil},
		{"replace", EncoderOptions{Format: plain, OnDelimiter: Replace, Replacement: " "}, []string{"a|b\r\nc\n", `\N`, "\x00", "ok"},
			"a b c \n \n\\N\nok\n", nil},
		{"remove", EncoderOptions{Format: plain, OnDelimiter: Replace}, []string{"a|b", `|\N`}, "ab\n", []int{1}},
		{"long delimiter", EncoderOptions{Format: long}, []string{"a|b", "|", "a|", "a||b", "||"}, "a|b\n", []int{1, 2, 3, 4}},
		{"long delimiter replaced", EncoderOptions{Format: long, OnDelimiter: Replace, Replacement: "-"}, []string{"a|", "x||y|||z"},
			"a-\nx-y-|z\n", nil},
		{"empty marker", EncoderOptions{Format: empty}, []string{"", "\x00", "x"}, "\n\nx\n", nil},
		{"csv", EncoderOptions{Format: csv}, []string{"a,b", `say "x"`, "a\nb", "", "\x00", "plain", "a\rb"},
			"\"a,b\"\n\"say \"\"x\"\"\"\n\"a\nb\"\n\"\"\n\nplain\n\"a\rb\"\n", nil},
		{"csv marker", EncoderOptions{Format: csvNull}, []string{"NULL", "\x00", "NULLS", ""}, "\"NULL\"\nNULL\nNULLS\n\n", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, refused := encode(t, tt.o, strs(tt.in...))
			if got != tt.want {
				t.Errorf("text:\n got %q\nwant %q", got, tt.want)
			}
			if diff := cmp.Diff(tt.refused, refused); diff != "" {
				t.Errorf("refused rows (-want +got):\n%s", diff)
			}
		})
	}
}

func TestReplaceChangesTheBatch(t *testing.T) {
	f := Hive()
	f.Null = ""
	b := strs("a\x01b", "", "c")
	encode(t, EncoderOptions{Format: f, OnDelimiter: Replace, Replacement: "_"}, b)
	v := &b.Columns[0]
	if got := string(v.Bytes(0)); got != "a_b" {
		t.Errorf("value 0 is %q after replacing; want a_b", got)
	}
	if !v.IsNull(1) {
		t.Error("the empty text, which will be read as NULL, stayed a text")
	}
}

// A row that a later column refuses is shown as it came, although columns
// before were rewritten.
func TestReplaceKeepsTheOriginalOfRefusedRows(t *testing.T) {
	columns := []plugins.Column{{Name: "a", Kind: plugins.KindString}, {Name: "b", Kind: plugins.KindString},
		{Name: "n", Kind: plugins.KindInt64}}
	converter, err := plugins.NewBatchConverter(columns, columns, nil)
	if err != nil {
		t.Fatal(err)
	}
	f := Hive()
	f.Delimiter = "-"
	e, err := NewEncoder(EncoderOptions{Format: f, OnDelimiter: Replace, Replacement: "_", Columns: columns})
	if err != nil {
		t.Fatal(err)
	}
	b := plugins.NewBatch(columns)
	for _, n := range []int64{5, -5} {
		b.Columns[0].AppendString("longer-than-the-other")
		b.Columns[1].AppendString("p-q")
		b.Columns[2].AppendInt(n)
		b.EndRow(1)
	}
	var refused plugins.Refusals
	refused.Reset(b.Rows)
	converter.Convert(b, &refused)
	e.Begin(b, &refused)
	var rows *plugins.RowErrors
	if !errors.As(refused.Err(), &rows) || len(rows.Rows) != 1 {
		t.Fatalf("refused %v, want the row with the negative number", refused.Err())
	}
	if want := `{"a":"longer-than-the-other","b":"p-q","n":"-5"}`; rows.Rows[0].Raw != want {
		t.Errorf("refused row is shown as %s, want %s", rows.Rows[0].Raw, want)
	}
	if text, _ := e.Append(nil, 0, 1<<20); string(text) != "longer_than_the_other-p_q-5\n" {
		t.Errorf("written %q", text)
	}
}

// Numbers and times hold no free text, but a delimiter may be one of their
// characters.
func TestEncodeDelimiterInsideNumbers(t *testing.T) {
	columns := []plugins.Column{
		{Name: "i", Kind: plugins.KindInt64},
		{Name: "d", Kind: plugins.KindDate},
		{Name: "b", Kind: plugins.KindBytes},
	}
	batch := func() *plugins.Batch {
		b := plugins.NewBatch(columns)
		for _, x := range []int64{7, -7} {
			b.Columns[0].AppendInt(x)
			b.Columns[1].AppendInt(x)
			b.Columns[2].AppendBytes([]byte{0xff, 0xff, byte(x)})
			b.EndRow(1)
		}
		return b
	}
	f := Hive()
	f.Delimiter = "/"
	got, refused := encode(t, EncoderOptions{Format: f, Columns: columns}, batch())
	if want := []int{0, 1}; cmp.Diff(want, refused) != "" {
		t.Errorf("rows %v refused for a slash in base64, text %q; want %v", refused, got, want)
	}
	f.Delimiter, f.Escape = "-", '\\'
	got, _ = encode(t, EncoderOptions{Format: f, OnDelimiter: Escape, Columns: columns}, batch())
	if want := "7-1970\\-01\\-08-//8H\n\\-7-1969\\-12\\-25-///5\n"; got != want {
		t.Errorf("got %q; want %q", got, want)
	}
	f.Delimiter, f.Escape, f.Quote, f.Null = "-", 0, '"', ""
	got, _ = encode(t, EncoderOptions{Format: f, Columns: columns}, batch())
	if want := "7-\"1970-01-08\"-//8H\n\"-7\"-\"1969-12-25\"-///5\n"; got != want {
		t.Errorf("got %q; want %q", got, want)
	}
}

func TestAppendStopsAtLimit(t *testing.T) {
	b := strs("aaaa", "bbbb", "cccc")
	e, err := NewEncoder(EncoderOptions{Format: Hive(), Columns: []plugins.Column{{Name: "s", Kind: plugins.KindString}}})
	if err != nil {
		t.Fatal(err)
	}
	var refused plugins.Refusals
	refused.Reset(b.Rows)
	e.Begin(b, &refused)
	text, next := e.Append(nil, 0, 6)
	if string(text) != "aaaa\nbbbb\n" || next != 2 {
		t.Fatalf("Append = %q, %d; want two rows", text, next)
	}
	text, next = e.Append(text[:0], next, 6)
	if string(text) != "cccc\n" || next != 3 {
		t.Fatalf("Append = %q, %d; want the third row", text, next)
	}
}

func TestNewEncoderRefuses(t *testing.T) {
	for _, tt := range []struct {
		o    EncoderOptions
		want string
	}{
		{EncoderOptions{Format: Format{LineEnd: "\n"}}, "delimiter is empty"},
		{EncoderOptions{Format: Format{Delimiter: "\n", LineEnd: "\n"}}, "line end"},
		{EncoderOptions{Format: Format{Delimiter: ",", Null: "a,", LineEnd: "\n"}}, "NULL marker"},
		{EncoderOptions{Format: Format{Delimiter: ",", LineEnd: "|"}}, "LF or CR LF"},
		{EncoderOptions{Format: Format{Delimiter: ",", LineEnd: "\n", Escape: '\\'}}, "need each other"},
		{EncoderOptions{Format: Hive(), OnDelimiter: Escape}, "need each other"},
		{EncoderOptions{Format: Format{Delimiter: "||", LineEnd: "\n", Escape: '\\'}, OnDelimiter: Escape}, "one byte"},
		{EncoderOptions{Format: Format{Delimiter: ",", LineEnd: "\n", Escape: ','}, OnDelimiter: Escape}, "escape character"},
		{EncoderOptions{Format: Format{Delimiter: ",", LineEnd: "\n", EscapeCRLF: true}}, "without an escape"},
		{EncoderOptions{Format: Format{Delimiter: ",", LineEnd: "\n", Escape: '\\', Quote: '"'}}, "not both"},
		{EncoderOptions{Format: Hive(), OnDelimiter: Replace, Replacement: "a\x01"}, "replacement"},
		{EncoderOptions{Format: Hive()}, "no column"},
	} {
		_, err := NewEncoder(tt.o)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("NewEncoder(%+v): %v; want %q in it", tt.o.Format, err, tt.want)
		}
	}
}

func TestParseDelimiter(t *testing.T) {
	for in, want := range map[string]string{
		`\001`: "\x01", `\u0001`: "\x01", `\x01`: "\x01", "\x01": "\x01", `\t`: "\t", "\t": "\t", `\1`: "\x01",
		",": ",", `\|`: "|", `||`: "||", `\N`: `\N`, `\`: `\`, `\\`: `\`, `\|\|`: "||", "": "", `\u00`: `\u00`,
		`\u4e2d`: "中", `a\tb`: "a\tb", `\$\$`: "$$",
	} {
		if got := ParseDelimiter(in); got != want {
			t.Errorf("ParseDelimiter(%q) = %q; want %q", in, got, want)
		}
	}
}

func TestParsePolicy(t *testing.T) {
	for _, p := range []Policy{Refuse, Escape, Replace} {
		if got, err := ParsePolicy(strings.ToUpper(p.String())); got != p || err != nil {
			t.Errorf("ParsePolicy(%s) = %v, %v", p, got, err)
		}
	}
	if _, err := ParsePolicy("drop"); err == nil {
		t.Error("ParsePolicy took drop")
	}
}

func TestCheckCharset(t *testing.T) {
	for _, name := range []string{"", "UTF-8", "utf8", "US-ASCII"} {
		if err := CheckCharset(name); err != nil {
			t.Errorf("CheckCharset(%q): %v", name, err)
		}
	}
	if err := CheckCharset("GBK"); err == nil {
		t.Error("CheckCharset took GBK, which nothing here can read")
	}
}
