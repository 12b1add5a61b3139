package cluster

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"syscall"
)

// Container is a process of a YARN container. One that starts children without exec is there several times.
type Container struct {
	ID   string // container_1795361885000_0001_01_000001
	PID  int
	Node Daemon   // the NodeManager that started it, alive or not
	Args []string // its command line
}

// AM tells whether it is the container of an ApplicationMaster: YARN numbers that one 1 in every app attempt.
func (c Container) AM() bool { return strings.HasSuffix(c.ID, "_000001") }

// Kill sends SIGKILL; a process that is gone is no error.
func (c Container) Kill() error { return c.signal(syscall.SIGKILL) }

// Pause stops the process with SIGSTOP, as a machine that hangs does. Resume lets it go on.
func (c Container) Pause() error { return c.signal(syscall.SIGSTOP) }

// Resume lets a paused process go on.
func (c Container) Resume() error { return c.signal(syscall.SIGCONT) }

func (c Container) signal(sig syscall.Signal) error {
	if err := syscall.Kill(c.PID, sig); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("signal %s to %s, process %d: %w", sig, c.ID, c.PID, err)
	}
	return nil
}

// Containers returns the processes of containers that live at this moment, ordered by container id and pid. They are
// found by the environment that YARN gives them, so those of a NodeManager that was killed are among them.
func (h *Hadoop) Containers() ([]Container, error) {
	environs, err := filepath.Glob("/proc/[0-9]*/environ")
	if err != nil {
		return nil, err
	}
	var all []Container
	for _, path := range environs {
		environ, err := os.ReadFile(path)
		if err != nil {
			continue // gone meanwhile, or another user's
		}
		if c, ok := h.containerOf(environ); ok {
			c.PID, _ = strconv.Atoi(filepath.Base(filepath.Dir(path))) // digits, by the pattern
			args, _ := os.ReadFile(filepath.Join(filepath.Dir(path), "cmdline"))
			c.Args = strings.Split(strings.TrimRight(string(args), "\x00"), "\x00")
			all = append(all, c)
		}
	}
	sort.Slice(all, func(i, j int) bool {
		return all[i].ID < all[j].ID || all[i].ID == all[j].ID && all[i].PID < all[j].PID
	})
	return all, nil
}

// containerOf reads id and node from an environment, if it is that of a container of this Hadoop.
func (h *Hadoop) containerOf(environ []byte) (Container, bool) {
	var c Container
	for _, v := range bytes.Split(environ, []byte{0}) {
		name, value, _ := strings.Cut(string(v), "=")
		switch name {
		case "CONTAINER_ID":
			c.ID = value
		case "LOCAL_DIRS":
			for _, nm := range h.NMs {
				if strings.HasPrefix(value, h.LocalDir(nm)+"/") {
					c.Node = nm
				}
			}
		}
	}
	return c, c.ID != "" && c.Node != ""
}
