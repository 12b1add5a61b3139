package mysql

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"

	"weft/internal/sqlwrite"
	"weft/plugins"
)

var (
	_ plugins.Committer = (*Writer)(nil)
	_ plugins.Auditor   = (*Writer)(nil)
)

// writerSQL is what package sqlwrite has to know of MySQL.
type writerSQL struct{}

// Quote implements sqlwrite.Dialect.
func (writerSQL) Quote(name string) string { return quote(name) }

// Placeholder implements sqlwrite.Dialect.
func (writerSQL) Placeholder(int) string { return "?" }

// CreateCheckpoints implements sqlwrite.Dialect.
func (writerSQL) CreateCheckpoints(table string) string {
	return "CREATE TABLE IF NOT EXISTS " + table + " (`run` varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL, `split` int NOT NULL, " +
		"`generation` bigint NOT NULL, `attempt` int NOT NULL, `sequence` int NOT NULL, `manifest` longtext CHARACTER SET utf8mb4 NOT NULL, " +
		"`changed` timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP, PRIMARY KEY (`run`, `split`)) ENGINE = InnoDB " +
		"COMMENT 'weft: how far runs have come; rows of runs that have ended may be deleted'"
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
	s, r := sqlwrite.StagingNames(w.setup.Run, t.name, 64)
	return tableName{t.schema, s}, tableName{t.schema, r}
}

// lockName is the user lock that a session holds while it writes a split: by it
// the session of an attempt can be found, whatever process it belongs to.
func (w *Writer) lockName(split int) string {
	h := fnv.New64a()
	_, _ = h.Write([]byte(w.setup.Run + "\x00" + w.target().String())) // a hash never fails
	return fmt.Sprintf("weft.%016x.%d", h.Sum64(), split)
}

// evict ends the session that holds the split's lock, if it is not our own: the
// attempt may be a process that hangs, with rows locked. A server without such
// locks, or an account without the right, leaves it to the server's timeouts.
func (w *Writer) evict(ctx context.Context, split int) {
	rows, err := w.session.Query(ctx, "SELECT IS_USED_LOCK(?)", w.lockName(split))
	if err != nil || len(rows) != 1 || rows[0][0] == nil || text(rows[0][0]) == strconv.Itoa(int(w.session.id)) {
		return
	}
	_, err = w.session.Exec(ctx, "KILL "+text(rows[0][0]))
	w.setup.Log.Info("ended the session of an attempt that was replaced", "split", split, "session", text(rows[0][0]), "err", err)
}

// evictBefore ends the sessions of attempts that a generation is about to
// fence: one that hangs between its last statement and COMMIT holds its row.
func (w *Writer) evictBefore(ctx context.Context, generation int64, adopted []plugins.Attempt) {
	c := w.checkpoints()
	rows, err := w.session.Query(ctx, "SELECT split FROM "+c.Table+" WHERE run = ? AND generation < ? AND split >= 0", c.Run, generation)
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
		_, _ = w.session.Exec(ctx, "DO RELEASE_LOCK(?)", w.locked) // it ends with the session, too
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
	if _, err := w.session.Exec(ctx, "DO GET_LOCK(?, 0)", w.lockName(a.Split.ID)); err == nil {
		w.locked = w.lockName(a.Split.ID)
	}
	return held, nil
}

// explainCheckpoints says what a missing table of checkpoints means.
func (w *Writer) explainCheckpoints(err error) error {
	if !isServerError(err, 1146) {
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
	g, err := w.lookUp(ctx)
	if err != nil {
		return err
	}
	if err := errors.Join(w.refuseTable(g), w.refuseStaging(ctx, g)); err != nil {
		return err
	}
	if w.config.ExactlyOnce {
		c := w.checkpoints()
		err := sqlwrite.DefaultBackoff().Do(ctx, contended, func() error {
			return errors.Join(c.Create(ctx, w.session), c.Begin(ctx, w.session))
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
	_, err = w.session.Exec(ctx, "CREATE TABLE IF NOT EXISTS "+w.into.quoted()+" LIKE "+w.target().quoted())
	return writeFault("create staging table "+w.into.String(), err)
}

// refuseStaging refuses a table that would lose something by being swapped.
func (w *Writer) refuseStaging(ctx context.Context, g *goal) error {
	if w.config.Mode != modeStaging {
		return nil
	}
	for _, q := range []struct{ what, query string }{
		{"triggers", "SELECT trigger_name FROM information_schema.triggers WHERE event_object_schema = ? AND event_object_table = ? LIMIT 1"},
		{"foreign keys", "SELECT constraint_name FROM information_schema.referential_constraints WHERE constraint_schema = ? AND table_name = ? LIMIT 1"},
		{"foreign keys of other tables that point to it",
			"SELECT constraint_name FROM information_schema.referential_constraints WHERE unique_constraint_schema = ? AND referenced_table_name = ? LIMIT 1"},
	} {
		rows, err := w.session.Query(ctx, q.query, g.table.schema, g.table.name)
		if err != nil {
			return writeFault("look up "+q.what+" of "+g.table.String(), err)
		}
		if len(rows) > 0 {
			return fatal("prepare the staging of "+g.table.String(), plugins.ReasonConfig, "use mode direct, with a preSql that empties the table",
				"it has %s (%s), which a swap of tables would lose", q.what, text(rows[0][0]))
		}
	}
	return nil
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

// Audit implements plugins.Auditor: the checkpoint rows of the units are there,
// and the staging table.
func (w *Writer) Audit(ctx context.Context, units []plugins.Manifest) error {
	if !w.config.ExactlyOnce {
		return nil
	}
	if err := w.connect(ctx); err != nil {
		return err
	}
	err := w.checkpoints().Audit(ctx, w.session, units)
	if isServerError(err, 1146) {
		err = &plugins.Error{Class: plugins.Fatal, Reason: plugins.ReasonGone, Err: err, Hint: "start a new run on a target that you know"}
	}
	if err == nil && w.config.Mode == modeStaging {
		_, err = w.session.lookUp(ctx, w.into)
		if plugins.ReasonOf(err) == plugins.ReasonNotFound {
			err = &plugins.Error{Class: plugins.Fatal, Reason: plugins.ReasonGone, Err: err, Hint: "start a new run: the rows loaded so far are gone"}
		}
	}
	return writeFault("look after "+w.target().String(), err)
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
		if err := w.connect(ctx); err != nil {
			return nil, err
		}
		if err := w.checkpoints().Complete(ctx, w.session, units); err != nil {
			return nil, writeFault("plan the commit to "+w.target().String(), err)
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
	if err := w.connect(ctx); err != nil {
		return err
	}
	return writeFault(op.Label, w.apply(ctx, op.Do, d))
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

// swap puts the staging table in the target's place, by one RENAME. Without a
// staging table that was done: nobody else removes it.
//
//	target, staging            -> target', replaced     the RENAME
//	target', replaced or not   -> unchanged             done before
func (w *Writer) swap(ctx context.Context) error {
	staging, replaced := w.stagingTables()
	_, err := w.session.Exec(ctx, "RENAME TABLE "+w.target().quoted()+" TO "+replaced.quoted()+", "+staging.quoted()+" TO "+w.target().quoted())
	if err == nil {
		return nil
	}
	rows, qerr := w.session.Query(ctx, "SELECT 1 FROM information_schema.tables WHERE "+thisTable, staging.schema, staging.name)
	if qerr == nil && len(rows) == 0 {
		return nil
	}
	return errors.Join(err, qerr)
}

// Abort implements plugins.Committer. Rows that were committed to the target
// itself stay: nobody can tell them from others.
func (w *Writer) Abort(ctx context.Context) error {
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
	if isServerError(err, 1146) { // the run never came so far
		return nil
	}
	return writeFault("abort", err)
}
