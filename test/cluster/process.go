package cluster

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

// exitLimit is how long a process may take to vanish after SIGKILL.
const exitLimit = 20 * time.Second

var (
	errNotRunning = errors.New("not running")
	errRunning    = errors.New("already running")
)

// process is one daemon that can be started again after its end; what it prints goes to the end of one log file.
type process struct {
	name    string
	argv    []string
	env     []string
	dir     string
	logPath string

	mu    sync.Mutex
	cmd   *exec.Cmd
	ended chan struct{} // closed by the goroutine that waits for the process; nil before the first start
}

// start runs the process in a session of its own, without standard input.
func (p *process) start() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.running() {
		return fmt.Errorf("start %s: %w", p.name, errRunning)
	}
	log, err := os.OpenFile(p.logPath, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return fmt.Errorf("start %s: %w", p.name, err)
	}
	defer log.Close()
	cmd := exec.Command(p.argv[0], p.argv[1:]...)
	cmd.Env, cmd.Dir, cmd.Stdout, cmd.Stderr = p.env, p.dir, log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start %s: %w", p.name, err)
	}
	ended := make(chan struct{})
	p.cmd, p.ended = cmd, ended
	go func() { // ends with the process; kill waits for it
		cmd.Wait()
		close(ended)
	}()
	return nil
}

// running needs p.mu.
func (p *process) running() bool {
	if p.ended == nil {
		return false
	}
	select {
	case <-p.ended:
		return false
	default:
		return true
	}
}

// alive returns nil while the process runs, else an error with the lines of its log that matter, which ends any Await.
func (p *process) alive() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.running() {
		return nil
	}
	state := "never started"
	if p.cmd != nil {
		state = p.cmd.ProcessState.String()
	}
	return fmt.Errorf("%w: %s ended (%s): %s", errHopeless, p.name, state, p.complaint())
}

// complaint returns the last lines of the log that speak of an error, or simply the last lines.
func (p *process) complaint() string {
	text, err := os.ReadFile(p.logPath)
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	var bad []string
	for _, l := range lines {
		if strings.Contains(l, "ERROR") || strings.Contains(l, "FATAL") || strings.Contains(l, "Exception") {
			bad = append(bad, l)
		}
	}
	if len(bad) == 0 {
		bad = lines
	}
	return strings.Join(bad[max(0, len(bad)-8):], "\n")
}

// signal sends sig to the process alone.
func (p *process) signal(sig syscall.Signal) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.running() {
		return fmt.Errorf("signal %s: %w", p.name, errNotRunning)
	}
	if err := p.cmd.Process.Signal(sig); err != nil {
		return fmt.Errorf("signal %s: %w", p.name, err)
	}
	return nil
}

// kill sends SIGKILL and returns when the process is gone; a process that does not run is no error.
func (p *process) kill() error { return p.end(syscall.SIGKILL, exitLimit) }

// end sends sig and waits at most limit for the process to be gone.
func (p *process) end(sig syscall.Signal, limit time.Duration) error {
	if err := p.signal(sig); errors.Is(err, errNotRunning) {
		return nil
	} else if err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	p.mu.Lock()
	ended := p.ended
	p.mu.Unlock()
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-ended:
		return nil
	case <-timer.C:
		return fmt.Errorf("end %s: still there %s after %s", p.name, limit, sig)
	}
}

// pid returns the process id, or 0 when the process does not run.
func (p *process) pid() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.running() {
		return 0
	}
	return p.cmd.Process.Pid
}
