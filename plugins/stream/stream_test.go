package stream

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"weft/plugins"
	"weft/plugins/plugintest"
)

// decode reads settings as a job file has them and validates them.
func decode[C plugins.Config](t testing.TB, into C, text string) C {
	t.Helper()
	if err := json.Unmarshal([]byte(text), into); err != nil {
		t.Fatal(err)
	}
	for _, f := range into.Validate() {
		if f.Severity == plugins.Fail {
			t.Fatalf("%s: %s", f.Key, f.Text)
		}
	}
	return into
}

const everyType = `"column": [{"name":"id","type":"id"},{"type":"bool","random":"9,1"},{"type":"byte"},{"type":"short"},{"type":"int"},
	{"type":"long","random":"-9223372036854775808,9223372036854775807"},{"type":"uint64"},{"type":"float"},{"type":"double","random":"-5,5"},
	{"type":"decimal(12,2)","random":"-100,100"},{"type":"decimal(38,0)"},{"type":"biginteger"},{"type":"char"},{"type":"string","random":"0,40"},
	{"type":"string(5)"},{"type":"bytes(9)"},{"type":"date"},{"type":"time(3)"},{"type":"datetime(6)"},{"type":"timestamp"},{"type":"json"},
	{"type":"string","value":"fixed"},{"type":"int","value":7},{"type":"datetime","value":"2024-02-29 10:11:12"},{"type":"date","value":"null"}]`

func readerOf(t testing.TB, settings string, setup plugins.Setup) *reader {
	t.Helper()
	r, err := newReader(decode(t, &ReaderConfig{}, settings), setup)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestConformance(t *testing.T) {
	settings := `{"rows": 211, "seed": 5, "nullRatio": 0.2, ` + everyType + `}`
	columns, err := readerOf(t, settings, plugins.Setup{}).Describe(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	var kinds []plugins.Column
	for _, c := range columns {
		c.Constant = nil
		kinds = append(kinds, c)
	}
	prints := true
	for _, config := range []*WriterConfig{{}, {Print: &prints}} {
		plugintest.Run(t, plugintest.Suite{
			Reader: &plugintest.Reader{
				New: func() (plugins.Reader, error) {
					return newReader(decode(t, &ReaderConfig{}, settings), plugins.Setup{})
				},
				Columns: columns,
				Rows:    211,
				Resumes: true,
			},
			Writer: &plugintest.Writer{
				NewTarget: func() (*plugintest.Target, error) {
					return &plugintest.Target{New: func() (plugins.Writer, error) {
						return newWriter(config, plugins.Setup{}, io.Discard), nil
					}}, nil
				},
				Columns: kinds,
				Blind:   true,
			},
		})
	}
}

// read returns all rows of all splits.
func read(t *testing.T, r *reader, want int) []string {
	t.Helper()
	ctx := context.Background()
	columns, err := r.Describe(ctx)
	if err != nil {
		t.Fatal(err)
	}
	splits, err := r.Splits(ctx, want)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, split := range splits {
		if err := r.Open(ctx, split, ""); err != nil {
			t.Fatal(err)
		}
		for {
			b := plugins.NewBatch(columns)
			err := r.Read(ctx, b)
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			rows, err := plugintest.Rows(b)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, rows...)
		}
	}
	return all
}

func TestRowsDependOnSeedAndNumberAlone(t *testing.T) {
	settings := `{"rows": 5000, "seed": %d, ` + everyType + `}`
	one := read(t, readerOf(t, fmt.Sprintf(settings, 1), plugins.Setup{}), 1)
	many := read(t, readerOf(t, fmt.Sprintf(settings, 1), plugins.Setup{}), 13)
	if diff := cmp.Diff(one, many); diff != "" {
		t.Errorf("13 splits give other rows: %.500s", diff)
	}
	other := read(t, readerOf(t, fmt.Sprintf(settings, 2), plugins.Setup{}), 1)
	same := 0
	for i := range one {
		if one[i] == other[i] {
			same++
		}
	}
	if same > 0 {
		t.Errorf("%d of %d rows are the same with another seed", same, len(one))
	}
}

func TestValuesChangeFromRowToRow(t *testing.T) {
	r := readerOf(t, `{"rows": 2000, "column": [{"type":"id"},{"type":"int"},{"type":"double"},{"type":"decimal"},{"type":"string"},
		{"type":"datetime"},{"type":"bytes"},{"type":"json"}]}`, plugins.Setup{})
	distinct := make([]map[string]bool, 8)
	for _, row := range read(t, r, 1) {
		for c, value := range strings.Split(row, "\x1f") {
			if distinct[c] == nil {
				distinct[c] = map[string]bool{}
			}
			distinct[c][value] = true
		}
	}
	for c, values := range distinct {
		if len(values) < 1900 {
			t.Errorf("column %d has %d values in 2000 rows", c, len(values))
		}
	}
}

func TestBoundsAreKeptAndReached(t *testing.T) {
	r := readerOf(t, `{"rows": 3000, "column": [{"type":"int","random":"-2,2"},{"type":"decimal(5,1)","random":"0,1"},{"type":"string","random":"0,3"},
		{"type":"date","random":"2024-02-28,2024-03-01"},{"type":"bool","random":"1,0"}]}`, plugins.Setup{})
	seen := make([]map[string]bool, 5)
	for _, row := range read(t, r, 1) {
		for c, value := range strings.Split(row, "\x1f") {
			if seen[c] == nil {
				seen[c] = map[string]bool{}
			}
			if c == 2 {
				value = fmt.Sprint(len(value))
			}
			seen[c][value] = true
		}
	}
	for c, want := range []int{5, 11, 4, 3, 1} {
		if len(seen[c]) != want {
			t.Errorf("column %d: %d values, want %d: %v", c, len(seen[c]), want, seen[c])
		}
	}
	if !seen[0]["-2"] || !seen[0]["2"] || !seen[3]["2024-02-29"] || !seen[4]["true"] || !seen[1]["1.0"] {
		t.Errorf("bounds not reached: %v", seen)
	}
}

func TestNullRatio(t *testing.T) {
	r := readerOf(t, `{"rows": 20000, "nullRatio": 0.25, "column": [{"type":"id"},{"type":"int"},{"type":"string","nullRatio":0},{"type":"int","nullRatio":1}]}`, plugins.Setup{})
	nulls := make([]int, 4)
	for _, row := range read(t, r, 3) {
		for c, value := range strings.Split(row, "\x1f") {
			if value == plugintest.Null {
				nulls[c]++
			}
		}
	}
	if nulls[0] != 0 || nulls[1] < 4700 || nulls[1] > 5300 || nulls[2] != 0 || nulls[3] != 20000 {
		t.Errorf("NULLs %v of 20000, want none, a quarter, none, all", nulls)
	}
}

func TestSliceRecordCount(t *testing.T) {
	cases := []struct {
		settings string
		channel  int
		want     []int64
	}{
		{`"sliceRecordCount": ["100", 50]`, 2, []int64{100, 50}},
		{`"sliceRecordCount": [100]`, 3, []int64{100}},
		{`"sliceRecordCount": 10`, 3, []int64{10, 10, 10}},
		{`"sliceRecordCount": "10"`, 0, []int64{10}},
		{`"rows": 10`, 2, []int64{3, 3, 2, 2}},
		{`"rows": 2`, 2, []int64{1, 1}},
	}
	for _, c := range cases {
		r := readerOf(t, `{`+c.settings+`, "column":[{"type":"id"}]}`, plugins.Setup{Channel: c.channel})
		splits, err := r.Splits(context.Background(), 4)
		if err != nil {
			t.Fatal(err)
		}
		var got []int64
		for _, s := range splits {
			got = append(got, s.Rows)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s with %d channels: %s", c.settings, c.channel, diff)
		}
		if rows := read(t, r, 4); rows[len(rows)-1] != fmt.Sprint(len(rows)) {
			t.Errorf("%s: ids end with %s after %d rows", c.settings, rows[len(rows)-1], len(rows))
		}
	}
}

func TestBadSettings(t *testing.T) {
	for _, settings := range []string{
		`{}`, `{"rows": 5}`, `{"rows": -1, "column":[{"type":"id"}]}`, `{"column":[{"type":"id"}]}`,
		`{"rows": 1, "sliceRecordCount": 5, "column":[{"type":"id"}]}`, `{"sliceRecordCount": [5, 0], "column":[{"type":"id"}]}`,
		`{"rows": 1, "nullRatio": 2, "column":[{"type":"id"}]}`, `{"rows": 1, "column":[{"type":"id","nullRatio":-1}]}`,
		`{"rows": 1, "column":[{"type":"int","random":"5"}]}`, `{"rows": 1, "column":[{"type":"int","random":"5,1"}]}`,
		`{"rows": 1, "column":[{"type":"byte","random":"0,200"}]}`, `{"rows": 1, "column":[{"type":"int","value":"x"}]}`,
		`{"rows": 1, "column":[{"type":"byte","value":"300"}]}`, `{"rows": 1, "column":[{"type":"decimal(2,5)"}]}`,
		`{"rows": 1, "column":[{"type":"date(3)"}]}`, `{"rows": 1, "column":[{"type":"string(3)","random":"1,9"}]}`,
		`{"rows": 1, "column":[{"type":"datetime","random":"2024-13-01,2025-01-01"}]}`, `{"rows": 1, "column":[{"type":"double","random":"a,b"}]}`,
		`{"rows": 1, "column":[{"type":"decimal(5,2)","random":"0,1000"}]}`, `{"rows": 1, "column":[{"type":"bool","random":"0,0"}]}`,
	} {
		var config ReaderConfig
		if err := json.Unmarshal([]byte(settings), &config); err != nil {
			t.Errorf("%s: %v", settings, err)
			continue
		}
		failed := false
		for _, f := range config.Validate() {
			failed = failed || f.Severity == plugins.Fail && f.Key != "" && f.Text != ""
		}
		if !failed {
			t.Errorf("%s was taken", settings)
		}
	}
}

func TestUnknownTypesAreTextExceptInNativeJobs(t *testing.T) {
	config := decode(t, &ReaderConfig{}, `{"rows": 1, "column":[{"type":"map"}]}`)
	if _, err := newReader(config, plugins.Setup{Dialect: plugins.DialectNative}); plugins.ClassOf(err) != plugins.Fatal {
		t.Errorf("native: %v", err)
	}
	r, err := newReader(config, plugins.Setup{Dialect: plugins.DialectFlinkX})
	if err != nil || r.columns[0].Kind != plugins.KindString {
		t.Errorf("FlinkX: %v", err)
	}
	if list := config.Validate(); len(list) != 1 || list[0].Severity != plugins.Warn {
		t.Errorf("findings %+v, want one warning", list)
	}
}

func TestPrint(t *testing.T) {
	columns := []plugins.Column{{Kind: plugins.KindInt64}, {Kind: plugins.KindString}, {Kind: plugins.KindTimestamp, Scale: 3}, {Kind: plugins.KindDatetime}}
	yes := true
	null := `\N`
	cases := []struct {
		config  WriterConfig
		dialect plugins.Dialect
		want    string
	}{
		{WriterConfig{}, plugins.DialectNative, ""},
		{WriterConfig{}, plugins.DialectDataX, "7\tNULL\t1970-01-01 00:00:01.000Z\t1970-01-01 00:00:02\n"},
		{WriterConfig{Print: &yes}, plugins.DialectFlinkX, "7|NULL|1970-01-01 00:00:01.000Z|1970-01-01 00:00:02\n"},
		{WriterConfig{Print: &yes, FieldDelimiter: ", ", NullFormat: &null}, plugins.DialectNative, "7, \\N, 1970-01-01 00:00:01.000Z, 1970-01-01 00:00:02\n"},
	}
	for _, c := range cases {
		var out bytes.Buffer
		w := newWriter(&c.config, plugins.Setup{Dialect: c.dialect}, &out)
		ctx := context.Background()
		if _, err := w.Open(ctx, plugins.Attempt{Columns: columns}); err != nil {
			t.Fatal(err)
		}
		b := plugins.NewBatch(columns)
		b.Columns[0].AppendInt(7)
		b.Columns[1].AppendNull()
		b.Columns[2].AppendInt(1_000_000)
		b.Columns[3].AppendInt(2_000_000)
		b.EndRow(1)
		if err := w.Write(ctx, b); err != nil {
			t.Fatal(err)
		}
		m, err := w.Seal(ctx, plugins.Unit{})
		if err != nil || m.Counters.BytesWritten != int64(out.Len()) {
			t.Errorf("sealed with %d bytes of %d, %v", m.Counters.BytesWritten, out.Len(), err)
		}
		if out.String() != c.want {
			t.Errorf("printed %q, want %q", out.String(), c.want)
		}
	}
}

func TestPlugins(t *testing.T) {
	list := Plugins(io.Discard)
	registry, err := plugins.NewRegistry(list...)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"streamreader", "streamwriter", "print", "null", "stream"} {
		_, reads := registry.Reader(name)
		p, writes := registry.Writer(name)
		if !reads && !writes {
			t.Errorf("%s is not there", name)
		}
		if writes {
			if _, err := p.NewWriter(p.NewWriterConfig(), plugins.Setup{}); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	if _, err := list[0].NewReader(list[0].NewWriterConfig(), plugins.Setup{}); err == nil {
		t.Error("a reader was made of a writer's settings")
	}
	if findings := (&WriterConfig{Path: "/x"}).Validate(); len(findings) != 1 {
		t.Errorf("a path gives %v", findings)
	}
}

// BenchmarkReader generates the eight columns of the benchmark table.
func BenchmarkReader(b *testing.B) {
	r := readerOf(b, `{"rows": 1000000000000, "column":[{"type":"id"},{"type":"int"},{"type":"int"},{"type":"timestamp"},
		{"type":"decimal"},{"type":"string"},{"type":"string"},{"type":"string"}]}`, plugins.Setup{})
	ctx := context.Background()
	columns, err := r.Describe(ctx)
	if err != nil {
		b.Fatal(err)
	}
	splits, err := r.Splits(ctx, 1)
	if err != nil {
		b.Fatal(err)
	}
	if err := r.Open(ctx, splits[0], ""); err != nil {
		b.Fatal(err)
	}
	batch := plugins.NewBatch(columns)
	rows := 0
	b.ReportAllocs()
	for b.Loop() {
		batch.Reset(columns)
		if err := r.Read(ctx, batch); err != nil {
			b.Fatal(err)
		}
		rows += batch.Rows
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(rows), "ns/row")
}

// TestDateWithATimeOfDay: the date of the old tools is java.util.Date, which
// has one; settings are validated before anybody knows the dialect.
func TestDateWithATimeOfDay(t *testing.T) {
	settings := `{"sliceRecordCount": 2, "column": [{"value":"2001-06-04 00:00:00","type":"date"},
		{"type":"date","random":"2014-07-07 00:00:00, 2016-07-07 12:00:00"},{"type":"date","value":"2001-06-04"}]}`
	for dialect, last := range map[plugins.Dialect]plugins.Kind{
		plugins.DialectDataX: plugins.KindDatetime, plugins.DialectFlinkX: plugins.KindDate, plugins.DialectNative: plugins.KindDate,
	} {
		r := readerOf(t, settings, plugins.Setup{Dialect: dialect})
		if r.columns[0].Kind != plugins.KindDatetime || r.columns[1].Kind != plugins.KindDatetime || r.columns[2].Kind != last {
			t.Errorf("%s: kinds %v, %v, %v", dialect, r.columns[0].Kind, r.columns[1].Kind, r.columns[2].Kind)
		}
	}
}
