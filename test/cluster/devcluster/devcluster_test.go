package main

import (
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

	"weft/test/cluster"
)

// asProgramEnv makes this test binary the program itself.
const asProgramEnv = "WEFT_DEVCLUSTER_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgramEnv) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// shell runs the program with the state folder dir and returns what it printed and its exit code.
func shell(t *testing.T, dir string, args ...string) (string, int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0], args...)
	cmd.Env = append(os.Environ(), asProgramEnv+"=1", "WEFT_DEVCLUSTER="+dir)
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	t.Logf("%s: exit code %d\n%s", strings.Join(args, " "), cmd.ProcessState.ExitCode(), out.String())
	return out.String(), cmd.ProcessState.ExitCode()
}

// must runs the program and wants an exit code and a text in what it prints.
func must(t *testing.T, dir string, code int, want string, args ...string) {
	t.Helper()
	out, got := shell(t, dir, args...)
	if got != code || !strings.Contains(out, want) {
		t.Errorf("%s: exit code %d, want %d and a text with %q", strings.Join(args, " "), got, code, want)
	}
}

func readState(t *testing.T, dir string) state {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "state.json"))
	if err != nil {
		t.Fatal(err)
	}
	var s state
	if err := json.Unmarshal(text, &s); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestUpToDown(t *testing.T) {
	dir := t.TempDir()
	must(t, dir, 1, "not up", "status")
	must(t, dir, 0, "nothing is up", "down")
	must(t, dir, 0, "up after", "up")
	s := readState(t, dir)
	if len(s.Nodes) != 2 {
		t.Errorf("%d NodeManagers, want 2", len(s.Nodes))
	}
	must(t, dir, 1, "already up", "up")
	must(t, dir, 0, s.RMWeb, "status")
	must(t, dir, 0, "export HADOOP_CONF_DIR='"+s.ConfDir+"'", "env")
	must(t, dir, 0, "w: 1000 rows", "load", "--rows", "1000", "--table", "w", "wide")
	must(t, dir, 0, "w: 10 rows", "load", "--rows", "10", "--table", "w", "bench") // replaced
	must(t, dir, 4, "DIFFERENT", "compare", "--table", "w", "--path", "/user")
	must(t, dir, 0, "", "ls", s.HDFS+"/user")
	empty := t.TempDir()
	must(t, dir, 0, "the same rows", "compare", "--table", "w", "--where", "id < 0", "--local", empty)
	must(t, dir, 0, "", "down")
	must(t, dir, 1, "not up", "env")
	gone(t, s)
}

func TestNothingIsLeftWhenTheHolderIsKilled(t *testing.T) {
	dir := t.TempDir()
	must(t, dir, 0, "up after", "up", "--nodes", "1", "--memory-enforced")
	s := readState(t, dir)
	if err := syscall.Kill(s.PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	gone(t, s)
	must(t, dir, 1, "not up", "status")
}

// gone waits until the folders of the servers have been removed, which happens when none of their processes lives.
func gone(t *testing.T, s state) {
	t.Helper()
	err := cluster.Await(context.Background(), 20*time.Second, "servers to be gone", func(context.Context) error {
		for _, path := range []string{s.WorkDir, filepath.Dir(s.CAFile), fmt.Sprintf("/proc/%d/exe", s.PID)} {
			if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
				return fmt.Errorf("%s is there: %v", path, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func TestWrongUse(t *testing.T) {
	dir := t.TempDir()
	must(t, dir, 0, "usage:")
	must(t, dir, 1, "no verb", "upp")
	must(t, dir, 1, "no arguments", "up", "2")
	must(t, dir, 1, "no database", "up", "--database", "oracle")
	must(t, dir, 1, "wide or bench", "load", "tall")
	must(t, dir, 1, "one of --path and --local", "compare", "--table", "w")
}
