package lint

import (
	"go/ast"
	"slices"
	"strings"
	"testing"
)

// The hard limits. The aims are lower: a median file of 120 lines, 90 % of the
// functions at most 35.
const (
	maxFileLines     = 500
	maxTestFileLines = 800
	maxFuncLines     = 80
	maxNesting       = 4
	maxMethods       = 5
	maxParameters    = 6
	maxDepth         = 3
)

func TestFileSizes(t *testing.T) {
	var sizes []int
	for _, f := range parsed(t) {
		if f.Generated() {
			continue
		}
		limit := maxFileLines
		if f.Test() {
			limit = maxTestFileLines
		} else {
			sizes = append(sizes, f.Lines())
		}
		if f.Lines() > limit {
			t.Errorf("%s has %d lines; at most %d", f.Path, f.Lines(), limit)
		}
		if strings.Count(f.Dir, "/") >= maxDepth {
			t.Errorf("%s lies %d folders deep; at most %d", f.Path, strings.Count(f.Dir, "/")+1, maxDepth)
		}
	}
	slices.Sort(sizes)
	if median := sizes[len(sizes)/2]; median > 160 {
		t.Errorf("the median file has %d lines; at most 160", median)
	}
}

func TestFunctions(t *testing.T) {
	for _, f := range parsed(t) {
		if f.Generated() {
			continue
		}
		for _, decl := range f.Syntax.Decls {
			if fn, ok := decl.(*ast.FuncDecl); ok && fn.Body != nil {
				checkFunction(t, f, fn)
			}
		}
	}
}

func checkFunction(t *testing.T, f *File, fn *ast.FuncDecl) {
	t.Helper()
	if lines := f.Line(fn.End()) - f.Line(fn.Pos()) + 1; lines > maxFuncLines && !f.Test() {
		t.Errorf("%s:%d: %s has %d lines; at most %d", f.Path, f.Line(fn.Pos()), fn.Name.Name, lines, maxFuncLines)
	}
	deepest := maxNesting
	if f.Test() {
		deepest++ // tables of cases are loops around what is tested
	}
	if depth := nesting(fn.Body); depth > deepest {
		t.Errorf("%s:%d: %s nests %d deep; at most %d", f.Path, f.Line(fn.Pos()), fn.Name.Name, depth, deepest)
	}
	params := 0
	for _, field := range fn.Type.Params.List {
		if !isContext(field.Type) {
			params += max(1, len(field.Names))
		}
	}
	if params > maxParameters {
		t.Errorf("%s:%d: %s takes %d parameters; at most %d", f.Path, f.Line(fn.Pos()), fn.Name.Name, params, maxParameters)
	}
}

func isContext(expr ast.Expr) bool {
	sel, ok := expr.(*ast.SelectorExpr)
	return ok && sel.Sel.Name == "Context"
}

// nesting counts the blocks of statements inside one another; a function
// literal starts anew.
func nesting(node ast.Node) int {
	deepest := 0
	var walk func(n ast.Node, depth int)
	walk = func(n ast.Node, depth int) {
		deepest = max(deepest, depth)
		ast.Inspect(n, func(child ast.Node) bool {
			if child == nil || child == n {
				return true
			}
			switch child := child.(type) {
			case *ast.FuncLit:
				walk(child.Body, 0)
				return false
			case *ast.IfStmt:
				walkIf(child, depth, walk)
				return false
			case *ast.ForStmt, *ast.RangeStmt, *ast.SwitchStmt, *ast.TypeSwitchStmt, *ast.SelectStmt:
				walk(child, depth+1)
				return false
			}
			return true
		})
	}
	walk(node, 0)
	return deepest
}

// walkIf treats an else-if ladder as one level.
func walkIf(stmt *ast.IfStmt, depth int, walk func(ast.Node, int)) {
	walk(stmt.Body, depth+1)
	switch other := stmt.Else.(type) {
	case *ast.IfStmt:
		walkIf(other, depth, walk)
	case *ast.BlockStmt:
		walk(other, depth+1)
	}
}

func TestInterfaces(t *testing.T) {
	for _, f := range parsed(t) {
		if f.Generated() || f.Test() {
			continue
		}
		ast.Inspect(f.Syntax, func(n ast.Node) bool {
			spec, ok := n.(*ast.TypeSpec)
			if !ok {
				return true
			}
			if iface, ok := spec.Type.(*ast.InterfaceType); ok && countMethods(iface) > maxMethods {
				t.Errorf("%s:%d: interface %s has %d methods; at most %d", f.Path, f.Line(spec.Pos()), spec.Name.Name, countMethods(iface), maxMethods)
			}
			return true
		})
	}
}

// countMethods counts the methods an interface names itself; embedded ones
// were counted where they stand.
func countMethods(iface *ast.InterfaceType) int {
	n := 0
	for _, field := range iface.Methods.List {
		n += len(field.Names)
	}
	return n
}
