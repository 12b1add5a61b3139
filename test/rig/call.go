package rig

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"weft/test/cluster"
)

// callLimit bounds one call of weft: it is killed then, and the test fails.
const callLimit = 4 * time.Minute

// submitting holds a place for each program that may run at the same time.
var submitting = make(chan struct{}, 2)

// Call is one call of weft.
type Call struct {
	Args []string
	// Env wins over the environment that a call has anyway: PATH, HADOOP_CONF_DIR of the cluster, a HOME of its own.
	Env []string
	// Dir is the working folder; "" is the HOME.
	Dir string
	// Beside starts it whatever else runs: for a test that wants two at the same moment.
	Beside bool
}

// Ran is what one call of weft gave.
type Ran struct {
	Code           int
	Stdout, Stderr string
	Took           time.Duration
}

// Running is a weft that a test has started.
type Running struct {
	cmd    *exec.Cmd
	stdout output
	stderr output
	began  time.Time
	ended  chan struct{}
	took   time.Duration
}

// output may be read while the process writes.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

// Write implements io.Writer.
func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

// Run calls weft and waits for its end.
func (r *Rig) Run(t testing.TB, c Call) Ran {
	t.Helper()
	return r.Start(t, c).Wait(t)
}

// Weft is Run with arguments alone.
func (r *Rig) Weft(t testing.TB, args ...string) Ran {
	t.Helper()
	return r.Run(t, Call{Args: args})
}

// enter waits for a place among the programs that may run at the same time.
func enter(beside bool) (leave func()) {
	if beside {
		return func() {}
	}
	submitting <- struct{}{}
	return func() { <-submitting }
}

// Start starts weft. The test ends only after it has ended; one that still runs then is killed.
func (r *Rig) Start(t testing.TB, c Call) *Running {
	t.Helper()
	home := t.TempDir()
	leave := enter(c.Beside)
	w := &Running{began: time.Now(), ended: make(chan struct{})}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), callLimit)
	w.cmd = exec.CommandContext(ctx, r.program, c.Args...)
	w.cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + home, "PWD=" + home}, c.Env...)
	if r.Hadoop != nil {
		w.cmd.Env = append([]string{"HADOOP_CONF_DIR=" + r.Hadoop.ConfDir()}, w.cmd.Env...)
	}
	w.cmd.Dir = home
	if c.Dir != "" {
		w.cmd.Dir = c.Dir
	}
	w.cmd.Stdout, w.cmd.Stderr = &w.stdout, &w.stderr
	if err := w.cmd.Start(); err != nil {
		leave()
		cancel()
		t.Fatal(err)
	}
	go func() {
		defer close(w.ended)
		_ = w.cmd.Wait() // the exit code says it
		w.took = time.Since(w.began)
		cancel()
		leave()
	}()
	t.Cleanup(func() { cancel(); <-w.ended })
	return w
}

// Wait waits for the end.
func (w *Running) Wait(t testing.TB) Ran {
	t.Helper()
	<-w.ended
	ran := Ran{Code: w.cmd.ProcessState.ExitCode(), Stdout: w.stdout.String(), Stderr: w.stderr.String(), Took: w.took}
	if w.took >= callLimit {
		t.Fatalf("weft %v did not end within %s:\n%s%s", w.cmd.Args[1:], callLimit, ran.Stdout, ran.Stderr)
	}
	return ran
}

// Signal sends a signal to the process.
func (w *Running) Signal(t testing.TB, s os.Signal) {
	t.Helper()
	if err := w.cmd.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
}

// Kill kills the process, unless it has ended by itself.
func (w *Running) Kill(t testing.TB) {
	t.Helper()
	if err := w.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		t.Fatal(err)
	}
}

// Ended tells whether the process has ended.
func (w *Running) Ended() bool {
	select {
	case <-w.ended:
		return true
	default:
		return false
	}
}

// Until waits until cond is nil while weft runs; when it ends first, the test fails with what it printed.
func (w *Running) Until(t testing.TB, limit time.Duration, what string, cond func(context.Context) error) {
	t.Helper()
	var gone error
	err := cluster.Await(t.Context(), limit, what, func(ctx context.Context) error {
		over := w.Ended()
		err := cond(ctx)
		if err != nil && over {
			gone = err
			return nil
		}
		return err
	})
	if err = errors.Join(err, gone); err != nil {
		t.Fatalf("%s, weft ended: %t: %v\n%s%s", what, w.Ended(), err, w.stdout.String(), w.stderr.String())
	}
}

// Want compares the exit code, and wants texts on standard output or error.
func (g Ran) Want(t testing.TB, code int, texts ...string) {
	t.Helper()
	good := g.Code == code
	if !good {
		t.Errorf("exit code %d, want %d", g.Code, code)
	}
	for _, text := range texts {
		if !strings.Contains(g.Stdout+g.Stderr, text) {
			t.Errorf("%q is not in the output", text)
			good = false
		}
	}
	if !good {
		t.Fatalf("stdout:\n%s\nstderr:\n%s", g.Stdout, g.Stderr)
	}
}

// Result is the object that -o json prints at the end of a run.
type Result struct {
	RunID         string   `json:"run_id"`
	State         string   `json:"state"`
	ExitCode      int      `json:"exit_code"`
	Cause         string   `json:"cause"`
	Hint          string   `json:"hint"`
	Millis        int64    `json:"duration_ms"`
	RowsRead      int64    `json:"rows_read"`
	RowsWritten   int64    `json:"rows_written"`
	RowsDirty     int64    `json:"rows_dirty"`
	RowsFiltered  int64    `json:"rows_filtered"`
	BytesRead     int64    `json:"bytes_read"`
	BytesWritten  int64    `json:"bytes_written"`
	Splits        int      `json:"splits"`
	Attempts      int      `json:"attempts"`
	AMAttempts    int      `json:"am_attempts"`
	Guarantee     string   `json:"guarantee"`
	Verify        string   `json:"verify"`
	Hash          string   `json:"hash"`
	Outputs       []string `json:"outputs"`
	ApplicationID string   `json:"application_id"`
	TrackingURL   string   `json:"tracking_url"`
}

// Result reads standard output as the one object of -o json.
func (g Ran) Result(t testing.TB) Result {
	t.Helper()
	var r Result
	dec := json.NewDecoder(strings.NewReader(g.Stdout))
	if err := dec.Decode(&r); err != nil || dec.More() {
		t.Fatalf("standard output is not one object: %v\n%s\nstderr:\n%s", err, g.Stdout, g.Stderr)
	}
	return r
}

// Keys returns the keys of the object of -o json, sorted.
func (g Ran) Keys(t testing.TB) []string {
	t.Helper()
	var object map[string]any
	if err := json.Unmarshal([]byte(g.Stdout), &object); err != nil {
		t.Fatalf("standard output is not one object: %v\n%s", err, g.Stdout)
	}
	var keys []string
	for key := range object {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// File writes a file into a folder of its own and returns its path.
func File(t testing.TB, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
