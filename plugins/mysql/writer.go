package mysql

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"weft/internal/sqlwrite"
	"weft/plugins"
)

// Writer writes rows to one table. The rows of a unit and the checkpoint row
// that describes it are one transaction:
//
//	Open     end the session of an attempt that this one replaces; claim the split's row
//	Write    BEGIN (first batch); convert, check; LOAD DATA under a savepoint, or INSERTs
//	Seal     UPDATE of the checkpoint row, compare-and-set; COMMIT
//	Close    closes the connection: what was not committed never was
//
// A value holds one connection.
type Writer struct {
	config *WriterConfig
	end    endpoint
	setup  plugins.Setup

	session *session
	goal    *goal     // of into, when somebody has asked
	into    tableName // the table that rows go to: the target, or the staging table
	attempt plugins.Attempt
	columns []sink
	key     []int // columns of the key by which batches are ordered; nil for no order

	converter *plugins.BatchConverter
	refused   plugins.Refusals
	order     []int32
	spare     []plugins.Vector // what columns in text form are brought into
	packet    []byte

	maxPacket         int // max_allowed_packet of the server
	packetBytes       int // the most that we put into one INSERT
	rollbackOnTimeout bool
	canLoad           bool
	loadStatement     string
	loadPause         int // batches that go by INSERT at once
	loadFailures      int // in a row
	noPrepare         bool

	unitRows, unitBytes int64
	locked              string // name of the lock that says whose session this is
}

// sink is one column as it is written.
type sink struct {
	goalColumn
	checks    []valueCheck
	parameter uint16
}

var (
	_ plugins.Writer  = (*Writer)(nil)
	_ plugins.Sizer   = (*Writer)(nil)
	_ plugins.Checker = (*Writer)(nil)
)

// NewWriter returns the writer of a validated config.
func NewWriter(config plugins.Config, setup plugins.Setup) (plugins.Writer, error) {
	c, ok := config.(*WriterConfig)
	if !ok {
		return nil, fmt.Errorf("make mysql writer: config is a %T", config)
	}
	if c.mode == "" {
		return nil, errors.New("make mysql writer: its config was not validated")
	}
	ends, found := c.server().endpoints()
	if hasFail(found) || len(ends) != 1 || len(ends[0].tables) != 1 {
		return nil, errors.New("make mysql writer: its config names no single table")
	}
	w := &Writer{config: c, end: ends[0], setup: setup}
	w.into = w.end.tables[0]
	if c.Mode == modeStaging {
		staging, _ := w.stagingTables()
		w.into = staging
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
				return w.askServer(ctx)
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

func (w *Writer) dial(ctx context.Context, t target, address string) (*session, error) {
	encryption, err := w.config.TLS.config(address)
	if err != nil {
		return nil, fatal("read tls settings", plugins.ReasonConfig, "", "%w", err)
	}
	own := append([]string(nil), w.config.Session...)
	if variables := t.parameters["sessionvariables"]; variables != "" {
		own = append(own, "SET SESSION "+variables)
	}
	s := source{address: address, user: w.end.user, password: w.end.secret, database: t.database,
		tls: encryption, tlsOptional: w.config.TLS.Mode == tlsPreferred,
		queryTimeout:   seconds(w.config.QueryTimeOut, 1000),
		connectTimeout: millis(t.parameters["connecttimeout"], seconds(w.config.ConnectTimeout, 10))}
	return dialSession(ctx, s, writeSession(own), w.config.LoadData == loadAuto)
}

// writeSession returns what every session of a writer starts with. The mode is
// strict, so that no value is changed without a word; 0 is no request for the
// next number of a key; a TIMESTAMP is the instant it is, in UTC. Gaps between
// rows need no locks (READ COMMITTED), unless the server's log of statements
// does. No wait for a lock goes on for a day.
func writeSession(own []string) []setup {
	list := []setup{
		{statement: "SET NAMES utf8mb4"},
		{statement: "SET SESSION time_zone = '+00:00'"},
		{statement: "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_AUTO_VALUE_ON_ZERO,NO_ENGINE_SUBSTITUTION,ERROR_FOR_DIVISION_BY_ZERO'"},
		{statement: "SET SESSION net_read_timeout = 3600, net_write_timeout = 3600, wait_timeout = 28800", optional: true},
		{statement: "SET SESSION lock_wait_timeout = 300", optional: true},
	}
	for _, statement := range own {
		list = append(list, setup{statement: statement})
	}
	return list
}

// readOnly says that the server takes no writes from ordinary accounts.
func (s *session) readOnly(ctx context.Context) bool {
	rows, err := s.Query(ctx, "SELECT @@global.read_only")
	return err == nil && len(rows) == 1 && text(rows[0][0]) == "1"
}

// askServer learns the limits and manners of the session's server.
func (w *Writer) askServer(ctx context.Context) error {
	rows, err := w.session.Query(ctx, "SELECT @@max_allowed_packet, @@local_infile, @@innodb_rollback_on_timeout, @@log_bin, @@binlog_format")
	if err != nil || len(rows) != 1 {
		return writeFault("ask "+w.session.address+" for its settings", err)
	}
	w.maxPacket, err = strconv.Atoi(text(rows[0][0]))
	if err != nil || w.maxPacket < 1024 {
		w.maxPacket = 1 << 20
	}
	w.packetBytes = min(w.maxPacket-1024, 8<<20)
	if w.config.BatchByteSize > 0 {
		w.packetBytes = min(w.packetBytes, w.config.BatchByteSize)
	}
	w.canLoad = text(rows[0][1]) == "1" && w.config.LoadData == loadAuto && w.config.mode != sqlwrite.Upsert
	w.rollbackOnTimeout = text(rows[0][2]) == "1"
	if text(rows[0][3]) == "1" && strings.EqualFold(text(rows[0][4]), "STATEMENT") {
		return nil
	}
	_, err = w.session.Exec(ctx, "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED")
	return writeFault("prepare the session", err)
}

func (w *Writer) disconnect() {
	if w.session != nil {
		w.session.close()
	}
	w.session, w.locked, w.unitRows, w.unitBytes = nil, "", 0, 0
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
	if w.unitRows > 0 || w.session != nil && w.session.inTransaction {
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
		return nil, writeFault(fmt.Sprintf("open table %s for %s", w.into, a.Split), err)
	}
	return held, nil
}

// aim prepares for the attempt's columns: where they go and how they are sent.
func (w *Writer) aim(ctx context.Context, a plugins.Attempt) error {
	g, err := w.session.lookUp(ctx, w.into)
	if err != nil {
		return err
	}
	w.goal = g
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
		w.columns[i] = sink{goalColumn: c, checks: checksOf(c), parameter: parameterType(c.Kind)}
	}
	w.key = w.orderKey(g)
	w.loadStatement = w.loadSQL()
	w.spare = make([]plugins.Vector, len(w.columns))
	w.session.forgetAll()
	w.converter, err = plugins.NewBatchConverter(a.Columns, a.Target, w.setup.Zone)
	return err
}

// forgetAll forgets what was prepared: statements are of one attempt's columns.
// The server frees them with the connection; they are few.
func (s *session) forgetAll() { clear(s.statements) }

// refuseTable refuses a table that cannot keep the promise of the job.
func (w *Writer) refuseTable(g *goal) error {
	op := "open table " + g.table.String()
	switch {
	case g.view:
		return fatal(op, plugins.ReasonConfig, "name the table itself", "it is a view")
	case !g.safe && w.config.ExactlyOnce:
		return fatal(op, plugins.ReasonConfig,
			"ALTER TABLE "+g.table.quoted()+" ENGINE = InnoDB; or set exactlyOnce to false, with which rows may be written twice after a failure",
			"its engine %s has no transactions, so that rows and checkpoint cannot be written together", g.engine)
	}
	return nil
}

// orderKey returns the places of the columns of the first unique key that the
// job writes as a whole, for the modes in which rows meet rows that are there.
func (w *Writer) orderKey(g *goal) []int {
	if w.config.mode == sqlwrite.Insert {
		return nil
	}
	for _, key := range g.keys {
		var places []int
		for _, name := range key {
			place := slices.IndexFunc(w.columns, func(c sink) bool { return strings.EqualFold(c.Name, name) })
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
	w.refused.Reset(b.Rows)
	w.converter.Convert(b, &w.refused)
	w.untext(b)
	w.inspect(b)
	w.tooLarge(b)
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

// store sends the rows in the fastest way that is sure.
func (w *Writer) store(ctx context.Context, b *plugins.Batch, rows []int32) error {
	if !w.goal.safe {
		return w.insertEach(ctx, b, rows)
	}
	if !w.loads(len(rows)) {
		return w.insertAll(ctx, b, rows)
	}
	err := w.loadAll(ctx, b, rows)
	switch {
	case err == nil:
		return nil
	case isServerError(err, 1148, 3948, 3950, 4166): // LOCAL is not allowed after all
		w.canLoad = false
	case errors.Is(err, errDiffers), isRowFault(err), isServerError(err, errLockWait),
		isServerError(err, errDeadlock) && w.unitRows == 0:
	default:
		return err
	}
	return w.insertAll(ctx, b, rows)
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

// beginUnit opens the unit's transaction.
func (w *Writer) beginUnit(ctx context.Context) error {
	if w.session.inTransaction {
		return nil
	}
	if w.unitRows > 0 {
		return &plugins.Error{Class: plugins.Transient, Err: errors.New("the server ended the transaction of the unit")}
	}
	_, err := w.session.Exec(ctx, "BEGIN")
	return err
}

// UnitBytes implements plugins.Sizer: what was sent.
func (w *Writer) UnitBytes() int64 { return w.unitBytes }

// Seal implements plugins.Writer.
func (w *Writer) Seal(ctx context.Context, u plugins.Unit) (plugins.Manifest, error) {
	if ctx.Err() != nil {
		return plugins.Manifest{}, context.Cause(ctx)
	}
	u.Counters.BytesWritten = w.unitBytes
	m := plugins.ManifestOf(w.attempt, u)
	op := fmt.Sprintf("commit unit %d to %s", u.Sequence, w.into)
	if w.session == nil {
		if err := w.connect(ctx); err != nil {
			return plugins.Manifest{}, err
		}
	}
	if err := w.beginUnit(ctx); err != nil {
		return plugins.Manifest{}, w.broke(op, err)
	}
	if w.config.ExactlyOnce {
		if err := w.checkpoints().Advance(ctx, w.session, w.attempt, m); err != nil {
			return plugins.Manifest{}, w.broke(op, err)
		}
	}
	if err := w.commit(ctx, m); err != nil {
		return plugins.Manifest{}, w.broke(op, err)
	}
	w.unitRows, w.unitBytes = 0, 0
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
	if serverErrorOf(err) != nil && !w.session.broken && !isServerError(err, 1053, 1927) {
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
	return nil
}

// Close implements plugins.Writer.
func (w *Writer) Close() error {
	w.disconnect()
	return nil
}
