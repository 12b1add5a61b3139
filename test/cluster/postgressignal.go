package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// Kill sends SIGKILL to the server and to the processes of its sessions, and returns when all of them are gone. Each
// session is a process in a session of its own: killing the server alone would let a busy one work on for a while.
func (p *Postgres) Kill(ctx context.Context) error {
	children, err := p.children()
	if err != nil {
		return err
	}
	if err := p.proc.kill(); err != nil {
		return err
	}
	for _, pid := range children {
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
			return fmt.Errorf("kill postgresql session %d: %w", pid, err)
		}
	}
	return Await(ctx, exitLimit, "sessions of postgresql to end", func(context.Context) error {
		for _, pid := range children {
			if syscall.Kill(pid, 0) == nil && !isZombie(pid) {
				return fmt.Errorf("process %d is still there", pid)
			}
		}
		return nil
	})
}

// isZombie says that a process has ended and only waits for its parent to notice.
func isZombie(pid int) bool {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return true
	}
	_, after, _ := strings.Cut(string(stat), ") ")
	return strings.HasPrefix(after, "Z")
}

// Pause stops the server and its sessions with SIGSTOP: connections stay open and nothing answers. Resume lets it go on.
func (p *Postgres) Pause() error { return p.signalAll(syscall.SIGSTOP) }

// Resume lets a paused server go on.
func (p *Postgres) Resume() error { return p.signalAll(syscall.SIGCONT) }

// signalAll reaches the server first: stopped, it starts no further sessions.
func (p *Postgres) signalAll(signal syscall.Signal) error {
	if err := p.proc.signal(signal); err != nil {
		return err
	}
	children, err := p.children()
	if err != nil {
		return err
	}
	for _, pid := range children {
		if err := syscall.Kill(pid, signal); err != nil && !errors.Is(err, syscall.ESRCH) {
			return fmt.Errorf("signal postgresql session %d: %w", pid, err)
		}
	}
	return nil
}

// children returns the processes that the server has started: sessions and helpers.
func (p *Postgres) children() ([]int, error) {
	server := p.proc.pid()
	if server == 0 {
		return nil, nil
	}
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", server, server))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list sessions of postgresql: %w", err)
	}
	var list []int
	for field := range strings.FieldsSeq(string(text)) {
		pid, err := strconv.Atoi(field)
		if err != nil {
			return nil, fmt.Errorf("list sessions of postgresql: %w", err)
		}
		list = append(list, pid)
	}
	return list, nil
}
