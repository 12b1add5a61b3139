package mysql

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"

	library "github.com/go-mysql-org/go-mysql/mysql"
	driver "github.com/go-sql-driver/mysql"

	"weft/plugins"
)

// serverError is an error that the server sent, whichever of the three ways
// of talking to it received it.
type serverError struct {
	Number  int
	Message string
}

func (e *serverError) Error() string { return fmt.Sprintf("error %d: %s", e.Number, e.Message) }

// serverErrorOf finds the server's error in err's chain, or nil.
func serverErrorOf(err error) *serverError {
	var own *serverError
	if errors.As(err, &own) {
		return own
	}
	var fromDriver *driver.MySQLError
	if errors.As(err, &fromDriver) {
		return &serverError{Number: int(fromDriver.Number), Message: fromDriver.Message}
	}
	var fromLibrary *library.MyError
	if errors.As(err, &fromLibrary) {
		return &serverError{Number: int(fromLibrary.Code), Message: fromLibrary.Message}
	}
	return nil
}

// parseError reads an error packet ("Protocol::ERR_Packet"):
//
//	| 0xff | number, 2 | '#' | SQL state, 5 | message |
func parseError(p []byte) error {
	s := scan{p: p}
	s.uint8()
	e := &serverError{Number: s.uint16()}
	if len(s.p) >= 6 && s.p[0] == '#' {
		s.bytes(6)
	}
	e.Message = string(s.p)
	return e
}

// meaning is what a number of the server's errors says to weft.
type meaning struct {
	class  plugins.Class
	reason plugins.Reason
	hint   string
}

// meanings of the numbers (errmsg.h and the server error reference of MySQL
// and MariaDB). What is not here is Permanent.
var meanings = map[int]meaning{
	1045: {plugins.Fatal, plugins.ReasonAuth, "check username and password, and from which hosts the account may connect"},
	1130: {plugins.Fatal, plugins.ReasonAuth, "let the account connect from this host"},
	1251: {plugins.Fatal, plugins.ReasonAuth, ""},
	1698: {plugins.Fatal, plugins.ReasonAuth, "this account cannot log in with a password"},
	1820: {plugins.Fatal, plugins.ReasonAuth, "the password has expired; set a new one"},
	1862: {plugins.Fatal, plugins.ReasonAuth, "the password has expired; set a new one"},
	3118: {plugins.Fatal, plugins.ReasonAuth, "the account is locked"},
	4151: {plugins.Fatal, plugins.ReasonAuth, "the account is locked"},
	3159: {plugins.Fatal, plugins.ReasonAuth, "the server insists on TLS: set tls.mode"},
	1044: {plugins.Fatal, plugins.ReasonPermission, "grant SELECT on the table"},
	1142: {plugins.Fatal, plugins.ReasonPermission, "grant SELECT on the table"},
	1143: {plugins.Fatal, plugins.ReasonPermission, "grant SELECT on the column"},
	1227: {plugins.Fatal, plugins.ReasonPermission, ""},
	1370: {plugins.Fatal, plugins.ReasonPermission, ""},
	1049: {plugins.Fatal, plugins.ReasonNotFound, ""},
	1051: {plugins.Fatal, plugins.ReasonNotFound, ""},
	1054: {plugins.Fatal, plugins.ReasonNotFound, ""},
	1109: {plugins.Fatal, plugins.ReasonNotFound, ""},
	1146: {plugins.Fatal, plugins.ReasonNotFound, ""},
	1046: {plugins.Fatal, plugins.ReasonConfig, "name a database in the URL or before the table"},
	1052: {plugins.Fatal, plugins.ReasonConfig, ""},
	1064: {plugins.Fatal, plugins.ReasonConfig, ""},
	1193: {plugins.Fatal, plugins.ReasonConfig, ""},
	1305: {plugins.Fatal, plugins.ReasonConfig, ""},
	1356: {plugins.Fatal, plugins.ReasonPermission, ""},
	1412: {plugins.Fatal, plugins.ReasonChanged, ""},
	1040: {plugins.Transient, plugins.ReasonUnreachable, ""},
	1203: {plugins.Transient, plugins.ReasonUnreachable, ""},
	1226: {plugins.Transient, plugins.ReasonUnreachable, ""},
	1053: {plugins.Transient, plugins.ReasonUnreachable, ""},
	1077: {plugins.Transient, plugins.ReasonUnreachable, ""},
	1158: {plugins.Transient, plugins.ReasonUnreachable, ""},
	1159: {plugins.Transient, plugins.ReasonTimeout, ""},
	1160: {plugins.Transient, plugins.ReasonUnreachable, ""},
	1161: {plugins.Transient, plugins.ReasonTimeout, ""},
	1184: {plugins.Transient, plugins.ReasonUnreachable, ""},
	1205: {plugins.Transient, plugins.ReasonTimeout, ""},
	1213: {plugins.Transient, plugins.ReasonUnknown, ""},
	1080: {plugins.Transient, plugins.ReasonUnreachable, ""},
	1152: {plugins.Transient, plugins.ReasonUnreachable, ""},
	3169: {plugins.Transient, plugins.ReasonUnreachable, ""},
	4031: {plugins.Transient, plugins.ReasonUnreachable, ""},
	1317: {plugins.Transient, plugins.ReasonUnknown, ""},
	1927: {plugins.Transient, plugins.ReasonUnknown, ""},
	1969: {plugins.Permanent, plugins.ReasonTimeout, ""},
	3024: {plugins.Permanent, plugins.ReasonTimeout, ""},
	1021: {plugins.Transient, plugins.ReasonSpace, ""},
	1037: {plugins.Transient, plugins.ReasonSpace, ""},
	1041: {plugins.Transient, plugins.ReasonSpace, ""},
}

// fault gives err its class and reason. op is what was being done, to what.
// Errors that are classed already keep their class.
func fault(op string, err error) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	var classed *plugins.Error
	if errors.As(err, &classed) {
		return fmt.Errorf("%s: %w", op, err)
	}
	m := meaningOf(err)
	if e := serverErrorOf(err); e != nil {
		err = e // without what libraries wrap around it
	}
	return &plugins.Error{Class: m.class, Reason: m.reason, Op: op, Hint: m.hint, Err: err}
}

func meaningOf(err error) meaning {
	if e := serverErrorOf(err); e != nil {
		return meanings[e.Number] // the zero meaning is Permanent
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
		errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) || errors.Is(err, driver.ErrInvalidConn) ||
		errors.Is(err, library.ErrBadConn) || errors.As(err, &network)
}

// fatal returns an error of the job's own making.
// An empty op leaves it to the caller, who wraps.
func fatal(op string, reason plugins.Reason, hint, format string, args ...any) error {
	return &plugins.Error{Class: plugins.Fatal, Reason: reason, Op: op, Hint: hint, Err: fmt.Errorf(format, args...)}
}
