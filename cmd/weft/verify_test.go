package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"weft/internal/fault"
)

// moved is a run of 2,000 rows in several units that has succeeded. --state-dir names its state.
func moved(t *testing.T) (state string, files []string) {
	t.Helper()
	state = t.TempDir()
	out := filepath.Join(t.TempDir(), "out")
	weft(t, nil, "run", slowJob(t, out, 2_000, 0), "--run-id", "r1", "--state-dir", state).want(t, 0)
	files, err := filepath.Glob(out + "/part-*")
	if err != nil || len(files) < 2 {
		t.Fatalf("files %v, %v", files, err)
	}
	slices.Sort(files)
	return state, files
}

func verifying(t *testing.T, state string) (ran, verified) {
	t.Helper()
	got := weft(t, nil, "verify", "r1", "--state-dir", state, "-o", "json")
	var v verified
	if err := json.Unmarshal([]byte(got.stdout), &v); err != nil {
		t.Fatalf("standard output: %v\n%s%s", err, got.stdout, got.stderr)
	}
	return got, v
}

func TestVerifyAgrees(t *testing.T) {
	state, _ := moved(t)
	got, v := verifying(t, state)
	if got.code != 0 || v.State != "verified" || v.Rows != 2_000 || v.Units < 2 || len(v.Mismatches) != 0 {
		t.Errorf("exit code %d, %+v", got.code, v)
	}
	text := weft(t, nil, "verify", "r1", "--state-dir", state)
	if text.code != 0 || !strings.Contains(text.stdout, v.Hash) {
		t.Errorf("exit code %d, want the hash %s in\n%s", text.code, v.Hash, text.stdout)
	}
}

// One character of one value is another one: the unit and the row are named, as
// it should be and as it is.
func TestVerifyNamesTheRow(t *testing.T) {
	state, files := moved(t)
	text, err := os.ReadFile(files[1])
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.Split(text, []byte("\n"))
	id, _, _ := strings.Cut(string(lines[3]), "\x01")
	last := &lines[3][len(lines[3])-1]
	*last = map[bool]byte{true: 'b', false: 'a'}[*last == 'a']
	write(t, files[1], string(bytes.Join(lines, []byte("\n"))))
	got, v := verifying(t, state)
	if got.code != fault.ExitMismatch || v.State != "mismatch" || len(v.Mismatches) != 1 {
		t.Fatalf("exit code %d, %+v", got.code, v)
	}
	rows := v.Mismatches[0].Rows
	if len(rows) != 2 || rows[0].In != "source" || rows[1].In != "target" {
		t.Fatalf("%+v, want the one of the source and the one of the target", v.Mismatches[0])
	}
	for _, row := range rows {
		if !strings.Contains(row.Row, `"id":"`+id+`"`) {
			t.Errorf("row %s, want id %s", row.Row, id)
		}
	}
}

// A file that is gone, or has another size, is a difference, not an error of the
// verb: all its rows are missing.
func TestVerifyMissesAFile(t *testing.T) {
	state, files := moved(t)
	if err := os.Remove(files[0]); err != nil {
		t.Fatal(err)
	}
	got, v := verifying(t, state)
	if got.code != fault.ExitMismatch || len(v.Mismatches) != 1 || !strings.Contains(v.Mismatches[0].Cause, "gone") {
		t.Fatalf("exit code %d, %+v", got.code, v)
	}
	if rows := v.Mismatches[0].Rows; len(rows) != 20 || rows[0].In != "source" {
		t.Errorf("%+v, want the first 20 that are missing", v.Mismatches[0])
	}
}

func TestVerifyWithoutARun(t *testing.T) {
	got := weft(t, nil, "verify", "nobody", "--state-dir", t.TempDir())
	if got.code != fault.ExitUnknown || !strings.Contains(got.stderr, "E6004") {
		t.Errorf("exit code %d\n%s", got.code, got.stderr)
	}
}
