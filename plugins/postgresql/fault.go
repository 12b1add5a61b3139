package postgresql

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"

	"github.com/jackc/pgx/v5/pgconn"

	"weft/plugins"
)

// serverErrorOf finds the server's error in err's chain, or nil.
func serverErrorOf(err error) *pgconn.PgError {
	var server *pgconn.PgError
	if errors.As(err, &server) {
		return server
	}
	return nil
}

// stateOf returns the SQLSTATE of the server's error in err's chain, or "".
func stateOf(err error) string {
	if e := serverErrorOf(err); e != nil {
		return e.Code
	}
	return ""
}

// meaning is what an error says to weft.
type meaning struct {
	class  plugins.Class
	reason plugins.Reason
	hint   string
}

// meanings of SQLSTATEs (PostgreSQL, appendix "Error Codes"), or of the first
// two characters of them. What is not here is Permanent.
var meanings = map[string]meaning{
	"08": {plugins.Transient, plugins.ReasonUnreachable, ""},
	"28": {plugins.Fatal, plugins.ReasonAuth, "check username and password, and what pg_hba.conf allows from this host"},
	"3D": {plugins.Fatal, plugins.ReasonNotFound, "check the database in the URL"},
	"3F": {plugins.Fatal, plugins.ReasonNotFound, ""},
	"40": {plugins.Transient, plugins.ReasonUnknown, ""},
	"42": {plugins.Fatal, plugins.ReasonConfig, ""},
	"53": {plugins.Transient, plugins.ReasonUnknown, ""},
	"57": {plugins.Transient, plugins.ReasonUnknown, ""},
	"0A": {plugins.Fatal, plugins.ReasonConfig, ""},

	"25006": {plugins.Permanent, plugins.ReasonPermission, "the server only reads: it is a standby, or default_transaction_read_only is on; name the primary"},
	"25P03": {plugins.Transient, plugins.ReasonTimeout, ""},
	"42501": {plugins.Fatal, plugins.ReasonPermission, "grant the account the right on the table"},
	"42P01": {plugins.Fatal, plugins.ReasonNotFound, ""},
	"42703": {plugins.Fatal, plugins.ReasonNotFound, ""},
	"53100": {plugins.Transient, plugins.ReasonSpace, "the server's disk is full"},
	"53300": {plugins.Transient, plugins.ReasonUnreachable, "all connections of the server are taken: use a smaller channel, or raise max_connections"},
	"55P03": {plugins.Transient, plugins.ReasonTimeout, ""},
	"57014": {plugins.Permanent, plugins.ReasonTimeout, ""},
	"57P01": {plugins.Transient, plugins.ReasonUnreachable, ""},
	"57P02": {plugins.Transient, plugins.ReasonUnreachable, ""},
	"57P03": {plugins.Transient, plugins.ReasonUnreachable, ""},
}

// fault wraps err with what was being done and its class. nil stays nil; an
// error that has a class keeps it.
func fault(op string, err error) error {
	if err == nil {
		return nil
	}
	var classed *plugins.Error
	if errors.As(err, &classed) {
		if classed.Op == "" {
			named := *classed
			named.Op = op
			return &named
		}
		return err
	}
	if errors.Is(err, context.Canceled) && serverErrorOf(err) == nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	m := meaningOf(err)
	return &plugins.Error{Class: m.class, Reason: m.reason, Op: op, Hint: m.hint, Err: err}
}

func meaningOf(err error) meaning {
	if state := stateOf(err); len(state) == 5 {
		if m, ok := meanings[state]; ok {
			return m
		}
		return meanings[state[:2]] // the zero meaning is Permanent
	}
	var name *net.DNSError
	var timeout net.Error
	switch {
	case errors.As(err, &name) && name.IsNotFound:
		return meaning{plugins.Permanent, plugins.ReasonUnreachable, "no such host: check the name in the URL"}
	case errors.Is(err, syscall.ECONNREFUSED):
		return meaning{plugins.Transient, plugins.ReasonUnreachable, "is the server running and listening on this port?"}
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return meaning{plugins.Transient, plugins.ReasonTimeout, ""}
	case errors.As(err, &timeout) && timeout.Timeout():
		return meaning{plugins.Transient, plugins.ReasonTimeout, ""}
	case isGone(err):
		return meaning{plugins.Transient, plugins.ReasonUnreachable, ""}
	}
	return meaning{class: plugins.Permanent}
}

// isGone says that the connection ended under us.
func isGone(err error) bool {
	var network *net.OpError
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
		errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) || errors.As(err, &network)
}

// fatal returns an error of the job's own making.
// An empty op leaves it to the caller, who wraps.
func fatal(op string, reason plugins.Reason, hint, format string, args ...any) error {
	return &plugins.Error{Class: plugins.Fatal, Reason: reason, Op: op, Hint: hint, Err: fmt.Errorf(format, args...)}
}
