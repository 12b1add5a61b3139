package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"weft/internal/fault"
)

// ran is what one call of the program gave.
type ran struct {
	code           int
	stdout, stderr string
}

// weft runs the program in this process with nothing in the environment but
// HOME, PWD and what is given.
func weft(t *testing.T, environ []string, args ...string) ran {
	t.Helper()
	var stdout, stderr bytes.Buffer
	dir := t.TempDir()
	e := &env{stdin: strings.NewReader(""), stdout: &stdout, stderr: &stderr,
		environ: append(slices.Clone(environ), "HOME="+dir, "PWD="+dir, "WEFT_CONF_DIR="+confDir(t, "{}"))}
	code := e.main(t.Context(), args)
	return ran{code, stdout.String(), stderr.String()}
}

// confDir is a site folder with one file.
func confDir(t *testing.T, text string) string {
	t.Helper()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "weft-site.json"), text)
	return dir
}

func write(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// jobFile writes a job into a folder of its own.
func jobFile(t *testing.T, text string) string {
	t.Helper()
	return write(t, filepath.Join(t.TempDir(), "job.json"), text)
}

func (r ran) want(t *testing.T, code int, texts ...string) {
	t.Helper()
	if r.code != code {
		t.Errorf("exit code %d, want %d", r.code, code)
	}
	for _, text := range texts {
		if !strings.Contains(r.stdout+r.stderr, text) {
			t.Errorf("%q is not in the output", text)
		}
	}
	if t.Failed() {
		t.Logf("stdout:\n%s\nstderr:\n%s", r.stdout, r.stderr)
	}
}

// object is standard output as the one JSON object it must be.
func (r ran) object(t *testing.T) map[string]any {
	t.Helper()
	var value map[string]any
	if err := json.Unmarshal([]byte(r.stdout), &value); err != nil {
		t.Fatalf("standard output is not one object: %v\n%s", err, r.stdout)
	}
	return value
}

func TestEveryVerbExplainsItself(t *testing.T) {
	root := newRootCommand(&env{})
	shown := 0
	for _, cmd := range root.Commands() {
		if cmd.Hidden || cmd.Name() == "help" || cmd.Name() == "completion" {
			continue
		}
		shown++
		if cmd.Short == "" || !strings.Contains(cmd.Example, "weft "+cmd.Name()) {
			t.Errorf("%s: no example in the help", cmd.Name())
		}
		r := weft(t, nil, cmd.Name(), "--help")
		r.want(t, 0, "Exit codes:", "  130  ended by Ctrl-C")
	}
	if shown < 5 {
		t.Errorf("only %d verbs", shown)
	}
	weft(t, nil).want(t, 0, "moves tables and files", "quickstart")
}

func TestUsageMistakes(t *testing.T) {
	for _, tt := range []struct {
		args []string
		text string
	}{
		{[]string{"chekc"}, `did you mean "check"?`},
		{[]string{"check"}, "want one job file"},
		{[]string{"check", "a", "b"}, "want one job file"},
		{[]string{"check", "--no-such-flag", "x"}, "unknown flag: --no-such-flag"},
		{[]string{"check", "x", "-p", "novalue"}, `parameter "novalue": want name=value`},
		{[]string{"check", "x", "--dialect", "sqoop"}, "want native, flinkx or datax"},
		{[]string{"version", "x"}, "unknown command"},
		{[]string{"plugins", "show"}, "accepts 1 arg"},
		{[]string{"plugins", "list", "-o", "xml"}, "want text or json"},
	} {
		t.Run(strings.Join(tt.args, " "), func(t *testing.T) {
			r := weft(t, nil, tt.args...)
			r.want(t, fault.ExitUsage, "error[E2001]", tt.text)
			if r.stdout != "" {
				t.Error("a mistake was told on standard output")
			}
		})
	}
}

func TestErrorsAsJSON(t *testing.T) {
	r := weft(t, nil, "plugins", "show", "nosuch", "-o", "json")
	r.want(t, fault.ExitUsage)
	report, _ := r.object(t)["error"].(map[string]any)
	if report["code"] != "E2103" || report["exit_code"] != float64(2) || report["hint"] == "" {
		t.Errorf("error %v", report)
	}
}

func TestVersionAndCompletionNeedNoSettings(t *testing.T) {
	broken := []string{"WEFT_CONF_DIR=" + confDir(t, "{")}
	e := append(broken, "WEFT_YARN_NONSENSE=1")
	for _, args := range [][]string{{"version"}, {"completion", "bash"}} {
		var stdout, stderr bytes.Buffer
		v := &env{stdout: &stdout, stderr: &stderr, environ: e}
		if code := v.main(t.Context(), args); code != 0 || stdout.Len() == 0 {
			t.Errorf("%v: exit code %d, %s", args, code, stderr.String())
		}
	}
	r := weft(t, nil, "version", "-o", "json")
	if o := r.object(t); o["version"] == "" || o["go"] == "" {
		t.Errorf("%v", o)
	}
}

func TestSiteMistakesStopEveryVerb(t *testing.T) {
	var stdout, stderr bytes.Buffer
	v := &env{stdout: &stdout, stderr: &stderr, environ: []string{"WEFT_CONF_DIR=" + confDir(t, `{"yarn": {"que": 1}}`)}}
	r := ran{v.main(t.Context(), []string{"plugins", "list", "-D", "yarn.slotz=1"}), stdout.String(), stderr.String()}
	r.want(t, fault.ExitUsage, "error[E2202]", `did you mean "queue"?`, "-D yarn.slotz", `did you mean "yarn.slots"?`)
}

func TestPlugins(t *testing.T) {
	weft(t, nil, "plugins", "list").want(t, 0, "mysql", "hdfs", "stream")
	weft(t, nil, "plugins", "show", "mysql").want(t, 0, "Options of the reader:", "splitPk", "Sample:", "secret")
	o := weft(t, nil, "plugins", "show", "hdfs", "-o", "json").object(t)
	if list, _ := o["writer_options"].([]any); len(list) < 5 {
		t.Errorf("options %v", o["writer_options"])
	}
}

// The first signal ends the context with itself as the cause, the second one
// the program.
func TestSignals(t *testing.T) {
	exited := make(chan int, 1)
	ctx, stop := untilSignal(context.Background(), func(code int) { exited <- code })
	defer stop()
	self := func(s syscall.Signal) {
		if err := syscall.Kill(os.Getpid(), s); err != nil {
			t.Fatal(err)
		}
	}
	self(syscall.SIGTERM)
	<-ctx.Done()
	err := interrupted(ctx, fmt.Errorf("read: %w", ctx.Err()))
	if code := fault.ExitCode(err); code != fault.ExitTerminated {
		t.Errorf("exit code %d after SIGTERM: %v", code, err)
	}
	self(syscall.SIGINT)
	if code := <-exited; code != fault.ExitInterrupted {
		t.Errorf("exit code %d after the second signal", code)
	}
}
