package dataset

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"

	"github.com/go-sql-driver/mysql"
)

// Load creates the table, which must not exist yet, and fills it with rows 0 to rows-1. The name may be schema.table.
// db must be a pool of go-sql-driver/mysql on a server that allows LOAD DATA LOCAL.
func Load(ctx context.Context, db *sql.DB, table string, shape Shape, rows int64, seed uint64) error {
	conn, err := db.Conn(ctx) // one connection, because warnings belong to it
	if err != nil {
		return fmt.Errorf("load table %s: %w", table, err)
	}
	defer conn.Close()
	if _, err := conn.ExecContext(ctx, shape.CreateTable(table)); err != nil {
		return fmt.Errorf("create table %s: %w", table, err)
	}
	name := fmt.Sprintf("weft-dataset-%016x", rand.Uint64())
	mysql.RegisterReaderHandler(name, func() io.Reader { return &source{shape: shape, seed: seed, rows: rows} })
	defer mysql.DeregisterReaderHandler(name)
	result, err := conn.ExecContext(ctx, shape.loadData(table, name))
	if err != nil {
		return fmt.Errorf("load table %s: %w", table, err)
	}
	if n, err := result.RowsAffected(); err != nil || n != rows {
		return fmt.Errorf("load table %s: server took %d of %d rows: %v", table, n, rows, err)
	}
	return noWarnings(ctx, conn, table)
}

// noWarnings fails when the server changed a value: LOAD DATA LOCAL turns errors into warnings.
func noWarnings(ctx context.Context, conn *sql.Conn, table string) error {
	var level, code, message string
	err := conn.QueryRowContext(ctx, "SHOW WARNINGS LIMIT 1").Scan(&level, &code, &message)
	if err == sql.ErrNoRows {
		return nil
	}
	if err != nil {
		return fmt.Errorf("load table %s: %w", table, err)
	}
	return fmt.Errorf("load table %s: %s %s: %s", table, level, code, message)
}

// CreateTable returns the statement that creates a table of this shape.
func (s Shape) CreateTable(table string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "CREATE TABLE %s (\n", table)
	for _, c := range s.columns {
		fmt.Fprintf(&b, "  `%s` %s,\n", c.name, c.ddl)
	}
	fmt.Fprintf(&b, "  %s\n) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4", s.extra)
	return b.String()
}

// loadData returns the statement that reads the handler of the given name.
func (s Shape) loadData(table, handler string) string {
	var fields, sets []string
	for _, c := range s.columns {
		if c.load == "" {
			fields = append(fields, "`"+c.name+"`")
			continue
		}
		variable := "@" + c.name
		fields = append(fields, variable)
		sets = append(sets, "`"+c.name+"` = "+strings.ReplaceAll(c.load, "@v", variable))
	}
	stmt := fmt.Sprintf("LOAD DATA LOCAL INFILE 'Reader::%s' INTO TABLE %s CHARACTER SET utf8mb4 (%s)",
		handler, table, strings.Join(fields, ", "))
	if len(sets) > 0 {
		stmt += " SET " + strings.Join(sets, ", ")
	}
	return stmt
}

// source makes the rows while they are read.
type source struct {
	shape Shape
	seed  uint64
	rows  int64
	next  int64
	buf   []byte // the whole rows made last
	sent  int    // how much of buf has been read
}

// pieceBytes is how many bytes of rows are made at a time.
const pieceBytes = 64 << 10

func (s *source) Read(p []byte) (int, error) {
	if s.sent == len(s.buf) {
		s.fill()
	}
	if len(s.buf) == 0 {
		return 0, io.EOF
	}
	n := copy(p, s.buf[s.sent:])
	s.sent += n
	return n, nil
}

func (s *source) fill() {
	s.buf, s.sent = s.buf[:0], 0
	for s.next < s.rows && len(s.buf) < pieceBytes {
		s.buf = s.shape.appendRow(s.buf, s.seed, s.next)
		s.next++
	}
}

// WriteRows writes rows 0 to rows-1 as text: fields separated by tabs, NULL as \N, escaped as LOAD DATA reads them.
func (s Shape) WriteRows(w io.Writer, rows int64, seed uint64) error {
	_, err := io.Copy(w, &source{shape: s, seed: seed, rows: rows})
	return err
}
