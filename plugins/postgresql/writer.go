package postgresql

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"weft/internal/sqlwrite"
	"weft/plugins"
)

// Writer writes rows to one table. The rows of a unit and the checkpoint row
// that describes it are one transaction:
//
//	Open     end the session of an attempt that this one replaces; claim the split's row
//	Write    BEGIN (first batch); convert, check; COPY FROM STDIN under a savepoint
//	Seal     UPDATE of the checkpoint row, compare-and-set; COMMIT
//	Close    closes the connection: what was not committed never was
//
// A value holds one connection.
type Writer struct {
	config *WriterConfig
	end    endpoint
	setup  plugins.Setup

	session *writeSession
	goal    *goal     // of into, when somebody has asked
	into    tableName // the table that rows go to: the target, or the staging table
	attempt plugins.Attempt
	columns []sink
	key     []int // columns of the key by which rows meet others; nil in mode insert

	converter *plugins.BatchConverter
	refused   plugins.Refusals
	order     []int32
	spare     []plugins.Vector // what columns in text form are brought into
	binary    bool             // every column has an encoder
	fields    uint16           // in each tuple
	copySQL   string
	mergeSQL  string // behind the COPY into the table of incoming rows; "" in mode insert
	saved     bool   // a savepoint stands in the transaction

	unitRows, unitBytes int64
	locked              string // number of the lock that says whose session this is
}

// sink is one column as it is written.
type sink struct {
	goalColumn
	checks []valueCheck
	encode encodeFunc
}

var (
	_ plugins.Writer  = (*Writer)(nil)
	_ plugins.Sizer   = (*Writer)(nil)
	_ plugins.Checker = (*Writer)(nil)
)

// NewWriter returns the writer of a validated config. It does no I/O.
func NewWriter(config plugins.Config, setup plugins.Setup) (plugins.Writer, error) {
	c, ok := config.(*WriterConfig)
	if !ok {
		return nil, fmt.Errorf("make postgresql writer: config is a %T", config)
	}
	if c.mode == "" {
		return nil, errors.New("make postgresql writer: its config was not validated")
	}
	ends, found := c.server().endpoints()
	if hasFail(found) || len(ends) != 1 || len(ends[0].tables) != 1 {
		return nil, errors.New("make postgresql writer: its config names no single table")
	}
	w := &Writer{config: c, end: ends[0], setup: setup}
	w.into = w.target()
	if c.Mode == modeStaging {
		w.into, _ = w.stagingTables()
	}
	return w, nil
}

// target is the table that the job names.
func (w *Writer) target() tableName { return w.end.tables[0] }

// connect makes w.session a connection that works. Of several addresses the
// first that takes writes is used; if none does, the first that answers.
func (w *Writer) connect(ctx context.Context) error {
	if w.session != nil && !w.session.broken {
		return nil
	}
	w.disconnect()
	var first error
	for _, t := range w.end.targets {
		for i, address := range t.addresses {
			s, err := w.dial(ctx, t, address)
			if err == nil && i+1 < len(t.addresses) && s.readOnly(ctx) {
				s.close()
				continue
			}
			if err == nil {
				w.session = s
				return nil
			}
			if first == nil {
				first = writeFault("connect to "+address, err)
			}
			if ctx.Err() != nil {
				return first
			}
		}
	}
	if first == nil {
		first = fatal("connect", plugins.ReasonConfig, "", "no server is named")
	}
	return first
}

func (w *Writer) dial(ctx context.Context, t target, address string) (*writeSession, error) {
	s, err := w.config.server().source(w.end, t, address)
	if err != nil {
		return nil, fatal("read tls settings", plugins.ReasonConfig, "", "%w", err)
	}
	s.queryTimeout = seconds(w.config.QueryTimeOut, 1000)
	s.connectTimeout = wholeSeconds(t.parameters["connecttimeout"], seconds(w.config.ConnectTimeout, 10))
	s.idleTimeout = s.queryTimeout
	n, err := dial(ctx, s, writeSetup(w.config.Session))
	if err != nil {
		return nil, err
	}
	return &writeSession{session: n, status: 'I'}, nil
}

// writeSetup returns what every session of a writer starts with. A unit that was
// accepted must be on the server's disk: asynchronous COMMIT is turned off, any
// other level stays. No wait for a lock goes on without end.
func writeSetup(own []string) []string {
	return append([]string{"SET client_encoding = 'UTF8'; SET TimeZone = 'UTC'; SET DateStyle = 'ISO, YMD'; " +
		"SET IntervalStyle = 'postgres'; SET standard_conforming_strings = on; SET statement_timeout = 0; " +
		"SET idle_in_transaction_session_timeout = 0; SET lock_timeout = '30s'; SET default_transaction_isolation = 'read committed'; " +
		"SET client_min_messages = 'warning'; " +
		"SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"}, own...)
}

// readOnly says that the server takes no writes.
func (s *writeSession) readOnly(ctx context.Context) bool {
	rows, err := s.Query(ctx, "SELECT pg_is_in_recovery() OR current_setting('transaction_read_only') = 'on'")
	return err == nil && len(rows) == 1 && text(rows[0][0]) == "t"
}

func (w *Writer) disconnect() {
	if w.session != nil {
		w.session.close()
	}
	w.session, w.locked, w.unitRows, w.unitBytes, w.saved = nil, "", 0, 0, false
}

// lookUp returns what the catalogue says about the job's table.
func (w *Writer) lookUp(ctx context.Context) (*goal, error) {
	if err := w.connect(ctx); err != nil {
		return nil, err
	}
	return w.session.lookUp(ctx, w.target())
}

// Open implements plugins.Writer. held is what the checkpoint row says.
func (w *Writer) Open(ctx context.Context, a plugins.Attempt) (*plugins.Manifest, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if w.unitRows > 0 || w.session != nil && w.session.inTransaction() {
		w.disconnect() // an attempt that was given up without Close
	}
	if err := w.connect(ctx); err != nil {
		return nil, err
	}
	if err := w.aim(ctx, a); err != nil {
		return nil, err
	}
	w.attempt, w.unitRows, w.unitBytes = a, 0, 0
	if !w.config.ExactlyOnce {
		return nil, nil
	}
	held, err := w.claim(ctx, a)
	if err != nil {
		return nil, w.broke(fmt.Sprintf("open table %s for %s", w.into, a.Split), err)
	}
	return held, nil
}

// aim prepares for the attempt's columns: where they go and how they are sent.
func (w *Writer) aim(ctx context.Context, a plugins.Attempt) error {
	g, err := w.session.lookUp(ctx, w.into)
	if err != nil {
		return err
	}
	w.goal, w.binary, w.fields = g, true, uint16(len(a.Target))
	if err := w.refuseTable(g); err != nil {
		return err
	}
	w.columns = make([]sink, len(a.Target))
	for i, planned := range a.Target {
		c, ok := g.column(planned.Name)
		if !ok || c.Kind != planned.Kind || c.SourceType != planned.SourceType {
			return fatal("open table "+w.into.String(), plugins.ReasonChanged, "start a new run",
				"column %s was %s when the run was planned, and is %s now", planned.Name, planned.SourceType, pick(ok, c.SourceType, "not there"))
		}
		w.columns[i] = sink{goalColumn: c, checks: checksOf(c), encode: encoders[c.oid]}
		w.binary = w.binary && w.columns[i].encode != nil
	}
	w.spare = make([]plugins.Vector, len(w.columns))
	if w.converter, err = plugins.NewBatchConverter(a.Columns, a.Target, w.setup.Zone); err != nil {
		return err
	}
	w.key = w.orderKey(g)
	return w.prepareCopy(ctx)
}

// refuseTable refuses what is no table, or has no key for a mode that needs one.
func (w *Writer) refuseTable(g *goal) error {
	op := "open table " + g.table.String()
	switch {
	case g.kind != "r" && g.kind != "p":
		return fatal(op, plugins.ReasonConfig, "name the table itself", "it is a view, a foreign table or the like")
	case w.config.mode != sqlwrite.Insert && len(g.keys) == 0:
		return fatal(op, plugins.ReasonConfig, "give it a primary key, or use writeMode insert",
			"it has no primary key and no unique one without NULLs, by which %s could find rows", w.config.mode)
	}
	return nil
}

// orderKey returns the places of the columns of the key by which rows meet those
// that are there: the one that updateKey names, else the first that the job
// writes as a whole.
func (w *Writer) orderKey(g *goal) []int {
	if w.config.mode == sqlwrite.Insert {
		return nil
	}
	for _, key := range g.keys {
		if len(w.config.updateKey) > 0 && !sameNames(key, w.config.updateKey) {
			continue
		}
		var places []int
		for _, name := range key {
			place := slices.IndexFunc(w.columns, func(c sink) bool { return c.Name == name })
			if place < 0 {
				places = nil
				break
			}
			places = append(places, place)
		}
		if places != nil {
			return places
		}
	}
	return nil
}

// Write implements plugins.Writer.
func (w *Writer) Write(ctx context.Context, b *plugins.Batch) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if w.session == nil {
		return errors.New("write: no attempt is open")
	}
	w.refused.Reset(b.Rows)
	w.converter.Convert(b, &w.refused)
	w.untext(b)
	w.inspect(b)
	rows := w.arrange(b)
	if len(rows) > 0 {
		if err := w.store(ctx, b, rows); err != nil {
			return w.broke(fmt.Sprintf("write %d rows to %s", len(rows), w.into), err)
		}
	}
	w.unitRows += int64(b.Rows)
	return w.refused.Err()
}

// broke classes an error after which the session is of no use.
func (w *Writer) broke(op string, err error) error {
	w.disconnect()
	if contended(err) {
		return &plugins.Error{Class: plugins.Transient, Reason: plugins.ReasonTimeout, Op: op, Err: err,
			Hint: "another session holds rows of the table; the unit is written again"}
	}
	return writeFault(op, err)
}

// arrange returns the rows to write, by key where they may meet others.
func (w *Writer) arrange(b *plugins.Batch) []int32 {
	if w.key != nil {
		w.order = sqlwrite.Order(w.order, b, w.key)
	} else {
		w.order = w.order[:0]
		for i := range b.Rows {
			w.order = append(w.order, int32(i))
		}
	}
	if w.refused.Len() == 0 {
		return w.order
	}
	return slices.DeleteFunc(w.order, func(i int32) bool { return w.refused.Has(int(i)) })
}

// untext brings values out of text form where their text is not what is sent.
func (w *Writer) untext(b *plugins.Batch) {
	for c := range b.Columns {
		v := &b.Columns[c]
		if !v.Text {
			continue
		}
		if v.Kind == plugins.KindString || v.Kind == plugins.KindJSON || v.Kind == plugins.KindDecimal {
			v.Text = false
			continue
		}
		to := &w.spare[c]
		to.Reset(v.Kind)
		for i := range b.Rows {
			if v.IsNull(i) {
				to.AppendNull()
			} else if err := plugins.ParseText(to, v.Bytes(i)); err != nil {
				w.refused.Add(plugins.RowError{Index: i, Column: w.columns[c].Name, Code: plugins.RowConversion, Cause: err.Error()})
				to.AppendNull()
			}
		}
		*v, *to = *to, *v
	}
}

// inspect refuses the rows of b whose values the checks refuse.
func (w *Writer) inspect(b *plugins.Batch) {
	for c := range w.columns {
		v := &b.Columns[c]
		for _, look := range w.columns[c].checks {
			if v.InData() && w.columns[c].oid != oidUUID && w.columns[c].Kind != plugins.KindDecimal && !holdsNUL(v) {
				continue
			}
			for i := range b.Rows {
				if v.IsNull(i) || w.refused.Has(i) {
					continue
				}
				if code, cause := look(v, i); code != "" {
					w.refused.Add(plugins.RowError{Index: i, Column: w.columns[c].Name, Code: code, Cause: cause})
				}
			}
		}
	}
}

// UnitBytes implements plugins.Sizer: what was sent.
func (w *Writer) UnitBytes() int64 { return w.unitBytes }

// Seal implements plugins.Writer.
func (w *Writer) Seal(ctx context.Context, u plugins.Unit) (plugins.Manifest, error) {
	if ctx.Err() != nil {
		return plugins.Manifest{}, context.Cause(ctx)
	}
	if w.session == nil {
		return plugins.Manifest{}, errors.New("seal: no attempt is open")
	}
	u.Counters.BytesWritten = w.unitBytes
	m := plugins.ManifestOf(w.attempt, u)
	op := fmt.Sprintf("commit unit %d to %s", u.Sequence, w.into)
	if !w.session.inTransaction() {
		if _, err := w.session.Exec(ctx, "BEGIN"); err != nil {
			return plugins.Manifest{}, w.broke(op, err)
		}
	}
	if w.config.ExactlyOnce {
		if err := w.checkpoints().Advance(ctx, w.session, w.attempt, m); err != nil {
			return plugins.Manifest{}, w.broke(op, err)
		}
	}
	if err := w.commit(ctx, m); err != nil {
		return plugins.Manifest{}, w.broke(op, err)
	}
	w.unitRows, w.unitBytes, w.saved = 0, 0, false
	return m, nil
}

// commitTimeout bounds COMMIT, which nothing interrupts: who breaks it off does
// not know what became of it.
const commitTimeout = 5 * time.Minute

// commit ends the transaction. If the answer is lost, a new connection reads
// back what became of it.
func (w *Writer) commit(ctx context.Context, m plugins.Manifest) error {
	sure, cancel := context.WithTimeout(context.WithoutCancel(ctx), commitTimeout)
	_, err := w.session.Exec(sure, "COMMIT")
	cancel()
	if err == nil || !w.config.ExactlyOnce {
		return err
	}
	if !w.session.broken && stateOf(err) != "40003" { // "statement completion unknown"
		return err // a refusal: nothing was committed
	}
	w.setup.Log.Warn("the answer to COMMIT was lost; reading back", "split", m.Split, "unit", m.Sequence, "err", err)
	w.disconnect()
	committed, rerr := w.committed(ctx, m)
	if rerr != nil {
		return fmt.Errorf("the answer to COMMIT was lost: %w", errors.Join(rerr, err))
	}
	if !committed {
		return &plugins.Error{Class: plugins.Transient, Reason: plugins.ReasonUnreachable, Err: fmt.Errorf("the answer to COMMIT was lost, and it had not happened: %w", err)}
	}
	// The session is a new one: what lives as long as a session is made again.
	if err := w.prepareCopy(ctx); err != nil {
		return err
	}
	w.lock(ctx, m.Split)
	return nil
}

// Close implements plugins.Writer.
func (w *Writer) Close() error {
	w.disconnect()
	return nil
}

// endOfRows is what copyIn's callback returns behind the last row.
var endOfRows = io.EOF
