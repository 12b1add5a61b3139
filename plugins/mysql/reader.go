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
	inResult bool // rows of the current result are still to come
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
	r.current, r.position = p, from
	return fault(op, r.start(ctx, p, at))
}

// start sends the query and chooses the decoders.
func (r *Reader) start(ctx context.Context, p piece, at sqlread.Tuple) error {
	if err := r.connect(ctx, p.Endpoint); err != nil {
		return err
	}
	keys := 0
	if p.Ordered {
		keys = len(p.Key)
	}
	outs, err := r.outs(p)
	if err != nil {
		return err
	}
	if err := r.sameShape(ctx, p); err != nil {
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
	if r.wire == nil || r.decoder == nil {
		return errors.New("read: no split is open")
	}
	if !r.inResult {
		return io.EOF
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	stop := r.wire.in.watch(ctx)
	err := r.fill(ctx, b)
	if !stop() && err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return fault("read "+r.subject(r.current), err)
	}
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
				return errors.Join(err, r.endResult(done))
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

// endResult frees the statement of a result that was read to its end.
func (r *Reader) endResult(done bool) error {
	if !done || r.prepared == nil {
		return nil
	}
	st := *r.prepared
	r.prepared = nil
	return r.wire.forget(st)
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
	r.disconnect()
	for end, m := range r.metas {
		m.close()
		delete(r.metas, end)
	}
	return nil
}

func (r *Reader) disconnect() {
	if r.wire != nil {
		r.wire.close()
	}
	r.wire, r.prepared, r.inResult, r.decoder = nil, nil, false, nil
}

// connect makes r.wire a connection to the endpoint without a result in
// flight. Of several addresses the first that lets us in is taken.
func (r *Reader) connect(ctx context.Context, end int) error {
	if r.wire != nil && r.wireEnd == end && !r.inResult && r.prepared == nil {
		return nil
	}
	r.disconnect()
	w, err := tryAddresses(ctx, r, end, func(s source) (*wire, error) {
		return dialWire(ctx, s, r.sessionSetup(end))
	})
	if err != nil {
		return err
	}
	r.wire, r.wireEnd = w, end
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
