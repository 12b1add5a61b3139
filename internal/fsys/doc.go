// Package fsys is the seam between weft and every file system it writes to or
// reads from: HDFS, the local disk, and two made for tests (one that crashes,
// one that fails on purpose).
//
// Start with [FS]; it is composed of small interfaces so that a function can
// ask for only what it needs, for example a [Reader]. A location as users
// write it ("hdfs://ns1/a", "file:///x", "/x") is a [Path], made by [Parse];
// [Opener] turns it into the FS that serves it.
//
// # Guarantees every back end gives
//
//   - No create and no mkdir makes missing parents. Fencing depends on this: a
//     process whose folder was renamed away cannot bring it back by accident.
//     [MkdirAll] is the one explicit way to make parents.
//   - CreateExclusive and RenameNoReplace have exactly one winner among any
//     number of processes and machines.
//   - Rename within one FS is atomic: an observer sees the old state or the new.
//   - What is closed without an error is complete and visible to others. What
//     is neither closed nor synced may vanish. A back end whose Sync makes
//     nothing durable says so by SyncDurable; then only Close counts.
//   - errors.Is works the same everywhere with io/fs.ErrNotExist, ErrExist,
//     ErrPermission, ErrClosed and the sentinels of this package. Errors are
//     *io/fs.PathError and read "op path: cause".
//
// # Not guaranteed
//
//   - A failed call may have taken effect when its error is [ErrOutcomeUnknown]:
//     the answer was lost. Read the state back before doing it again.
//   - On HDFS a closed file survives the death of processes, not a power cut of
//     all its replicas at once.
//
// Back ends live in the folders below: local, hdfs, mem (loses what was not
// made durable when told to crash), faulty (wraps any FS and injects errors).
// The suite in fsystest states each sentence above as a named test case and is
// run on all of them.
//
//	fs, name, err := opener.Open(ctx, "hdfs://ns1/tmp/x")
//	f, err := fs.CreateExclusive(ctx, name, 0o644)
//	_, err = f.Write(data)
//	err = f.Close() // now, and only now, the file counts
package fsys
