package mysql

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"

	"weft/plugins"
)

var _ plugins.Snapshotter = (*Reader)(nil)

// lockSeconds is how long the server's writers may have to wait for us: for the
// lock to be had, and again while it is held.
const lockSeconds = 5

// attachment is the part of a reader in a snapshot. Views cannot be joined later
// (InnoDB has no export of one), so there is a spare.
type attachment struct {
	token string
	spare *wire
}

// Acquire implements plugins.Snapshotter: FLUSH TABLES WITH READ LOCK, as
// mysqldump and mydumper take it. If this process freezes, the server ends the
// lock by itself, since the connection is idle for too long; Release tells.
func (r *Reader) Acquire(ctx context.Context) (plugins.Snapshot, error) {
	const op = "lock the source for a snapshot"
	if len(r.ends) != 1 {
		return plugins.Snapshot{}, fatal(op, plugins.ReasonConfig, "use consistency: split, or a job for each server",
			"the job reads from %d servers, which have no moment in common", len(r.ends))
	}
	if err := r.checkEngines(ctx); err != nil {
		return plugins.Snapshot{}, err
	}
	w, err := r.dial(ctx)
	if err != nil {
		return plugins.Snapshot{}, err
	}
	if err := lock(ctx, w); err != nil {
		w.close()
		return plugins.Snapshot{}, lockFault(op, err)
	}
	r.lock = w
	return plugins.Snapshot{Token: w.who.server + "/" + rand.Text(), Point: pointOf(ctx, w)}, nil
}

func lock(ctx context.Context, w *wire) error {
	for _, statement := range []string{
		fmt.Sprintf("SET SESSION lock_wait_timeout = %d, SESSION wait_timeout = %d", lockSeconds, 2*lockSeconds),
		"FLUSH TABLES WITH READ LOCK",
	} {
		if err := w.run(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

// lockFault says what to do about a lock that cannot be had.
func lockFault(op string, err error) error {
	e := serverErrorOf(err)
	switch {
	case e != nil && (e.Number == 1227 || e.Number == 1045 || e.Number == 1044 || e.Number == 1290):
		return &plugins.Error{Class: plugins.Fatal, Reason: plugins.ReasonPermission, Op: op, Err: e,
			Hint: "GRANT RELOAD ON *.* to the user of the job, or set consistency: split"}
	case e != nil && e.Number == 1205:
		return &plugins.Error{Class: plugins.Transient, Reason: plugins.ReasonTimeout, Op: op,
			Hint: "long queries or ALTER TABLE keep tables busy: run when they have ended, or set consistency: split",
			Err:  fmt.Errorf("not had within %d s: %w", lockSeconds, e)}
	}
	return fault(op, err)
}

// pointOf names the moment: the place in the binlog and the transactions before
// it, as far as the user may see them.
func pointOf(ctx context.Context, w *wire) string {
	var parts []string
	for _, query := range []string{"SHOW MASTER STATUS", "SHOW BINARY LOG STATUS"} {
		if row, err := w.ask(ctx, query); err == nil && len(row) >= 2 {
			parts = append(parts, "binlog "+row[0]+":"+row[1])
			break
		}
	}
	for _, variable := range []string{"@@GLOBAL.gtid_executed", "@@GLOBAL.gtid_binlog_pos"} {
		if row, err := w.ask(ctx, "SELECT "+variable); err == nil && len(row) == 1 && row[0] != "" {
			parts = append(parts, "gtid "+strings.ReplaceAll(row[0], "\n", ""))
			break
		}
	}
	return strings.Join(parts, ", ")
}

// checkEngines refuses tables that show what others write at once.
func (r *Reader) checkEngines(ctx context.Context) error {
	for _, table := range r.ends[0].tables {
		m, err := r.meta(ctx, 0)
		if err != nil {
			return err
		}
		row, err := m.row(ctx, "SELECT t.engine, e.transactions FROM information_schema.tables t JOIN information_schema.engines e "+
			"ON e.engine = t.engine WHERE t.table_schema = COALESCE(NULLIF(?, ''), DATABASE()) AND t.table_name = ?", table.schema, table.name)
		if err != nil {
			return fault("look at table "+table.String(), err)
		}
		if row != nil && text(row[1]) != "YES" {
			return fatal("take a snapshot of table "+table.String(), plugins.ReasonConfig, "use consistency: split, or ENGINE=InnoDB",
				"its engine %s has no transactions", text(row[0]))
		}
	}
	return nil
}

// Release implements plugins.Snapshotter. That the connection still answers says
// that it had the lock all the time.
func (r *Reader) Release(ctx context.Context) error {
	if r.lock == nil {
		return r.lost(errors.New("there is no lock"))
	}
	defer r.dropLock()
	if err := r.lock.run(ctx, "UNLOCK TABLES"); err != nil {
		return r.lost(fmt.Errorf("the lock ended before all had their view: %w", err))
	}
	return nil
}

func (r *Reader) dropLock() {
	if r.lock != nil {
		r.lock.leave()
		r.lock = nil
	}
}

// Attach implements plugins.Snapshotter.
func (r *Reader) Attach(ctx context.Context, s plugins.Snapshot) error {
	r.leaveView()
	server, _, _ := strings.Cut(s.Token, "/")
	first, err := r.joinView(ctx, server)
	if err != nil {
		return err
	}
	spare, err := r.joinView(ctx, server)
	if err != nil {
		first.close()
		return err
	}
	r.hangUp()
	r.wire, r.wireEnd = first, 0
	r.view = &attachment{token: s.Token, spare: spare}
	return nil
}

// joinView opens a connection that sees what the server shows now.
func (r *Reader) joinView(ctx context.Context, server string) (*wire, error) {
	w, err := r.dial(ctx)
	if err != nil {
		return nil, err
	}
	if w.who.server != server {
		w.close()
		return nil, r.lost(fmt.Errorf("the address leads to %s, the lock is on %s: name one server in the URL", w.who.server, server))
	}
	if err = r.bearSlowness(ctx, w); err == nil {
		err = w.run(ctx, startView)
	}
	if err != nil {
		w.close()
		return nil, fault("take the view", err)
	}
	return w, nil
}

func (r *Reader) dial(ctx context.Context) (*wire, error) {
	own := append(r.sessionSetup(0), setup{optional: true,
		statement: "SET SESSION idle_transaction_timeout = 0, SESSION idle_readonly_transaction_timeout = 0"})
	return tryAddresses(ctx, r, 0, func(s source) (*wire, error) { return dialWire(ctx, s, own) })
}

// connectInView makes r.wire one of the two connections that have the view,
// without a result in flight.
func (r *Reader) connectInView(ctx context.Context, end int) error {
	if r.usable() && r.inResult {
		if err := r.interrupt(ctx); err != nil && ctx.Err() != nil {
			return ctx.Err()
		} else if err != nil {
			r.unfit = true
			r.setup.Log.Warn("a connection with the snapshot is lost", "server", r.address(end), "err", err)
		}
	}
	if r.usable() && r.prepared != nil {
		if err := r.wire.forget(*r.prepared); err != nil {
			r.unfit = true
		}
		r.prepared = nil
	}
	if r.usable() {
		return nil
	}
	r.hangUp()
	r.wire, r.view.spare = r.view.spare, nil
	if r.wire == nil {
		return r.lost(errors.New("both connections that had the view are gone"))
	}
	return nil
}

// leaveView closes what is attached.
func (r *Reader) leaveView() {
	if r.view == nil {
		return
	}
	if r.view.spare != nil {
		r.view.spare.leave()
	}
	r.view = nil
	r.hangUp()
}

func (r *Reader) lost(err error) error {
	return &plugins.Error{Class: plugins.Lost, Reason: plugins.ReasonSnapshotLost, Op: "read in the snapshot", Err: err}
}
