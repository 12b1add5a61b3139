package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"weft/test/cluster"
)

// downLimit bounds the end: a minute for each of the two reapers.
const downLimit = 2 * time.Minute

// up starts serve in a session of its own and waits until it has published its state.
func up(ctx context.Context, h home, args []string) error {
	if _, err := parseSettings("up", args); err != nil {
		return err
	}
	if _, err := h.read(); err == nil {
		return fmt.Errorf("already up: devcluster down stops it")
	} else if !errors.Is(err, errDown) {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	log, err := os.Create(h.file("serve.log"))
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := exec.Command(self, append([]string{"serve"}, args...)...)
	cmd.Stdout, cmd.Stderr, cmd.Dir = log, log, "/"
	cmd.Env = append(os.Environ(), "WEFT_DEVCLUSTER="+string(h))
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return err
	}
	ended := make(chan error, 1) // closed never: one value when serve ends
	go func() { ended <- cmd.Wait() }()
	return waitUp(ctx, h, cmd, ended)
}

// waitUp waits for the state or the end of serve. When this process is told to stop, serve is too.
func waitUp(ctx context.Context, h home, cmd *exec.Cmd, ended <-chan error) error {
	began := time.Now()
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	for {
		select {
		case err := <-ended:
			text, _ := os.ReadFile(h.file("serve.log")) // only to explain
			return fmt.Errorf("start: %w: %s", err, strings.TrimSpace(string(text)))
		case <-ctx.Done():
			cmd.Process.Signal(syscall.SIGTERM)
			<-ended
			return ctx.Err()
		case <-ticker.C:
		}
		if s, err := h.read(); err == nil && s.PID == cmd.Process.Pid {
			fmt.Fprintf(os.Stderr, "up after %s\n", time.Since(began).Round(100*time.Millisecond))
			s.print(os.Stdout)
			return nil
		}
	}
}

// down asks the process that holds the servers to stop them, and waits for its end.
func down(ctx context.Context, h home, args []string) error {
	if err := noArguments("down", args); err != nil {
		return err
	}
	s, err := h.read()
	if errors.Is(err, errDown) {
		fmt.Fprintln(os.Stderr, "nothing is up")
		return nil
	}
	if err != nil {
		return err
	}
	// The holder of the lock wrote this pid, and the lock is held: it is not another process with the same number.
	if err := syscall.Kill(s.PID, syscall.SIGTERM); err != nil {
		return fmt.Errorf("stop process %d: %w", s.PID, err)
	}
	return cluster.Await(ctx, downLimit, "end of devcluster", func(context.Context) error {
		held, err := h.lock()
		if err != nil {
			return err
		}
		return held.Close()
	})
}

func noArguments(name string, args []string) error {
	f := flags(name)
	if err := f.Parse(args); err != nil {
		return err
	}
	if f.NArg() > 0 {
		return fmt.Errorf("%s takes no arguments: %q", name, f.Args())
	}
	return nil
}
