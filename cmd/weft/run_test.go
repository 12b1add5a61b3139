package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"weft/am/tracker"
	"weft/internal/job"
	"weft/plugins"
)

// asProgram makes the test binary be weft: a process that can be killed.
const asProgram = "WEFT_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
	}
	os.Exit(m.Run())
}

// spawn starts weft as a process of its own; it is killed with the test.
func spawn(t *testing.T, home string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], args...)
	cmd.Env = append(os.Environ(), asProgram+"=1", "HOME="+home, "WEFT_CONF_DIR="+confDir(t, "{}"))
	return cmd
}

// slowJob generates rows into files, at a pace that lets a signal come between,
// in units small enough that some are accepted before it.
func slowJob(t *testing.T, out string, rows, rowsPerSecond int) string {
	t.Helper()
	if err := os.MkdirAll(out, 0o755); err != nil {
		t.Fatal(err)
	}
	return jobFile(t, fmt.Sprintf(`{"weft": 1, "name": "slow", "job": {
		"setting": {"speed": {"channel": 2, "record": %d}, "unitBytes": 20000, "verify": "checksum"},
		"content": [{"reader": {"name": "stream", "parameter": {"rows": %d, "seed": 3, "column": [
			{"name": "id", "type": "id"}, {"name": "text", "type": "string(20)"}]}},
		"writer": {"name": "hdfs", "parameter": {"defaultFS": "file:///", "path": %q, "writeMode": "overwrite"}}}]}}`,
		rowsPerSecond, rows, out))
}

// ended runs a process to its end and returns its exit code and its object.
func ended(t *testing.T, cmd *exec.Cmd) (int, job.Result) {
	t.Helper()
	stdout, err := cmd.Output()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	var r job.Result
	if err := json.Unmarshal(stdout, &r); err != nil {
		t.Fatalf("standard output: %v\n%s%s", err, stdout, exit.Stderr)
	}
	return cmd.ProcessState.ExitCode(), r
}

// afterUnits waits until the run's journal holds some units.
func afterUnits(t *testing.T, home, run string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		files, err := filepath.Glob(filepath.Join(home, ".weft/runs", run, "live-000001", "*.j"))
		if err != nil {
			t.Fatal(err)
		}
		if len(files) >= 4 { // one says that the target is prepared
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatal("no unit was accepted within 30 s")
		}
	}
}

// TestRunResumes ends a run by each signal in the middle and lets another
// process go on: each row is there once, and what was accepted is not redone.
func TestRunResumes(t *testing.T) {
	const rows = 12_000
	for _, tt := range []struct {
		signal syscall.Signal
		code   int // -1: the process cannot say any
		told   string
	}{{syscall.SIGKILL, -1, ""}, {syscall.SIGINT, 130, "error[E7006]"}, {syscall.SIGTERM, 143, "error[E7007]"}} {
		t.Run(tt.signal.String(), func(t *testing.T) {
			home, out := t.TempDir(), filepath.Join(t.TempDir(), "out")
			slow := slowJob(t, out, rows, 6000)
			first := spawn(t, home, "run", slow, "--run-id", "r1", "-o", "json", "--progress", "none")
			var stderr bytes.Buffer
			first.Stderr = &stderr
			if err := first.Start(); err != nil {
				t.Fatal(err)
			}
			afterUnits(t, home, "r1")
			if err := first.Process.Signal(tt.signal); err != nil {
				t.Fatal(err)
			}
			_ = first.Wait() // the code is looked at below
			if code := first.ProcessState.ExitCode(); code != tt.code {
				t.Errorf("exit code %d after %v, want %d", code, tt.signal, tt.code)
			}
			if tt.told != "" && !strings.Contains(stderr.String(), tt.told) {
				t.Errorf("after %v want %q in\n%s", tt.signal, tt.told, stderr.String())
			}
			if n := linesBelow(t, out); n != 0 {
				t.Errorf("%d lines can be seen of a run that did not end", n)
			}
			code, r := ended(t, spawn(t, home, "run", slow, "--run-id", "r1", "-o", "json", "--progress", "none"))
			if code != 0 || r.State != job.StateSucceeded || r.RowsWritten != rows || r.MasterAttempts != 2 {
				t.Errorf("resumed: exit code %d, %+v", code, r)
			}
			if n := linesBelow(t, out); n != rows {
				t.Errorf("%d lines, want %d", n, rows)
			}
			// Asked again it tells the same, and does nothing.
			again, r2 := ended(t, spawn(t, home, "run", slow, "--run-id", "r1", "-o", "json"))
			if again != 0 || r2.Hash != r.Hash || r2.MasterAttempts != 2 {
				t.Errorf("asked again: exit code %d, %+v", again, r2)
			}
			if none, _ := ended(t, spawn(t, home, "run", slow, "--run-id", "r1", "-o", "json", "--no-attach")); none != job.ExitRunning {
				t.Errorf("asked again with --no-attach: exit code %d, want %d", none, job.ExitRunning)
			}
		})
	}
}

func TestRunIDOfALivingRun(t *testing.T) {
	home, out := t.TempDir(), filepath.Join(t.TempDir(), "out")
	slow := slowJob(t, out, 100_000, 5000)
	first := spawn(t, home, "run", slow, "--run-id", "r1", "--progress", "none")
	if err := first.Start(); err != nil {
		t.Fatal(err)
	}
	afterUnits(t, home, "r1")
	if code, _ := ended(t, spawn(t, home, "run", slow, "--run-id", "r1", "-o", "json")); code != job.ExitRunning {
		t.Errorf("a second process: exit code %d, want %d", code, job.ExitRunning)
	}
	other := slowJob(t, filepath.Join(t.TempDir(), "elsewhere"), 10, 5000)
	if code, _ := ended(t, spawn(t, home, "run", other, "--run-id", "r1", "-o", "json")); code != job.ExitRunning {
		t.Errorf("another job under that id: exit code %d, want %d", code, job.ExitRunning)
	}
	if err := first.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = first.Wait() // killed
}

func TestRunTimeout(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	slow := slowJob(t, out, 100_000, 1000)
	code, r := ended(t, spawn(t, t.TempDir(), "run", slow, "-o", "json", "-D", "timeout.run=300ms"))
	if code != job.ExitTimeout || !strings.Contains(r.Cause, "timeout.run, 300ms") {
		t.Errorf("exit code %d, %+v", code, r)
	}
}

func TestRunSummaries(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	fast := slowJob(t, out, 50, 0)
	weft(t, nil, "run", fast).want(t, 0, "SUCCEEDED", "50 read, 50 written, 0 dirty, 0 filtered", "exactly-once", "hash ", out)
	object := weft(t, nil, "run", fast, "-o", "json").object(t)
	for _, key := range []string{"run_id", "state", "exit_code", "cause", "duration_ms", "rows_read", "rows_written", "rows_dirty",
		"rows_filtered", "bytes_read", "bytes_written", "splits", "attempts", "am_attempts", "guarantee", "verify", "outputs",
		"application_id", "tracking_url"} {
		if _, ok := object[key]; !ok {
			t.Errorf("the object has no %s", key)
		}
	}
	empty := jobFile(t, fmt.Sprintf(`{"weft": 1, "job": {"content": [{
		"reader": {"name": "hdfs", "parameter": {"defaultFS": "file:///", "path": [%q], "column": [{"index": 0, "name": "a", "type": "string"}]}},
		"writer": {"name": "null", "parameter": {}}}]}}`, write(t, filepath.Join(t.TempDir(), "empty.txt"), "")))
	weft(t, nil, "run", empty).want(t, 0, "0 read")
	weft(t, nil, "run", empty, "--fail-on-empty").want(t, job.ExitEmpty)
	weft(t, nil, "run", fast, "--progress", "loud").want(t, job.ExitUsage, "want auto, json or none")
	lines := weft(t, nil, "run", fast, "--progress", "json").stderr
	var last tracker.Snapshot
	if err := json.Unmarshal([]byte(lines[strings.LastIndex(strings.TrimSpace(lines), "\n")+1:]), &last); err != nil || last.State != "SUCCEEDED" {
		t.Errorf("last line of progress: %v in\n%s", err, lines)
	}
}

func TestProgressLine(t *testing.T) {
	s := tracker.Snapshot{State: "RUNNING", Percent: 42.34, Splits: 40, SplitsDone: 17, SplitsRunning: 8,
		Counters: plugins.Counters{RowsRead: 12_800_000, RowsDirty: 3}, DirtyLimit: 100, RowsPerSecond: 1.1e6, BytesPerSecond: 2.1e8,
		ReaderWait: 12, WriterWait: 71, Bottleneck: "reader", ETASeconds: 190, Attempt: 1}
	want := "RUNNING 42.3%  splits 17/40 (8 running)  rows 12.8M (dirty 3/100)  1.1M rows/s 210 MB/s  " +
		"reader wait 12% writer wait 71% -> reader-bound  eta 3m10s  attempt 1"
	if got := progressLine(s); got != want {
		t.Errorf("progress line\n got %s\nwant %s", got, want)
	}
	if got := progressLine(tracker.Snapshot{State: "RUNNING", Percent: -1, ETASeconds: -1}); !strings.HasPrefix(got, "RUNNING estimating  splits 0/0") {
		t.Errorf("before there is an estimate: %s", got)
	}
}
