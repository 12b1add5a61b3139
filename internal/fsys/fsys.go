package fsys

import (
	"context"
	"io"
	"io/fs"
	"time"
)

// FS is one file system: an HDFS nameservice, the local disk, a memory.
//
// All names are absolute, slash-separated and clean ("/a/b"; see [Clean]) and
// mean a place inside this FS; scheme and authority belong to [Path]. Every
// value is safe for use by many goroutines. Contexts cover the call alone, not
// the life of what it returns; every call ends by its context or by a deadline
// of the back end, whichever is first.
type FS interface {
	Reader
	Creator
	Mover
	Remover
	Recoverer
	Describer
}

// Reader looks at what is there.
type Reader interface {
	// Open opens a file for reading from its start. The file also implements
	// io.Seeker and io.ReaderAt in all back ends (see [OpenAt]). A directory is
	// refused with ErrIsDir, nothing there with fs.ErrNotExist.
	Open(ctx context.Context, name string) (File, error)
	// List returns the entries of a directory, sorted by name. fs.ErrNotExist
	// when there is nothing, ErrNotDir when it is a file.
	List(ctx context.Context, dir string) ([]Info, error)
	// Stat describes one file or directory; fs.ErrNotExist when it is absent.
	// The size of a file that is still open for writing is only a lower bound.
	Stat(ctx context.Context, name string) (Info, error)
}

// Creator makes new files and directories. None of its methods makes a missing
// parent: they fail with fs.ErrNotExist instead.
type Creator interface {
	// Create opens a new file for writing and replaces a file of that name; on
	// HDFS the old file is gone from the moment of the call. Not atomic: whoever
	// needs a whole file or nothing writes under another name and renames.
	Create(ctx context.Context, name string, perm fs.FileMode) (File, error)
	// CreateExclusive opens a new file for writing, or fails with fs.ErrExist.
	// Of any number of racing callers one wins.
	CreateExclusive(ctx context.Context, name string, perm fs.FileMode) (File, error)
	// Mkdir makes one directory, or fails with fs.ErrExist. On HDFS two racing
	// callers may both be told that they made it (ClientProtocol.mkdirs has no
	// exclusive form): claim things by CreateExclusive, never by Mkdir.
	Mkdir(ctx context.Context, name string, perm fs.FileMode) error
}

// Mover gives things another name within one FS.
type Mover interface {
	// Rename moves a file or directory and atomically replaces a file, or an
	// empty directory, at the new name. The new parent must exist.
	Rename(ctx context.Context, from, to string) error
	// RenameNoReplace moves a file or directory, or fails with fs.ErrExist when
	// anything has the new name. It never moves into a directory of that name.
	RenameNoReplace(ctx context.Context, from, to string) error
}

// Remover takes things away.
type Remover interface {
	// Remove removes a file or an empty directory; ErrNotEmpty for a directory
	// with entries, fs.ErrNotExist when there is nothing.
	Remove(ctx context.Context, name string) error
	// RemoveAll removes a file or a directory with all it holds; nothing there
	// is not an error. Only on HDFS it is one atomic act. "/" is refused.
	RemoveAll(ctx context.Context, name string) error
}

// Recoverer ends the life of a stream that another process, perhaps dead,
// perhaps only slow, still has open for writing.
type Recoverer interface {
	// RecoverLease takes the file away from its writer, whose next write or
	// close fails with ErrLease, and reports whether the file is closed already.
	// When it is not, ask IsClosed until it is (or use [WaitClosed]).
	// Source: ClientProtocol.recoverLease. A back end without leases (local)
	// answers true: there a lock takes their place (see [Locker]).
	RecoverLease(ctx context.Context, name string) (closed bool, err error)
	// IsClosed reports whether the file has its final length.
	IsClosed(ctx context.Context, name string) (bool, error)
}

// Describer tells what a back end can do and has left.
type Describer interface {
	// SyncDurable reports whether File.Sync makes what was written survive this
	// process and this machine. False: only Close does.
	SyncDurable() bool
	// Space tells how much room there is under a directory, quotas included.
	Space(ctx context.Context, dir string) (Space, error)
}

// File is an open file, either for reading (from Open) or for writing (from
// Create, CreateExclusive); the other half fails with ErrMode. It belongs to
// one goroutine at a time. Four methods, because a stream that could not be
// synced or closed would be no use to the journal.
type File interface {
	io.Reader
	// Write appends. After an error the file is broken: the only legal call is
	// Close, and what the file holds is not to be trusted.
	io.Writer
	// Sync makes what was written so far durable if SyncDurable, and otherwise
	// only hands it to the back end. It is ErrMode on a file open for reading.
	Sync() error
	// Close ends the file. For a file that was written, nil means: complete,
	// durable and visible. May be called twice; the second call does nothing
	// and returns nil, after a failed one too.
	Close() error
}

// Info describes a file or directory.
type Info struct {
	Name    string      // last element of its path, without slashes; "" for the root
	Size    int64       // bytes; 0 for a directory
	Dir     bool        // a directory
	Perm    fs.FileMode // permission bits alone
	ModTime time.Time   // to the millisecond, exactly as the back end reports it (YARN compares it)
	Owner   string      // may be "" where the back end has none
	Group   string      // may be "" where the back end has none
}

// Space is the room in a back end.
type Space struct {
	TotalBytes int64 // size of the file system, or of the quota if that is less
	FreeBytes  int64 // bytes that can still be written; replication not counted in
	FreeNames  int64 // files and directories that can still be made; -1 for no limit
}

// Locker is implemented by back ends that have locks instead of leases (local).
// Ask through [Lock], which knows about wrapped back ends too.
type Locker interface {
	// Lock takes the only lock of a directory and holds it until the returned
	// value is closed or the process dies, or fails at once with ErrLocked. A
	// wrapper around a back end without locks answers ErrUnsupported.
	Lock(ctx context.Context, dir string) (io.Closer, error)
}
