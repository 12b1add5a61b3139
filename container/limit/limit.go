// Package limit holds a slot to its share of the job's speed limits, in bytes
// and in rows per second.
//
// The limits are of the whole job. The master divides them by the number of
// slots that move rows and hands each slot its share with every task and with
// every answer to a report, so that a slot that falls idle leaves its share to
// the others within a second.
//
// A Limiter counts debt: a batch may be any size, is let through, and the next
// one waits until the time that its size is worth has passed. So a limit below
// the size of one batch still holds on the average, which a bucket of bounded
// depth would refuse. Up to one second of unused time is carried over.
//
//	l := limit.New(limit.Rate{BytesPerSecond: 10 << 20})
//	err := l.Wait(ctx, batch.BytesRead, batch.RowsRead())
package limit

import (
	"context"
	"sync"
	"time"
)

// carryOver is how much unused time a slot may catch up on.
const carryOver = time.Second

// batchesPerSecond is how many batches a limited slot should move in a second:
// a batch that is worth many seconds would run ahead of the limit, and of the
// progress that people see.
const batchesPerSecond = 4

// Rate is a speed; 0 is no limit.
type Rate struct {
	BytesPerSecond int64
	RowsPerSecond  int64
}

// Limiter holds one slot to a Rate. Set and Wait may be called by different
// goroutines.
type Limiter struct {
	mu   sync.Mutex
	rate Rate
	due  time.Time // when what was let through so far is paid for
}

// New returns a Limiter that starts without debt and without unused time.
func New(r Rate) *Limiter { return &Limiter{rate: r, due: time.Now()} }

// Set changes the rate from the next Wait on; debt is kept.
func (l *Limiter) Set(r Rate) {
	l.mu.Lock()
	l.rate = r
	l.mu.Unlock()
}

// Batch lowers the largest number of rows and bytes of a batch to what the rate
// allows in a part of a second; at least one row and one byte.
func (l *Limiter) Batch(rows, bytes int) (int, int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return lower(rows, l.rate.RowsPerSecond), lower(bytes, l.rate.BytesPerSecond)
}

func lower(most int, perSecond int64) int {
	if perSecond <= 0 {
		return most
	}
	return int(min(int64(most), max(perSecond/batchesPerSecond, 1)))
}

// Wait returns when the debt left by earlier calls is paid, and adds bytes and
// rows to it. It returns early only with the context's cause.
func (l *Limiter) Wait(ctx context.Context, bytes, rows int64) error {
	pause := l.Book(bytes, rows)
	if pause <= 0 {
		return nil
	}
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Book is Wait without the waiting, which it leaves to the caller: how long.
func (l *Limiter) Book(bytes, rows int64) time.Duration { return l.add(time.Now(), bytes, rows) }

// Owed is how long to wait until all that was let through is paid for: what the
// last batch of a split leaves, which no other batch follows.
func (l *Limiter) Owed() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.rate == (Rate{}) {
		return 0
	}
	return max(time.Until(l.due), 0)
}

// add books what a batch costs and returns how long to wait before it.
func (l *Limiter) add(now time.Time, bytes, rows int64) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	cost := max(worth(bytes, l.rate.BytesPerSecond), worth(rows, l.rate.RowsPerSecond))
	if cost == 0 {
		return 0
	}
	if oldest := now.Add(-carryOver); l.due.Before(oldest) {
		l.due = oldest
	}
	pause := l.due.Sub(now)
	l.due = l.due.Add(cost)
	return pause
}

// worth is the time that n units take at perSecond.
func worth(n, perSecond int64) time.Duration {
	if perSecond <= 0 || n <= 0 {
		return 0
	}
	return time.Duration(float64(n) / float64(perSecond) * float64(time.Second))
}
