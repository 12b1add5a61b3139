package job

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"weft/plugins"
)

// table is a stand-in for a relational plugin's settings.
type table struct {
	Connection []struct {
		JDBC  []string `json:"jdbcUrl"`
		Table []string `json:"table"`
	} `json:"connection"`
	Username string            `json:"username" weft:"alias=user"`
	Password plugins.Secret    `json:"password"`
	Column   []any             `json:"column"`
	Where    string            `json:"where"`
	SplitPk  string            `json:"splitPk"`
	Fetch    int               `json:"fetchSize"`
	Polling  bool              `json:"polling"`
	Query    string            `json:"customSql" weft:"alias=querySql"`
	Session  any               `json:"session" weft:"ignored"`
	Hadoop   map[string]string `json:"hadoopConfig"`
}

func (t *table) Validate() []plugins.Finding {
	var list []plugins.Finding
	if len(t.Connection) == 0 {
		list = append(list, plugins.Finding{Severity: plugins.Fail, Reason: plugins.ReasonConfig, Key: "connection", Text: "connection is missing"})
	}
	if t.Fetch > 200_000 {
		list = append(list, plugins.Finding{Severity: plugins.Fail, Key: "fetchSize", Text: fmt.Sprintf("fetchSize %d is above 200000", t.Fetch)})
	}
	return list
}

// folder is a stand-in for a file plugin's settings.
type folder struct {
	Path      string            `json:"path"`
	DefaultFS string            `json:"defaultFS"`
	FileName  string            `json:"fileName"`
	FileType  string            `json:"fileType"`
	Delimiter string            `json:"fieldDelimiter"`
	Mode      string            `json:"writeMode"`
	Column    []any             `json:"column"`
	Hadoop    map[string]string `json:"hadoopConfig"`
	Print     bool              `json:"print"`
	Counts    []int64           `json:"sliceRecordCount"`
}

func (*folder) Validate() []plugins.Finding { return nil }

func stand(name string, config func() plugins.Config) plugins.Plugin {
	return plugins.Plugin{
		Name: name, NewReaderConfig: config, NewWriterConfig: config,
		NewReader: func(plugins.Config, plugins.Setup) (plugins.Reader, error) { return nil, nil },
		NewWriter: func(plugins.Config, plugins.Setup) (plugins.Writer, error) { return nil, nil },
	}
}

func testRegistry(t testing.TB) *plugins.Registry {
	t.Helper()
	r, err := plugins.NewRegistry(
		stand("mysql", func() plugins.Config { return &table{Fetch: 1000} }),
		stand("hdfs", func() plugins.Config { return &folder{} }),
		stand("stream", func() plugins.Config { return &folder{} }),
	)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

var testNow = time.Date(2026, 3, 31, 1, 2, 3, 0, time.UTC)

func testOptions(t testing.TB) LoadOptions {
	return LoadOptions{Registry: testRegistry(t), Now: testNow, Getenv: func(name string) (string, bool) {
		return "from-" + name, strings.HasPrefix(name, "HAVE_")
	}}
}

// show writes diagnostics as the golden files have them.
func show(list []Diagnostic) string {
	var b strings.Builder
	for _, d := range list {
		fmt.Fprintf(&b, "%s[%s]: %s\n", d.Level(), d.Code, d.Text)
		if d.Line > 0 {
			fmt.Fprintf(&b, "  %s:%d:%d %s\n", filepath.Base(d.File), d.Line, d.Column, d.Key)
			fmt.Fprintf(&b, "  | %s\n  | %s%s\n", d.Source, strings.Repeat(" ", d.Mark), strings.Repeat("^", d.MarkLength))
		}
		if d.Hint != "" {
			fmt.Fprintf(&b, "  = %s\n", d.Hint)
		}
	}
	return b.String()
}

// golden compares got with a file, or writes it when WEFT_REWRITE is set.
func golden(t *testing.T, path, got string) {
	t.Helper()
	if os.Getenv("WEFT_REWRITE") != "" {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s: got\n%s\nwant\n%s", path, got, want)
	}
}

func each(t *testing.T, pattern string, fn func(t *testing.T, path string)) {
	t.Helper()
	paths, err := filepath.Glob(pattern)
	if err != nil || len(paths) == 0 {
		t.Fatalf("no files %s: %v", pattern, err)
	}
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) { fn(t, path) })
	}
}

// Every mistake of a file is told at once, at its place, and no secret with
// it.
func TestGoldenDiagnostics(t *testing.T) {
	each(t, "testdata/bad/*.json", func(t *testing.T, path string) {
		o := testOptions(t)
		o.Params = map[string]string{"table": "orders", "evil": `x","where":"1=1`}
		spec, list := Load(path, o)
		if spec != nil || !Failed(list) {
			t.Errorf("spec %v, failed %v: want none and a failure", spec, Failed(list))
		}
		got := show(list)
		golden(t, strings.TrimSuffix(path, ".json")+".golden", got)
		if strings.Contains(got, "pw-canary") {
			t.Error("a secret was shown")
		}
	})
}

// Files of the shapes that circulate load, in their own dialect, with at most
// warnings.
func TestGoldenSpecs(t *testing.T) {
	each(t, "testdata/good/*.json", func(t *testing.T, path string) {
		o := testOptions(t)
		o.Params = map[string]string{"table": "orders"}
		spec, list := Load(path, o)
		if spec == nil {
			t.Fatalf("does not load:\n%s", show(list))
		}
		data, err := json.MarshalIndent(spec, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		golden(t, strings.TrimSuffix(path, ".json")+".golden", string(data)+"\n"+show(list))
	})
}
