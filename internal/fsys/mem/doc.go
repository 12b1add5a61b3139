// Package mem is a file system in memory that can crash: for simulation and
// transcript tests, deterministic, without a disk or a clock of its own.
//
// [New] makes a store and its first client; [FS.Client] makes further ones, each
// standing for one process. [FS.Crash] ends a client the hard way: what it had
// not made durable vanishes, its open files are left as a dead process leaves
// them, and every later call on it fails with [ErrCrashed]. The store and the
// other clients live on.
//
// It plays one of two parts, chosen by Options.Leases:
//
//	               Leases: true (HDFS)              Leases: false (a disk)
//	Sync           makes nothing durable            makes the bytes durable
//	Close          makes the whole file durable     likewise
//	open file at   stays, empty, with its lease,    cut to the synced bytes;
//	a crash        until somebody recovers it       gone if never synced
//	others read    only closed files' bytes         all bytes written
//	old writer     loses the lease, is fenced       is kept away by Lock
//
// Creates, renames and removals are durable at once in both, except the create
// of a file on a disk, as above. Rights are stored, not enforced.
//
//	store := mem.New(mem.Options{Leases: true})
//	am1, am2 := store.Client(), store.Client()
//	... am1 writes ...
//	am1.Crash()
//	... am2 recovers ...
package mem
