package postgresql

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"weft/plugins"
)

var _ plugins.Snapshotter = (*Reader)(nil)

// Transactions of a reader see one moment and write nothing.
const beginView = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"

// exportLimit bounds what Acquire asks of the server.
const exportLimit = 5 * time.Second

// Acquire implements plugins.Snapshotter with an exported snapshot (PostgreSQL,
// "Snapshot Synchronization Functions"): the transaction that exports it stays
// open until Release, and with it the server keeps what the snapshot can see.
func (r *Reader) Acquire(ctx context.Context) (plugins.Snapshot, error) {
	const op = "export a snapshot"
	if len(r.ends) > 1 {
		return plugins.Snapshot{}, fatal(op, plugins.ReasonConfig, "use consistency: split", "the job reads from %d servers, which have no moment in common", len(r.ends))
	}
	ctx, cancel := context.WithTimeout(ctx, exportLimit+r.connectTimeout())
	defer cancel()
	n, err := r.connectNew(ctx, 0)
	if err != nil {
		return plugins.Snapshot{}, err
	}
	r.exporter = n
	if _, err := n.rows(ctx, beginView); err != nil {
		return plugins.Snapshot{}, fault(op, err)
	}
	row, err := n.row(ctx, "SELECT pg_export_snapshot(), extract(epoch FROM clock_timestamp()), "+
		"CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END")
	if err != nil {
		return plugins.Snapshot{}, fault(op, err)
	}
	// The server counts its snapshots anew when it is restarted; the time makes
	// the token one of its kind.
	return plugins.Snapshot{Token: text(row[0]) + "@" + text(row[1]), Point: text(row[2]), Late: true}, nil
}

// Attach implements plugins.Snapshotter: the view is joined at once, and again
// by every new connection.
func (r *Reader) Attach(ctx context.Context, s plugins.Snapshot) error {
	r.disconnectAll()
	r.attached = s.Token
	_, err := r.connect(ctx, 0)
	return err
}

// join makes a new connection part of the snapshot.
func (n *session) join(ctx context.Context, token string) error {
	id, _, _ := strings.Cut(token, "@")
	for _, statement := range []string{beginView, "SET TRANSACTION SNAPSHOT " + quoteText(id)} {
		if _, err := n.rows(ctx, statement); err != nil {
			if serverErrorOf(err) == nil {
				return err
			}
			return &plugins.Error{Class: plugins.Lost, Reason: plugins.ReasonSnapshotLost, Op: "join snapshot " + id, Err: err}
		}
	}
	return nil
}

// Release implements plugins.Snapshotter.
func (r *Reader) Release(ctx context.Context) error {
	n := r.exporter
	if n == nil {
		return errors.New("release snapshot: none is held")
	}
	r.exporter = nil
	defer n.close()
	if _, err := n.rows(ctx, "COMMIT"); err != nil {
		return fault("release snapshot", fmt.Errorf("the connection that held it: %w", err))
	}
	return nil
}
