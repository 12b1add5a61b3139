package dataset

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// LoadPostgres creates the table in the database that the URL names, and fills it with rows 0 to rows-1: the same values
// as Load, in the types that PostgreSQL has for them. Bytes are the hexadecimal digits themselves.
func LoadPostgres(ctx context.Context, url, table string, shape Shape, rows int64, seed uint64) error {
	conn, err := pgconn.Connect(ctx, url)
	if err != nil {
		return fmt.Errorf("load table %s: %w", table, err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, shape.createPostgres(table)).ReadAll(); err != nil {
		return fmt.Errorf("create table %s: %w", table, err)
	}
	tag, err := conn.CopyFrom(ctx, &source{shape: shape, seed: seed, rows: rows}, "COPY "+table+" FROM STDIN")
	if err != nil {
		return fmt.Errorf("load table %s: %w", table, err)
	}
	if tag.RowsAffected() != rows {
		return fmt.Errorf("load table %s: server took %d of %d rows", table, tag.RowsAffected(), rows)
	}
	_, err = conn.Exec(ctx, "ANALYZE "+table).ReadAll()
	return err
}

// createPostgres returns the statement that creates a table of this shape in PostgreSQL.
func (s Shape) createPostgres(table string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "CREATE TABLE %s (\n", table)
	for _, c := range s.columns {
		fmt.Fprintf(&b, "  \"%s\" %s,\n", c.name, postgresType(c.ddl))
	}
	fmt.Fprintf(&b, "  %s\n)", s.extra)
	return b.String()
}

// postgresType turns a type of MySQL, with what follows it, into one that holds the same values.
func postgresType(ddl string) string {
	for _, t := range []struct{ mysql, postgres string }{
		{"BIGINT UNSIGNED", "numeric(20,0)"}, {"INT UNSIGNED", "bigint"}, {"TINYINT(1)", "smallint"}, {"TINYINT", "smallint"},
		{"MEDIUMINT", "integer"}, {"YEAR", "smallint"}, {"FLOAT", "real"}, {"DOUBLE", "double precision"}, {"BIT(1)", "smallint"},
		{"BIT(12)", "smallint"}, {"DATETIME(6)", "timestamp(6)"}, {"DATETIME", "timestamp(0)"}, {"TIMESTAMP(3) NULL", "timestamptz(3)"},
		{"TIMESTAMP NULL", "timestamptz(0)"}, {"TIME(6)", "interval(6)"}, {"TIME", "interval(0)"}, {"BINARY(8)", "bytea"}, {"BLOB", "bytea"},
	} {
		if rest, ok := strings.CutPrefix(ddl, t.mysql); ok {
			return t.postgres + rest
		}
	}
	if strings.HasPrefix(ddl, "ENUM") || strings.HasPrefix(ddl, "SET") {
		return "text"
	}
	return ddl
}
