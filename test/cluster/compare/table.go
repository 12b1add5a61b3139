package compare

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/go-sql-driver/mysql"
)

// table reads the rows of a MySQL table in the text form.
type table struct {
	opts    Options
	columns []column
	pool    *sql.DB
}

// openTable connects and asks for the columns.
func openTable(ctx context.Context, o Options) (*table, error) {
	conf, err := mysql.ParseDSN(o.DSN)
	if err != nil {
		return nil, fmt.Errorf("parse DSN: %w", err)
	}
	conf.ParseTime = false
	conf.Params = map[string]string{"time_zone": "'+00:00'"}
	connector, err := mysql.NewConnector(conf)
	if err != nil {
		return nil, fmt.Errorf("connect %s: %w", conf.Addr, err)
	}
	t := &table{opts: o, pool: sql.OpenDB(connector)}
	if err := t.describe(ctx, conf.DBName); err != nil {
		t.pool.Close()
		return nil, fmt.Errorf("describe table %s: %w", o.Table, err)
	}
	return t, nil
}

// describe fills in the columns: those of the options in their order, or all.
func (t *table) describe(ctx context.Context, schema string) error {
	name := t.opts.Table
	if s, n, ok := strings.Cut(name, "."); ok {
		schema, name = s, n
	}
	rows, err := t.pool.QueryContext(ctx, "SELECT column_name, data_type FROM information_schema.columns "+
		"WHERE table_schema = ? AND table_name = ? ORDER BY ordinal_position", schema, name)
	if err != nil {
		return err
	}
	defer rows.Close()
	types := map[string]column{}
	for rows.Next() {
		var c column
		if err := rows.Scan(&c.name, &c.typ); err != nil {
			return err
		}
		types[c.name] = c
		t.columns = append(t.columns, c)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	if len(t.columns) == 0 {
		return fmt.Errorf("schema %q has no such table", schema)
	}
	if len(t.opts.Columns) > 0 {
		t.columns = t.columns[:0:0]
	}
	for _, name := range t.opts.Columns {
		c, ok := types[name]
		if !ok {
			return fmt.Errorf("no column %q", name)
		}
		t.columns = append(t.columns, c)
	}
	return nil
}

// query is sent without parameters, so that the server answers in the text protocol.
func (t *table) query() string {
	expressions := make([]string, len(t.columns))
	for i, c := range t.columns {
		expressions[i] = c.expression()
	}
	parts := strings.Split(t.opts.Table, ".")
	for i := range parts {
		parts[i] = quoteName(parts[i])
	}
	q := "SELECT " + strings.Join(expressions, ", ") + " FROM " + strings.Join(parts, ".")
	if t.opts.Where != "" {
		q += " WHERE " + t.opts.Where
	}
	return q
}

// each calls f for every row. The fields are valid during the call only.
func (t *table) each(ctx context.Context, f func(row []field) error) error {
	rows, err := t.pool.QueryContext(ctx, t.query())
	if err != nil {
		return fmt.Errorf("read table %s: %w", t.opts.Table, err)
	}
	defer rows.Close()
	raw, row := make([]sql.RawBytes, len(t.columns)), make([]field, len(t.columns))
	targets := make([]any, len(raw))
	for i := range raw {
		targets[i] = &raw[i]
	}
	for rows.Next() {
		if err := rows.Scan(targets...); err != nil {
			return fmt.Errorf("read table %s: %w", t.opts.Table, err)
		}
		if err := t.format(raw, row); err != nil {
			return err
		}
		if err := f(row); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read table %s: %w", t.opts.Table, err)
	}
	return nil
}

func (t *table) format(raw []sql.RawBytes, row []field) (err error) {
	for i, c := range t.columns {
		row[i] = nil
		if raw[i] == nil {
			continue
		}
		if row[i], err = c.format(raw[i], t.opts); err != nil {
			return fmt.Errorf("column %s: %w", c.name, err)
		}
	}
	return nil
}

func quoteName(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }

func (t *table) width() int { return len(t.columns) }

func (t *table) close() { t.pool.Close() } // everything was read
