package job

import (
	"weft/internal/job/jsontree"
	"weft/plugins"
)

// diagnostics gives flaws of the expanded text their places in the original.
func (o *origin) diagnostics(flaws []flaw) []Diagnostic {
	var list []Diagnostic
	for _, f := range flaws {
		at := f.at
		if at != noPlace {
			at = o.back(f.at.start, f.at.end)
		}
		list = append(list, o.diagnostic(f.diagnostic(), at))
	}
	return list
}

func (f flaw) diagnostic() Diagnostic {
	return Diagnostic{Code: f.code, Severity: f.severity, Key: f.key, Text: f.text, Hint: f.hint}
}

// syntaxFlaws gives the parser's problems their codes. A key that stands
// twice is wrong in a native job; FlinkX and DataX take the last one.
func syntaxFlaws(problems []jsontree.Problem, dialect plugins.Dialect) []flaw {
	var list []flaw
	for _, p := range problems {
		f := flaw{at: place{p.Start, p.End}, code: CodeSyntax, severity: plugins.Fail, text: p.Text, hint: p.Hint}
		switch p.Kind {
		case jsontree.Encoding:
			f.code = CodeEncoding
		case jsontree.Duplicate:
			f.code = CodeDuplicate
			if dialect != plugins.DialectNative {
				f.severity = plugins.Warn
				f.text += "; the last one counts"
			}
		}
		list = append(list, f)
	}
	return list
}
