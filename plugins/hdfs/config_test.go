package hdfs

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"weft/internal/fsys"
	"weft/internal/job"
	"weft/internal/textfile"
	"weft/plugins"

	"github.com/google/go-cmp/cmp"
)

func noConnect(string, map[string]string) (*fsys.Opener, error) { return fsys.NewOpener("", nil), nil }

func TestSampleIsAJob(t *testing.T) {
	plugin := New(noConnect)
	registry, err := plugins.NewRegistry(plugin)
	if err != nil {
		t.Fatal(err)
	}
	spec, diagnostics := job.Parse("sample.json", []byte(plugin.Sample), job.LoadOptions{Registry: registry, Strict: true})
	for _, d := range diagnostics {
		if d.Severity > plugins.Note {
			t.Errorf("%+v", d)
		}
	}
	if spec == nil {
		t.Fatal("no job")
	}
}

// decode reads settings as the engine does, and returns what was found beside.
func decode(t *testing.T, text string, c plugins.Config, dialect plugins.Dialect) string {
	t.Helper()
	var found []string
	for _, d := range job.Decode(json.RawMessage(text), c, dialect) {
		found = append(found, fmt.Sprintf("%s %s: %s", d.Severity, d.Key, d.Text))
	}
	return strings.Join(found, "\n")
}

// The parameters of a writer as FlinkX's manual has them.
func TestFlinkXWriter(t *testing.T) {
	c := newWriterConfig()
	found := decode(t, `{
		"path": "hdfs://ns1/user/hive/warehouse/dev.db/t", "fileName": "pt=20200101", "defaultFS": "hdfs://ns1",
		"fileType": "text", "fieldDelimiter": "\\001", "writeMode": "overwrite", "compress": "GZIP", "charsetName": "UTF-8",
		"maxFileSize": "1073741824", "rowGroupSize": 134217728, "flushInterval": 0,
		"column": [{"name": "id", "type": "BIGINT", "index": 0}, {"name": "name", "type": "VARCHAR(20)", "key": "name"}],
		"fullColumnName": [], "fullColumnType": [],
		"hadoopConfig": {"dfs.nameservices": "ns1", "dfs.ha.namenodes.ns1": "nn1,nn2", "sftpConf": {"host": "h"}, "x": 3, "y": true}
	}`, c, plugins.DialectFlinkX)
	if strings.Contains(found, "FAIL") || strings.Contains(found, "WARN") {
		t.Errorf("found\n%s", found)
	}
	if c.mode != Overwrite || c.codec != textfile.Gzip || c.MaxFileSize != 1<<30 || c.format().Delimiter != "\x01" {
		t.Errorf("config %+v", c)
	}
	want := map[string]string{"dfs.nameservices": "ns1", "dfs.ha.namenodes.ns1": "nn1,nn2", "x": "3", "y": "true"}
	if diff := cmp.Diff(want, c.hadoop()); diff != "" {
		t.Errorf("hadoopConfig (-want +got):\n%s", diff)
	}
}

func TestDataXReader(t *testing.T) {
	c := newReaderConfig()
	found := decode(t, `{
		"path": "/user/hive/warehouse/t/*", "defaultFS": "hdfs://ns1", "fileType": "text", "encoding": "UTF-8",
		"fieldDelimiter": ",", "nullFormat": "\\N", "compress": "", "haveKerberos": false,
		"column": [{"index": "0", "type": "long"}, {"index": 1.0, "type": "double"}, {"type": "string", "value": "hello"}]
	}`, c, plugins.DialectDataX)
	if found != "" {
		t.Errorf("found\n%s", found)
	}
	fields, err := resolve(c.Column, 0)
	if err != nil {
		t.Fatal(err)
	}
	if fields[0].index != 0 || fields[1].index != 1 || fields[1].Kind != plugins.KindFloat64 || *fields[2].constant != "hello" {
		t.Errorf("fields %+v", fields)
	}
}

func TestColumnForms(t *testing.T) {
	for text, want := range map[string]string{
		`["a", "b"]`:                     "a@0 b@1",
		`["*"]`:                          "c0@0 c1@1 c2@2",
		`[3, 1]`:                         "c0@3 c1@1",
		`[{"name": "a", "type": "int"}]`: "a@0",
		`[{"index": 2, "name": "x"}, {"name": "pt", "isPart": true}]`: "x@2 pt@-1",
	} {
		var specs []ColumnSpec
		if err := json.Unmarshal([]byte(text), &specs); err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		fields, err := resolve(specs, 3)
		var got []string
		for _, f := range fields {
			got = append(got, fmt.Sprintf("%s@%d", f.Name, f.index))
		}
		if err != nil || strings.Join(got, " ") != want {
			t.Errorf("%s: fields %v, %v; want %s", text, got, err, want)
		}
	}
	for _, text := range []string{`[{"index": 1}, {"name": "b"}]`, `[{"type": "blob2"}]`, `[{"index": 1.5}]`, `[{"index": -2}]`,
		`[true]`, `[{"index": 0, "type": "date", "format": "dd.MMM.yyyy"}]`} {
		var specs []ColumnSpec
		err := json.Unmarshal([]byte(text), &specs)
		if err == nil {
			_, err = resolve(specs, 3)
		}
		if err == nil {
			t.Errorf("%s was taken", text)
		}
	}
}

func TestWriterConfigRefuses(t *testing.T) {
	for text, want := range map[string]string{
		`{}`:                                                                                   "no path",
		`{"path": "/x", "fileType": "orc"}`:                                                    `"orc" is not supported`,
		`{"path": "/x", "writeMode": "upsert"}`:                                                `"upsert" is unknown`,
		`{"path": "/x", "compress": "bzip2"}`:                                                  `"bzip2" is not supported`,
		`{"path": "/x", "encoding": "GBK"}`:                                                    `"GBK" is not supported`,
		`{"path": "/x", "fieldDelimiter": "\n"}`:                                               "line end",
		`{"path": "/x", "onDelimiter": "drop"}`:                                                "unknown policy",
		`{"path": "/x", "onDelimiter": "escape", "fieldDelimiter": "||"}`:                      "one byte",
		`{"path": "/x", "escapeChar": "\\"}`:                                                   "needs onDelimiter",
		`{"path": "/x", "column": [{"name": "a", "type": "map<int>"}]}`:                        "unknown",
		`{"path": "/x", "column": [{"name": "a", "type": "decimal(40,2)"}]}`:                   "precision",
		`{"path": "/x", "column": [{"type": "int"}]}`:                                          "no name",
		`{"path": "/x", "column": ["a", {"name": "A", "type": "int"}]}`:                        "twice",
		`{"path": "/x", "fileName": "../y"}`:                                                   "no name of visible",
		`{"path": "/x", "haveKerberos": true}`:                                                 "Kerberos",
		`{"path": "/x", "column": ["a"], "fullColumnName": ["b"]}`:                             "not in fullColumnName",
		`{"path": "/x", "fullColumnName": ["b"]}`:                                              "needs column",
		`{"path": "/x", "onDelimiter": "replace", "fieldDelimiter": ",", "replacement": "a,"}`: "replacement",
	} {
		if found := decode(t, text, newWriterConfig(), plugins.DialectNative); !strings.Contains(found, "FAIL") || !strings.Contains(found, want) {
			t.Errorf("%s: want a failure with %q, found\n%s", text, want, found)
		}
	}
}

func TestReaderConfigRefuses(t *testing.T) {
	for text, want := range map[string]string{
		`{"column": ["*"]}`: "no path",
		`{"path": ["/x"]}`:  "no column",
		`{"path": ["/x"], "column": ["*"], "filterRegex": "("}`:      "missing",
		`{"path": ["/x"], "column": ["*"], "fileType": "parquet"}`:   "not supported",
		`{"path": ["/x"], "column": ["*"], "compress": "lzo"}`:       "not supported",
		`{"path": ["/x"], "column": [{"index": 0, "type": "blob"}]}`: "unknown",
	} {
		if found := decode(t, text, newReaderConfig(), plugins.DialectNative); !strings.Contains(found, "FAIL") || !strings.Contains(found, want) {
			t.Errorf("%s: want a failure with %q, found\n%s", text, want, found)
		}
	}
}

func TestPaths(t *testing.T) {
	for text, want := range map[string]string{
		`"/a"`: "/a", `"/a, /b"`: "/a;/b", `"/{a,b}/c,/d"`: "/{a,b}/c;/d", `["/a,b", "/c"]`: "/a,b;/c", `[]`: "",
	} {
		var p Paths
		if err := json.Unmarshal([]byte(text), &p); err != nil || strings.Join(p, ";") != want {
			t.Errorf("%s: %q, %v; want %s", text, p, err, want)
		}
	}
	var p Paths
	if err := json.Unmarshal([]byte("3"), &p); err == nil {
		t.Error("a number was taken for a path")
	}
}

func TestMapFollowsTheReader(t *testing.T) {
	w := newWorld(t)
	source := []plugins.Column{
		{Name: "a", Kind: plugins.KindInt64, Length: 4},
		{Name: "b", Kind: plugins.KindUint64, Length: 8},
		{Name: "c", Kind: plugins.KindDecimal, Precision: 12, Scale: 2},
		{Name: "d", Kind: plugins.KindDecimal, Precision: 65, Scale: 30},
		{Name: "e", Kind: plugins.KindDatetime, Scale: 3},
		{Name: "f", Kind: plugins.KindTimestamp},
		{Name: "g", Kind: plugins.KindTime},
		{Name: "h", Kind: plugins.KindBytes},
		{Name: "i", Kind: plugins.KindJSON},
		{Name: "j", Kind: plugins.KindUint64, Length: 4},
	}
	target, findings, err := w.writer(w.config("/t/out", nil)).Map(t.Context(), source)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range target {
		got = append(got, fmt.Sprint(c.Name, " ", c.SourceType, " ", c.Scale))
	}
	want := []string{"a INT 0", "b DECIMAL(20,0) 0", "c DECIMAL(12,2) 2", "d STRING 0", "e TIMESTAMP 3", "f TIMESTAMP 0",
		"g STRING 0", "h BINARY 0", "i STRING 0", "j BIGINT 0"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("columns (-want +got):\n%s", diff)
	}
	for _, f := range findings {
		if f.Severity > plugins.Note {
			t.Errorf("a mapping of our own choice loses something: %s", f.Text)
		}
	}
	narrow := w.writer(w.config("/t/out", func(c *WriterConfig) { c.Column = []ColumnSpec{{Name: "x", Type: "smallint"}} }))
	_, findings, err = narrow.Map(t.Context(), source[:1])
	if err != nil || len(findings) != 1 || findings[0].Severity != plugins.Warn {
		t.Errorf("int into smallint: %+v, %v; want a warning", findings, err)
	}
	if _, _, err = narrow.Map(t.Context(), source); plugins.ReasonOf(err) != plugins.ReasonSchema {
		t.Errorf("10 columns into 1: %v; want reason schema", err)
	}
}

func FuzzParseType(f *testing.F) {
	for _, s := range []string{"decimal(10,2)", "varchar( 3 )", "int", "bigint unsigned", "(", "decimal()", "timestamp(9)"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		c, err := parseType(s)
		if err == nil && c.Kind == plugins.KindInvalid {
			t.Fatalf("type %q has no kind and no error", s)
		}
	})
}

func FuzzColumnSpec(f *testing.F) {
	for _, s := range []string{`"a"`, `3`, `{"index": "2", "value": 5}`, `[]`, `{"index": 1e9}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var c ColumnSpec
		if err := c.UnmarshalJSON(data); err == nil && (c.Index < -1 || c.Index > maxFields) {
			t.Fatalf("%q has index %d", data, c.Index)
		}
	})
}
