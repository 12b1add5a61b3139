// Package faultpoint names the places at which a test can stop a real process,
// and stops it there. In the binary that ships it is nothing: Connect and FS
// return what they are given, At is an empty function.
//
// Built with the tag faultpoints, a process looks into a folder, given by the
// linker, at every durable operation of its file systems and at every At:
//
//	go build -tags faultpoints -ldflags "-X weft/internal/faultpoint.folder=/tmp/f" ./cmd/weft
//
//	/tmp/f/armed/am.rename.plan.after   "kill 0": the first process that comes by
//	                                    there for the first time is killed
//	/tmp/f/armed/container.*.before     "stop 2": at the third such place that
//	                                    one process passes it gets SIGSTOP
//	/tmp/f/hit/...                      where an order goes once it is carried out
//	/tmp/f/trace                        if it is there, every name passed, one a line
//
// A name has four parts: the process (am, container, run, submit ...: the verb of
// its command line), the operation (create, mkdir, rename, remove, lease, sync,
// close, commit ...), what it is done to (gen, journal, image, plan, commit,
// result, staged, replaced, data, ...; of a rename what it becomes), and the
// side. Before: the operation is not done. After: it is done, and nobody was told.
// A process that is stopped, and continued by the test, does the operation then.
//
// An order is carried out once, by one process: taking it is a rename.
package faultpoint
