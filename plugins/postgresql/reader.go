package postgresql

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

// Reader reads tables and queries of PostgreSQL. It holds one connection for
// each server of the job, used for questions and bulk reading in turn.
type Reader struct {
	config   *Config
	setup    plugins.Setup
	ends     []endpoint
	sessions map[int]*session
	exporter *session // holds an exported snapshot
	attached string   // the token of the snapshot that every session joins
	until    *increment
	minRows  int64 // smallest piece worth a split of its own
	fullRows int64 // largest piece that is not cut only to even out slots
	// firstPage is the size of a split's first page, in rows.
	firstPage int

	current  piece
	begun    sqlread.Tuple // behind which key the current view was begun
	query    selection
	session  *session // of the open split
	decoder  *decoder
	page     page
	inView   bool // a transaction is open for this split
	losses   int  // connections lost in a row
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
		return nil, fmt.Errorf("make postgresql reader: a config of type %T", config)
	}
	ends, found := c.endpoints()
	for _, f := range found {
		if f.Severity == plugins.Fail {
			return nil, fatal("make postgresql reader", plugins.ReasonConfig, f.Hint, "%s: %s", f.Key, f.Text)
		}
	}
	return &Reader{config: c, setup: setup, ends: ends, sessions: make(map[int]*session), minRows: minPieceRows, fullRows: fullPieceRows, firstPage: firstPageRows}, nil
}

func (r *Reader) special() specialPolicy { return specialPolicy(r.config.SpecialValue) }

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
	r.current, r.position, r.begun = p, from, at
	return r.failed(op, r.start(ctx, p, at))
}

// start takes the split's view, finds out how its columns come, and sends for
// the first page.
func (r *Reader) start(ctx context.Context, p piece, at sqlread.Tuple) error {
	if r.session != nil && (r.session.in.busy || r.inView) {
		r.disconnect(r.current.Endpoint)
	}
	n, err := r.connect(ctx, p.Endpoint)
	if err != nil {
		return err
	}
	r.session, r.decoder, r.page = n, nil, page{}
	if err := r.openView(ctx, p); err != nil {
		return err
	}
	outs, err := r.outs(p)
	if err != nil {
		return err
	}
	plain := r.selection(p, r.setup.Columns)
	fields, err := r.ask(ctx, p.Endpoint, selection{from: plain.from, list: plain.list}.sql(piece{}, nil, 0))
	if err != nil {
		return err
	}
	columns, err := r.match(fields, outs)
	if err != nil {
		return err
	}
	r.query = plain.shaped(fields)
	r.decoder = newDecoder(columns, pick(p.Ordered, len(p.Key), 0))
	r.page = page{limit: pick(p.Ordered, r.firstPage, 0)}
	return r.nextPage(ctx, at)
}

// openView begins the transaction in which all pages of a split see one moment.
// A split of one statement needs none, and an attached reader is in one.
func (r *Reader) openView(ctx context.Context, p piece) error {
	r.inView = false
	if !p.Ordered {
		return nil
	}
	if r.attached == "" && r.setup.Consistency != plugins.ConsistencyNone {
		if _, err := r.session.rows(ctx, beginView); err != nil {
			return err
		}
		r.inView = true
	}
	_, err := r.session.rows(ctx, byIndex)
	return err
}

// byIndex has a page come by the index: sorting the rest of the split for every
// page would cost its square.
const byIndex = "SELECT set_config('enable_sort', 'off', false), set_config('enable_seqscan', 'off', false), " +
	"set_config('enable_bitmapscan', 'off', false), set_config('jit', 'off', false)"

// Read implements plugins.Reader.
func (r *Reader) Read(ctx context.Context, b *plugins.Batch) error {
	if r.session == nil || r.decoder == nil {
		return errors.New("read: no split is open")
	}
	if r.page.rows == nil {
		return io.EOF
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := r.fill(ctx, b); err != nil {
		return r.failed("read "+r.subject(r.current), err)
	}
	if b.RowsRead() == 0 {
		return io.EOF
	}
	if r.current.Ordered {
		key, err := r.reached()
		if err == nil {
			r.position, err = sqlread.FormatPosition(key)
		}
		if err != nil {
			return r.failed("read "+r.subject(r.current), err)
		}
	}
	b.Position = r.position
	return nil
}

// fill reads rows, over as many pages as it takes, until the batch is full or
// the split ends.
func (r *Reader) fill(ctx context.Context, b *plugins.Batch) error {
	for !b.Full() && r.page.rows != nil {
		stop := r.session.in.watch(ctx)
		err := r.fillFromPage(ctx, b)
		if !stop() && err == nil {
			err = ctx.Err()
		}
		if err == errEnd {
			err = r.endPage(ctx)
		}
		if err == nil {
			continue
		}
		if err := r.goOn(ctx, err); err != nil {
			return err
		}
	}
	return nil
}

func (r *Reader) fillFromPage(ctx context.Context, b *plugins.Batch) error {
	for !b.Full() {
		p, size, err := r.page.rows.next(ctx, r.setup.MaxRowBytes)
		if err != nil {
			return err
		}
		r.page.count++
		if size > r.setup.MaxRowBytes {
			if err := r.refuseLarge(b, p, size); err != nil {
				return err
			}
			continue
		}
		if column, why := r.decoder.row(p, b.Columns); why != decoded {
			if err := r.refuse(b, p, column, why); err != nil {
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

// Close implements plugins.Reader. A result that was not read to its end is
// cut off with its connection.
func (r *Reader) Close() error {
	r.disconnectAll()
	if r.exporter != nil {
		r.exporter.close()
		r.exporter = nil
	}
	r.attached = ""
	return nil
}

func (r *Reader) disconnectAll() {
	for end := range r.sessions {
		r.disconnect(end)
	}
}

// disconnect ends the connection to an endpoint, with its transaction.
func (r *Reader) disconnect(end int) {
	n := r.sessions[end]
	if n == nil {
		return
	}
	n.close()
	delete(r.sessions, end)
	if r.session == n {
		r.session, r.decoder, r.page, r.inView = nil, nil, page{}, false
	}
}

// failed is fault for what the server was asked: after an error the connection
// may be in an aborted transaction or in mid-answer, and is given up.
func (r *Reader) failed(op string, err error) error {
	if err == nil {
		return nil
	}
	r.disconnectAll()
	return fault(op, err)
}

// connect returns the connection to an endpoint, in the snapshot if the reader
// is attached to one.
func (r *Reader) connect(ctx context.Context, end int) (*session, error) {
	if n := r.sessions[end]; n != nil {
		return n, nil
	}
	n, err := r.connectNew(ctx, end)
	if err != nil {
		return nil, err
	}
	if r.attached != "" {
		if err := n.join(ctx, r.attached); err != nil {
			n.close()
			return nil, fault("join the snapshot", err)
		}
	}
	r.sessions[end] = n
	return n, nil
}

// connectNew dials one address after the other. The error is that of the first,
// which is the one the user meant.
func (r *Reader) connectNew(ctx context.Context, end int) (*session, error) {
	var first error
	for _, t := range r.ends[end].targets {
		for _, address := range t.addresses {
			s, err := r.config.source(r.ends[end], t, address)
			if err != nil {
				return nil, fatal("read tls settings", plugins.ReasonConfig, "", "%w", err)
			}
			n, err := dial(ctx, s, readSetup(r.config.Session))
			if err == nil {
				return n, nil
			}
			if first == nil {
				first = fault("connect to "+address, err)
			}
			if ctx.Err() != nil {
				return nil, first
			}
		}
	}
	return nil, first
}

func (r *Reader) connectTimeout() time.Duration { return seconds(r.config.ConnectTimeout, 10) }

// source completes one address.
func (c *Config) source(e endpoint, t target, address string) (source, error) {
	config, err := c.TLS.config(address)
	return source{
		address: address, user: e.user, password: e.secret, database: pick(t.database == "", e.user, t.database),
		tls: config, tlsOptional: c.TLS.Mode == tlsPreferred,
		queryTimeout:   seconds(c.QueryTimeOut, 1000),
		connectTimeout: wholeSeconds(t.parameters["connecttimeout"], seconds(c.ConnectTimeout, 10)),
		idleTimeout:    wholeSeconds(t.parameters["sockettimeout"], seconds(c.ReadTimeout, 600)),
	}, err
}

// wholeSeconds reads one of pgjdbc's timeouts.
func wholeSeconds(text string, standard time.Duration) time.Duration {
	if d, err := time.ParseDuration(strings.TrimSpace(text) + "s"); err == nil && d > 0 {
		return d
	}
	return standard
}
