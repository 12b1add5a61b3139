// Package rig is what end-to-end and fault tests share: weft as it is shipped, driven as users drive it, and an oracle.
//
// A Rig joins a real Hadoop, a real database and the built program. Run calls weft and waits; Start leaves it running, so
// that a test can meanwhile kill what it likes. The oracle reads both ends through packages that share no code with weft.
//
//	r := rig.New(t, shared.Hadoop(t), shared.MariaDB(t), &program)
//	table := r.Table(t, dataset.Wide(), 50_000)
//	got := r.Run(t, rig.Call{Args: []string{"submit", job, "-o", "json"}})
//	got.Want(t, 0)
//	table.Equal(t, target)
//	r.NothingLeft(t, target, got.Result(t))
//
// Guarantees: every process that a test starts has ended when the test ends; every wait has a limit and names it; not more
// than two submitting programs run at the same time, however many tests are parallel.
package rig
