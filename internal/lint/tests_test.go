package lint

import (
	"go/ast"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

func TestTestsDoNotSleepOrSkip(t *testing.T) {
	for _, f := range parsed(t) {
		if f.Generated() {
			continue
		}
		ast.Inspect(f.Syntax, func(n ast.Node) bool {
			sel, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			switch {
			case sel.Sel.Name == "Sleep" && isIdent(sel.X, "time"):
				t.Errorf("%s:%d: no sleeping: wait for the event", f.Path, f.Line(sel.Pos()))
			case f.Test() && strings.HasPrefix(sel.Sel.Name, "Skip") && isTestValue(sel.X):
				t.Errorf("%s:%d: no skipping: what a test needs is there or the run fails", f.Path, f.Line(sel.Pos()))
			}
			return true
		})
	}
}

func isIdent(expr ast.Expr, name string) bool {
	ident, ok := expr.(*ast.Ident)
	return ok && ident.Name == name
}

func isTestValue(expr ast.Expr) bool {
	return isIdent(expr, "t") || isIdent(expr, "b") || isIdent(expr, "f") || isIdent(expr, "tb")
}

var unfinished = regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME|XX` + `X)\b|not (yet )?implem` + `ented`)

func TestNothingUnfinished(t *testing.T) {
	for _, f := range parsed(t) {
		if f.Generated() || f.Dir == "internal/lint" {
			continue
		}
		if at := unfinished.FindIndex(f.Source); at != nil {
			t.Errorf("%s: unfinished work: %q", f.Path, f.Source[at[0]:at[1]])
		}
	}
}

// The repository carries no trace of the machine it was written on.
func TestNoTraces(t *testing.T) {
	out, err := exec.Command("git", "-C", root, "grep", "-nIE", `/`+`work/(main|shared|\.)|maven`+`\.org|proxy\.gol`+`ang|dist/`+`doc`, "--", ".").Output()
	if err == nil {
		t.Errorf("traces of a machine or registry:\n%s", out)
	}
}

func TestVetAndStaticcheck(t *testing.T) {
	for _, args := range [][]string{{"vet", "./..."}, {"vet", "-tags", "faultpoints", "./internal/faultpoint"}, {"tool", "staticcheck", "./..."}} {
		cmd := exec.Command("go", args...)
		cmd.Dir = root
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("go %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
}

func TestFormatted(t *testing.T) {
	cmd := exec.Command("gofmt", "-l", ".")
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	if len(out) > 0 {
		t.Errorf("not formatted by gofmt:\n%s", out)
	}
}
