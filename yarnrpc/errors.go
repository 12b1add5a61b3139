package yarnrpc

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"weft/yarnrpc/hrpc"
	"weft/yarnrpc/sasl"
)

// Class says what an error means for whoever must go on.
type Class int

// The classes of errors.
const (
	// ClassPermanent: the same call will fail again; it is also what an unknown error counts as.
	ClassPermanent Class = iota
	// ClassTransient: the same call may succeed soon, here or at another server.
	ClassTransient
	// ClassLost: the connection went away while the call was under way; it may or may not have taken effect.
	ClassLost
	// ClassFatal: nobody can succeed with this configuration, these rights or this request.
	ClassFatal
	// ClassBug: a rule of the protocol was broken by one of the two programs.
	ClassBug
)

// String returns the class as one lower-case word.
func (c Class) String() string {
	switch c {
	case ClassTransient:
		return "transient"
	case ClassLost:
		return "lost"
	case ClassFatal:
		return "fatal"
	case ClassBug:
		return "bug"
	}
	return "permanent"
}

// Sentinels for errors.Is. Beside them, errors of the NameNode match io/fs.ErrNotExist, ErrExist and ErrPermission.
var (
	// ErrStandby: this server is not the active one. Client goes to the next address by itself.
	ErrStandby = errors.New("server is in standby")
	// ErrBusy: the server refuses work for the moment (overload, safe mode). Client waits by itself.
	ErrBusy = errors.New("server cannot take the call now")
	// ErrGaveUp: no server took the call within Options.RetryFor. What the last one said is wrapped, too.
	ErrGaveUp = errors.New("gave up")
	// ErrResync: the ResourceManager restarted and does not know this ApplicationMaster. Register again, then send every
	// ask, release and blacklist entry again (ApplicationMasterNotRegisteredException).
	ErrResync = errors.New("application master is not registered")
	// ErrAttemptOver: this app attempt is no longer current. Stop at once, change nothing.
	ErrAttemptOver = errors.New("app attempt is over")
	// ErrOutOfStep: the ResourceManager expects another response id, or has this ApplicationMaster registered already:
	// a second one runs, or an answer to register was lost (InvalidApplicationMasterRequestException).
	ErrOutOfStep = errors.New("application master is out of step with the resource manager")
	// ErrUnknownApplication: the ResourceManager does not know the application, or has forgotten it.
	ErrUnknownApplication = errors.New("application is unknown")
	// ErrBadRequest: the server refuses the content of the request: too large a container, unknown queue or label.
	ErrBadRequest = errors.New("request is not acceptable")
	// ErrDenied: authentication or authorisation failed.
	ErrDenied = errors.New("access denied")
	// ErrInvalidToken: the token expired, was cancelled, or its attempt is over.
	ErrInvalidToken = errors.New("token is not valid")
	// ErrLease: the file is being written by somebody else, or its lease was taken away.
	ErrLease = errors.New("lease of the file is held by another writer")
	// ErrQuota: a quota on names or space of HDFS is used up.
	ErrQuota = errors.New("quota exceeded")
	// ErrUnsupported: the server does not know the method or the protocol: a version too old, or the wrong port.
	ErrUnsupported = errors.New("server does not support the call")
	// ErrClosed: the Client was closed.
	ErrClosed = errors.New("client is closed")
	// ErrContainerRefused: the NodeManager will never start this container: token expired, or granted by a
	// ResourceManager that has restarted since. Release it and ask again.
	ErrContainerRefused = errors.New("container is refused by its node")
)

// RemoteError is a Java exception that a server reported.
type RemoteError struct {
	Exception string // Java class, nested classes with a $
	Message   string // its text in one line, without the stack trace
	Method    string // the call that it answers; empty while connecting
	Address   string // the server
	// OverWire tells how it came: true as the answer to a call, false inside a successful answer that speaks of many
	// things (a NodeManager's refusal of one container).
	OverWire bool
}

// Error returns "method on address: Exception: message".
func (e *RemoteError) Error() string {
	short := e.Exception[strings.LastIndexByte(e.Exception, '.')+1:]
	where := "connect to " + e.Address
	if e.Method != "" {
		where = e.Method + " on " + e.Address
	}
	return fmt.Sprintf("%s: %s: %s", where, short, e.Message)
}

// Is matches the sentinels of this package and of io/fs that the exception stands for.
func (e *RemoteError) Is(target error) bool {
	x := lookup(e.Exception, e.Message)
	return x.is != nil && x.is == target || x.also != nil && x.also == target
}

// Class returns what the exception means for the caller.
func (e *RemoteError) Class() Class { return lookup(e.Exception, e.Message).class }

// NewRemoteError makes a RemoteError from a server's report: the text up to the stack trace, in one line.
func NewRemoteError(exception, message, method, address string, overWire bool) *RemoteError {
	text, _, _ := strings.Cut(message, "\n\tat ")
	text = strings.TrimPrefix(strings.Join(strings.Fields(text), " "), exception+": ")
	return &RemoteError{Exception: exception, Message: text, Method: method, Address: address, OverWire: overWire}
}

// TransportError is a call that failed without an answer of the server.
type TransportError struct {
	Method  string // the call
	Address string // the server
	// Sent is false if not one complete request left this process, so that no server can have acted upon it.
	Sent bool
	Err  error // the cause
}

// Error returns "method on address: cause".
func (e *TransportError) Error() string {
	return fmt.Sprintf("%s on %s: %v", e.Method, e.Address, e.Err)
}

// Unwrap returns the cause.
func (e *TransportError) Unwrap() error { return e.Err }

// ClassOf classifies any error that this package and the typed clients return. A cancelled or timed-out context of the
// caller is permanent: the caller ended it.
func ClassOf(err error) Class {
	var remote *RemoteError
	if errors.As(err, &remote) {
		return remote.Class()
	}
	for _, cause := range []error{context.Canceled, context.DeadlineExceeded, ErrClosed} {
		if errors.Is(err, cause) {
			return ClassPermanent
		}
	}
	for _, cause := range []error{sasl.ErrNoMechanism, sasl.ErrDowngrade, sasl.ErrProof, hrpc.ErrHTTP, hrpc.ErrVersion} {
		if errors.Is(err, cause) {
			return ClassFatal
		}
	}
	if errors.Is(err, sasl.ErrProtocol) || errors.Is(err, hrpc.ErrFrameSize) {
		return ClassBug
	}
	var transport *TransportError
	if errors.As(err, &transport) {
		if transport.Sent {
			return ClassLost
		}
		return ClassTransient
	}
	return ClassPermanent
}

// SafeToRetry is true only if no byte of the request can have been acted upon: the connection could not be opened, the
// request did not leave completely, or the server says that it did not begin.
func SafeToRetry(err error) bool {
	var remote *RemoteError
	if errors.As(err, &remote) {
		return lookup(remote.Exception, remote.Message).untouched
	}
	var transport *TransportError
	return errors.As(err, &transport) && !transport.Sent
}
