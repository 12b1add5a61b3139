package mysql

import (
	"context"
	"errors"
	"fmt"
	"time"

	"weft/internal/sqlread"
	"weft/plugins"
)

var _ plugins.Pauser = (*Reader)(nil)

const (
	// patienceShare of net_write_timeout is how long a result is left alone.
	patienceShare = 3
	// interruptDeadline bounds ending a result, interruptServer's question
	// from beside included.
	interruptDeadline = 10 * time.Second
)

// Patience implements plugins.Pauser: a third of the time after which the server
// cuts off who does not take what it sends. A split without positions has none:
// it could not go on, and its session waits for a day.
func (r *Reader) Patience() time.Duration {
	if r.wire == nil || !r.current.Ordered {
		return 0
	}
	return r.wire.who.patience / patienceShare
}

// Pause implements plugins.Pauser. The query is ended on the server; what had
// arrived of it and was not delivered is read again. The transaction, and with
// it the view of the split or of the run, stays. If the query cannot be ended,
// the connection is given up, unless it is the only thing that has the view.
func (r *Reader) Pause(ctx context.Context) error {
	if !r.inResult || !r.current.Ordered {
		return nil
	}
	err := errNoView
	if r.view != nil || r.begun {
		err = r.interrupt(ctx)
	}
	switch {
	case err == nil:
	case ctx.Err() != nil:
		return ctx.Err()
	case r.view != nil:
		r.unfit = true
		return fault("pause "+r.subject(r.current), err)
	default:
		r.setup.Log.Debug("connection given up to end a result", "server", r.address(r.wireEnd), "err", err)
		r.hangUp()
	}
	r.paused = true
	return nil
}

// errNoView is why a connection is closed rather than its query ended.
var errNoView = errors.New("no view to keep")

// goOn makes sure that there is a result to read from: it ends one that was left
// alone for too long, and opens the one after a pause.
func (r *Reader) goOn(ctx context.Context) error {
	if limit := r.Patience(); r.inResult && limit > 0 && time.Since(r.wire.in.touched) > limit {
		if err := r.Pause(ctx); err != nil {
			return err
		}
	}
	if !r.paused {
		return nil
	}
	var at sqlread.Tuple
	if r.position != "" {
		var err error
		if at, err = sqlread.ParsePosition(r.position, len(r.current.Key)); err != nil {
			return err
		}
	}
	if r.wire == nil {
		if err := r.begin(ctx, r.current); err != nil {
			return err
		}
	}
	if err := r.query(ctx, r.current, at); err != nil {
		return err
	}
	r.paused = false
	return nil
}

// interrupt ends the result that is being read, and leaves the connection ready
// for the next query. After an error it is good for nothing.
func (r *Reader) interrupt(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, interruptDeadline, fmt.Errorf("not ended within %s", interruptDeadline))
	defer cancel()
	if r.wire.in.torn {
		return errors.New("end a query: a packet was cut off")
	}
	if err := r.wire.killQuery(ctx); err != nil {
		return fmt.Errorf("end a query from beside: %w", err)
	}
	if err := r.wire.swallow(ctx); err != nil {
		return fmt.Errorf("end a query: %w", err)
	}
	r.inResult = false
	if st := r.prepared; st != nil {
		r.prepared = nil
		return r.wire.forget(*st)
	}
	return nil
}

// killQuery ends w's query over a second connection to the same server. That an
// address leads to another one next time is found out before anything is ended.
func (w *wire) killQuery(ctx context.Context) error {
	if w.who.thread == "" {
		return errors.New("the server does not tell the number of the connection")
	}
	beside, err := dialWire(ctx, w.source, nil)
	if err != nil {
		return err
	}
	defer beside.leave()
	if beside.who.server != w.who.server {
		return fmt.Errorf("the address leads to %s now, not to %s", beside.who.server, w.who.server)
	}
	return beside.run(ctx, "KILL QUERY "+w.who.thread)
}

// swallow reads what is left of a result that is being ended. If it ended by
// itself before that, the end meant for it hits an empty statement.
func (w *wire) swallow(ctx context.Context) error {
	stop := w.in.watch(ctx)
	err := w.rest(ctx)
	if !stop() && err == nil {
		err = ctx.Err()
	}
	if isInterrupted(err) {
		return nil
	}
	if err == nil {
		err = w.run(ctx, "DO 0")
	}
	if isInterrupted(err) {
		return nil
	}
	return err
}

// rest reads to the end of the result.
func (w *wire) rest(ctx context.Context) error {
	for {
		p, size, err := w.in.next(ctx, controlBytes)
		if err != nil {
			return err
		}
		if done, err := endOfRows(p, size); done || err != nil {
			return err
		}
	}
}

// isInterrupted says that the server ended a query because it was told to:
// ER_QUERY_INTERRUPTED.
func isInterrupted(err error) bool {
	e := serverErrorOf(err)
	return e != nil && e.Number == 1317
}
