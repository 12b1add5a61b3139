package am

import (
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"weft/am/sched"
	"weft/internal/job"
)

// A commit waits for a ResourceManager that is silent, no longer than it was told to, and not at all once it is not the
// current one's.
func TestCommitWaitsForTheResourceManager(t *testing.T) {
	said := make(told, 10)
	newMaster := func(patience time.Duration) *Master {
		m := New(Options{Spec: &job.Spec{}, Log: slog.New(slog.NewTextHandler(said, nil))})
		m.o.Spec.Setting.Timeout.Cluster = job.Duration(patience)
		m.heart.heard = time.Now().Add(-2 * sched.CommitWindow)
		return m
	}
	m := newMaster(time.Minute)
	waited := make(chan error, 1)
	go func() { waited <- m.awaitWindow(t.Context()) }()
	select {
	case err := <-waited:
		t.Fatalf("it did not wait: %v", err)
	case text := <-said:
		if !strings.Contains(text, "limit=1m0s") {
			t.Errorf("it said %s", text)
		}
	}
	m.heart.mu.Lock()
	m.heart.heard = time.Now()
	m.heart.mu.Unlock()
	if err := <-waited; err != nil {
		t.Error(err)
	}

	m = newMaster(2 * windowPause)
	if err := m.awaitWindow(t.Context()); err == nil || !strings.Contains(err.Error(), "timeout.cluster") || !strings.Contains(err.Error(), "silent for 20s") {
		t.Errorf("beyond the deadline: %v", err)
	}
	m = newMaster(time.Minute)
	m.heart.over = ErrNotCurrent
	if err := m.awaitWindow(t.Context()); !errors.Is(err, ErrNotCurrent) {
		t.Errorf("not current: %v", err)
	}
}

// told is where a log goes whose lines are waited for.
type told chan string

func (to told) Write(p []byte) (int, error) {
	to <- string(p)
	return len(p), nil
}
