package lint

import (
	"go/ast"
	"path/filepath"
	"strings"
	"testing"
)

// Where rows come from, only io.EOF itself is an end. An error that wraps it
// is that of a lost connection, and errors.Is would take the one for the other:
// a run once succeeded with half of its rows that way. Only a plugin's fault.go
// may ask: it classes errors that are failures already.
func TestEndIsToldByIdentity(t *testing.T) {
	const mayAsk = "fault.go"
	asked := false
	for _, f := range parsed(t) {
		rows := strings.HasPrefix(f.Dir, "plugins") || strings.HasPrefix(f.Dir, "container") || f.Dir == "internal/textfile"
		if f.Test() || !rows {
			continue
		}
		ast.Inspect(f.Syntax, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) != 2 || !isSelector(call.Fun, "errors", "Is") || !isSelector(call.Args[1], "io", "EOF") {
				return true
			}
			if strings.HasPrefix(f.Dir, "plugins/") && filepath.Base(f.Path) == mayAsk {
				asked = true
				return true
			}
			t.Errorf("%s:%d: errors.Is(err, io.EOF): compare with ==", f.Path, f.Line(n.Pos()))
			return true
		})
	}
	if !asked {
		t.Errorf("no %s asks either: the test looks at nothing", mayAsk)
	}
}

func isSelector(e ast.Expr, pkg, name string) bool {
	sel, ok := e.(*ast.SelectorExpr)
	return ok && isIdent(sel.X, pkg) && sel.Sel.Name == name
}
