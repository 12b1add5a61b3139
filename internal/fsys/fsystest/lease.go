package fsystest

import (
	"io/fs"

	"weft/internal/fsys"
)

// leaseRecovery is what a new AM does to a journal file that its predecessor,
// which may only be slow, still has open.
func leaseRecovery(k *kit) {
	name := k.path("000001.j")
	w, err := k.FS.CreateExclusive(k.ctx, name, 0o644)
	k.must(err)
	_, err = w.Write([]byte("record"))
	k.must(err)
	if !k.Leases {
		closed, err := k.Other.RecoverLease(k.ctx, name)
		k.must(err)
		if !closed {
			k.Error("RecoverLease without leases = false; want closed at once")
		}
		k.must(w.Close())
		return
	}
	closed, err := k.Other.IsClosed(k.ctx, name)
	k.must(err)
	if closed {
		k.Error("IsClosed of an open file = true")
	}
	k.must(fsys.WaitClosed(k.ctx, k.Other, name))
	before, err := k.Other.Stat(k.ctx, name)
	k.must(err)

	_, werr := w.Write(make([]byte, 256<<10))
	cerr := w.Close()
	if werr != nil {
		k.is("write after the lease was recovered", werr, fsys.ErrLease)
	}
	k.is("close after the lease was recovered", cerr, fsys.ErrLease)
	k.must(w.Close())
	after, err := k.Other.Stat(k.ctx, name)
	k.must(err)
	if after.Size != before.Size {
		k.Errorf("the fenced writer changed the size from %d to %d", before.Size, after.Size)
	}
	_, err = k.Other.RecoverLease(k.ctx, k.path("nothing"))
	k.is("recovery of nothing", err, fs.ErrNotExist)
	_, err = k.Other.IsClosed(k.ctx, k.path("nothing"))
	k.is("IsClosed of nothing", err, fs.ErrNotExist)
}

// recoverRename: a rename does not stop an open stream, recovery under the new
// name does.
func recoverRename(k *kit) {
	k.mkdir("live")
	w, err := k.FS.CreateExclusive(k.ctx, k.path("live/f"), 0o644)
	k.must(err)
	_, err = w.Write([]byte("12345"))
	k.must(err)
	k.must(k.Other.Rename(k.ctx, k.path("live"), k.path("fenced")))
	k.must(fsys.WaitClosed(k.ctx, k.Other, k.path("fenced/f")))
	got, err := fsys.ReadFile(k.ctx, k.Other, k.path("fenced/f"), 100)
	k.must(err)
	if len(got) > 5 || string(got) != "12345"[:len(got)] {
		k.Errorf("the recovered file holds %q; want a beginning of what was written", got)
	}
	if err := w.Close(); err == nil && k.Leases {
		k.Error("close after recovery under another name succeeded")
	}
	k.must(k.Other.Rename(k.ctx, k.path("fenced/f"), k.path("kept")))
	k.absent(k.path("live"))
}
