package sqlwrite

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"
)

// Backoff says how often and with what pauses something is tried again that
// failed for reasons of the moment: a deadlock, a lock that was not to be had.
type Backoff struct {
	// First is the pause after the first failure; each later one is twice as
	// long, up to Most, and all are lengthened by up to a half at random, so
	// that two that hit each other do not meet again.
	First, Most time.Duration
	// Tries bounds the calls, the first included.
	Tries int
}

// DefaultBackoff is for statements: 8 tries within about 10 s.
func DefaultBackoff() Backoff {
	return Backoff{First: 50 * time.Millisecond, Most: 4 * time.Second, Tries: 8}
}

// Do calls f until it succeeds, fails with an error for which again says no,
// was tried often enough, or ctx ends.
func (b Backoff) Do(ctx context.Context, again func(error) bool, f func() error) error {
	pause := b.First
	for try := 1; ; try++ {
		err := f()
		if err == nil || !again(err) {
			return err
		}
		if try >= b.Tries {
			return fmt.Errorf("%w (tried %d times)", err, try)
		}
		timer := time.NewTimer(pause + rand.N(pause/2+1))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return context.Cause(ctx)
		}
		pause = min(2*pause, b.Most)
	}
}
