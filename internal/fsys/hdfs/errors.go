package hdfs

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"weft/internal/fsys"
	"weft/yarnrpc"
)

// effect says whether a call changes anything: then a lost answer leaves open
// whether it did.
type effect bool

const (
	looks   effect = false
	changes effect = true
)

// begin is the first line of every call.
func begin(ctx context.Context, op, name string) error {
	if ctx.Err() != nil {
		return &fs.PathError{Op: op, Path: name, Err: context.Cause(ctx)}
	}
	return fsys.CheckName(op, name)
}

// wrap gives an error the form of the seam: "op path: cause", matching the
// sentinels of fsys and io/fs.
func wrap(ctx context.Context, op, name string, err error, e effect) error {
	if err == nil {
		return nil
	}
	return &fs.PathError{Op: op, Path: name, Err: translate(ctx, err, e)}
}

func wrapRename(ctx context.Context, from, to string, err error) error {
	if err == nil {
		return nil
	}
	return &fs.PathError{Op: "rename", Path: from, Err: fmt.Errorf("to %s: %w", to, translate(ctx, err, changes))}
}

func translate(ctx context.Context, err error, e effect) error {
	waited := errors.Is(err, yarnrpc.ErrGaveUp)
	err = inWords(ctx, err, e)
	if waited && (errors.Is(err, fsys.ErrUnavailable) || errors.Is(err, fsys.ErrOutcomeUnknown)) {
		return fmt.Errorf("%w: %w", fsys.ErrGaveUp, err)
	}
	return err
}

// inWords is translate but for the time that was waited.
func inWords(ctx context.Context, err error, e effect) error {
	for _, known := range []error{fsys.ErrIsDir, fsys.ErrNotDir, fsys.ErrLease} { // found out by ourselves
		if errors.Is(err, known) {
			return known
		}
	}
	var remote *yarnrpc.RemoteError
	if errors.As(err, &remote) {
		return translateRemote(remote)
	}
	if cause := context.Cause(ctx); cause != nil {
		if errors.Is(err, cause) {
			return err
		}
		return fmt.Errorf("%w: %w", cause, err)
	}
	var transport *yarnrpc.TransportError
	if errors.As(err, &transport) {
		if e == changes && !yarnrpc.SafeToRetry(err) {
			return fmt.Errorf("%w: %w", fsys.ErrOutcomeUnknown, err)
		}
		return fmt.Errorf("%w: %w", fsys.ErrUnavailable, err)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return fs.ErrNotExist
	}
	return err
}

// exceptions are the answers of the NameNode that the seam has words for, by
// the simple name of their class. What is missing here matches io/fs by the
// table in yarnrpc, or nothing.
var exceptions = map[string]error{
	"ParentNotDirectoryException":           fsys.ErrNotDir,
	"PathIsNotDirectoryException":           fsys.ErrNotDir,
	"PathIsNotEmptyDirectoryException":      fsys.ErrNotEmpty,
	"InvalidPathException":                  fs.ErrInvalid,
	"LeaseExpiredException":                 fsys.ErrLease,
	"RecoveryInProgressException":           fsys.ErrLease,
	"AlreadyBeingCreatedException":          fs.ErrExist,
	"NSQuotaExceededException":              fsys.ErrNoSpace,
	"DSQuotaExceededException":              fsys.ErrNoSpace,
	"QuotaByStorageTypeExceededException":   fsys.ErrNoSpace,
	"UnknownCryptoProtocolVersionException": fsys.ErrUnsupported,
	"SafeModeException":                     fsys.ErrUnavailable,
	"RetriableException":                    fsys.ErrUnavailable,
	"StandbyException":                      fsys.ErrUnavailable,
}

// messages are those that come as a bare IOException, or under a class that
// means something else as a rule; texts of FSDirRenameOp, FSPermissionChecker
// and BlockManager.
var messages = []struct {
	text string
	is   error
}{
	{"directory is not empty", fsys.ErrNotEmpty},
	{"(is not a directory)", fsys.ErrNotDir},
	{"is a file", fsys.ErrNotDir},
	{"There are 0 datanode(s) running", fsys.ErrUnavailable},
	{"could only be written to", fsys.ErrNoSpace},
	{"could only be replicated to", fsys.ErrNoSpace},
}

func translateRemote(remote *yarnrpc.RemoteError) error {
	is := exceptions[remote.Exception[strings.LastIndexAny(remote.Exception, ".$")+1:]]
	for _, m := range messages {
		if is == nil && strings.Contains(remote.Message, m.text) {
			is = m.is
		}
	}
	switch {
	case is == nil:
		return remote
	case is == fs.ErrExist || is == fsys.ErrUnavailable || is == fsys.ErrNoSpace:
		return fmt.Errorf("%w: %w", is, remote)
	}
	// The class behind these may match io/fs in another sense (a directory that
	// is not empty "exists"): only its text is kept.
	return fmt.Errorf("%w: %v", is, remote)
}

func hasText(err error, text string) bool {
	var remote *yarnrpc.RemoteError
	return errors.As(err, &remote) && strings.Contains(remote.Message, text)
}
