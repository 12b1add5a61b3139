package postgresql

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"weft/plugins"
)

// source is one server as the job names it.
type source struct {
	address        string // host:port
	user           string
	password       plugins.Secret
	database       string
	tls            *tls.Config // nil for none
	tlsOptional    bool        // plain is fine if the server has no TLS
	connectTimeout time.Duration
	queryTimeout   time.Duration // until the first row, and for each question
	idleTimeout    time.Duration // silence in mid-result
}

// session is one connection: pgconn's for login and questions, and between
// them ours for bulk reading (messages).
type session struct {
	pg *pgconn.PgConn
	in *messages
	source
}

// readSetup returns what every session of a reader starts with, and after it
// the job's own statements. Values come in UTC and in forms that no setting of
// the server changes; a long read is no mistake that a limit should end; and
// nothing can be written. They are statements, not start-up parameters, because
// PgBouncer refuses those.
func readSetup(own []string) []string {
	return append([]string{"SET client_encoding = 'UTF8'; SET TimeZone = 'UTC'; SET DateStyle = 'ISO, YMD'; " +
		"SET IntervalStyle = 'postgres'; SET extra_float_digits = 3; SET bytea_output = 'hex'; " +
		"SET standard_conforming_strings = on; SET statement_timeout = 0; " +
		"SET idle_in_transaction_session_timeout = 0; SET default_transaction_read_only = on"}, own...)
}

// dial connects, logs in and runs the statements of setup, all within
// s.connectTimeout. ctx covers this only.
func dial(ctx context.Context, s source, setup []string) (*session, error) {
	config, err := s.config()
	if err != nil {
		return nil, err
	}
	limited, cancel := context.WithTimeout(ctx, s.connectTimeout)
	defer cancel()
	pg, err := pgconn.ConnectConfig(limited, config)
	if err == nil {
		n := &session{pg: pg, source: s}
		n.in = newMessages(pg.Conn(), s.idleTimeout)
		for _, statement := range setup {
			if _, err = n.rows(limited, statement); err != nil {
				n.close()
				err = fmt.Errorf("prepare the session with %q: %w", statement, err)
				break
			}
		}
		if err == nil {
			return n, nil
		}
	}
	if ctx.Err() == nil && limited.Err() != nil {
		return nil, fmt.Errorf("no answer within %s: %w", s.connectTimeout, context.DeadlineExceeded)
	}
	return nil, err
}

// config makes pgconn's settings. It insists on a string that was parsed; what
// the environment (PGHOST and the like) puts in is written over.
func (s source) config() (*pgconn.Config, error) {
	config, err := pgconn.ParseConfig("host=localhost user=weft sslmode=disable")
	if err != nil {
		return nil, fmt.Errorf("prepare connection: %w", err)
	}
	host, port, err := net.SplitHostPort(s.address)
	if err != nil {
		return nil, fmt.Errorf("prepare connection: %w", err)
	}
	number, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return nil, fmt.Errorf("prepare connection: port %q: %w", port, err)
	}
	config.Host, config.Port, config.Database = host, uint16(number), s.database
	config.User, config.Password = s.user, s.password.Reveal()
	config.TLSConfig, config.Fallbacks = s.tls, nil
	if s.tls != nil && s.tlsOptional {
		config.Fallbacks = []*pgconn.FallbackConfig{{Host: host, Port: uint16(number)}}
	}
	config.RuntimeParams = map[string]string{"application_name": "weft"}
	config.ConnectTimeout = 0
	config.DialFunc = (&net.Dialer{KeepAlive: 30 * time.Second}).DialContext
	config.ValidateConnect, config.AfterConnect, config.OnNotice = nil, nil, nil
	return config, nil
}

// close ends the connection. A statement under way ends with it.
func (n *session) close() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if n.in.busy { // in mid-answer: the server would not hear a goodbye, and work on
		_ = n.pg.CancelRequest(ctx)                  // it may have ended by itself
		_ = n.pg.Conn().SetDeadline(time.Unix(1, 0)) // closed next
	}
	_ = n.pg.Close(ctx) // everything was read or written, or the error before is the one that counts
	select {
	case <-n.pg.CleanupDone():
	case <-ctx.Done():
	}
}

// rows runs a statement and returns all rows as texts; a nil is NULL.
func (n *session) rows(ctx context.Context, statement string) ([][]*string, error) {
	limited, cancel := context.WithTimeout(ctx, n.queryTimeout)
	defer cancel()
	results, err := n.pg.Exec(limited, statement).ReadAll()
	if err != nil {
		return nil, n.late(ctx, limited, err)
	}
	if len(results) == 0 {
		return nil, nil
	}
	last := results[len(results)-1].Rows
	list := make([][]*string, len(last))
	for i, row := range last {
		list[i] = make([]*string, len(row))
		for k, cell := range row {
			if cell != nil {
				text := string(cell)
				list[i][k] = &text
			}
		}
	}
	return list, nil
}

// row runs a query for one row; nil without an error says there is none.
func (n *session) row(ctx context.Context, query string) ([]*string, error) {
	list, err := n.rows(ctx, query)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return list[0], nil
}

// describe asks what columns a query gives, without running it.
func (n *session) describe(ctx context.Context, query string) ([]pgconn.FieldDescription, error) {
	limited, cancel := context.WithTimeout(ctx, n.queryTimeout)
	defer cancel()
	st, err := n.pg.Prepare(limited, "", query, nil)
	switch {
	case err != nil:
		return nil, n.late(ctx, limited, err)
	case len(st.ParamOIDs) > 0:
		return nil, fatal("", plugins.ReasonConfig, "", "there is a parameter ($1) in the query")
	case len(st.Fields) == 0:
		return nil, fatal("", plugins.ReasonConfig, "give a SELECT", "the statement gives no rows")
	}
	return st.Fields, nil
}

// late names the deadline in the error of a question that ran into it.
func (n *session) late(ctx, limited context.Context, err error) error {
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(limited.Err(), context.DeadlineExceeded):
		return fmt.Errorf("no answer within %s: %w", n.queryTimeout, context.DeadlineExceeded)
	}
	return err
}

// text returns what a cell holds, "" for NULL.
func text(cell *string) string {
	if cell == nil {
		return ""
	}
	return *cell
}
