// Package checkpoint keeps the state of a run on disk: the run folder, in which
// every ApplicationMaster finds what its predecessors made durable, and from
// which it keeps those predecessors away.
//
//	<run folder>/
//	   format.json               which layout the folder has
//	   spec.json  plan.json      put in place whole, never changed
//	   binary.json               which uploaded program its processes are
//	   submit-000001             an application of the run, announced before it is submitted
//	   gen-000002                a generation, claimed by create-without-overwrite
//	   live-000002/000001.j ...  the journal of the living generation
//	   live-000002/image-000007  all that is known up to 000007.j, in one file
//	   fenced-000001/            a predecessor's journal, renamed away
//	   am.json                   where the living ApplicationMaster listens
//	   dirty/                    files of dirty rows
//	   commit.json               the write-ahead commit plan
//	   result.json               how the run ended last
//	   scratch.json              a start from scratch is under way
//	   before-000003/            what a start from scratch set aside
//
// Folder names these files; Open claims a generation, fences the others and
// loads State; Store appends to the journal. Look loads State for somebody who
// only asks, StartOver sets it aside.
//
// # Guarantees
//
//   - Append returns only when the records are durable, and fails with ErrFenced
//     once another generation has taken over: its folder is gone then, and
//     nothing here ever makes a missing parent.
//   - What Append confirmed, every later Open returns. What it did not confirm
//     is returned whole or not at all, record by record.
//   - A torn tail, left by a process that died while writing, is cut. Anything
//     else that is wrong in a journal is refused loudly with ErrCorrupt.
//   - A folder of another version of weft is refused with ErrNewer or ErrOlder; a
//     plan without a journal with ErrCorrupt: no run begins anew unasked.
//   - On a back end with locks (a local disk) a second process is refused with
//     fsys.ErrLocked while the first lives.
//
// It works on any fsys.FS; the simulation in package am crashes it at every
// durable operation.
//
//	store, state, err := checkpoint.Open(ctx, folder, "container_1")
//	err = store.Append(ctx, checkpoint.Record{Unit: &manifest})
package checkpoint
