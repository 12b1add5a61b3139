package yarnrpc

import (
	"log/slog"
	"sync"
	"time"
)

// A call that finds no server for noticeAfter is worth a word, and one more every noticeEvery. A failover that people need
// not hear of takes less than that.
const (
	noticeAfter = 3 * time.Second
	noticeEvery = 30 * time.Second
)

// waits is what a client has said about its waiting, so that many calls that wait for the same server say it once.
type waits struct {
	mu    sync.Mutex
	since time.Time // since when a server is waited for; zero while all is well, or nobody was told yet
	told  time.Time
}

// goesOn notes that a call that began at some time waits on for the reason err, until deadline at most.
func (w *waits) goesOn(log *slog.Logger, method string, began, deadline time.Time, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Now()
	if now.Sub(began) < noticeAfter || now.Sub(w.told) < noticeEvery {
		return
	}
	if w.since.IsZero() {
		w.since = began
	}
	w.told = now
	log.Warn("waiting for a server that takes the call", "call", method, "waited", now.Sub(w.since).Round(time.Second),
		"limit", deadline.Sub(began).Round(time.Second), "err", err)
}

// answered notes that a call was answered which began at some time.
func (w *waits) answered(log *slog.Logger, method string, began time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	// Reading goes on in safe mode: only a call that waited itself, or began after the last word, says that it is over.
	if w.since.IsZero() || began.After(w.told) && time.Since(w.told) < noticeEvery {
		return
	}
	log.Info("a server takes calls again", "call", method, "waited", time.Since(w.since).Round(time.Second))
	w.since, w.told = time.Time{}, time.Time{}
}
