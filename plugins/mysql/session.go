package mysql

import (
	"context"
	"fmt"

	"weft/plugins"
)

// unpausedNetWrite is net_write_timeout, in seconds, of a connection whose result
// cannot be ended and opened again, or must not be lost: a day.
const unpausedNetWrite = 86400

// begin makes r.wire a connection without a result in flight, and takes the view
// that the split is read in.
func (r *Reader) begin(ctx context.Context, p piece) error {
	if err := r.connect(ctx, p.Endpoint); err != nil {
		return err
	}
	if err := r.beginView(ctx, p); err != nil {
		return err
	}
	return r.sameShape(ctx, p) // an ALTER TABLE from now on is the server's to refuse
}

func (r *Reader) beginView(ctx context.Context, p piece) error {
	switch {
	case r.view != nil:
		return nil
	case !p.Ordered:
		return r.bearSlowness(ctx, r.wire)
	case r.setup.Consistency == plugins.ConsistencyNone:
		return nil
	}
	err := r.wire.run(ctx, startView)
	if serverErrorOf(err) != nil {
		r.setup.Log.Debug("no view of a split that outlives a query", "server", r.address(r.wireEnd), "err", err)
		return nil
	}
	r.begun = err == nil
	return err
}

// startView begins a transaction that sees the database as it is now; what it
// reads is locked for nobody but ALTER TABLE and the like.
const startView = "START TRANSACTION WITH CONSISTENT SNAPSHOT"

// bearSlowness makes the server wait for a writer that takes its time.
func (r *Reader) bearSlowness(ctx context.Context, w *wire) error {
	err := w.run(ctx, fmt.Sprintf("SET SESSION net_write_timeout = %d", unpausedNetWrite))
	if serverErrorOf(err) != nil {
		return nil // a relative of MySQL that has no such thing
	}
	return err
}

// endView ends the view of a split that was read to its end.
func (r *Reader) endView(ctx context.Context) {
	if !r.begun {
		return
	}
	r.begun = false
	if err := r.wire.run(ctx, "COMMIT"); err != nil {
		r.unfit = true // all rows were read; the next split gets another connection
	}
}

// usable says that a new command can be sent over the connection, once its
// result is ended.
func (r *Reader) usable() bool { return r.wire != nil && !r.unfit && !r.wire.in.torn }

// connect makes r.wire a connection to the endpoint without a result in
// flight. Of several addresses the first that lets us in is taken.
func (r *Reader) connect(ctx context.Context, end int) error {
	if r.view != nil {
		return r.connectInView(ctx, end)
	}
	if r.usable() && r.wireEnd == end && !r.inResult && r.prepared == nil {
		return nil
	}
	r.hangUp()
	w, err := tryAddresses(ctx, r, end, func(s source) (*wire, error) {
		return dialWire(ctx, s, r.sessionSetup(end))
	})
	if err != nil {
		return err
	}
	r.wire, r.wireEnd = w, end
	return nil
}

// hangUp closes the connection for rows, and with it ends its result and view.
func (r *Reader) hangUp() {
	switch {
	case r.wire == nil:
	case r.inResult || !r.usable():
		r.wire.close()
	default:
		r.wire.leave()
	}
	r.wire, r.prepared, r.inResult, r.begun, r.unfit = nil, nil, false, false, false
}
