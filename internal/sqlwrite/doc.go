// Package sqlwrite holds what writers of SQL databases share, and no driver:
// how rows and the checkpoint that describes them become durable together, how
// old attempts are kept out, and how one bad row is found among many.
//
// # The checkpoint row
//
// A run has one row for itself and one for each split that an attempt has
// opened, in a table of the target's own database (CheckpointTable):
//
//	run   split  generation  attempt  sequence  manifest
//	r-17     -1           2        0         3  ""           the run: its fence, and 3 of its own statements done
//	r-17      0           2        1         7  {...}        split 0: unit 7 is the newest that the target holds
//	r-17      1           1        2        -1  ""           split 1: attempt 2 of generation 1, adopted, has sealed nothing
//
// A writer moves rows in a transaction that ends with Checkpoints.Advance: an
// UPDATE of the split's row that names generation, attempt and the sequence
// before. It changes exactly one row, or the attempt has lost its right and
// rolls back:
//
//	BEGIN
//	INSERT ... (rows)                                  any number of times
//	UPDATE _weft_checkpoint SET sequence = n, manifest = {...}
//	  WHERE run = r AND split = s AND generation = g AND attempt = a AND sequence = n-1
//	COMMIT
//
// # Guarantees
//
//   - A unit's rows and its checkpoint are there together or not at all, on
//     any engine with transactions; a COMMIT whose answer was lost is settled
//     by Checkpoints.Committed, which waits for the old transaction's end.
//   - After Fence no attempt of an earlier generation can commit, the adopted
//     ones excepted; after Claim no earlier attempt of the split can. One whose
//     UPDATE was faster committed before, and its unit is found by the next.
//   - A statement of the job's own (preSql, postSql) is run once, as far as its
//     effect is part of a transaction; one that commits by itself (DDL in MySQL)
//     may be repeated after a crash in that very moment.
//   - Bisect finds a bad row among n with at most 2*ceil(log2 n) statements.
//   - No wait here is without a bound.
//
// # Example
//
//	c := sqlwrite.Checkpoints{Dialect: dialect, Table: "`shop`.`_weft_checkpoint`", Run: run}
//	held, err := c.Claim(ctx, conn, attempt)     // Writer.Open
//	...
//	err = c.Advance(ctx, conn, attempt, manifest) // Writer.Seal, then COMMIT
package sqlwrite
