package hdfs

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"weft/internal/fsys"
	"weft/plugins"
	"weft/plugins/plugintest"

	"github.com/google/go-cmp/cmp"
)

// reader returns a reader of its own, described and ready for Open.
func (w *world) reader(path string, change func(*ReaderConfig)) *reader {
	w.t.Helper()
	c := newReaderConfig()
	c.Path = []string{path}
	c.Column = []ColumnSpec{{Name: "*", Index: -1}}
	c.FieldDelimiter = ","
	if change != nil {
		change(c)
	}
	for _, f := range c.Validate() {
		if f.Severity == plugins.Fail {
			w.t.Fatalf("config: %s: %s", f.Key, f.Text)
		}
	}
	r, err := newReader(c, setup(), connectTo(w.fs))
	if err != nil {
		w.t.Fatal(err)
	}
	r.minPiece = 1
	return r
}

// readAll reads all splits in batches of a few rows; refused rows come as
// !code column raw.
func (w *world) readAll(r *reader, want int) []string {
	w.t.Helper()
	columns, err := r.Describe(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	r.setup.Columns = columns
	splits, err := r.Splits(w.t.Context(), want)
	if err != nil {
		w.t.Fatal(err)
	}
	rows := []string{}
	b := plugins.NewBatch(columns)
	b.MaxRows = 3
	for _, split := range splits {
		if err := r.Open(w.t.Context(), split, ""); err != nil {
			w.t.Fatal(err)
		}
		for {
			b.Reset(columns)
			err := r.Read(w.t.Context(), b)
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				w.t.Fatal(err)
			}
			list, err := plugintest.Rows(b)
			if err != nil {
				w.t.Fatal(err)
			}
			for _, row := range list {
				rows = append(rows, strings.ReplaceAll(row, "\x1f", "/"))
			}
			for _, e := range b.Refused {
				rows = append(rows, fmt.Sprintf("!%s %s %s", e.Code, e.Column, e.Raw))
			}
		}
	}
	return rows
}

func gzipped(t *testing.T, text string) string {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if _, err := z.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestReadTypes(t *testing.T) {
	w := newWorld(t)
	w.put("/t/in/f", "1, 7 ,12.5,2024-02-29 01:02:03.5,true,aGk=,x\n"+
		"\\N,,\\N,,,\\N,\n"+
		"many\n"+
		"1,300,0,,,,\n"+
		"2,1,12.505,,,,y\n"+
		"3,1,1,2024-13-01,,,\n"+
		"4,1,1,,false,!!!,\n"+
		"5,1,1,,,,\xff\n")
	r := w.reader("/t/in", func(c *ReaderConfig) {
		value := "fixed"
		c.Column = []ColumnSpec{
			{Index: 0, Name: "id", Type: "bigint"}, {Index: 1, Type: "TINYINT"}, {Index: 2, Type: "decimal(10,2)"},
			{Index: 3, Type: "timestamp"}, {Index: 4, Type: "boolean"}, {Index: 5, Type: "binary"}, {Index: 6, Type: "varchar(1)"},
			{Index: -1, Name: "k", Value: &value},
		}
	})
	want := []string{
		`1/7/12.50/2024-02-29 01:02:03.500000/true/aGk=/x/fixed`,
		`\N/\N/\N/\N/\N/\N//fixed`,
		`!format c1 many`,
		`!overflow c1 1,300,0,,,,`,
		`!precision c2 2,1,12.505,,,,y`,
		`!overflow c3 3,1,1,2024-13-01,,,`,
		`!conversion c5 4,1,1,,false,!!!,`,
		"!encoding c6 5,1,1,,,,\xff",
	}
	got := w.readAll(r, 1)
	slices.Sort(got)
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

func TestReadDatePatterns(t *testing.T) {
	w := newWorld(t)
	w.put("/t/in/f", "20240229,1/2/2024 3:04:05,20240301\n\\N,,\n20241301,x,20240301\n20240101,31/12/2024 23:59:59,x\n")
	r := w.reader("/t/in", func(c *ReaderConfig) {
		c.Column = []ColumnSpec{{Index: 0, Type: "date", Format: "yyyyMMdd"}, {Index: 1, Type: "timestamp", Format: "d/M/yyyy H:mm:ss"},
			{Index: 2, Type: "string", Format: "yyyyMMdd"}}
	})
	want := []string{
		"2024-02-29/2024-02-01 03:04:05.000000/2024-03-01 00:00:00",
		`\N/\N/`,
		"!conversion c1 20241301,x,20240301",
		"!conversion c2 20240101,31/12/2024 23:59:59,x",
	}
	if diff := cmp.Diff(want, w.readAll(r, 1)); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

func TestReadEverythingAsText(t *testing.T) {
	w := newWorld(t)
	w.put("/t/in/a/empty", "")
	w.put("/t/in/a/f", "1,,x\n")
	w.put("/t/in/b.gz", gzipped(t, "2,y,\\N\n"))
	w.put("/t/in/.hidden", "3,z,\n")
	w.put("/t/in/_tmp/f", "4,z,\n")
	if diff := cmp.Diff([]string{"1//x", `2/y/\N`}, w.readAll(w.reader("/t/in", nil), 4)); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

func TestReadPartitions(t *testing.T) {
	w := newWorld(t)
	w.put("/t/in/dt=2024-01-01/h=a%3Ab/f", "1\n")
	w.put("/t/in/dt=2024-01-02/h=__HIVE_DEFAULT_PARTITION__/f", "2\n")
	w.put("/t/in/other/f", "3\n")
	r := w.reader("/t/in", func(c *ReaderConfig) {
		c.Column = []ColumnSpec{{Index: 0, Type: "int"}, {Index: -1, Name: "DT", Type: "date", IsPart: true}, {Index: -1, Name: "h", IsPart: true}}
	})
	want := []string{"1/2024-01-01/a:b", `2/2024-01-02/\N`, `3/\N/\N`}
	if diff := cmp.Diff(want, w.readAll(r, 1)); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

func TestPathsAndPatterns(t *testing.T) {
	w := newWorld(t)
	for _, name := range []string{"d1/a.txt", "d1/b.csv", "d2/a.txt", "d3/x/a.txt", ".d/a.txt"} {
		w.put("/t/in/"+name, name+"\n")
	}
	for _, tt := range []struct {
		paths  []string
		filter string
		want   []string
	}{
		{[]string{"/t/in/d1", "/t/in/d2/a.txt"}, "", []string{"d1/a.txt", "d1/b.csv", "d2/a.txt"}},
		{[]string{"/t/in/d1", "/t/in/d1/a.txt"}, "", []string{"d1/a.txt", "d1/b.csv"}},
		{[]string{"/t/in/d[12]/*.txt"}, "", []string{"d1/a.txt", "d2/a.txt"}},
		{[]string{"/t/in/{d1/b.csv,d{2,3}}"}, "", []string{"d1/b.csv", "d2/a.txt", "d3/x/a.txt"}},
		{[]string{"hdfs://ns1/t/in/?1"}, ".*\\.csv", []string{"d1/b.csv"}},
		{[]string{"/t/in/*"}, "a", []string{}},
	} {
		r := w.reader("/", func(c *ReaderConfig) {
			c.Path, c.FilterRegex, c.FieldDelimiter = tt.paths, tt.filter, ";"
			c.Column = []ColumnSpec{{Index: 0}}
		})
		if diff := cmp.Diff(tt.want, w.readAll(r, 1)); diff != "" {
			t.Errorf("%v filtered by %q (-want +got):\n%s", tt.paths, tt.filter, diff)
		}
	}
	for _, path := range []string{"/t/nothing", "/t/in/z*"} {
		_, err := w.reader(path, nil).Splits(t.Context(), 1)
		if plugins.ReasonOf(err) != plugins.ReasonNotFound || plugins.ClassOf(err) != plugins.Fatal {
			t.Errorf("splits of %s: %v; want fatal, not found", path, err)
		}
	}
	if _, err := w.reader("/t/in/{a", nil).Splits(t.Context(), 1); err == nil {
		t.Error("an open brace was taken")
	}
}

func TestSnappyIsNotText(t *testing.T) {
	w := newWorld(t)
	w.put("/t/in/f.snappy", "x")
	if _, err := w.reader("/t/in", nil).Splits(t.Context(), 1); plugins.ClassOf(err) != plugins.Fatal {
		t.Errorf("splits: %v; want fatal", err)
	}
}

// Wherever a file is cut, every line has one owner: lines of random lengths
// and line ends, any number of splits.
func TestSplitsAnywhere(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewPCG(seed, 1))
	for range 200 {
		w := newWorld(t)
		var want []string
		for file := range 1 + rnd.IntN(4) {
			var text strings.Builder
			for i := range rnd.IntN(12) {
				line := fmt.Sprint(file, ".", i, strings.Repeat("x", rnd.IntN(9)))
				want = append(want, line)
				text.WriteString(line + []string{"\n", "\r\n", "\r"}[rnd.IntN(3)])
			}
			w.put(fmt.Sprint("/t/in/", file), text.String())
		}
		pieces := 1 + rnd.IntN(20)
		got := w.readAll(w.reader("/t/in", func(c *ReaderConfig) { c.Column = []ColumnSpec{{Index: 0}} }), pieces)
		slices.Sort(got)
		slices.Sort(want)
		if diff := cmp.Diff(append([]string{}, want...), got); diff != "" {
			t.Fatalf("%d splits (-want +got):\n%s", pieces, diff)
		}
	}
}

func TestChangedFileStopsTheRun(t *testing.T) {
	w := newWorld(t)
	w.put("/t/in/f", "1\n2\n")
	r := w.reader("/t/in", nil)
	splits, err := r.Splits(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	w.remove("/t/in/f")
	w.put("/t/in/f", "1\n2\n3\n")
	r.setup.Columns, err = r.Describe(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err = r.Open(t.Context(), splits[0], ""); err == nil {
		err = r.Read(t.Context(), plugins.NewBatch(r.setup.Columns))
	}
	if plugins.ReasonOf(err) != plugins.ReasonChanged || plugins.ClassOf(err) != plugins.Fatal {
		t.Errorf("reading a changed file: %v; want fatal, changed", err)
	}
}

func TestOpenRefusesForeignPositions(t *testing.T) {
	w := newWorld(t)
	w.put("/t/in/f", "1\n")
	r := w.reader("/t/in", nil)
	splits, err := r.Splits(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []plugins.Position{"x", "0", "9:0", "0:-2", "-1:0", "0:99"} {
		if err := r.Open(t.Context(), splits[0], p); err == nil {
			t.Errorf("Open took the position %q", p)
		}
	}
}

func FuzzPosition(f *testing.F) {
	f.Add("0:0")
	f.Add("3:-1")
	f.Fuzz(func(t *testing.T, s string) {
		at, offset, err := parsePosition(plugins.Position(s), 3)
		if err == nil && (at < 0 || at > 3 || offset < -1) {
			t.Fatalf("parsePosition(%q) = %d, %d", s, at, offset)
		}
	})
}

func TestConformance(t *testing.T) {
	w := newWorld(t)
	columns := []plugins.Column{
		{Name: "id", Kind: plugins.KindInt64, Length: 8, Nullable: true, SourceType: "BIGINT"},
		{Name: "name", Kind: plugins.KindString, Nullable: true, SourceType: "STRING"},
		{Name: "price", Kind: plugins.KindDecimal, Precision: 10, Scale: 2, Nullable: true, SourceType: "DECIMAL(10,2)"},
	}
	rows, refused := 0, 0
	for file := range 3 {
		var text strings.Builder
		for i := range 60 {
			switch {
			case i%20 == 7:
				text.WriteString("broken,line\n")
				refused++
			default:
				fmt.Fprintf(&text, "%d,name %d,%d.5\n", file*100+i, i, i)
				rows++
			}
		}
		if file == 2 {
			w.put("/t/in/2.gz", gzipped(t, text.String()))
			continue
		}
		w.put(fmt.Sprint("/t/in/", file), text.String())
	}
	newOne := func() (plugins.Reader, error) {
		r := w.reader("/t/in", func(c *ReaderConfig) {
			c.Column = []ColumnSpec{{Index: 0, Name: "id", Type: "bigint"}, {Index: 1, Name: "name", Type: "string"}, {Index: 2, Name: "price", Type: "decimal(10,2)"}}
		})
		r.setup.Columns = columns
		return r, nil
	}
	plugintest.Run(t, plugintest.Suite{
		Reader: &plugintest.Reader{New: newOne, Columns: columns, Rows: rows, Refused: refused, Resumes: true},
	})
}

func TestReaderCheck(t *testing.T) {
	w := newWorld(t)
	w.put("/t/in/f", "1\n")
	if got := w.reader("/t/in", nil).Check(t.Context()); len(got) != 1 || got[0].Severity != plugins.OK {
		t.Errorf("Check = %+v", got)
	}
	if got := w.reader("/t/no", nil).Check(t.Context()); got[0].Severity != plugins.Fail || got[0].Reason != plugins.ReasonNotFound {
		t.Errorf("Check of nothing = %+v", got)
	}
}

func TestConnectFailure(t *testing.T) {
	want := errors.New("no such configuration")
	refuse := func(string, map[string]string) (*fsys.Opener, error) { return nil, want }
	wr, err := newWriter(&WriterConfig{Path: "/x"}, setup(), refuse)
	if err != nil {
		t.Fatal(err)
	}
	if err := wr.Prepare(context.Background()); !errors.Is(err, want) || plugins.ClassOf(err) != plugins.Fatal {
		t.Errorf("Prepare: %v; want fatal %v", err, want)
	}
}

// unzipped returns the text of a file, by its name.
func unzipped(name string, data []byte) (string, error) {
	if !strings.HasSuffix(name, ".gz") {
		return string(data), nil
	}
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return "", err
	}
	text, err := io.ReadAll(z)
	return string(text), err
}
