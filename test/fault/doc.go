// Package fault holds the tests that kill what a run is made of, while it runs, on a real cluster: containers, nodes and the
// ApplicationMaster.
//
// After each of them the same oracle holds: source and target agree by count and hash, read by a second opinion; the
// counters of the run add up; nothing of the run is left, neither files nor processes; YARN, exit code and result agree.
//
// Moments are random. A test logs its seed, and WEFT_SEED=n repeats it:
//
//	WEFT_SEED=42 go test ./test/fault -run KilledContainers -v
package fault
