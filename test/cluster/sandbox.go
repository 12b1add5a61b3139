package cluster

import (
	_ "embed"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

//go:embed reap.sh
var reapScript string

// reapLimit bounds the reaper: it makes at most 200 rounds of a few tens of milliseconds and removes one folder.
const reapLimit = 60 * time.Second

// sandbox is a work folder, the ports and processes that belong to it, and the reaper that ends all three.
//
// A signal on the death of the parent (PR_SET_PDEATHSIG) is not enough: it reaches direct children only, is tied to
// the thread that made them, and YARN containers are neither children of the test nor of a NodeManager that was killed.
// So each sandbox has a shell process in a session of its own that reads from a pipe of which only this process holds the
// other end. End of file means: this process closed it, or is gone, be it by SIGKILL. Both ways take the same path.
type sandbox struct {
	dir   string
	cache string
	ports *portBlock

	mu     sync.Mutex
	procs  []*process
	leash  io.Closer // the write end of the reaper's pipe
	reaper *exec.Cmd
	closed bool
}

// newSandbox makes an empty work folder with a short path (Unix sockets and containers' paths have narrow limits).
func newSandbox(kind string) (*sandbox, error) {
	cache, err := cacheDir()
	if err != nil {
		return nil, err
	}
	ports, err := claimPorts(cache)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "weft-"+kind+"-")
	if err != nil {
		ports.held.Close()
		return nil, fmt.Errorf("make work folder: %w", err)
	}
	s := &sandbox{dir: dir, cache: cache, ports: ports}
	if err := s.startReaper(); err != nil {
		ports.held.Close()
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return s, nil
}

func (s *sandbox) startReaper() error {
	s.reaper = exec.Command("/bin/sh", "-c", reapScript, "reap", s.dir)
	s.reaper.Dir = "/"
	s.reaper.Env = []string{"PATH=/usr/bin:/bin"}
	s.reaper.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	leash, err := s.reaper.StdinPipe()
	if err != nil {
		return fmt.Errorf("start reaper of %s: %w", s.dir, err)
	}
	if err := s.reaper.Start(); err != nil {
		return fmt.Errorf("start reaper of %s: %w", s.dir, err)
	}
	s.leash = leash
	return nil
}

// path joins names below the work folder.
func (s *sandbox) path(names ...string) string {
	return filepath.Join(append([]string{s.dir}, names...)...)
}

// mkdirs makes folders below the work folder.
func (s *sandbox) mkdirs(names ...string) error {
	for _, n := range names {
		if err := os.MkdirAll(s.path(n), 0o755); err != nil {
			return fmt.Errorf("make folder %s: %w", n, err)
		}
	}
	return nil
}

// newProcess describes a process of this sandbox; nothing is started yet.
func (s *sandbox) newProcess(name string, argv, env []string) *process {
	p := &process{
		name: name, argv: argv, dir: s.dir, logPath: s.path("log", name+".log"),
		env: append([]string{"WEFT_CLUSTER_DIR=" + s.dir}, env...),
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.procs = append(s.procs, p)
	return p
}

// close ends every process of the sandbox and removes the work folder. Further calls do nothing.
func (s *sandbox) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	defer s.ports.held.Close()
	var errs []error
	for _, p := range s.procs {
		errs = append(errs, p.kill())
	}
	s.leash.Close()
	overdue := time.AfterFunc(reapLimit, func() { s.reaper.Process.Kill() })
	defer overdue.Stop()
	if err := s.reaper.Wait(); err != nil {
		errs = append(errs, fmt.Errorf("reap %s (limit %s): %w", s.dir, reapLimit, err))
	}
	return errors.Join(errs...)
}
