package lint

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const module = "weft/"

// root is the module's root as seen from this folder.
const root = "../.."

func parsed(t *testing.T) []*File {
	t.Helper()
	files, err := Parse(root)
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 50 {
		t.Fatalf("only %d Go files found below %s: the tests would check nothing", len(files), root)
	}
	return files
}

// may says which packages of ours a package outside tests may import. The
// first rule whose folder is a prefix of the importing one holds.
var may = []struct {
	from string
	to   []string
}{
	{"yarnrpc", []string{"yarnrpc"}},
	{"plugins/all", []string{"plugins", "internal/fsys"}},
	{"plugins/plugintest", []string{"plugins"}},
	{"plugins/", []string{"plugins", "internal/fsys", "internal/textfile", "internal/sqlread", "internal/sqlwrite", "internal/faultpoint", "internal/metastore"}},
	{"plugins", nil},
	{"internal/lint", nil},
	{"internal/textfile", []string{"plugins"}},
	{"internal/sqlread", []string{"plugins"}},
	{"internal/dirty", []string{"plugins", "internal/fsys"}},
	{"internal/metastore", []string{"plugins", "internal/metastore"}},
	{"internal/sqlwrite", []string{"plugins", "internal/sqlread"}},
	{"internal/fsys", []string{"internal/fsys", "yarnrpc"}},
	{"internal/faultpoint", []string{"internal/fsys"}},
	{"internal/job", []string{"plugins"}},
	{"internal/fault", []string{"plugins", "internal/job", "internal/fsys", "yarnrpc"}},
	{"internal/verify", []string{"plugins", "internal/job"}},
	{"internal/umbilical", []string{"plugins", "internal/job", "internal/umbilical"}},
	{"internal/checkpoint", []string{"plugins", "internal/job", "internal/fsys"}},
	{"internal/hadoop", []string{"internal/faultpoint", "internal/fsys", "yarnrpc"}},
	{"internal/applog", []string{"internal/fsys", "yarnrpc"}},
	{"internal/submit", []string{"plugins", "internal/job", "internal/fsys", "internal/hadoop", "yarnrpc"}},
	{"container", []string{"container", "plugins", "internal", "yarnrpc/token"}},
	{"am", []string{"am", "plugins", "internal", "yarnrpc"}},
	{"cmd", []string{"cmd", "am", "container", "plugins", "plugins/all", "internal", "yarnrpc"}},
	{"test", []string{"test", "plugins", "internal", "yarnrpc"}},
}

func TestImports(t *testing.T) {
	for _, f := range parsed(t) {
		if f.Test() || strings.HasSuffix(f.Dir, "test") {
			continue
		}
		for _, path := range f.Imports() {
			if target, ours := strings.CutPrefix(path, module); ours && !allowed(f.Dir, target) {
				t.Errorf("%s imports %s: not allowed by the table in internal/lint/imports_test.go", f.Path, path)
			}
		}
	}
}

func allowed(from, target string) bool {
	for _, rule := range may {
		if !strings.HasPrefix(from, rule.from) {
			continue
		}
		for _, to := range rule.to {
			if target == to || to != "plugins" && strings.HasPrefix(target, to+"/") {
				return true
			}
		}
		// A system's folder may have folders of its own; never another's.
		own := strings.Join(strings.SplitN(from, "/", 3)[:min(2, strings.Count(from, "/")+1)], "/")
		return strings.HasPrefix(target, own+"/") || rule.from == "plugins/all" && strings.HasPrefix(target, "plugins/")
	}
	return false
}

// The two contracts that others could build upon import the standard library
// only; the wire library nothing of ours.
func TestContractImportsStandardLibraryOnly(t *testing.T) {
	for _, f := range parsed(t) {
		if f.Dir != "plugins" || f.Test() {
			continue
		}
		for _, path := range f.Imports() {
			if strings.Contains(path, ".") {
				t.Errorf("%s imports %s", f.Path, path)
			}
		}
	}
}

func TestTopLevel(t *testing.T) {
	want := map[string]bool{"am": true, "container": true, "yarnrpc": true, "plugins": true, "conf": true,
		"scripts": true, "cmd": true, "internal": true, "test": true, "docs": true,
		"go.mod": true, "go.sum": true, "Makefile": true, "README.md": true, "bin": true}
	entries, err := os.ReadDir(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !want[e.Name()] && !strings.HasPrefix(e.Name(), ".") {
			t.Errorf("%s does not belong at the top level", e.Name())
		}
	}
}

// Every plugin runs the conformance suite.
func TestPluginsConform(t *testing.T) {
	folders, err := filepath.Glob(root + "/plugins/*/doc.go")
	if err != nil {
		t.Fatal(err)
	}
	checked := 0
	for _, doc := range folders {
		dir := filepath.Dir(doc)
		if name := filepath.Base(dir); name == "all" || name == "plugintest" {
			continue
		}
		checked++
		if !mentions(t, dir, "plugintest.Run") {
			t.Errorf("%s never calls plugintest.Run", dir)
		}
		for _, need := range []string{"README.md", "sample.json", "config.go"} {
			if _, err := os.Stat(filepath.Join(dir, need)); err != nil {
				t.Errorf("%s has no %s", dir, need)
			}
		}
	}
	if checked == 0 {
		t.Fatal("no plugin found")
	}
}

func mentions(t *testing.T, dir, text string) bool {
	t.Helper()
	tests, err := filepath.Glob(dir + "/*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range tests {
		source, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(source), text) {
			return true
		}
	}
	return false
}
