package fault

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"weft/internal/job"
	"weft/plugins"
)

func TestTable(t *testing.T) {
	table := Table()
	known := make(map[int]bool)
	for _, e := range Exits() {
		known[e.Code] = true
	}
	for i, e := range table {
		if len(e.Code) != 5 || e.Code[0] != 'E' || e.Meaning == "" || e.Remedy == "" || e.Exit == ExitOK || !known[e.Exit] {
			t.Errorf("entry %+v", e)
		}
		if i > 0 && table[i-1].Code >= e.Code {
			t.Errorf("%s stands behind %s", e.Code, table[i-1].Code)
		}
	}
	for _, code := range job.Codes() {
		if !slices.ContainsFunc(table, func(e Entry) bool { return e.Code == code }) {
			t.Errorf("%s of package job is not in the table", code)
		}
	}
}

// docs/codes.md shows the table. WEFT_REWRITE=1 writes it anew.
func TestCodesAreDocumented(t *testing.T) {
	var b strings.Builder
	b.WriteString("# Error codes\n\nEvery error that weft shows has a code; codes never change their meaning. The exit code of the program follows from it.\n\n")
	b.WriteString("| code | exit | meaning | what to do |\n| --- | --- | --- | --- |\n")
	for _, e := range Table() {
		fmt.Fprintf(&b, "| %s | %d | %s | %s |\n", e.Code, e.Exit, cell(e.Meaning), cell(e.Remedy))
	}
	b.WriteString("\n## Exit codes\n\n| code | meaning |\n| --- | --- |\n")
	for _, e := range Exits() {
		fmt.Fprintf(&b, "| %d | %s |\n", e.Code, cell(e.Meaning))
	}
	const path = "../../docs/codes.md"
	if os.Getenv("WEFT_REWRITE") != "" {
		if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != b.String() {
		t.Errorf("%s is not the table; WEFT_REWRITE=1 go test ./internal/fault writes it", path)
	}
}

func cell(s string) string { return strings.NewReplacer("|", `\|`, "${}", "`${}`").Replace(s) }

// A run's exit code is the same whether it is told by its reason in the
// result or by its error's code.
func TestExitCodesAgreeWithResults(t *testing.T) {
	for reason, code := range byReason {
		if got, want := ExitOf(code), job.ExitCode(job.StateFailed, reason); got != want {
			t.Errorf("reason %q: code %s exits with %d, a result with %d", reason, code, got, want)
		}
		if got := Ended(plugins.Permanent, reason, "x", "").Code; got != code {
			t.Errorf("reason %q ended with %s, want %s", reason, got, code)
		}
	}
}
