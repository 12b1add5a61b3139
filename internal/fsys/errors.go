package fsys

import "errors"

// The questions that callers ask about an error beyond io/fs.ErrNotExist,
// ErrExist, ErrPermission and ErrClosed. Test with errors.Is.
var (
	// ErrIsDir: a file was needed and a directory is there.
	ErrIsDir = errors.New("is a directory")
	// ErrNotDir: a directory was needed and a file is there.
	ErrNotDir = errors.New("not a directory")
	// ErrNotEmpty: Remove or Rename onto a directory that has entries.
	ErrNotEmpty = errors.New("directory not empty")
	// ErrMode: Read of a file open for writing, or Write or Sync of one open for
	// reading. A mistake of the caller.
	ErrMode = errors.New("file is not open for this")
	// ErrLease: another process recovered the lease of this open file, or holds
	// it. The writer that sees it is fenced and must stop.
	ErrLease = errors.New("lease of the file is held or was taken by another process")
	// ErrNoSpace: disk full, no DataNode with room, or a quota exceeded. Not
	// transient: an operator has to act; the message says which of them.
	ErrNoSpace = errors.New("no space left")
	// ErrUnavailable: no server gave an answer before the deadline, or it is in
	// safe mode. Nothing was done; the same call may succeed later.
	ErrUnavailable = errors.New("file system unavailable")
	// ErrGaveUp: ErrUnavailable or ErrOutcomeUnknown after all the time that was
	// allowed for waiting: asking once more at once is of no use.
	ErrGaveUp = errors.New("gave up waiting")
	// ErrOutcomeUnknown: the request was sent and its answer lost. It may or may
	// not have taken effect: read the state back.
	ErrOutcomeUnknown = errors.New("outcome unknown")
	// ErrLocked: Locker.Lock found the lock taken.
	ErrLocked = errors.New("locked by another process")
	// ErrUnsupported: this FS cannot do that here, for example read a file of an
	// encryption zone or an erasure-coded one.
	ErrUnsupported = errors.New("unsupported by this file system")
)
