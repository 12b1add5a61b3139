package all

import (
	"errors"
	"io"
	"reflect"
	"testing"

	"weft/internal/fsys"
	"weft/internal/job"
	"weft/plugins"
)

// nowhere is a connect that must not be called: making plugins and reading
// jobs does no I/O.
func nowhere(string, map[string]string) (*fsys.Opener, error) {
	return nil, errors.New("connected without need")
}

func TestEveryPluginIsWhole(t *testing.T) {
	list := List(nowhere, io.Discard)
	registry, err := plugins.NewRegistry(list...)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range list {
		if p.Name == "" || p.Summary == "" || p.Sample == "" {
			t.Errorf("plugin %q: summary %q, sample of %d bytes", p.Name, p.Summary, len(p.Sample))
		}
		if (p.NewReader == nil) != (p.NewReaderConfig == nil) || (p.NewWriter == nil) != (p.NewWriterConfig == nil) {
			t.Errorf("plugin %s has half a side", p.Name)
		}
		if p.NewReader == nil && p.NewWriter == nil {
			t.Errorf("plugin %s neither reads nor writes", p.Name)
		}
		getenv := func(string) (string, bool) { return "value", true }
		spec, found := job.Parse(p.Name+".json", []byte(p.Sample), job.LoadOptions{Registry: registry, Strict: true, Getenv: getenv})
		if spec == nil {
			t.Errorf("sample of %s: %v", p.Name, found)
		}
	}
}

func TestConfigsAreFreshValues(t *testing.T) {
	for _, p := range List(nowhere, io.Discard) {
		for side, fresh := range map[string]func() plugins.Config{"reader": p.NewReaderConfig, "writer": p.NewWriterConfig} {
			if fresh == nil {
				continue
			}
			a, b := reflect.ValueOf(fresh()), reflect.ValueOf(fresh())
			if a.Kind() != reflect.Pointer || a.Pointer() == b.Pointer() && a.Elem().Type().Size() > 0 {
				t.Errorf("%s of %s: two configs are one value", side, p.Name)
			}
		}
	}
}

func TestTheNamesOfTheOldToolsFindPlugins(t *testing.T) {
	registry, err := plugins.NewRegistry(List(nowhere, io.Discard)...)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"mysqlreader", "postgresqlreader", "hdfsreader", "streamreader", "txtfilereader"} {
		if _, ok := registry.Reader(name); !ok {
			t.Errorf("no %s", name)
		}
	}
	for _, name := range []string{"postgresqlwriter", "hdfswriter", "streamwriter"} {
		if _, ok := registry.Writer(name); !ok {
			t.Errorf("no %s", name)
		}
	}
}
