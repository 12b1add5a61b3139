package compare

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
)

// postgres reads the rows of a PostgreSQL table in the server's text format, by ordinary queries.
type postgres struct {
	opts    Options
	columns []postgresColumn
	conn    *pgx.Conn
}

// postgresColumn is a column of the table as the catalogue describes it.
type postgresColumn struct {
	name, typ string // typ: pg_type.typname
	scale     int    // digits of fractional seconds
}

// isPostgres says that the source is a URL of PostgreSQL.
func isPostgres(dsn string) bool { return strings.HasPrefix(dsn, "postgres://") }

// openPostgres connects and asks for the columns.
func openPostgres(ctx context.Context, o Options) (*postgres, error) {
	conn, err := pgx.Connect(ctx, o.DSN)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	p := &postgres{opts: o, conn: conn}
	if err := p.describe(ctx); err != nil {
		conn.Close(ctx)
		return nil, fmt.Errorf("describe table %s: %w", o.Table, err)
	}
	return p, nil
}

// describe fills in the columns: those of the options in their order, or all.
func (p *postgres) describe(ctx context.Context) error {
	rows, err := p.text(ctx, "SET timezone = 'UTC'; SET extra_float_digits = 3; SELECT a.attname, t.typname, CASE WHEN a.atttypmod < 0 THEN 6 ELSE a.atttypmod & 65535 END "+
		"FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid WHERE a.attrelid = '"+p.opts.Table+"'::regclass AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum")
	if err != nil {
		return err
	}
	known := map[string]postgresColumn{}
	for _, r := range rows {
		c := postgresColumn{name: string(r[0]), typ: string(r[1])}
		if _, err := fmt.Sscan(string(r[2]), &c.scale); err != nil {
			return err
		}
		known[c.name] = c
		p.columns = append(p.columns, c)
	}
	if len(p.opts.Columns) > 0 {
		p.columns = p.columns[:0:0]
	}
	for _, name := range p.opts.Columns {
		c, ok := known[name]
		if !ok {
			return fmt.Errorf("no column %q", name)
		}
		p.columns = append(p.columns, c)
	}
	return nil
}

// text runs statements and returns the rows of the last one.
func (p *postgres) text(ctx context.Context, statements string) ([][][]byte, error) {
	results, err := p.conn.PgConn().Exec(ctx, statements).ReadAll()
	if err != nil {
		return nil, err
	}
	return results[len(results)-1].Rows, nil
}

// each calls f for every row. The fields are valid during the call only.
func (p *postgres) each(ctx context.Context, f func(row []field) error) error {
	names := make([]string, len(p.columns))
	for i, c := range p.columns {
		names[i] = `"` + c.name + `"`
	}
	query := "SELECT " + strings.Join(names, ", ") + " FROM " + p.opts.Table
	if p.opts.Where != "" {
		query += " WHERE " + p.opts.Where
	}
	results := p.conn.PgConn().Exec(ctx, query)
	defer results.Close()
	row := make([]field, len(p.columns))
	for results.NextResult() {
		rows := results.ResultReader()
		for rows.NextRow() {
			for i, raw := range rows.Values() {
				var err error
				if row[i], err = p.columns[i].format(raw, p.opts); err != nil {
					return fmt.Errorf("column %s: %w", p.columns[i].name, err)
				}
			}
			if err := f(row); err != nil {
				return err
			}
		}
	}
	if err := results.Close(); err != nil {
		return fmt.Errorf("read table %s: %w", p.opts.Table, err)
	}
	return nil
}

func (p *postgres) width() int { return len(p.columns) }

func (p *postgres) close() { p.conn.Close(context.Background()) } // everything was read

// format turns what the server sent into the text form that the package comment describes. NULL is nil.
func (c postgresColumn) format(raw []byte, o Options) (field, error) {
	if raw == nil {
		return nil, nil
	}
	switch c.typ {
	case "bool":
		if raw[0] == 't' {
			return field("true"), nil
		}
		return field("false"), nil
	case "float4":
		return plainFloat(raw, 32)
	case "float8":
		return plainFloat(raw, 64)
	case "timestamp", "time":
		return padFraction(raw, c.scale), nil
	case "timestamptz":
		return padFraction([]byte(strings.TrimSuffix(string(raw), "+00")), c.scale), nil
	case "bytea":
		data, err := hex.DecodeString(strings.TrimPrefix(string(raw), `\x`))
		if err != nil {
			return nil, err
		}
		if o.BytesAsHex {
			return hex.AppendEncode([]byte{}, data), nil
		}
		return base64.StdEncoding.AppendEncode([]byte{}, data), nil
	}
	return raw, nil
}

// padFraction adds the zeros that the server leaves off a fraction of seconds.
func padFraction(raw []byte, scale int) field {
	whole, fraction, _ := strings.Cut(string(raw), ".")
	if scale == 0 {
		return field(whole)
	}
	return field(whole + "." + fraction + strings.Repeat("0", max(scale-len(fraction), 0)))
}
