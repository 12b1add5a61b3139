package lint

import (
	"fmt"
	"go/ast"
	"os"
	"regexp"
	"strings"
	"testing"
)

// faults is how many are numbered.
const faults = 45

// faultTest finds the number in the name of a test that proves what happens after a fault.
var faultTest = regexp.MustCompile(`^Test(F\d\d)[A-Z]`)

// Each fault either has a paragraph that names its tests, all those that bear its number among them, or is listed as open.
func TestFaultsAreProvedOrOpen(t *testing.T) {
	tests := make(map[string][]string) // by fault
	for _, f := range parsed(t) {
		for _, decl := range f.Syntax.Decls {
			if fn, ok := decl.(*ast.FuncDecl); ok && f.Test() {
				if match := faultTest.FindStringSubmatch(fn.Name.Name); match != nil {
					tests[match[1]] = append(tests[match[1]], fn.Name.Name)
				}
			}
		}
	}
	if len(tests) < 10 {
		t.Errorf("only %d faults have tests: the pattern finds nothing", len(tests))
	}
	text, err := os.ReadFile(root + "/docs/guarantees.md")
	if err != nil {
		t.Fatal(err)
	}
	for n := 1; n <= faults; n++ {
		fault := fmt.Sprintf("F%02d", n)
		open := strings.Count(string(text), "\n| "+fault+" |")
		told := strings.Count(string(text), "\n**"+fault+" ")
		switch {
		case open+told != 1:
			t.Errorf("docs/guarantees.md: %s has %d paragraphs and stands %d times in the list of open ones", fault, told, open)
		case open == 1 && len(tests[fault]) > 0:
			t.Errorf("docs/guarantees.md: %s is listed as open, but there is %v", fault, tests[fault])
		}
		for _, name := range tests[fault] {
			if !strings.Contains(string(text), "`"+name+"`") {
				t.Errorf("docs/guarantees.md does not name %s", name)
			}
		}
	}
}
