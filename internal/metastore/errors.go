package metastore

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"weft/internal/metastore/thrift"
	"weft/plugins"
)

// What the server says about an object; test with errors.Is.
var (
	// ErrNotFound: there is no such database, table or partition.
	ErrNotFound = errors.New("not found")
	// ErrExists: there is one of that name already.
	ErrExists = errors.New("exists already")
)

// The exceptions that methods declare. Each is a struct with its text in field 1.
const (
	noSuchObject     = "NoSuchObjectException"
	alreadyExists    = "AlreadyExistsException"
	invalidObject    = "InvalidObjectException"
	invalidOperation = "InvalidOperationException"
	metaException    = "MetaException"
)

// declared turns an exception of a method's result into an error.
func declared(op, class, text string) error {
	e := &plugins.Error{Class: plugins.Fatal, Op: op, Err: errors.New(text)}
	switch class {
	case noSuchObject:
		e.Reason, e.Err = plugins.ReasonNotFound, fmt.Errorf("%w: %s", ErrNotFound, text)
	case alreadyExists:
		e.Reason, e.Err = plugins.ReasonExists, fmt.Errorf("%w: %s", ErrExists, text)
	case invalidObject, invalidOperation:
		e.Reason = plugins.ReasonConfig
	case metaException:
		e.Class, e.Reason = classOf(text)
	}
	return e
}

// What a MetaException means stands in its text only: the server wraps in it
// whatever its database, HDFS or an authorizer has thrown.
var (
	deniedTexts  = []string{"AccessControlException", "Permission denied", "HiveAccessControlException", "not authorized", "does not have privileges"}
	passingTexts = []string{"ConnectException", "SocketTimeoutException", "StandbyException", "SafeModeException", "RetriableException",
		"JDOException", "JDODataStoreException", "SQLException", "SQLTransientConnectionException", "Communications link failure",
		"NoRouteToHostException", "EOFException", "Unable to acquire a connection", "deadlock", "Deadlock"}
)

func classOf(text string) (plugins.Class, plugins.Reason) {
	for _, word := range deniedTexts {
		if strings.Contains(text, word) {
			return plugins.Fatal, plugins.ReasonPermission
		}
	}
	for _, word := range passingTexts {
		if strings.Contains(text, word) {
			return plugins.Transient, plugins.ReasonUnreachable
		}
	}
	return plugins.Permanent, plugins.ReasonUnknown
}

// transport classes what went wrong on the way.
func transport(op string, err error) error {
	e := &plugins.Error{Class: plugins.Transient, Reason: plugins.ReasonUnreachable, Op: op, Err: err}
	var refused *thrift.Exception
	switch {
	case errors.As(err, &refused):
		// INTERNAL_ERROR is a runtime exception of the server, of which one
		// cannot tell whether it will pass; the callers' bounds hold.
		e.Reason = plugins.ReasonUnknown
		if refused.Kind == thrift.ExceptionUnknownMethod {
			e.Class = plugins.Fatal
		}
	case errors.Is(err, context.Canceled):
		e.Reason = plugins.ReasonUnknown
	case errors.Is(err, context.DeadlineExceeded):
		e.Reason = plugins.ReasonTimeout
	case errors.Is(err, thrift.ErrMalformed):
		e.Class, e.Reason = plugins.Fatal, plugins.ReasonConfig
		e.Hint = "check that the address is the metastore's Thrift port, and that the metastore does not want Kerberos (hive.metastore.sasl.enabled)"
	}
	return e
}
