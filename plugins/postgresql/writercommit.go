package postgresql

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"
	"time"

	"weft/internal/sqlwrite"
	"weft/plugins"
)

var _ plugins.Committer = (*Writer)(nil)

// writerSQL is what package sqlwrite has to know of PostgreSQL.
type writerSQL struct{}

// Quote implements sqlwrite.Dialect.
func (writerSQL) Quote(name string) string { return quote(name) }

// Placeholder implements sqlwrite.Dialect.
func (writerSQL) Placeholder(n int) string { return "$" + strconv.Itoa(n) }

// CreateCheckpoints implements sqlwrite.Dialect.
func (writerSQL) CreateCheckpoints(table string) string {
	return "CREATE TABLE IF NOT EXISTS " + table + ` ("run" varchar(64) COLLATE "C" NOT NULL, "split" int NOT NULL, "generation" bigint NOT NULL, ` +
		`"attempt" int NOT NULL, "sequence" int NOT NULL, "manifest" text NOT NULL, "changed" timestamptz NOT NULL DEFAULT now(), ` +
		`PRIMARY KEY ("run", "split"))`
}

// checkpoints is the run's table of checkpoints, beside the target.
func (w *Writer) checkpoints() sqlwrite.Checkpoints {
	name := tableName{schema: w.target().schema, name: w.config.CheckpointTable}
	return sqlwrite.Checkpoints{Dialect: writerSQL{}, Table: name.quoted(), Run: w.setup.Run}
}

// stagingTables returns the table that is loaded, and the name under which the
// replaced one waits to be dropped.
func (w *Writer) stagingTables() (staging, replaced tableName) {
	t := w.target()
	s, r := sqlwrite.StagingNames(w.setup.Run, t.name, 63)
	return tableName{t.schema, s}, tableName{t.schema, r}
}

// lockNumber is the advisory lock that a session holds while it writes a split:
// by it the session of an attempt can be found, whatever process it belongs to.
func (w *Writer) lockNumber(split int) int64 {
	h := fnv.New64a()
	fmt.Fprintf(h, "weft\x00%s\x00%s\x00%d", w.setup.Run, w.target(), split)
	return int64(h.Sum64())
}

// lock marks the session as the split's. That it cannot be had says nothing: the
// checkpoint row decides.
func (w *Writer) lock(ctx context.Context, split int) {
	number := strconv.FormatInt(w.lockNumber(split), 10)
	// The session that was ended before it needs a moment to be gone.
	soon := sqlwrite.Backoff{First: 10 * time.Millisecond, Most: 200 * time.Millisecond, Tries: 5}
	err := soon.Do(ctx, func(err error) bool { return err == errLockHeld }, func() error {
		rows, err := w.session.Query(ctx, "SELECT pg_try_advisory_lock("+number+")")
		if err == nil && text(rows[0][0]) != "t" {
			err = errLockHeld
		}
		return err
	})
	if err == nil {
		w.locked = number
	}
}

var errLockHeld = errors.New("another session has the lock")

// clashed says that two sessions made the same table at once, for which the
// server has no better word than a duplicate key in its catalogue; or contended.
func clashed(err error) bool {
	state := stateOf(err)
	return contended(err) || state == "23505" || state == "42P07" || state == "42710"
}

// evict ends the session that holds the split's lock, if it is not our own: the
// attempt may be a process that hangs, with rows locked. An account without the
// right leaves it to the server's timeouts.
func (w *Writer) evict(ctx context.Context, split int) {
	number := uint64(w.lockNumber(split))
	rows, err := w.session.Query(ctx, fmt.Sprintf("SELECT pid, pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' "+
		"AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) "+
		"AND classid = %d AND objid = %d AND objsubid = 1 AND granted AND pid <> pg_backend_pid()", number>>32, number&0xffffffff))
	if err != nil || len(rows) == 0 {
		return
	}
	w.setup.Log.Info("ended the session of an attempt that was replaced", "split", split, "session", text(rows[0][0]))
}

// evictBefore ends the sessions of attempts that a generation is about to
// fence: one that hangs between its last statement and COMMIT holds its row.
func (w *Writer) evictBefore(ctx context.Context, generation int64, adopted []plugins.Attempt) {
	c := w.checkpoints()
	rows, err := w.session.Query(ctx, `SELECT "split" FROM `+c.Table+` WHERE "run" = $1 AND "generation" < $2 AND "split" >= 0`, c.Run, generation)
	if err != nil {
		return // Fence meets the same error
	}
	for _, r := range rows {
		split, err := strconv.Atoi(text(r[0]))
		if err == nil && !slices.ContainsFunc(adopted, func(a plugins.Attempt) bool { return a.Split.ID == split }) {
			w.evict(ctx, split)
		}
	}
}

// claim takes the split's row for the attempt.
func (w *Writer) claim(ctx context.Context, a plugins.Attempt) (held *plugins.Manifest, err error) {
	c := w.checkpoints()
	if w.locked != "" {
		_, _ = w.session.Query(ctx, "SELECT pg_advisory_unlock("+w.locked+")") // it ends with the session, too
		w.locked = ""
	}
	superseded, err := c.Superseded(ctx, w.session, a)
	if err != nil {
		return nil, w.explainCheckpoints(err)
	}
	if superseded {
		w.evict(ctx, a.Split.ID)
	}
	err = sqlwrite.DefaultBackoff().Do(ctx, contended, func() (err error) {
		held, err = c.Claim(ctx, w.session, a)
		return err
	})
	if err != nil {
		return nil, err
	}
	w.lock(ctx, a.Split.ID)
	return held, nil
}

// explainCheckpoints says what a missing table of checkpoints means.
func (w *Writer) explainCheckpoints(err error) error {
	if stateOf(err) != "42P01" {
		return err
	}
	return fatal("", plugins.ReasonChanged, "start the run anew on a target that you know",
		"the table of checkpoints is gone: %w", err)
}

// committed reads back, on a new connection, whether the transaction of m
// happened.
func (w *Writer) committed(ctx context.Context, m plugins.Manifest) (yes bool, err error) {
	again := func(err error) bool { return plugins.ClassOf(err) == plugins.Transient || contended(err) }
	err = sqlwrite.DefaultBackoff().Do(ctx, again, func() error {
		if err := w.connect(ctx); err != nil {
			return err
		}
		w.evict(ctx, m.Split)
		yes, err = w.checkpoints().Committed(ctx, w.session, w.attempt, m)
		return writeFault("read back the checkpoint", err)
	})
	return yes, err
}

// Prepare implements plugins.Committer: the run's row, preSql, the staging
// table. The run's row counts what was done, so that a repeated Prepare repeats
// nothing.
func (w *Writer) Prepare(ctx context.Context) error {
	return w.patiently(ctx, func() error { return w.prepare(ctx) })
}

func (w *Writer) prepare(ctx context.Context) error {
	g, err := w.lookUp(ctx)
	if err != nil {
		return err
	}
	if err := w.refuseTable(g); err != nil {
		return err
	}
	if err := w.refuseStaging(ctx, g); err != nil {
		return err
	}
	if w.config.ExactlyOnce {
		c := w.checkpoints()
		err := sqlwrite.DefaultBackoff().Do(ctx, clashed, func() error {
			if err := c.Create(ctx, w.session); err != nil {
				return err
			}
			return c.Begin(ctx, w.session)
		})
		if err != nil {
			return writeFault("make the checkpoints of run "+w.setup.Run, err)
		}
	}
	for i, statement := range w.config.PreSQL.For(w.target().quoted()) {
		if err := w.once(ctx, i, statement); err != nil {
			return writeFault(fmt.Sprintf("run preSql[%d]", i), err)
		}
	}
	if w.config.Mode != modeStaging {
		return nil
	}
	return writeFault("create staging table "+w.into.String(), w.createStaging(ctx, g))
}

// once runs statement n of the run's own; with checkpoints only if it was not
// done yet.
func (w *Writer) once(ctx context.Context, n int, statement string) error {
	f := func() error {
		_, err := w.session.Exec(ctx, statement)
		return err
	}
	if !w.config.ExactlyOnce {
		return f()
	}
	return sqlwrite.DefaultBackoff().Do(ctx, contended, func() error { return w.checkpoints().Once(ctx, w.session, n, f) })
}

// Fence implements plugins.Committer.
func (w *Writer) Fence(ctx context.Context, generation int64, adopted []plugins.Attempt) error {
	return w.patiently(ctx, func() error { return w.fence(ctx, generation, adopted) })
}

func (w *Writer) fence(ctx context.Context, generation int64, adopted []plugins.Attempt) error {
	if !w.config.ExactlyOnce {
		return nil
	}
	if err := w.connect(ctx); err != nil {
		return err
	}
	w.evictBefore(ctx, generation, adopted)
	err := sqlwrite.DefaultBackoff().Do(ctx, contended, func() error {
		return w.checkpoints().Fence(ctx, w.session, generation, adopted)
	})
	return writeFault("fence "+w.target().String(), w.explainCheckpoints(err))
}

// The operations of a commit plan.
const (
	opSwap    = "swap"
	opDrop    = "drop"
	opPostSQL = "postSql"
	opForget  = "forget"
)

// opData describes an operation; what it needs beyond the writer's config.
type opData struct {
	Number    int    `json:"number,omitempty"`
	Statement string `json:"statement,omitempty"`
}

// Plan implements plugins.Committer. It holds the accepted units against the
// checkpoint rows: a target that was restored meanwhile lacks rows.
func (w *Writer) Plan(ctx context.Context, units []plugins.Manifest) ([]plugins.Op, error) {
	if w.config.ExactlyOnce {
		err := w.patiently(ctx, func() error {
			if err := w.connect(ctx); err != nil {
				return err
			}
			return writeFault("plan the commit to "+w.target().String(), w.checkpoints().Complete(ctx, w.session, units))
		})
		if err != nil {
			return nil, err
		}
	}
	var ops []plugins.Op
	add := func(do, label, output string, d opData) error {
		data, err := json.Marshal(d)
		ops = append(ops, plugins.Op{Do: do, Label: label, Output: output, Data: data})
		return err
	}
	var errs []error
	t := w.target().String()
	if w.config.Mode == modeStaging {
		staging, replaced := w.stagingTables()
		errs = append(errs, add(opSwap, fmt.Sprintf("put %s in the place of %s", staging, t), t, opData{}),
			add(opDrop, fmt.Sprintf("drop %s, the table that was replaced", replaced), "", opData{}))
	}
	for i, statement := range w.config.PostSQL.For(w.target().quoted()) {
		errs = append(errs, add(opPostSQL, fmt.Sprintf("run postSql[%d]", i), "", opData{Number: len(w.config.PreSQL) + i, Statement: statement}))
	}
	if w.config.ExactlyOnce {
		output := pick(w.config.Mode == modeStaging, "", t)
		errs = append(errs, add(opForget, "remove the run's checkpoints beside "+t, output, opData{}))
	}
	return ops, errors.Join(errs...)
}

// Apply implements plugins.Committer.
func (w *Writer) Apply(ctx context.Context, op plugins.Op) error {
	var d opData
	if len(op.Data) > 0 {
		if err := json.Unmarshal(op.Data, &d); err != nil {
			return fmt.Errorf("%s: %w", op.Label, err)
		}
	}
	return w.patiently(ctx, func() error {
		if err := w.connect(ctx); err != nil {
			return err
		}
		return writeFault(op.Label, w.apply(ctx, op.Do, d))
	})
}

// patiently repeats a step of the run's own, all of which may be repeated, over
// a connection that was lost and a server that is not back yet. The connection
// may have been idle, and dead, since the step before.
func (w *Writer) patiently(ctx context.Context, step func() error) error {
	again := func(err error) bool { return plugins.ClassOf(err) == plugins.Transient && ctx.Err() == nil }
	return sqlwrite.DefaultBackoff().Do(ctx, again, step)
}

func (w *Writer) apply(ctx context.Context, do string, d opData) error {
	_, replaced := w.stagingTables()
	switch do {
	case opSwap:
		return w.swap(ctx)
	case opDrop:
		_, err := w.session.Exec(ctx, "DROP TABLE IF EXISTS "+replaced.quoted())
		return err
	case opPostSQL:
		return w.once(ctx, d.Number, d.Statement)
	case opForget:
		return sqlwrite.DefaultBackoff().Do(ctx, contended, func() error { return w.checkpoints().Forget(ctx, w.session) })
	}
	return &plugins.Error{Class: plugins.Bug, Err: fmt.Errorf("operation %q is none of this writer's", do)}
}

// Abort implements plugins.Committer. Rows that were committed to the target
// itself stay: nobody can tell them from others.
func (w *Writer) Abort(ctx context.Context) error {
	return w.patiently(ctx, func() error { return w.abort(ctx) })
}

func (w *Writer) abort(ctx context.Context) error {
	if !w.config.ExactlyOnce {
		return nil
	}
	if err := w.connect(ctx); err != nil {
		return err
	}
	if w.config.Mode == modeStaging {
		if _, err := w.session.Exec(ctx, "DROP TABLE IF EXISTS "+w.into.quoted()); err != nil {
			return writeFault("drop staging table "+w.into.String(), err)
		}
	}
	err := w.checkpoints().Forget(ctx, w.session)
	if stateOf(err) == "42P01" { // the run never came so far
		return nil
	}
	return writeFault("abort", err)
}
