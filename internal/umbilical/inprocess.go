package umbilical

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// ErrClosed says that the master behind a Desk has ended: there will be no
// answer. A container that sees it stops.
var ErrClosed = errors.New("the master has ended")

// ErrAbandoned says that the master behind a Desk is not the run's master any
// more. A container that sees it looks for the next one.
var ErrAbandoned = errors.New("this master is not the run's any more")

// Request is one call waiting at a Desk for its answer. Exactly one of the
// message fields is set.
type Request struct {
	// ID names the request in Answer; ids of one Desk ascend.
	ID uint64
	// Want, Progress, Sealed and Ending are the message of Next, Report,
	// Sealed and Done.
	Want     *Want
	Progress *Progress
	Sealed   *Sealed
	Ending   *Ending
}

// answer is what Answer hands to the waiting call; which field counts follows
// from the request.
type answer struct {
	assignment Assignment
	order      Order
	verdict    Verdict
}

// Desk is the master's side of every umbilical and, for a container in the same
// process, the whole of it. Calls queue up as Requests on a channel that the
// master's loop reads; each waits for its Answer.
type Desk struct {
	requests chan Request
	closed   chan struct{}
	why      error // of closed; set before it is closed

	mu      sync.Mutex
	next    uint64
	waiting map[uint64]chan answer // by request id
	once    sync.Once
}

var _ Link = (*Desk)(nil)

// NewDesk returns an open Desk.
func NewDesk() *Desk {
	return &Desk{requests: make(chan Request), closed: make(chan struct{}), waiting: map[uint64]chan answer{}}
}

// Requests delivers the calls, for one reader. It is never closed: the reader
// has its own end.
func (d *Desk) Requests() <-chan Request { return d.requests }

// Close makes every waiting and every later call fail with ErrClosed. It may be
// called twice.
func (d *Desk) Close() { d.end(ErrClosed) }

// Abandon is Close for a master that has lost its right to act: the calls fail
// with ErrAbandoned, which does not send the containers home.
func (d *Desk) Abandon() { d.end(ErrAbandoned) }

func (d *Desk) end(why error) {
	d.once.Do(func() {
		d.why = why
		close(d.closed)
	})
}

// AnswerNext, AnswerOrder and AnswerSealed answer one request; an answer
// nobody waits for any more is dropped.
func (d *Desk) AnswerNext(id uint64, a Assignment) { d.give(id, answer{assignment: a}) }

// AnswerOrder answers Report and Done.
func (d *Desk) AnswerOrder(id uint64, o Order) { d.give(id, answer{order: o}) }

// AnswerSealed answers Sealed.
func (d *Desk) AnswerSealed(id uint64, v Verdict) { d.give(id, answer{verdict: v}) }

func (d *Desk) give(id uint64, a answer) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if to, ok := d.waiting[id]; ok {
		to <- a // has room for the one answer it ever gets
		delete(d.waiting, id)
	}
}

// Next implements Link.
func (d *Desk) Next(ctx context.Context, w Want) (Assignment, error) {
	a, err := d.call(ctx, "next", Request{Want: &w})
	return a.assignment, err
}

// Report implements Link.
func (d *Desk) Report(ctx context.Context, p Progress) (Order, error) {
	a, err := d.call(ctx, "report", Request{Progress: &p})
	return a.order, err
}

// Sealed implements Link.
func (d *Desk) Sealed(ctx context.Context, u Sealed) (Verdict, error) {
	a, err := d.call(ctx, "sealed", Request{Sealed: &u})
	return a.verdict, err
}

// Done implements Link.
func (d *Desk) Done(ctx context.Context, e Ending) (Order, error) {
	a, err := d.call(ctx, "done", Request{Ending: &e})
	return a.order, err
}

func (d *Desk) call(ctx context.Context, op string, r Request) (answer, error) {
	got := make(chan answer, 1)
	d.mu.Lock()
	d.next++
	r.ID = d.next
	d.waiting[r.ID] = got
	d.mu.Unlock()
	defer d.forget(r.ID)
	select {
	case d.requests <- r:
	case <-ctx.Done():
		return answer{}, fmt.Errorf("umbilical %s: %w", op, context.Cause(ctx))
	case <-d.closed:
		return answer{}, fmt.Errorf("umbilical %s: %w", op, d.why)
	}
	select {
	case a := <-got:
		return a, nil
	case <-ctx.Done():
		return answer{}, fmt.Errorf("umbilical %s: %w", op, context.Cause(ctx))
	case <-d.closed:
	}
	select {
	case a := <-got: // given just before the end
		return a, nil
	default:
		return answer{}, fmt.Errorf("umbilical %s: %w", op, d.why)
	}
}

func (d *Desk) forget(id uint64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.waiting, id)
}
