package pump

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"weft/internal/umbilical"
	"weft/plugins"
)

// The causes that end an attempt from outside; context.Cause of everything it
// does then is one of them.
var (
	// errFenced: the master gave the split to somebody else.
	errFenced = errors.New("fenced: another attempt holds the split")
	// errStopped: the master said stop.
	errStopped = errors.New("the master said stop")
	// errLease: no answer from the master for the length of the lease.
	errLease = errors.New("no answer from the master for the length of the lease")
	// errDrained ends a cycle whose last unit is sealed and accepted before
	// the split is exhausted.
	errDrained = errors.New("drained")
)

// broken is an invariant of weft that does not hold.
func broken(format string, args ...any) error {
	return &plugins.Error{Class: plugins.Bug, Err: fmt.Errorf(format, args...)}
}

// endingOf says how the attempt ended, given what its last cycle returned.
func endingOf(ctx context.Context, err error) umbilical.Ending {
	switch cause := context.Cause(ctx); {
	case err == nil:
		return umbilical.Ending{Outcome: umbilical.OutcomeDone}
	case errors.Is(err, errDrained):
		return umbilical.Ending{Outcome: umbilical.OutcomeDrained}
	case cause != nil:
		return umbilical.Ending{Outcome: umbilical.OutcomeStopped, Cause: cause.Error()}
	}
	e := umbilical.Ending{Outcome: umbilical.OutcomeFailed, Class: plugins.ClassOf(err),
		Reason: plugins.ReasonOf(err), Cause: err.Error()}
	if isPanic(err) {
		e.Class = plugins.Bug
	}
	var classed *plugins.Error
	if errors.As(err, &classed) {
		e.Hint = classed.Hint
	}
	return e
}

// pauser counts failures in a row and waits longer after each.
type pauser struct {
	first    time.Duration
	most     int
	failures int
}

func (p *pauser) progress() { p.failures = 0 }

// wait pauses before another try, or returns err when there were enough.
func (p *pauser) wait(ctx context.Context, err error) error {
	p.failures++
	if p.failures > p.most {
		return fmt.Errorf("%w (tried %d times)", err, p.failures)
	}
	pause := p.first << min(p.failures-1, 6)
	pause += rand.N(pause/2 + 1)
	var classed *plugins.Error
	if errors.As(err, &classed) {
		pause = max(pause, min(classed.Wait, time.Minute))
	}
	return sleep(ctx, pause)
}

// sleep waits, or returns the cause of the context's end.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
