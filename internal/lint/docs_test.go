package lint

import (
	"go/ast"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func TestPackagesExplained(t *testing.T) {
	explained := make(map[string]bool)
	for _, f := range parsed(t) {
		if f.Test() || f.Generated() {
			continue
		}
		explained[f.Dir] = explained[f.Dir] || f.Syntax.Doc != nil && len(f.Syntax.Doc.Text()) > 80
	}
	for dir, ok := range explained {
		if !ok {
			t.Errorf("package %s has no package comment worth the name", dir)
		}
	}
}

func TestExportedExplained(t *testing.T) {
	for _, f := range parsed(t) {
		if f.Test() || f.Generated() || f.Syntax.Name.Name == "main" {
			continue
		}
		for _, decl := range f.Syntax.Decls {
			switch decl := decl.(type) {
			case *ast.FuncDecl:
				if decl.Name.IsExported() && decl.Doc == nil && exportedReceiver(decl) {
					t.Errorf("%s:%d: %s has no doc comment", f.Path, f.Line(decl.Pos()), decl.Name.Name)
				}
			case *ast.GenDecl:
				checkSpecs(t, f, decl)
			}
		}
	}
}

func exportedReceiver(fn *ast.FuncDecl) bool {
	if fn.Recv == nil {
		return true
	}
	typ := fn.Recv.List[0].Type
	if star, ok := typ.(*ast.StarExpr); ok {
		typ = star.X
	}
	if index, ok := typ.(*ast.IndexExpr); ok {
		typ = index.X
	}
	name, ok := typ.(*ast.Ident)
	return ok && name.IsExported()
}

func checkSpecs(t *testing.T, f *File, decl *ast.GenDecl) {
	t.Helper()
	for _, spec := range decl.Specs {
		switch spec := spec.(type) {
		case *ast.TypeSpec:
			if spec.Name.IsExported() && decl.Doc == nil && spec.Doc == nil {
				t.Errorf("%s:%d: type %s has no doc comment", f.Path, f.Line(spec.Pos()), spec.Name.Name)
			}
		case *ast.ValueSpec:
			if spec.Names[0].IsExported() && decl.Doc == nil && spec.Doc == nil && spec.Comment == nil {
				t.Errorf("%s:%d: %s has no doc comment", f.Path, f.Line(spec.Pos()), spec.Names[0].Name)
			}
		}
	}
}

// banned are folder and file names that say nothing.
var banned = []string{"util", "utils", "common", "base", "types", "manager", "helper", "helpers", "misc"}

func TestNames(t *testing.T) {
	for _, f := range parsed(t) {
		for _, part := range strings.Split(strings.TrimSuffix(strings.TrimSuffix(f.Path, ".go"), "_test"), "/") {
			for _, word := range banned {
				if part == word {
					t.Errorf("%s: the name %q says nothing", f.Path, word)
				}
			}
		}
		for _, decl := range f.Syntax.Decls {
			if fn, ok := decl.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" && !f.Generated() {
				t.Errorf("%s:%d: no init functions: what a package needs is passed to it", f.Path, f.Line(fn.Pos()))
			}
		}
	}
}

// The plugin of the guide is the one that passes the conformance suite.
func TestGuideShowsTestedCode(t *testing.T) {
	source, err := os.ReadFile(root + "/plugins/guide_test.go")
	if err != nil {
		t.Fatal(err)
	}
	guide, err := os.ReadFile(root + "/docs/plugin-guide.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(source), "// guide begins\n")
	code, _, ends := strings.Cut(rest, "// guide ends\n")
	if !found || !ends {
		t.Fatal("plugins/guide_test.go has lost the lines around the code of the guide")
	}
	if !strings.Contains(string(guide), strings.TrimSpace(code)) {
		t.Error("docs/plugin-guide.md shows other code than plugins/guide_test.go")
	}
}

// named finds what documents name as a file or a folder of this repository.
var named = regexp.MustCompile("[`(]((?:am|cmd|conf|container|docs|internal|plugins|scripts|test|yarnrpc)/[a-zA-Z0-9_./-]*[a-zA-Z0-9_-])/?[`)]")

func TestDocumentsNameWhatExists(t *testing.T) {
	documents, err := filepath.Glob(root + "/docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for _, path := range append(documents, root+"/README.md") {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Error(err)
			continue
		}
		for _, match := range named.FindAllSubmatch(text, -1) {
			count++
			if _, err := os.Stat(filepath.Join(root, string(match[1]))); err != nil {
				t.Errorf("%s names %s, which is not there", path, match[1])
			}
		}
	}
	if count < 30 {
		t.Errorf("only %d files are named: the pattern finds nothing", count)
	}
}

// testName finds the tests that documents name as their proof.
var testName = regexp.MustCompile("`(Test[A-Za-z0-9_]+)`")

func TestDocumentsNameTestsThatExist(t *testing.T) {
	tests := make(map[string]bool)
	for _, f := range parsed(t) {
		for _, decl := range f.Syntax.Decls {
			if fn, ok := decl.(*ast.FuncDecl); ok {
				tests[fn.Name.Name] = true
			}
		}
	}
	text, err := os.ReadFile(root + "/docs/guarantees.md")
	if err != nil {
		t.Fatal(err)
	}
	matches := testName.FindAllSubmatch(text, -1)
	if len(matches) < 10 {
		t.Errorf("docs/guarantees.md names only %d tests", len(matches))
	}
	for _, match := range matches {
		if !tests[string(match[1])] {
			t.Errorf("docs/guarantees.md names %s, which is not there", match[1])
		}
	}
}

// Each direct dependency is argued for in one line.
func TestDependenciesAreArguedFor(t *testing.T) {
	mod, err := os.ReadFile(root + "/go.mod")
	if err != nil {
		t.Fatal(err)
	}
	table, err := os.ReadFile(root + "/docs/design/dependencies.md")
	if err != nil {
		t.Fatal(err)
	}
	direct := 0
	for line := range strings.Lines(string(mod)) {
		fields := strings.Fields(line)
		if len(fields) != 2 || !strings.Contains(fields[0], ".") || !strings.HasPrefix(fields[1], "v") {
			continue // no requirement, or an indirect one with its comment
		}
		direct++
		if !strings.Contains(string(table), "| "+fields[0]+" |") {
			t.Errorf("docs/design/dependencies.md does not argue for %s", fields[0])
		}
	}
	if direct < 5 {
		t.Errorf("only %d direct dependencies found in go.mod", direct)
	}
}
