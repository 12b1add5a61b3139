package am

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"weft/am/sched"
)

// Pauses between heartbeats: while containers are missing, and otherwise. A
// grant comes with the first heartbeat after the scheduler has decided, so a
// short run is as fast as it is asked about.
const (
	wantingPause   = 100 * time.Millisecond
	heartbeatPause = time.Second
)

// heart holds what the loop wishes from the ResourceManager and what the
// heartbeat has heard of it.
type heart struct {
	kick chan struct{} // asks for a heartbeat now; room for one

	mu     sync.Mutex
	wish   Wish
	grants map[string]Grant
	heard  time.Time // of the newest answer
	over   error     // why this master is not the current one
}

func (h *heart) change(f func()) {
	h.mu.Lock()
	f()
	h.mu.Unlock()
	select {
	case h.kick <- struct{}{}:
	default:
	}
}

func (h *heart) ask(n int) { h.change(func() { h.wish.Containers = n }) }

// release gives a grant back; like grant it takes one off what is missing.
func (h *heart) release(id string) {
	h.change(func() {
		h.wish.Release = append(h.wish.Release, id)
		h.wish.Containers = max(h.wish.Containers-1, 0)
		delete(h.grants, id)
	})
}

// giveBack releases a container that was never asked for here.
func (h *heart) giveBack(id string) {
	h.change(func() { h.wish.Release = append(h.wish.Release, id) })
}

func (h *heart) exclude(node string) {
	h.change(func() { h.wish.Exclude = append(h.wish.Exclude, node) })
}

func (h *heart) setProgress(p float64) {
	h.mu.Lock()
	h.wish.Progress = p
	h.mu.Unlock()
}

// pause is how long to wait until the next heartbeat.
func (h *heart) pause() time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.wish.Containers > 0 {
		return wantingPause
	}
	return heartbeatPause
}

// grant returns a grant and forgets it. The machine counts a grant off what it
// has asked for without another Ask, so the wish is lowered here; else it would
// be asked for again.
func (h *heart) grant(id string) Grant {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.wish.Containers = max(h.wish.Containers-1, 0)
	g := h.grants[id]
	delete(h.grants, id)
	return g
}

// current returns an error while nobody can tell whether this master is still
// the current one.
func (h *heart) current() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.over != nil {
		return h.over
	}
	if silent := time.Since(h.heard); silent > sched.CommitWindow {
		return fmt.Errorf("the ResourceManager was silent for %s, more than %s", silent.Round(time.Second), sched.CommitWindow)
	}
	return nil
}

// beat sends heartbeats until ctx ends, and turns what they bring into events.
func (m *Master) beat(ctx context.Context) {
	timer := time.NewTimer(heartbeatPause)
	defer timer.Stop()
	for {
		err := m.beatOnce(ctx)
		switch {
		case errors.Is(err, ErrNotCurrent):
			m.events.put(sched.Broken{Why: whyOf(err)})
			return
		case err != nil && ctx.Err() == nil:
			m.o.Log.Warn("heartbeat", "err", err)
		}
		timer.Reset(m.heart.pause())
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		case <-m.heart.kick:
		}
	}
}

func (m *Master) beatOnce(ctx context.Context) error {
	h := &m.heart
	h.mu.Lock()
	wish := h.wish
	h.wish.Release, h.wish.Exclude = nil, nil
	h.mu.Unlock()
	sent := time.Now()
	news, err := m.o.Resources.Heartbeat(ctx, wish)
	h.mu.Lock()
	if err != nil { // not said: say it again
		h.wish.Release = append(wish.Release, h.wish.Release...)
		h.wish.Exclude = append(wish.Exclude, h.wish.Exclude...)
		if errors.Is(err, ErrNotCurrent) {
			h.over = err
		}
		h.mu.Unlock()
		return err
	}
	h.heard = sent // the answer is true as of then
	if h.grants == nil {
		h.grants = map[string]Grant{}
	}
	for _, g := range news.Granted {
		h.grants[g.ID] = g
	}
	h.mu.Unlock()
	for _, g := range news.Kept { // before the first Contact: who was kept is known by then
		m.events.put(sched.Kept{Container: g.ID, Node: g.Node})
	}
	m.events.put(sched.Contact{})
	for _, g := range news.Granted {
		m.events.put(sched.Granted{Container: g.ID, Node: g.Node})
	}
	for _, g := range news.Gone {
		m.events.put(sched.Gone{Container: g.ID, Exit: g.Exit, Cause: g.Diagnostics})
	}
	if len(news.Strict)+len(news.Negotiable) > 0 {
		m.o.Log.Warn("the ResourceManager wants containers back", "strict", news.Strict, "negotiable", news.Negotiable)
		m.events.put(sched.Preempting{Strict: news.Strict, Negotiable: news.Negotiable})
	}
	return nil
}
