package cluster

import (
	"context"
	"fmt"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// output runs a command that ends by itself and returns what it printed on both outputs; an error carries the last of it.
// When ctx ends the whole process group is killed, children of a shell included.
func output(ctx context.Context, dir string, env []string, argv ...string) (string, error) {
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Dir, cmd.Env = dir, env
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 5 * time.Second
	out, err := cmd.CombinedOutput()
	if err == nil {
		return string(out), nil
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	tail := strings.Join(lines[max(0, len(lines)-6):], "\n")
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return "", fmt.Errorf("run %s: %w: %s", argv[0], err, tail)
}
