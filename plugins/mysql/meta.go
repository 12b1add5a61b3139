package mysql

import (
	"context"
	"database/sql"
	sqldriver "database/sql/driver"
	"errors"
	"fmt"
	"io"
	"log"
	"strings"
	"time"

	driver "github.com/go-sql-driver/mysql"
)

// meta is one connection for everything that is not bulk: the catalogue,
// bounds of keys, checks. Every question has a deadline.
type meta struct {
	db    *sql.DB
	conn  *sql.Conn
	limit time.Duration
	// name is the address as people know it: host:port.
	name string
}

// dialMeta connects and prepares the session as dialWire does.
func dialMeta(ctx context.Context, s source, session []setup) (*meta, error) {
	c := driver.NewConfig()
	c.Net, c.Addr, c.DBName = "tcp", s.address, s.database
	c.User, c.Passwd = s.user, s.password.Reveal()
	c.Timeout, c.ReadTimeout, c.WriteTimeout = s.connectTimeout, s.queryTimeout, s.connectTimeout
	c.TLS, c.AllowFallbackToPlaintext = s.tls, s.tlsOptional
	c.InterpolateParams = true
	c.Logger = log.New(io.Discard, "", 0) // every error is returned, too
	connector, err := driver.NewConnector(c)
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(guarded{connector})
	db.SetMaxOpenConns(1)
	m := &meta{db: db, limit: s.queryTimeout, name: s.address}
	if err := m.open(ctx, s.connectTimeout, session); err != nil {
		m.close()
		return nil, err
	}
	return m, nil
}

// guarded turns a panic of the handshake into an error: the driver does not
// expect nonsense from what may be no MySQL server at all.
type guarded struct{ sqldriver.Connector }

// Connect implements the database/sql/driver.Connector that it guards.
func (g guarded) Connect(ctx context.Context) (conn sqldriver.Conn, err error) {
	defer func() {
		if r := recover(); r != nil {
			conn, err = nil, fmt.Errorf("what answers is no MySQL server: %v", r)
		}
	}()
	return g.Connector.Connect(ctx)
}

func (m *meta) open(ctx context.Context, limit time.Duration, session []setup) (err error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	if m.conn, err = m.db.Conn(ctx); err != nil {
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return fmt.Errorf("no answer within %s: %w", limit, context.DeadlineExceeded)
		}
		return err
	}
	for _, s := range session {
		_, err := m.conn.ExecContext(ctx, s.statement)
		if err != nil && !(s.optional && serverErrorOf(err) != nil) {
			return fmt.Errorf("prepare the session with %q: %w", s.statement, err)
		}
	}
	return nil
}

func (m *meta) close() {
	if m.conn != nil {
		_ = m.conn.Close() // everything was read; there is nothing to lose
	}
	_ = m.db.Close() // likewise
}

// rows runs a query and returns all rows as texts; a nil is NULL.
func (m *meta) rows(ctx context.Context, query string, args ...any) ([][]*string, error) {
	ctx, cancel := context.WithTimeout(ctx, m.limit)
	defer cancel()
	rows, err := m.conn.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, m.late(ctx, err)
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	var list [][]*string
	for rows.Next() {
		row, to := make([]*string, len(names)), make([]any, len(names))
		for i := range row {
			to[i] = &row[i]
		}
		if err := rows.Scan(to...); err != nil {
			return nil, err
		}
		list = append(list, row)
	}
	return list, m.late(ctx, rows.Err())
}

// late names the deadline in the error of a question that ran into it.
func (m *meta) late(ctx context.Context, err error) error {
	if err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return fmt.Errorf("no answer within %s: %w", m.limit, context.DeadlineExceeded)
	}
	return err
}

// row runs a query for one row; nil without an error says there is none.
func (m *meta) row(ctx context.Context, query string, args ...any) ([]*string, error) {
	list, err := m.rows(ctx, query, args...)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return list[0], nil
}

// declared is a column as the catalogue has it.
type declared struct {
	name     string
	typ      string // bigint(20) unsigned
	base     string // bigint
	nullable bool
	length   int // characters
}

// declarations returns the columns of a table in their order; none if there is
// no such table, or if we may not see it.
func (m *meta) declarations(ctx context.Context, t tableName) ([]declared, error) {
	rows, err := m.rows(ctx, "SELECT column_name, column_type, data_type, is_nullable, COALESCE(character_maximum_length, 0) "+
		"FROM information_schema.columns WHERE table_schema = COALESCE(NULLIF(?, ''), DATABASE()) AND table_name = ? ORDER BY ordinal_position",
		t.schema, t.name)
	if err != nil {
		return nil, err
	}
	list := make([]declared, 0, len(rows))
	for _, r := range rows {
		d := declared{name: text(r[0]), typ: text(r[1]), base: strings.ToLower(text(r[2])), nullable: text(r[3]) == "YES"}
		if _, err := fmt.Sscan(text(r[4]), &d.length); err != nil || d.length > 1<<30 {
			d.length = 0
		}
		list = append(list, d)
	}
	return list, nil
}

// tables returns the names of all tables in t's database that we may see.
func (m *meta) tables(ctx context.Context, t tableName) ([]string, error) {
	rows, err := m.rows(ctx, "SELECT table_name FROM information_schema.tables WHERE table_schema = COALESCE(NULLIF(?, ''), DATABASE())", t.schema)
	if err != nil {
		return nil, err
	}
	var list []string
	for _, r := range rows {
		list = append(list, text(r[0]))
	}
	return list, nil
}

// text returns what a cell holds, "" for NULL.
func text(cell *string) string {
	if cell == nil {
		return ""
	}
	return *cell
}
