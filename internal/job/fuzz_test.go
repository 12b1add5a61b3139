package job

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"weft/plugins"
)

// FuzzParse: whatever the bytes, Parse ends, gives a Spec or a failure, and a
// Spec survives being stored and read.
func FuzzParse(f *testing.F) {
	for _, pattern := range []string{"testdata/good/*.json", "testdata/bad/*.json", "../../conf/jobs/*.json"} {
		paths, err := filepath.Glob(pattern)
		if err != nil {
			f.Fatal(err)
		}
		for _, path := range paths {
			text, err := os.ReadFile(path)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(text)
		}
	}
	o := testOptions(f)
	o.Params = map[string]string{"table": "t", "x": "1"}
	f.Fuzz(func(t *testing.T, text []byte) {
		spec, list := Parse("f.json", text, o)
		if (spec == nil) != Failed(list) {
			t.Fatalf("spec %v, failed %v", spec, Failed(list))
		}
		for _, d := range list {
			if d.Line > 0 && (d.Column < 1 || d.MarkLength < 1 || d.Mark < 0) {
				t.Fatalf("place of %+v", d)
			}
		}
		if spec != nil {
			stored(t, spec)
		}
	})
}

// stored writes and reads a spec, and decodes both sides again: what Load let
// pass never fails later.
func stored(t *testing.T, spec *Spec) {
	t.Helper()
	data, err := json.Marshal(spec)
	if err != nil {
		t.Fatal(err)
	}
	var again Spec
	if err := json.Unmarshal(data, &again); err != nil {
		t.Fatalf("%v in %s", err, data)
	}
	registry := testRegistry(t)
	for _, side := range []Side{again.Reader, again.Writer} {
		p, ok := registry.Reader(side.Plugin)
		if !ok {
			t.Fatalf("plugin %q is gone", side.Plugin)
		}
		if list := Decode(side.Config, p.NewReaderConfig(), spec.Dialect); Failed(list) {
			t.Fatalf("%s does not decode again: %s", side.Config, show(list))
		}
	}
	if _, err := again.rewrite(func(_, text string) (string, error) { return text, nil }); err != nil {
		t.Fatal(err)
	}
	if again.Dialect == plugins.DialectNative && again.Name == "" {
		t.Fatal("no name")
	}
}
