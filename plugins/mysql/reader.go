package mysql

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"weft/internal/sqlread"
	"weft/plugins"
)

// Reader reads tables and queries of MySQL and MariaDB. It holds at most one
// connection for bulk reading, used for one split after the other, and one for
// questions.
type Reader struct {
	config *Config
	setup  plugins.Setup
	ends   []endpoint
	text   bool // text protocol, by choice or because the server knows no other

	wire     *wire
	wireEnd  int // the endpoint that wire is connected to
	metas    map[int]*meta
	until    *increment // fixed by Until
	minRows  int64      // smallest piece worth a split of its own
	fullRows int64      // largest piece that is not cut only to even out slots
	current  piece
	decoder  *decoder
	prepared *statement
	inResult bool        // rows of the current result are still to come
	paused   bool        // the result was ended amid the split: the next one begins behind position
	begun    bool        // a transaction holds the view of the split
	unfit    bool        // something went wrong on wire
	failed   error       // what the next Read returns
	view     *attachment // the view of the whole run; nil for none
	lock     *wire       // what Acquire holds
	constant []constantColumn
	position plugins.Position
}

// constantColumn is a column that every row gets.
type constantColumn struct {
	out   int
	value plugins.Vector
}

var (
	_ plugins.Reader    = (*Reader)(nil)
	_ plugins.Describer = (*Reader)(nil)
)

// NewReader returns a reader for a validated *Config. It does no I/O.
func NewReader(config plugins.Config, setup plugins.Setup) (plugins.Reader, error) {
	c, ok := config.(*Config)
	if !ok {
		return nil, fmt.Errorf("make mysql reader: a config of type %T", config)
	}
	ends, found := c.endpoints()
	for _, f := range found {
		if f.Severity == plugins.Fail {
			return nil, fatal("make mysql reader", plugins.ReasonConfig, f.Hint, "%s: %s", f.Key, f.Text)
		}
	}
	return &Reader{config: c, setup: setup, ends: ends, metas: make(map[int]*meta),
		text: c.Protocol == protocolText, minRows: minPieceRows, fullRows: fullPieceRows}, nil
}

// zero is the policy for zero dates.
func (r *Reader) zero() zeroPolicy { return zeroPolicy(r.config.ZeroDate) }

// subject names what a piece reads, for messages.
func (r *Reader) subject(p piece) string {
	e := r.ends[p.Endpoint]
	if len(e.queries) > 0 {
		return fmt.Sprintf("query %d", p.Table+1)
	}
	return "table " + e.tables[p.Table].String()
}

// isExpression says that an entry of column is SQL; only DataX has that.
func (r *Reader) isExpression(name string) bool {
	return r.setup.Dialect == plugins.DialectDataX && isExpression(name)
}

// Open implements plugins.Reader. The connection of the split before is used
// again if that split was read to its end.
func (r *Reader) Open(ctx context.Context, split plugins.Split, from plugins.Position) error {
	op := "open " + split.String()
	var p piece
	if len(split.Data) > 0 {
		if err := json.Unmarshal(split.Data, &p); err != nil {
			return fatal(op, plugins.ReasonChanged, "", "read its description: %w", err)
		}
	}
	if p.Endpoint >= len(r.ends) || p.Table >= max(len(r.ends[p.Endpoint].tables), len(r.ends[p.Endpoint].queries)) {
		return fatal(op, plugins.ReasonChanged, "", "the job names no such table any more")
	}
	if r.setup.Columns == nil {
		columns, err := r.Describe(ctx)
		if err != nil {
			return err
		}
		r.setup.Columns = columns
	}
	var at sqlread.Tuple
	if from != "" {
		if !p.Ordered {
			return fatal(op, plugins.ReasonChanged, "", "position %q: this split has no positions", from)
		}
		var err error
		if at, err = sqlread.ParsePosition(from, len(p.Key)); err != nil {
			return fatal(op, plugins.ReasonChanged, "", "%w", err)
		}
	}
	r.current, r.position, r.paused, r.failed = p, from, false, nil
	if r.begun { // the split before was left in its middle
		r.hangUp()
	}
	if err := r.begin(ctx, p); err != nil {
		return fault(op, r.blame(ctx, err))
	}
	return fault(op, r.blame(ctx, r.query(ctx, p, at)))
}

// blame remembers that the connection is good for nothing after an error that is
// neither the server's own word nor the caller's wish.
func (r *Reader) blame(ctx context.Context, err error) error {
	if err != nil && serverErrorOf(err) == nil && ctx.Err() == nil {
		r.unfit = true
	}
	return err
}

// query sends the query and chooses the decoders.
func (r *Reader) query(ctx context.Context, p piece, at sqlread.Tuple) error {
	keys := 0
	if p.Ordered {
		keys = len(p.Key)
	}
	outs, err := r.outs(p)
	if err != nil {
		return err
	}
	defs, err := r.execute(ctx, r.selection(p, r.setup.Columns).sql(p, at))
	if err != nil {
		return err
	}
	r.inResult = true
	columns, err := r.match(p, defs, outs)
	if err != nil {
		return err
	}
	r.decoder = newDecoder(columns, keys, r.text)
	return nil
}

// execute runs the query in the protocol of the connection.
func (r *Reader) execute(ctx context.Context, query string) ([]definition, error) {
	if !r.text {
		st, err := r.wire.prepare(ctx, query)
		if err == nil {
			r.prepared = &st
			return r.wire.execute(ctx, st)
		}
		if err := r.fallBack(err); err != nil {
			return nil, err
		}
	}
	return r.wire.query(ctx, query)
}

// fallBack turns to the text protocol if err says that the server knows no
// prepared statements and the job leaves the choice; else it returns err.
func (r *Reader) fallBack(err error) error {
	if !errors.Is(err, errNoPrepare) || r.config.Protocol == protocolBinary {
		return err
	}
	r.text = true
	r.setup.Log.Info("no prepared statements here, reading in the text protocol", "server", r.address(r.wireEnd))
	return nil
}

// Read implements plugins.Reader.
func (r *Reader) Read(ctx context.Context, b *plugins.Batch) error {
	if r.decoder == nil {
		return errors.New("read: no split is open")
	}
	if r.failed != nil {
		return r.failed
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := r.goOn(ctx); err != nil {
		return fault("read on "+r.subject(r.current), r.blame(ctx, err))
	}
	if !r.inResult {
		return io.EOF
	}
	stop := r.wire.in.watch(ctx)
	err := r.fill(ctx, b)
	if !stop() && err == nil {
		err = ctx.Err()
	}
	if err = fault("read "+r.subject(r.current), r.blame(ctx, err)); err != nil && !r.keeps(ctx, b, err) {
		return err
	}
	r.failed = err
	if b.RowsRead() == 0 {
		return io.EOF
	}
	if r.current.Ordered {
		key, err := r.decoder.place(r.decoder.last)
		if err == nil {
			r.position, err = sqlread.FormatPosition(key)
		}
		if err != nil {
			return fault("read "+r.subject(r.current), err)
		}
	}
	b.Position = r.position
	return nil
}

// keeps says that the rows read before an error are good, so that who reads on
// behind them gets further however often the connection breaks.
func (r *Reader) keeps(ctx context.Context, b *plugins.Batch, err error) bool {
	return r.current.Ordered && b.RowsRead() > 0 && ctx.Err() == nil && plugins.ClassOf(err) == plugins.Transient
}

// fill reads rows until the batch is full or the result ends.
func (r *Reader) fill(ctx context.Context, b *plugins.Batch) error {
	for !b.Full() {
		p, size, err := r.wire.in.next(ctx, r.setup.MaxRowBytes)
		if err != nil {
			return err
		}
		if len(p) == 0 || p[0] >= answerEOF {
			if done, err := endOfRows(p, size); done || err != nil {
				r.inResult = false
				return errors.Join(err, r.endResult(ctx, done))
			}
		}
		if size > r.setup.MaxRowBytes {
			if err := r.refuseLarge(b, p, size); err != nil {
				return err
			}
			continue
		}
		column, v := r.decoder.row(p, b.Columns)
		if v < 0 {
			if err := r.refuse(b, p, column, v); err != nil {
				return err
			}
			continue
		}
		for i := range r.constant {
			b.Columns[r.constant[i].out].Append(&r.constant[i].value, 0)
		}
		b.EndRow(size)
	}
	return nil
}

// endResult frees the statement of a result that was read to its end, and the
// view of the split.
func (r *Reader) endResult(ctx context.Context, done bool) error {
	if !done {
		return nil
	}
	if st := r.prepared; st != nil {
		r.prepared = nil
		if err := r.wire.forget(*st); err != nil {
			return err
		}
	}
	r.endView(ctx)
	return nil
}

// drain reads and drops the rest of a small result.
func (r *Reader) drain(ctx context.Context) error {
	defer r.wire.in.watch(ctx)()
	for {
		p, size, err := r.wire.in.next(ctx, controlBytes)
		if err != nil {
			return err
		}
		if done, err := endOfRows(p, size); done || err != nil {
			return err
		}
	}
}

// Close implements plugins.Reader. A result that was not read to its end is
// cut off with its connection.
func (r *Reader) Close() error {
	r.leaveView()
	r.hangUp()
	r.dropLock()
	r.decoder, r.paused = nil, false
	for end, m := range r.metas {
		m.close()
		delete(r.metas, end)
	}
	return nil
}

// meta returns the connection for questions to the endpoint.
func (r *Reader) meta(ctx context.Context, end int) (*meta, error) {
	if m := r.metas[end]; m != nil {
		return m, nil
	}
	m, err := tryAddresses(ctx, r, end, func(s source) (*meta, error) {
		return dialMeta(ctx, s, r.sessionSetup(end))
	})
	if err != nil {
		return nil, err
	}
	r.metas[end] = m
	return m, nil
}

// tryAddresses calls dial for one address after the other. The error is that
// of the first, which is the one the user meant.
func tryAddresses[T any](ctx context.Context, r *Reader, end int, dial func(source) (T, error)) (T, error) {
	var none T
	var first error
	for _, t := range r.ends[end].targets {
		for _, address := range t.addresses {
			s, err := r.source(end, t, address)
			if err != nil {
				return none, fatal("read tls settings", plugins.ReasonConfig, "", "%w", err)
			}
			got, err := dial(s)
			if err == nil {
				return got, nil
			}
			if first == nil {
				first = fault("connect to "+address, err)
			}
			if ctx.Err() != nil {
				return none, first
			}
		}
	}
	return none, first
}

func (r *Reader) source(end int, t target, address string) (source, error) {
	config, err := r.config.TLS.config(address)
	e := r.ends[end]
	return source{
		address: address, user: e.user, password: e.secret, database: t.database,
		tls: config, tlsOptional: r.config.TLS.Mode == tlsPreferred,
		queryTimeout:   seconds(r.config.QueryTimeOut, 1000),
		connectTimeout: millis(t.parameters["connecttimeout"], seconds(r.config.ConnectTimeout, 10)),
		idleTimeout:    millis(t.parameters["sockettimeout"], seconds(r.config.ReadTimeout, 600)),
	}, err
}

// millis reads one of Connector/J's timeouts.
func millis(text string, standard time.Duration) time.Duration {
	if d, err := time.ParseDuration(text + "ms"); err == nil && d > 0 {
		return d
	}
	return standard
}

// sessionSetup returns the statements for the endpoint's sessions.
func (r *Reader) sessionSetup(end int) []setup {
	own := append([]string(nil), r.config.Session...)
	for _, t := range r.ends[end].targets {
		if variables := t.parameters["sessionvariables"]; variables != "" {
			own = append(own, "SET SESSION "+variables)
			break
		}
	}
	return sessionSetup(own)
}

// address names the endpoint in messages.
func (r *Reader) address(end int) string {
	var list []string
	for _, t := range r.ends[end].targets {
		list = append(list, t.addresses...)
	}
	return strings.Join(list, ", ")
}
