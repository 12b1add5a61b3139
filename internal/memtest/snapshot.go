package memtest

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"weft/plugins"
)

// Views is how the source of a World shows itself as of one moment, and what was
// seen of it. The zero Views makes barriers that hold.
type Views struct {
	// Late makes snapshots that can be joined until they are released.
	Late bool
	// Refuse is the error of Acquire; nil lets it succeed.
	Refuse error
	// Lose says at which rows a reader loses its view; called by many
	// goroutines at once.
	Lose func(id int64) bool

	mu    sync.Mutex
	taken int
	held  string
	rows  map[string]int64
	early int64
}

// Rows returns how many rows were read in each view, by its token; "" is none.
func (v *Views) Rows() map[string]int64 {
	v.mu.Lock()
	defer v.mu.Unlock()
	got := make(map[string]int64, len(v.rows))
	for token, n := range v.rows {
		got[token] = n
	}
	return got
}

// Early counts the rows that were read while a barrier was still held.
func (v *Views) Early() int64 {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.early
}

// Held says that somebody has not released what was acquired.
func (v *Views) Held() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.held != ""
}

func (v *Views) read(view string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.rows == nil {
		v.rows = map[string]int64{}
	}
	v.rows[view]++
	if v.held != "" && !v.Late {
		v.early++
	}
}

var _ plugins.Snapshotter = (*reader)(nil)

// Acquire implements plugins.Snapshotter.
func (r *reader) Acquire(context.Context) (plugins.Snapshot, error) {
	v := &r.w.Views
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.Refuse != nil {
		return plugins.Snapshot{}, v.Refuse
	}
	v.taken++
	v.held = fmt.Sprintf("view-%d", v.taken)
	return plugins.Snapshot{Token: v.held, Point: fmt.Sprintf("moment %d", v.taken), Late: v.Late}, nil
}

// Attach implements plugins.Snapshotter.
func (r *reader) Attach(_ context.Context, s plugins.Snapshot) error {
	v := &r.w.Views
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.held != s.Token {
		return r.lost("it is over")
	}
	r.view = s.Token
	return nil
}

// Release implements plugins.Snapshotter.
func (r *reader) Release(context.Context) error {
	v := &r.w.Views
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.held == "" {
		return r.lost("nothing is held")
	}
	v.held = ""
	return nil
}

func (r *reader) lost(cause string) error {
	return &plugins.Error{Class: plugins.Lost, Reason: plugins.ReasonSnapshotLost, Op: "read in a snapshot", Err: errors.New(cause)}
}

// look counts a row as read in the reader's view, or loses that.
func (r *reader) look(id int64) error {
	if r.view != "" && r.w.Views.Lose != nil && r.w.Views.Lose(id) {
		return r.lost("ordered")
	}
	r.w.Views.read(r.view)
	return nil
}
