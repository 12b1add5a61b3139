package pump

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"weft/container/limit"
	"weft/internal/umbilical"
)

// orders is what the master last told the attempt.
type orders struct {
	hold, drain atomic.Bool
	// changed wakes the writing half when one of them changed; it has room
	// for one, is sent to by the reporter without blocking, and never closed.
	changed chan struct{}
}

// report tells the master how the attempt goes on, each ReportEvery and at once
// when nudged, and obeys its answers. It ends with ctx, and ends everything
// else when the lease is lost.
func (p *pump) report(ctx context.Context) {
	ticker := time.NewTicker(p.o.ReportEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		case <-p.nudge:
		}
		p.reportOnce(ctx)
	}
}

func (p *pump) reportOnce(ctx context.Context) {
	// A master that hangs must leave time to find its successor.
	short, cancel := context.WithTimeout(ctx, p.o.Lease/6)
	defer cancel()
	order, err := p.o.Link.Report(short, p.progress())
	switch {
	case err == nil:
		p.heard()
		p.obey(order)
	case errors.Is(err, umbilical.ErrClosed):
		p.cancel(errStopped)
	case time.Since(p.start)-time.Duration(p.lastHeard.Load()) > p.o.Lease:
		p.cancel(errLease)
	}
}

// heard renews the lease: the master has answered.
func (p *pump) heard() { p.lastHeard.Store(int64(time.Since(p.start))) }

func (p *pump) obey(order umbilical.Order) {
	p.o.Limiter.Set(limit.Rate(order.Limits))
	if order.Directive == umbilical.Stop {
		p.cancel(errStopped)
		return
	}
	changed := p.orders.hold.Swap(order.Directive == umbilical.Hold) != (order.Directive == umbilical.Hold)
	if order.Directive == umbilical.Drain {
		changed = !p.orders.drain.Swap(true) || changed
	}
	if changed {
		wake(p.orders.changed)
	}
}

// wake sends to a channel with room for one, unless it is full already.
func wake(to chan struct{}) {
	select {
	case to <- struct{}{}:
	default:
	}
}
