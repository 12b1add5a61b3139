package textfile

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"

	"weft/plugins"

	"github.com/google/go-cmp/cmp"
)

// decode reads everything; rows become texts with NULL as <null>, broken lines
// become !code.
func decode(t *testing.T, r io.Reader, f Format, limit int) []string {
	t.Helper()
	d := NewDecoder(r, f, 0, limit)
	var rows []string
	for {
		row, err := d.Next()
		var broken *LineError
		switch {
		case errors.Is(err, io.EOF):
			return rows
		case errors.As(err, &broken):
			rows = append(rows, "!"+string(broken.Code)+"@"+strconv.FormatInt(broken.Offset, 10))
			continue
		case err != nil:
			t.Fatal(err)
		}
		texts := make([]string, len(row.Fields))
		for i, field := range row.Fields {
			texts[i] = string(field)
			if field == nil {
				texts[i] = "<null>"
			}
		}
		rows = append(rows, strings.Join(texts, "/"))
	}
}

func TestDecode(t *testing.T) {
	plain := Hive()
	plain.Delimiter = ","
	long := Hive()
	long.Delimiter = "||"
	for _, tt := range []struct {
		name string
		f    Format
		in   string
		want []string
	}{
		{"plain", plain, "a,b\n,\\N\n\nx", []string{"a/b", "/<null>", "", "x"}},
		{"line ends", plain, "a\r\nb\rc\n\r\nd\r", []string{"a", "b", "c", "", "d"}},
		{"long delimiter", long, "a|b||c\n|||\n", []string{"a|b/c", "/|"}},
		{"too long", plain, "aaaaaaaaaaaaaaaaaaaaa\nb\nccccccccccccccccccccccccccccccccccc", []string{"!too_large@0", "b", "!too_large@24"}},
		{"escapes", escaping(false), "a\\|b|\\\\N|\\N\n\\\\|x\\\ny\\nz", []string{"a|b/\\N/<null>", "\\/x\\", "ynz"}},
		{"escaped line ends", escaping(true), "a\\nb\\r\n", []string{"a\nb\r"}},
		{"csv", CSV(), "a,\"b,c\",\"\"\r\n,\"x\ny\"\n\"q\"\"q\",l\"l\n", []string{"a/b,c/", "<null>/x\ny", "q\"q/l\"l"}},
		{"csv lone cr is text", CSV(), "a\rb,c\n", []string{"a\rb/c"}},
		{"csv no last line end", CSV(), "a,\"b\"", []string{"a/b"}},
		{"csv broken", CSV(), "\"a\"b,c\nd,e\n", []string{"!format@0", "d/e"}},
		{"csv open quote", CSV(), "x\n\"a,b\nd,e\nf", []string{"x", "!format@2", "d/e", "f"}},
		{"csv quote open too long", CSV(), "\"a\nb\nc\nd\ne\nf\ng\nhijklmnopqrst\"\n", []string{
			"!format@0", "b", "c", "d", "e", "f", "g", "hijklmnopqrst\""}},
		{"empty", plain, "", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := decode(t, strings.NewReader(tt.in), tt.f, 20)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("all at once (-want +got):\n%s", diff)
			}
			got = decode(t, iotest.OneByteReader(strings.NewReader(tt.in)), tt.f, 20)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("byte by byte (-want +got):\n%s", diff)
			}
		})
	}
}

// Offsets are what positions are made of: decoding on from any of them gives
// the rest.
func TestDecodeOnFromEveryOffset(t *testing.T) {
	for name, f := range map[string]Format{"plain": Hive(), "csv": CSV()} {
		text := "a\x01b\r\n\"x,\ny\",2\nlast,\x01\n\nend"
		d := NewDecoder(strings.NewReader(text), f, 0, 100)
		rows := decode(t, strings.NewReader(text), f, 100)
		for i := 0; ; i++ {
			at := d.Offset()
			rest := decode(t, strings.NewReader(text[at:]), f, 100)
			if diff := cmp.Diff(rows[i:], rest, cmp.Transformer("empty", func(s []string) []string { return append([]string{}, s...) })); diff != "" {
				t.Errorf("%s: from offset %d (-want +got):\n%s", name, at, diff)
			}
			if _, err := d.Next(); err != nil {
				break
			}
		}
		if d.Offset() != int64(len(text)) {
			t.Errorf("%s: offset %d at the end of %d bytes", name, d.Offset(), len(text))
		}
	}
}

func TestSkipGoesBehindTheLine(t *testing.T) {
	d := NewDecoder(strings.NewReader("tail\nrow\n"), Hive(), 100, 3)
	if err := d.Skip(); err != nil {
		t.Fatal(err)
	}
	if got := d.Offset(); got != 105 {
		t.Errorf("offset %d after the skip; want 105", got)
	}
	if row, err := d.Next(); err != nil || string(row.Raw) != "row" {
		t.Errorf("Next = %q, %v", row.Raw, err)
	}
	if err := d.Skip(); !errors.Is(err, io.EOF) {
		t.Errorf("Skip at the end: %v; want io.EOF", err)
	}
}

func TestDecodeReportsTheStreamsError(t *testing.T) {
	want := errors.New("connection lost")
	for _, text := range []string{"a", "\"a", strings.Repeat("x", 500)} {
		for _, f := range []Format{Hive(), CSV()} {
			d := NewDecoder(io.MultiReader(strings.NewReader(text), iotest.ErrReader(want)), f, 0, 50)
			if _, err := d.Next(); !errors.Is(err, want) {
				t.Errorf("%q: error %v; want the stream's", text, err)
			}
		}
	}
}

// bz2 is "x\n" as the bzip2 command compresses it.
var bz2 = []byte{
	0x42, 0x5a, 0x68, 0x39, 0x31, 0x41, 0x59, 0x26, 0x53, 0x59, 0x2b, 0x3e, 0xcf, 0x7f, 0x00, 0x00, 0x00, 0xc0, 0x80, 0x00,
	0x10, 0x00, 0x40, 0x20, 0x00, 0x21, 0x00, 0x82, 0xb1, 0x77, 0x24, 0x53, 0x85, 0x09, 0x02, 0xb3, 0xec, 0xf7, 0xf0,
}

func TestDecompress(t *testing.T) {
	var z bytes.Buffer
	for _, part := range []string{"a\n", "b\n"} { // two members, as after cat x.gz y.gz
		w := gzip.NewWriter(&z)
		if _, err := w.Write([]byte(part)); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	r, err := Decompress(&z, Gzip)
	if err != nil {
		t.Fatal(err)
	}
	if got := decode(t, r, Hive(), 10); cmp.Diff([]string{"a", "b"}, got) != "" {
		t.Errorf("got %q", got)
	}
	r, err = Decompress(bytes.NewReader(bz2), Bzip2)
	if err != nil {
		t.Fatal(err)
	}
	if got := decode(t, r, Hive(), 10); cmp.Diff([]string{"x"}, got) != "" {
		t.Errorf("got %q", got)
	}
	if _, err := Decompress(strings.NewReader("no gzip"), Gzip); err == nil {
		t.Error("Decompress took plain text for gzip")
	}
}

func TestCodecOf(t *testing.T) {
	for name, want := range map[string]Codec{"a": Plain, "a.txt": Plain, "a.GZ": Gzip, "a.bz2": Bzip2, ".gz": Gzip} {
		if got, err := CodecOf(name); got != want || err != nil {
			t.Errorf("CodecOf(%q) = %q, %v; want %q", name, got, err, want)
		}
	}
	if _, err := CodecOf("a.snappy"); err == nil {
		t.Error("CodecOf took snappy for text")
	}
}

// allFormats are the formats that fuzzing goes through.
func allFormats() []EncoderOptions {
	long, bar := Hive(), CSV()
	long.Delimiter, long.Null = "||", "NULL"
	bar.Delimiter, bar.LineEnd, bar.Null = "||", "\r\n", "nil"
	word := escaping(true)
	word.Null = "null"
	return []EncoderOptions{
		{Format: Hive()},
		{Format: long},
		{Format: long, OnDelimiter: Replace, Replacement: "-"},
		{Format: escaping(false), OnDelimiter: Escape},
		{Format: word, OnDelimiter: Escape},
		{Format: CSV()},
		{Format: bar},
	}
}

func FuzzEncodeDecode(f *testing.F) {
	for _, s := range []string{"a|b\\", "||", "\r\n", "null", `\N`, "NULL", "\"", "nil", "n", "中", "", "a\x01"} {
		f.Add(s, "x", false, 3)
		f.Add("|", s, true, 1)
	}
	f.Fuzz(func(t *testing.T, x, y string, null bool, window int) {
		for _, o := range allFormats() {
			b := plugins.NewBatch([]plugins.Column{{Name: "x", Kind: plugins.KindString}, {Name: "y", Kind: plugins.KindString}})
			for _, v := range []string{x, "mid"} {
				b.Columns[0].AppendString(v)
				if null {
					b.Columns[1].AppendNull()
				} else {
					b.Columns[1].AppendString(y)
				}
				b.EndRow(1)
			}
			text, refused := encode(t, o, b)
			if o.Format.Quote != 0 && len(refused) > 0 {
				t.Fatalf("CSV refused rows %v", refused)
			}
			compareRows(t, b, refused, text, o.Format)
		}
	})
}

func compareRows(t *testing.T, b *plugins.Batch, refused []int, text string, f Format) {
	t.Helper()
	d := NewDecoder(iotest.HalfReader(strings.NewReader(text)), f, 0, 1<<20)
	for i := range b.Rows {
		if len(refused) > 0 && refused[0] == i {
			refused = refused[1:]
			continue
		}
		row, err := d.Next()
		if err != nil || len(row.Fields) != len(b.Columns) {
			t.Fatalf("%+v: row %d of %q: %d fields, %v", f, i, text, len(row.Fields), err)
		}
		for c := range b.Columns {
			v := &b.Columns[c]
			if v.IsNull(i) != (row.Fields[c] == nil) || !bytes.Equal(v.Bytes(i), row.Fields[c]) {
				t.Fatalf("%+v: row %d of %q: field %d is %q; want %q", f, i, text, c, row.Fields[c], v.Bytes(i))
			}
		}
	}
	if _, err := d.Next(); !errors.Is(err, io.EOF) {
		t.Fatalf("%+v: rows behind the end of %q: %v", f, text, err)
	}
}

func FuzzDecode(f *testing.F) {
	for _, s := range []string{"a,b\n", "\"a\n", "\"\"\"", "\\\n\r\r\n", "||\\|", strings.Repeat("x", 300)} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, o := range allFormats() {
			whole := decode(t, bytes.NewReader(data), o.Format, 64)
			pieces := decode(t, iotest.OneByteReader(bytes.NewReader(data)), o.Format, 64)
			if diff := cmp.Diff(whole, pieces); diff != "" {
				t.Fatalf("%+v: %q depends on how it arrives (-whole +byte by byte):\n%s", o.Format, data, diff)
			}
		}
	})
}
