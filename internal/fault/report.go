package fault

import (
	"fmt"
	"io"
	"strings"

	"weft/internal/job"
)

// Report is an error as a user sees it. Its JSON is what `-o json` prints
// under "error".
type Report struct {
	// Code is the stable code, Exit the program's exit code.
	Code string `json:"code"`
	Exit int    `json:"exit_code"`
	// Message is the root cause with what was being done.
	Message string `json:"message"`
	// Notes say more, a sentence each.
	Notes []string `json:"notes,omitempty"`
	// Hint says what to do; empty unless that is certain.
	Hint string `json:"hint,omitempty"`
	// Chain is every layer of the error, outermost first; for -v.
	Chain []string `json:"-"`
}

func (r Report) complete() Report {
	r.Exit = ExitOf(r.Code)
	return r
}

// Text prints the report:
//
//	error[E3002]: connect to db1:3306: access denied for user weft
//	   = note: ...
//	   = help: ...
func (r Report) Text(w io.Writer, verbose bool) error {
	var b strings.Builder
	fmt.Fprintf(&b, "error[%s]: %s\n", r.Code, indent(r.Message))
	for _, note := range r.Notes {
		fmt.Fprintf(&b, "   = note: %s\n", indent(note))
	}
	if r.Hint != "" {
		fmt.Fprintf(&b, "   = help: %s\n", indent(r.Hint))
	}
	if verbose {
		for i, link := range r.Chain {
			fmt.Fprintf(&b, "   %d: %s\n", i, indent(link))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// indent keeps the lines of a message of several below its first.
func indent(s string) string { return strings.ReplaceAll(strings.TrimRight(s, "\n"), "\n", "\n     ") }

// Diagnostics prints what was found in a job or site file:
//
//	error[E2104]: unknown option "splitPK"
//	  --> orders.json:14:7
//	   |
//	14 |       "splitPK": "id",
//	   |       ^^^^^^^^^ did you mean "splitPk"?
func Diagnostics(w io.Writer, list []job.Diagnostic) error {
	var b strings.Builder
	for i, d := range list {
		if i > 0 && (d.Line > 0 || list[i-1].Line > 0) {
			b.WriteByte('\n')
		}
		one(&b, d)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func one(b *strings.Builder, d job.Diagnostic) {
	fmt.Fprintf(b, "%s[%s]: %s\n", d.Level(), d.Code, indent(d.Text))
	switch {
	case d.Line > 0:
		number := fmt.Sprint(d.Line)
		margin := strings.Repeat(" ", len(number))
		fmt.Fprintf(b, "%s--> %s:%d:%d\n", margin, d.File, d.Line, d.Column)
		fmt.Fprintf(b, "%s |\n%s | %s\n", margin, number, d.Source)
		caret := strings.Repeat(" ", cells(d.Source, 0, d.Mark)) + strings.Repeat("^", max(1, cells(d.Source, d.Mark, d.Mark+d.MarkLength)))
		fmt.Fprintf(b, "%s | %s\n", margin, strings.TrimRight(caret+" "+d.Hint, " "))
	case d.File != "":
		fmt.Fprintf(b, " --> %s\n", d.File)
		fallthrough
	default:
		if d.Hint != "" {
			fmt.Fprintf(b, "   = help: %s\n", d.Hint)
		}
	}
}

// cells counts the terminal cells of the characters from and up to to of a
// line: those of Chinese, Japanese and Korean scripts are two wide.
func cells(line string, from, to int) int {
	n := 0
	for i, r := range []rune(line) {
		if i < from || i >= to {
			continue
		}
		n++
		if r >= 0x1100 && r <= 0x115f || r >= 0x2e80 && r <= 0xa4cf || r >= 0xac00 && r <= 0xd7a3 ||
			r >= 0xf900 && r <= 0xfaff || r >= 0xfe30 && r <= 0xfe6f || r >= 0xff00 && r <= 0xff60 ||
			r >= 0xffe0 && r <= 0xffe6 || r >= 0x20000 && r <= 0x3fffd {
			n++
		}
	}
	return n
}
