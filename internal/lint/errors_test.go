package lint

import (
	"go/ast"
	"testing"
)

// Outside tests an error is dropped, and a panic raised, only for a reason that
// stands beside it. The scheduler and main may panic: theirs are broken
// invariants and mistakes at the start.
func TestErrorsAreNotDropped(t *testing.T) {
	seen := 0
	for _, f := range parsed(t) {
		if f.Test() || f.Generated() {
			continue
		}
		reasons := commented(f)
		ast.Inspect(f.Syntax, func(n ast.Node) bool {
			what := ""
			switch n := n.(type) {
			case *ast.AssignStmt:
				if dropsAll(n) {
					what = "what a call returns is dropped"
				}
			case *ast.CallExpr:
				if isIdent(n.Fun, "panic") && f.Syntax.Name.Name != "main" && f.Dir != "am/sched" {
					what = "a panic"
				}
			}
			if what == "" {
				return true
			}
			seen++
			if line := f.Line(n.Pos()); !reasons[line] && !reasons[line-1] {
				t.Errorf("%s:%d: %s: return the error, or say on that line why not", f.Path, line, what)
			}
			return true
		})
	}
	if seen == 0 {
		t.Error("not one place found: the test looks at nothing")
	}
}

// commented are the lines of a file on which a comment ends.
func commented(f *File) map[int]bool {
	lines := make(map[int]bool)
	for _, group := range f.Syntax.Comments {
		lines[f.Line(group.End())] = true
	}
	return lines
}

// dropsAll says that a statement calls something and assigns it to blanks alone.
func dropsAll(stmt *ast.AssignStmt) bool {
	for _, left := range stmt.Lhs {
		if !isIdent(left, "_") {
			return false
		}
	}
	_, calls := stmt.Rhs[0].(*ast.CallExpr)
	return calls
}
