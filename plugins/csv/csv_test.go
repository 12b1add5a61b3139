package csv

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"weft/internal/fsys"
	"weft/internal/fsys/local"
	"weft/plugins"
	"weft/plugins/plugintest"
)

// onDisk connects to the local disk alone.
func onDisk(string, map[string]string) (*fsys.Opener, error) {
	return fsys.NewOpener("file:///", map[string]fsys.Connect{"file": local.Connect}), nil
}

// write writes files into a new folder and returns it.
func write(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// readerOf makes a reader of settings, in which DIR is the folder.
func readerOf(t testing.TB, dir, settings string) *reader {
	t.Helper()
	config := newConfig(true)
	if err := json.Unmarshal([]byte(strings.ReplaceAll(settings, "DIR", dir)), config); err != nil {
		t.Fatal(err)
	}
	for _, f := range config.Validate() {
		if f.Severity == plugins.Fail {
			t.Fatalf("%s: %s", f.Key, f.Text)
		}
	}
	return newReader(config, plugins.Setup{}, onDisk)
}

// result is what reading gives: rows with | between values, and refusals as
// code and raw row.
type result struct {
	Rows    []string
	Refused []string
}

func read(t testing.TB, r *reader) (result, error) {
	t.Helper()
	ctx := context.Background()
	var got result
	columns, err := r.Describe(ctx)
	if err != nil {
		return got, err
	}
	splits, err := r.Splits(ctx, 2)
	if err != nil {
		return got, err
	}
	for _, split := range splits {
		if err := r.Open(ctx, split, ""); err != nil {
			return got, err
		}
		for err == nil {
			b := plugins.NewBatch(columns)
			if err = r.Read(ctx, b); err != nil {
				break
			}
			rows, err := plugintest.Rows(b)
			if err != nil {
				t.Fatal(err)
			}
			for _, row := range rows {
				got.Rows = append(got.Rows, strings.ReplaceAll(row, "\x1f", "|"))
			}
			for _, refused := range b.Refused {
				got.Refused = append(got.Refused, string(refused.Code)+" "+refused.Raw)
			}
		}
		if !errors.Is(err, io.EOF) {
			return got, err
		}
		err = nil
	}
	return got, r.Close()
}

func gzipped(t testing.TB, text string) string {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if _, err := io.WriteString(z, text); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestConformance(t *testing.T) {
	files := map[string]string{"empty.csv": "", "_hidden.csv": "x\n"}
	var want []string
	for f := range 4 {
		var text strings.Builder
		text.WriteString("\xef\xbb\xbfname,id,at\r\n")
		for i := range 25 {
			n := f*25 + i
			fmt.Fprintf(&text, "\"row %d, \"\"quoted\"\"\nand broken\", %d ,2024-02-29 00:00:%02d.5\r\n", n, n, n%60)
			want = append(want, plugintest.Row(fmt.Sprint(n), fmt.Sprintf("row %d, \"quoted\"\nand broken", n),
				fmt.Sprintf("2024-02-29 00:00:%02d.500000", n%60), "fixed"))
			if i == 7 {
				text.WriteString("x,no number,\r\ntoo few\r\n")
			}
		}
		name, content := fmt.Sprintf("part-%d.csv", f), text.String()
		if f == 2 {
			name, content = name+".gz", gzipped(t, content)
		}
		files[name] = content
	}
	dir := write(t, files)
	settings := `{"path": ["DIR"], "header": true, "column": [{"name":"ID","type":"int"},"name",
		{"name":"at","type":"datetime(3)"},{"name":"source","value":"fixed"}]}`
	columns, err := readerOf(t, dir, settings).Describe(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	plugintest.Run(t, plugintest.Suite{Reader: &plugintest.Reader{
		New:     func() (plugins.Reader, error) { return readerOf(t, dir, settings), nil },
		Columns: columns,
		Rows:    len(want),
		Refused: 8,
		Want:    want,
		Resumes: true,
	}})
}

func TestRead(t *testing.T) {
	cases := []struct {
		name, text, settings string
		want                 result
	}{
		{"everything as text", "a,b\n1,\n\"\",x\n", `{"path":["DIR/f"],"header":true}`, result{Rows: []string{`1|\N`, "|x"}}},
		{"no header, no columns", "1,2\n3,4", `{"path":["DIR/f"]}`, result{Rows: []string{"1|2", "3|4"}}},
		{"by index", "1,2,3\n", `{"path":["DIR/f"],"column":[{"index":2,"type":"int"},{"index":0,"type":"string"}]}`, result{Rows: []string{"3|1"}}},
		{"by place", "1,2,3\n", `{"path":["DIR/f"],"column":["x",{"name":"y","type":"double"}]}`, result{Rows: []string{"1|2"}}},
		{"header in another order", "b,a\n1,2\n", `{"path":["DIR/f"],"header":true,"column":["a","b"]}`, result{Rows: []string{"2|1"}}},
		{"tab and NULL marker", "1\t\\N\n\t\n", `{"path":["DIR/f"],"fieldDelimiter":"\\t","nullFormat":"\\N","column":["a","b"]}`, result{Rows: []string{`1|\N`, "|"}}},
		{"delimiter of two characters", "1||2\n", `{"path":["DIR/f"],"fieldDelimiter":"||","quote":""}`, result{Rows: []string{"1|2"}}},
		{"quotes off", "\"a\",b\n", `{"path":["DIR/f"],"quote":""}`, result{Rows: []string{`"a"|b`}}},
		{"empty lines", "1,2\n\n\r\n3,4\n", `{"path":["DIR/f"]}`, result{Rows: []string{"1|2", "3|4"}}},
		{"empty line of one column", "1\n\n3\n", `{"path":["DIR/f"]}`, result{Rows: []string{"1", `\N`, "3"}}},
		{"too few fields", "1,2\n3\n5,6\n", `{"path":["DIR/f"]}`, result{Rows: []string{"1|2", "5|6"}, Refused: []string{"format 3"}}},
		{"too many for the header", "a\n1,2\n3\n", `{"path":["DIR/f"],"header":true}`, result{Rows: []string{"3"}, Refused: []string{"format 1,2"}}},
		{"no such value", "1\nx\n300\n", `{"path":["DIR/f"],"column":[{"type":"byte"}]}`,
			result{Rows: []string{"1"}, Refused: []string{"conversion x", "overflow 300"}}},
		{"nothing is rounded", "1.25\n1.255\n", `{"path":["DIR/f"],"column":[{"type":"decimal(5,2)"}]}`,
			result{Rows: []string{"1.25"}, Refused: []string{"precision 1.255"}}},
		{"not UTF-8", "\xff\nb\n", `{"path":["DIR/f"]}`, result{Rows: []string{"b"}, Refused: []string{"encoding \xff"}}},
		{"unclosed quote", "\"a\nb\n", `{"path":["DIR/f"],"column":["x"]}`, result{Rows: []string{"b"}, Refused: []string{"format \"a"}}},
		{"header alone", "a,b\n", `{"path":["DIR/f"],"header":true}`, result{}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, err := read(t, readerOf(t, write(t, map[string]string{"f": c.text}), c.settings))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestPathsFoldersAndPatterns(t *testing.T) {
	dir := write(t, map[string]string{"a1.csv": "1\n", "a2.csv": "2\n", "b.csv": "3\n", ".hidden.csv": "4\n"})
	for paths, want := range map[string][]string{
		`["DIR/a*.csv"]`:                        {"1", "2"},
		`["DIR"]`:                               {"1", "2", "3"},
		`["DIR/b.csv", "DIR"]`:                  {"3", "1", "2"},
		`["file://DIR/a1.csv"]`:                 {"1"},
		`["DIR/[ab]1.csv", "file://DIR/b.csv"]`: {"1", "3"},
	} {
		got, err := read(t, readerOf(t, dir, `{"column":["x"],"path":`+paths+`}`))
		if diff := cmp.Diff(want, got.Rows); diff != "" || err != nil {
			t.Errorf("%s: %v %s", paths, err, diff)
		}
	}
}

func TestErrors(t *testing.T) {
	dir := write(t, map[string]string{"f": "a,b\n1,2\n", "empty": "", "bad.gz": "no gzip", "x.lz4": "1\n"})
	cases := []struct {
		settings string
		reason   plugins.Reason
	}{
		{`{"path":["DIR/none"]}`, plugins.ReasonNotFound},
		{`{"path":["DIR/none*"]}`, plugins.ReasonNotFound},
		{`{"path":["DIR/empty"]}`, plugins.ReasonSchema},
		{`{"path":["DIR/f"],"header":true,"column":["c"]}`, plugins.ReasonSchema},
		{`{"path":["DIR/x.lz4"]}`, plugins.ReasonConfig},
		{`{"path":["DIR/bad.gz"]}`, plugins.ReasonUnknown},
	}
	for _, c := range cases {
		_, err := read(t, readerOf(t, dir, c.settings))
		if err == nil || plugins.ReasonOf(err) != c.reason {
			t.Errorf("%s: error %v of reason %q, want %q", c.settings, err, plugins.ReasonOf(err), c.reason)
		}
	}
	for _, settings := range []string{`{}`, `{"path":[""]}`, `{"path":["/x"],"fieldDelimiter":""}`, `{"path":["/x"],"quote":"ab"}`,
		`{"path":["/x"],"encoding":"GBK"}`, `{"path":["/x"],"compress":"lzo"}`, `{"path":["/x"],"column":[{"type":"map"}]}`,
		`{"path":["/x"],"column":[{"index":-1}]}`, `{"path":["/x"],"column":[{"format":"yyyy"}]}`} {
		config := newConfig(true)
		if err := json.Unmarshal([]byte(settings), config); err != nil {
			t.Fatal(err)
		}
		if len(config.Validate()) == 0 {
			t.Errorf("%s was taken", settings)
		}
	}
}

func TestAChangedFileStopsTheRun(t *testing.T) {
	dir := write(t, map[string]string{"f": "1\n2\n"})
	r := readerOf(t, dir, `{"path":["DIR/f"],"column":["x"]}`)
	ctx := context.Background()
	splits, err := r.Splits(ctx, 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "f"), []byte("1\n2\n3\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := r.Open(ctx, splits[0], ""); err != nil {
		t.Fatal(err)
	}
	err = r.Read(ctx, plugins.NewBatch([]plugins.Column{{Kind: plugins.KindString}}))
	if plugins.ClassOf(err) != plugins.Fatal || plugins.ReasonOf(err) != plugins.ReasonChanged {
		t.Errorf("read of a changed file: %v", err)
	}
}

func TestRowsBeyondTheLimitAreRefused(t *testing.T) {
	dir := write(t, map[string]string{"f": "short\n" + strings.Repeat("x", 5000) + "\nlast\n"})
	r := readerOf(t, dir, `{"path":["DIR/f"],"column":["x"]}`)
	r.setup.MaxRowBytes = 1000
	got, err := read(t, r)
	if err != nil || len(got.Rows) != 2 || len(got.Refused) != 1 || !strings.HasPrefix(got.Refused[0], "too_large ") {
		t.Errorf("%d rows, %d refused, %v", len(got.Rows), len(got.Refused), err)
	}
}

func TestPlugins(t *testing.T) {
	registry, err := plugins.NewRegistry(Plugins(onDisk)...)
	if err != nil {
		t.Fatal(err)
	}
	for name, null := range map[string]string{"csv": "", "csvreader": "", "txtfilereader": `\N`} {
		p, ok := registry.Reader(name)
		if !ok {
			t.Errorf("%s is not there", name)
			continue
		}
		config := p.NewReaderConfig()
		if got := config.(*Config).NullFormat; got != null {
			t.Errorf("%s: NULL is %q, want %q", name, got, null)
		}
		if _, err := p.NewReader(config, plugins.Setup{}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzRead: any bytes are read to the end, with each row delivered or refused.
func FuzzRead(f *testing.F) {
	for _, text := range []string{"a,b\n1,2\n", "\"a\nb\",1\n", "\xef\xbb\xbfa\n\xff", "\"", ",,,\n\n,"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		dir := write(t, map[string]string{"f": text})
		for _, header := range []string{"true", "false"} {
			r := readerOf(t, dir, `{"path":["DIR/f"],"header":`+header+`,"column":[{"index":0,"type":"int"},{"index":1}]}`)
			if _, err := read(t, r); err != nil && plugins.ReasonOf(err) == plugins.ReasonUnknown && header == "false" {
				t.Errorf("%q: %v", text, err)
			}
		}
	})
}
