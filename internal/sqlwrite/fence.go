package sqlwrite

import (
	"context"
	"encoding/json"
	"fmt"

	"weft/plugins"
)

// fenced is the end of an attempt that has lost its right to act.
func fenced(format string, args ...any) error {
	return &plugins.Error{Class: plugins.Permanent, Reason: plugins.ReasonFenced, Err: fmt.Errorf(format, args...)}
}

// Fence gives the run's rows to the generation: attempts of earlier ones fail at
// their next Claim or Advance, those of the list excepted. It waits for an
// Advance that is under way; that one's unit counts. Without a row of the run
// there is nobody to fence: no attempt can be opened.
func (c Checkpoints) Fence(ctx context.Context, conn Conn, generation int64, adopted []plugins.Attempt) error {
	return Transact(ctx, conn, func() error {
		run, err := c.read(ctx, conn, runSplit, true)
		if err != nil || run == nil {
			return err
		}
		if run.generation > generation {
			return fenced("fence generation %d: generation %d of run %s holds %s", generation, run.generation, c.Run, c.Table)
		}
		except, args := "", []any{generation, c.Run, generation}
		for _, a := range adopted {
			if err := c.adopt(ctx, conn, a); err != nil {
				return err
			}
			except += " AND NOT ({split} = ? AND {generation} = ? AND {attempt} = ?)"
			args = append(args, a.Split.ID, a.Generation, a.Number)
		}
		_, err = conn.Exec(ctx, c.statement("UPDATE {} SET {generation} = ? WHERE {run} = ? AND {generation} < ?"+except), args...)
		if err != nil {
			return fmt.Errorf("fence generation %d: %w", generation, err)
		}
		return nil
	})
}

// adopt sees to it that the split's row is the adopted attempt's, which may not
// have opened its writer yet.
func (c Checkpoints) adopt(ctx context.Context, conn Conn, a plugins.Attempt) error {
	r, err := c.read(ctx, conn, a.Split.ID, true)
	switch {
	case err != nil:
		return err
	case r == nil:
		return c.insert(ctx, conn, a.Split.ID, row{generation: a.Generation, attempt: a.Number, sequence: -1})
	case r.before(a) && !r.of(a):
		return c.take(ctx, conn, a)
	}
	return nil
}

func (c Checkpoints) take(ctx context.Context, conn Conn, a plugins.Attempt) error {
	_, err := conn.Exec(ctx, c.statement("UPDATE {} SET {generation} = ?, {attempt} = ? WHERE {run} = ? AND {split} = ?"),
		a.Generation, a.Number, c.Run, a.Split.ID)
	if err != nil {
		return fmt.Errorf("take over checkpoint of split %d: %w", a.Split.ID, err)
	}
	return nil
}

// Claim gives the split's row to the attempt and returns the newest unit that
// the target holds of the split, nil if there is none. The error has
// ReasonFenced if the split belongs to a later attempt, or the run has ended.
func (c Checkpoints) Claim(ctx context.Context, conn Conn, a plugins.Attempt) (held *plugins.Manifest, err error) {
	err = Transact(ctx, conn, func() error {
		run, err := c.read(ctx, conn, runSplit, true)
		if err != nil {
			return err
		}
		if run == nil {
			return fenced("claim split %d: run %s has no row in %s: it has ended, or its checkpoints were removed", a.Split.ID, c.Run, c.Table)
		}
		r, err := c.read(ctx, conn, a.Split.ID, true)
		if err != nil {
			return err
		}
		if err := c.entitled(run, r, a); err != nil {
			return err
		}
		if r == nil {
			return c.insert(ctx, conn, a.Split.ID, row{generation: a.Generation, attempt: a.Number, sequence: -1})
		}
		if held, err = r.held(); err != nil || r.of(a) {
			return err
		}
		return c.take(ctx, conn, a)
	})
	if err != nil {
		return nil, err
	}
	return held, nil
}

// Superseded says, without waiting for anybody, whether the split's row belongs
// to an earlier attempt, which a replaces. Such an attempt may be a process that
// hangs with a transaction open; whoever replaces it may end its session.
func (c Checkpoints) Superseded(ctx context.Context, conn Conn, a plugins.Attempt) (bool, error) {
	run, err := c.read(ctx, conn, runSplit, false)
	if err != nil || run == nil {
		return false, err
	}
	r, err := c.read(ctx, conn, a.Split.ID, false)
	if err != nil || r == nil {
		return false, err
	}
	return c.entitled(run, r, a) == nil && !r.of(a), nil
}

// entitled returns an error if a may not have the split, whose row is r, or nil.
func (c Checkpoints) entitled(run, r *row, a plugins.Attempt) error {
	switch {
	case r != nil && r.of(a): // of an earlier generation too: adopted
		return nil
	case run.generation > a.Generation:
		return fenced("claim split %d for attempt %d of generation %d: generation %d holds the run", a.Split.ID, a.Number, a.Generation, run.generation)
	case r != nil && !r.before(a):
		return fenced("claim split %d for attempt %d of generation %d: attempt %d of generation %d has it",
			a.Split.ID, a.Number, a.Generation, r.attempt, r.generation)
	}
	return nil
}

// Advance moves the split's row to the unit that m describes. It is the last
// statement before COMMIT, in the transaction of the unit's rows; after an error
// that transaction must be rolled back.
func (c Checkpoints) Advance(ctx context.Context, conn Conn, a plugins.Attempt, m plugins.Manifest) error {
	text, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("advance split %d: %w", a.Split.ID, err)
	}
	n, err := conn.Exec(ctx, c.statement("UPDATE {} SET {sequence} = ?, {manifest} = ?, {changed} = CURRENT_TIMESTAMP "+
		"WHERE {run} = ? AND {split} = ? AND {generation} = ? AND {attempt} = ? AND {sequence} = ?"),
		m.Sequence, string(text), c.Run, a.Split.ID, a.Generation, a.Number, m.Sequence-1)
	if err != nil {
		return fmt.Errorf("advance split %d to unit %d: %w", a.Split.ID, m.Sequence, err)
	}
	if n == 1 {
		return nil
	}
	r, err := c.read(ctx, conn, a.Split.ID, true)
	if err != nil {
		return err
	}
	return fmt.Errorf("advance split %d to unit %d: %w", a.Split.ID, m.Sequence, c.explain(r, a, m))
}

// explain says why the row r is not the one that a needs for m.
func (c Checkpoints) explain(r *row, a plugins.Attempt, m plugins.Manifest) error {
	switch {
	case r == nil:
		return fenced("run %s has no row for it in %s: the run has ended, or its checkpoints were removed", c.Run, c.Table)
	case !r.of(a):
		return fenced("attempt %d of generation %d has it", r.attempt, r.generation)
	}
	return &plugins.Error{Class: plugins.Fatal, Reason: plugins.ReasonChanged,
		Err:  fmt.Errorf("%s holds unit %d of it, where unit %d was to follow unit %d", c.Table, r.sequence, m.Sequence, m.Sequence-1),
		Hint: "the target was restored or its checkpoints were changed while the run was away; start the run anew on a target that you know"}
}

// Committed says whether the transaction that ended with Advance to m was
// committed: the answer to COMMIT was lost. conn is a new connection; the call
// waits for the old transaction if that is still open.
func (c Checkpoints) Committed(ctx context.Context, conn Conn, a plugins.Attempt, m plugins.Manifest) (committed bool, err error) {
	err = Transact(ctx, conn, func() error {
		r, err := c.read(ctx, conn, a.Split.ID, true)
		if err != nil {
			return err
		}
		if r == nil || !r.of(a) || r.sequence != m.Sequence && r.sequence != m.Sequence-1 {
			return c.explain(r, a, m)
		}
		committed = r.sequence == m.Sequence
		return nil
	})
	return committed, err
}
