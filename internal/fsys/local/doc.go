// Package local is the file-system back end for file:// on the disk of this
// machine.
//
// It is durable in the full sense: Sync is fsync(2), Close syncs the file and
// its directory, and a rename or mkdir syncs the directories concerned before it
// returns. Writing back starts while a file is still being written, so that the
// fsync at its end finds little left to do.
//
// CreateExclusive is O_EXCL; RenameNoReplace is renameat2(2) with
// RENAME_NOREPLACE and, where the disk's file system lacks that, a hard link or
// a claimed empty directory. There are no leases: RecoverLease says closed at
// once, and whoever has to keep an old process away takes a [FS.Lock].
//
// Permissions given to creates are subject to the process's umask. Removals are
// not synced: after a power cut a removed file may be back.
//
//	f, err := local.FS{}.Create(ctx, "/data/out/part-0", 0o644)
package local
