package cluster

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// pollEvery is how often a condition is looked at; short, because a look is one system call or one request on loopback.
const pollEvery = 50 * time.Millisecond

// errHopeless marks a cause that no further waiting can cure, for instance the death of the process waited for.
var errHopeless = errors.New("will not get ready")

// Await looks at cond every 50 ms until it returns nil.
// It gives up after limit, when ctx ends, or at once when the error of cond can never go away (a daemon that has exited).
// The error names what was waited for, the limit and the last cause. cond gets ctx and must return promptly.
func Await(ctx context.Context, limit time.Duration, what string, cond func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	ticker := time.NewTicker(pollEvery)
	defer ticker.Stop()
	for {
		err := cond(ctx)
		if err == nil {
			return nil
		}
		if errors.Is(err, errHopeless) {
			return fmt.Errorf("wait for %s: %w", what, err)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for %s: %w (limit %s), last seen: %w", what, ctx.Err(), limit, err)
		case <-ticker.C:
		}
	}
}
