package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"weft/internal/checkpoint"
	"weft/internal/fault"
	"weft/internal/fsys/local"
	"weft/internal/job"
	"weft/internal/submit"
)

// broken starts a slow run of 12,000 rows and kills its process in the middle.
func broken(t *testing.T) (home, out string) {
	t.Helper()
	home, out = t.TempDir(), filepath.Join(t.TempDir(), "out")
	cmd := spawn(t, home, "run", slowJob(t, out, 12_000, 6000), "--run-id", "r1", "--progress", "none")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	afterUnits(t, home, "r1")
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // killed
	return home, out
}

// resume calls weft resume r1 and returns code, result, and standard error.
func resume(t *testing.T, home string, more ...string) (int, job.Result, string) {
	t.Helper()
	cmd := spawn(t, home, append([]string{"resume", "r1", "-o", "json", "--progress", "none"}, more...)...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	code, r := ended(t, cmd)
	return code, r, stderr.String()
}

// It needs the id alone, says where it goes on, and reports what has succeeded.
func TestResumeAfterKill(t *testing.T) {
	home, out := broken(t)
	texts := []string{"run r1 resumes: ", " of 8 splits done, ", " accepted"}
	state, err := checkpoint.Look(t.Context(), checkpoint.Root{FS: local.FS{}, Dir: filepath.Join(home, ".weft")}.Run("r1"))
	if err != nil {
		t.Fatal(err)
	}
	for id, split := range state.Splits { // none if the process died between two
		if n := len(split.Units); n > 0 && !split.Done() {
			texts = append(texts, fmt.Sprintf("; split %d from unit %d behind %s", id, n, split.Units[n-1].Position))
		}
	}
	code, r, stderr := resume(t, home)
	if code != 0 || r.RowsWritten != 12_000 || r.MasterAttempts != 2 || linesBelow(t, out) != 12_000 {
		t.Errorf("exit code %d, %+v\n%s", code, r, stderr)
	}
	for _, text := range texts {
		if !strings.Contains(stderr, text) {
			t.Errorf("%q is not in %s", text, stderr)
		}
	}
	code, again, _ := resume(t, home)
	if code != 0 || again.Hash != r.Hash || again.MasterAttempts != 2 {
		t.Errorf("resumed again: exit code %d, %+v", code, again)
	}
	if code, _, stderr := resume(t, home, "--from-scratch"); code != fault.ExitRunning || !strings.Contains(stderr, "E7004") {
		t.Errorf("a run that has succeeded, from scratch: exit code %d\n%s", code, stderr)
	}
	if n := linesBelow(t, out); n != 12_000 {
		t.Errorf("%d lines after that", n)
	}
}

// What the run had made is out of the way, by name; a neighbour stays; and
// generations go on counting.
func TestResumeFromScratch(t *testing.T) {
	home, out := broken(t)
	neighbour := filepath.Join(out, ".weft-r2", "g1")
	if err := os.MkdirAll(neighbour, 0o755); err != nil {
		t.Fatal(err)
	}
	code, r, stderr := resume(t, home, "--from-scratch")
	if code != 0 || r.RowsWritten != 12_000 || r.MasterAttempts != 3 || linesBelow(t, out) != 12_000 {
		t.Errorf("exit code %d, %+v\n%s", code, r, stderr)
	}
	for _, text := range []string{"begins from scratch, as --from-scratch says", "before-000002", "starts from scratch"} {
		if !strings.Contains(stderr, text) {
			t.Errorf("%q is not in %s", text, stderr)
		}
	}
	if _, err := os.Stat(neighbour); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(home, ".weft/runs/r1/before-000002/plan.json")); err != nil {
		t.Error(err)
	}
}

// damage is done to the folder of a broken run, and what resuming says then.
// Nothing is deleted by the refusal.
func TestResumeOfADamagedRun(t *testing.T) {
	for _, tt := range []struct {
		name   string
		damage func(t *testing.T, run string)
		code   string
		rescue bool // --from-scratch helps
	}{
		{"newer", func(t *testing.T, run string) { write(t, run+"/format.json", `{"format": 99}`) }, "E7010", false},
		{"older", func(t *testing.T, run string) { remove(t, run+"/format.json") }, "E7010", false},
		{"journal gone", func(t *testing.T, run string) { remove(t, run+"/live-000001") }, "E7009", true},
		{"journal torn in the middle", tear, "E7009", true},
		{"plan is no JSON", func(t *testing.T, run string) { write(t, run+"/plan.json", `{"splits": [`) }, "E7009", true},
		{"commit begun and no JSON", func(t *testing.T, run string) { write(t, run+"/commit.json", `{`) }, "E7009", false},
		{"key gone", func(t *testing.T, run string) { remove(t, run+"/key") }, "E2122", false},
		{"half begun from scratch", func(t *testing.T, run string) { write(t, run+"/scratch.json", `{"generation": 2}`) }, "E7009", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			home, out := broken(t)
			run := filepath.Join(home, ".weft/runs/r1")
			tt.damage(t, run)
			before := names(t, run)
			got := weft(t, []string{"HOME=" + home}, "resume", "r1")
			got.want(t, 1, "error["+tt.code+"]")
			if !strings.Contains(got.stderr, "= help: ") {
				t.Errorf("nothing says what to type next:\n%s", got.stderr)
			}
			if after := names(t, run); len(after) < len(before) {
				t.Errorf("%v before, %v after", before, after)
			}
			if !tt.rescue {
				return
			}
			weft(t, []string{"HOME=" + home}, "resume", "r1", "--from-scratch").want(t, 0, "12000 written")
			if n := linesBelow(t, out); n != 12_000 {
				t.Errorf("%d lines", n)
			}
		})
	}
}

func remove(t *testing.T, name string) {
	t.Helper()
	if err := os.RemoveAll(name); err != nil {
		t.Fatal(err)
	}
}

// tear takes the first bytes off a journal file that others follow.
func tear(t *testing.T, run string) {
	t.Helper()
	name := filepath.Join(run, "live-000001/000002.j")
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	text[3] ^= 0xff
	if err := os.WriteFile(name, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// The rows that were dirty before count still; a higher limit lets the run end,
// and holds for later resumes too.
func TestResumeErrorLimit(t *testing.T) {
	dir, home := t.TempDir(), t.TempDir()
	in, out := filepath.Join(dir, "in"), filepath.Join(dir, "out")
	if err := os.MkdirAll(in, 0o755); err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for i := range 40 {
		fmt.Fprintf(&text, "%d\n", i)
	}
	write(t, filepath.Join(in, "good"), text.String())
	write(t, filepath.Join(in, "bad"), "x\ny\nz\n7\n")
	file := jobFile(t, fmt.Sprintf(`{"weft": 1, "name": "limited", "job": {"setting": {"errorLimit": {"record": 1}},
		"content": [{"reader": {"name": "hdfs", "parameter": {"defaultFS": "file:///", "path": %q, "fileType": "text",
			"column": [{"index": 0, "type": "int"}]}},
		"writer": {"name": "hdfs", "parameter": {"defaultFS": "file:///", "path": %q, "column": [{"name": "a", "type": "int"}]}}}]}}`, in, out))
	environ := []string{"HOME=" + home}
	weft(t, environ, "run", file, "--run-id", "r1").want(t, fault.ExitErrorLimit, "E4001", "weft resume r1 --error-limit N")
	again := weft(t, environ, "resume", "r1", "-o", "json")
	again.want(t, fault.ExitErrorLimit, "errorLimit.record 1")
	for limit, code := range map[string]int{"2": fault.ExitErrorLimit, "nonsense": fault.ExitUsage, "101%": fault.ExitUsage, "-1": fault.ExitUsage} {
		weft(t, environ, "resume", "r1", "--error-limit="+limit).want(t, code)
	}
	got := weft(t, environ, "resume", "r1", "--error-limit", "3", "-o", "json")
	got.want(t, fault.ExitOK)
	if o := got.object(t); o["rows_dirty"] != 3.0 || o["rows_written"] != 41.0 {
		t.Errorf("object %v", o)
	}
	if changes, err := localRoot(home).Run("r1").Changes(t.Context()); err != nil || changes.Record == nil || *changes.Record != 3 {
		t.Errorf("changes %+v, %v", changes, err)
	}
}

func localRoot(home string) checkpoint.Root {
	return checkpoint.Root{FS: local.FS{}, Dir: filepath.Join(home, ".weft")}
}

// On a cluster it is one more application, with the changes that were asked for.
func TestResumeOnYARN(t *testing.T) {
	y := newFakeYARN(t)
	y.AddNode(8192, 8)
	y.environ = append(y.environ, "HOME="+t.TempDir())
	first := strings.TrimSpace(y.weft(t, "submit", filesJob(t, "{}"), "--run-id", "orders-1", "--detach").stdout)
	attached := y.weft(t, "resume", "orders-1", "--detach")
	attached.want(t, fault.ExitOK)
	if strings.TrimSpace(attached.stdout) != first {
		t.Errorf("attached to %s, want %s", attached.stdout, first)
	}
	for _, flag := range []string{"--from-scratch", "--error-limit=5", "--memory=2048"} {
		y.weft(t, "resume", "orders-1", flag).want(t, fault.ExitRunning, "E7004", first)
	}
	y.weft(t, "kill", first).want(t, fault.ExitKilled, "weft resume orders-1")
	second := y.weft(t, "resume", first, "--detach", "--error-limit", "5%", "--memory", "2048")
	second.want(t, fault.ExitOK, "starts from scratch: it had not got as far as a plan")
	changes, err := y.root.Run("orders-1").Changes(t.Context())
	if err != nil || changes.Percentage == nil || *changes.Percentage != 5 || changes.ContainerMemoryMiB != 2048 {
		t.Errorf("changes %+v, %v", changes, err)
	}
	id := strings.TrimSpace(second.stdout)
	if id == first || len(y.applications(t)) != 2 {
		t.Errorf("application %s after %s of %d", id, first, len(y.applications(t)))
	}
	y.weft(t, "kill", id).want(t, fault.ExitKilled)
	y.ended(t, "orders-1", id, job.StateSucceeded, "")
	y.weft(t, "resume", "orders-1").want(t, fault.ExitOK, "SUCCEEDED  orders-1")
	y.weft(t, "resume", "nosuch").want(t, fault.ExitUnknown, "E6004", "nosuch")
	y.weft(t, "resume", y.submit(t, "", "MAPREDUCE").String()).want(t, fault.ExitUsage, "MAPREDUCE")
	if n := len(y.applications(t)); n != 2 {
		t.Errorf("%d applications of type %s, want 2", n, submit.ApplicationType)
	}
}

// An id that both this machine and the cluster know is nobody's guess.
func TestResumeOfAnAmbiguousRun(t *testing.T) {
	y := newFakeYARN(t)
	y.AddNode(8192, 8)
	home := t.TempDir()
	y.environ = append(y.environ, "HOME="+home)
	id := strings.TrimSpace(y.weft(t, "submit", filesJob(t, "{}"), "--run-id", "both", "--detach").stdout)
	y.weft(t, "run", filesJob(t, "{}"), "--run-id", "both").want(t, fault.ExitOK)
	y.weft(t, "resume", "both").want(t, fault.ExitUsage, "--staging", "--state-dir")
	y.weft(t, "resume", "both", "--state-dir", filepath.Join(home, ".weft")).want(t, fault.ExitOK, "SUCCEEDED")
	y.weft(t, "resume", "both", "--detach", "--staging", "file://"+y.root.Dir).want(t, fault.ExitOK, id)
	y.weft(t, "resume", "both", "--state-dir", "/nonexistent").want(t, fault.ExitUnknown, "E6004")
}

// Somebody emptied the target: nothing is moved beside what is missing, nothing
// is deleted, and the message says what helps.
func TestResumeIntoAnEmptiedTarget(t *testing.T) {
	home, out := broken(t)
	remove(t, filepath.Join(out, ".weft-r1"))
	write(t, filepath.Join(out, "neighbour"), "1\n")
	environ := []string{"HOME=" + home}
	weft(t, environ, "resume", "r1").want(t, 1, "error[E7011]", "nothing was changed", "weft resume r1 --from-scratch")
	if got := names(t, out); len(got) != 1 {
		t.Errorf("the target holds %v", got)
	}
	weft(t, environ, "resume", "r1", "--from-scratch").want(t, 0, "12000 written")
}
