package plugintest

import (
	"context"
	"errors"
	"fmt"
	"reflect"

	"weft/plugins"
)

// sealedSurvives seals with values that are never closed, as a killed process
// leaves them, and commits with another.
func sealedSurvives(ctx context.Context, s *Writer) error {
	return s.onRun(ctx, func(r *run) (err error) {
		at, err := r.open(ctx, 1, 0, 1)
		if err != nil {
			return err
		}
		// Closed only when all is over: what Close does must not be needed.
		defer closing(&err, at.w)
		var units []sealed
		for range 2 {
			if err := at.write(ctx, 7); err != nil {
				return err
			}
			u, err := at.seal(ctx, false)
			if err != nil {
				return err
			}
			units = append(units, u)
		}
		return r.asSuccessor(func(w plugins.Writer) error {
			if err := r.commit(ctx, w, units...); err != nil {
				return err
			}
			return r.shows(ctx, units...)
		})
	})
}

// asSuccessor runs use with a writer value of another process.
func (r *run) asSuccessor(use func(w plugins.Writer) error) (err error) {
	w, err := r.target.New()
	if err != nil {
		return err
	}
	defer closing(&err, w)
	return use(w)
}

func unsealedVanishes(ctx context.Context, s *Writer) error {
	return s.onRun(ctx, func(r *run) error {
		at, err := r.open(ctx, 1, 0, 1)
		if err != nil {
			return err
		}
		if err := at.write(ctx, 9); err != nil {
			return errors.Join(err, at.w.Close())
		}
		kept, err := at.seal(ctx, false)
		if err != nil {
			return errors.Join(err, at.w.Close())
		}
		if err := errors.Join(at.write(ctx, 9), at.w.Close()); err != nil {
			return err
		}
		lost, err := r.open(ctx, 1, 1, 1)
		if err != nil {
			return err
		}
		if err := errors.Join(lost.write(ctx, 9), lost.w.Close()); err != nil {
			return err
		}
		return r.ends(ctx, kept)
	})
}

func hiddenUntilCommit(ctx context.Context, s *Writer) error {
	return s.onRun(ctx, func(r *run) error {
		u, err := r.unitOf(ctx, 0, 1, 5)
		if err != nil {
			return err
		}
		if err := r.shows(ctx); err != nil {
			return fmt.Errorf("after Seal: %w", err)
		}
		ops, err := plan(ctx, r.control, []sealed{u})
		if err != nil {
			return err
		}
		if err := r.shows(ctx); err != nil {
			return fmt.Errorf("after Plan: %w", err)
		}
		if err := apply(ctx, r.control, ops); err != nil {
			return err
		}
		return r.shows(ctx, u)
	})
}

func onlyAccepted(ctx context.Context, s *Writer) error {
	return s.onRun(ctx, func(r *run) error {
		var accepted []sealed
		for split := range 3 {
			// The first attempt seals, and nobody hears of it. A target that
			// holds the unit itself tells the second one, and it counts.
			first, err := r.unitOf(ctx, split, 1, 4)
			if err != nil {
				return err
			}
			u, err := r.unitOf(ctx, split, 2, 4)
			if err != nil {
				return err
			}
			if u.manifest.Sequence > first.manifest.Sequence {
				accepted = append(accepted, first)
			}
			accepted = append(accepted, u)
		}
		return r.ends(ctx, accepted...)
	})
}

// committer runs use with the run's Committer and some sealed units, or does
// nothing for a writer that is none.
func (s *Writer) committer(ctx context.Context, use func(r *run, c plugins.Committer, units []sealed) error) error {
	return s.onRun(ctx, func(r *run) error {
		c, ok := r.control.(plugins.Committer)
		if !ok {
			return nil
		}
		var units []sealed
		for split := range 3 {
			u, err := r.unitOf(ctx, split, 1, 4)
			if err != nil {
				return err
			}
			units = append(units, u)
		}
		return use(r, c, units)
	})
}

func preparesAgain(ctx context.Context, s *Writer) error {
	return s.committer(ctx, func(r *run, _ plugins.Committer, units []sealed) error {
		// A successor of the same generation number never exists, but one
		// that died between the two steps does.
		err := r.asSuccessor(func(w plugins.Writer) error {
			c := w.(plugins.Committer)
			return errors.Join(c.Prepare(ctx), c.Prepare(ctx), c.Fence(ctx, 2, nil), c.Fence(ctx, 2, nil))
		})
		if err != nil {
			return err
		}
		return r.ends(ctx, units...)
	})
}

func plansAgain(ctx context.Context, s *Writer) error {
	return s.committer(ctx, func(r *run, _ plugins.Committer, units []sealed) error {
		first, err := plan(ctx, r.control, units)
		if err != nil {
			return err
		}
		err = r.asSuccessor(func(w plugins.Writer) error {
			again, err := plan(ctx, w, units)
			if err == nil && !reflect.DeepEqual(first, again) {
				err = fmt.Errorf("planned\n%+v, then\n%+v", first, again)
			}
			return err
		})
		if err != nil {
			return err
		}
		if err := apply(ctx, r.control, first); err != nil {
			return err
		}
		return r.shows(ctx, units...)
	})
}

// commitInterrupted tries every place at which a commit can break off, and has
// a successor begin the written plan from its first operation.
func commitInterrupted(ctx context.Context, s *Writer) error {
	for done := 0; ; done++ {
		over := false
		err := s.committer(ctx, func(r *run, _ plugins.Committer, units []sealed) error {
			ops, err := plan(ctx, r.control, units)
			if err != nil {
				return err
			}
			over = done >= len(ops)
			if err := apply(ctx, r.control, ops[:min(done, len(ops))]); err != nil {
				return err
			}
			return r.asSuccessor(func(w plugins.Writer) error {
				if err := apply(ctx, w, ops); err != nil {
					return err
				}
				if err := r.shows(ctx, units...); err != nil {
					return err
				}
				// The dead one was not dead: it repeats what is done.
				if err := apply(ctx, r.control, ops); err != nil {
					return fmt.Errorf("repeated when all was done: %w", err)
				}
				return r.shows(ctx, units...)
			})
		})
		if err != nil {
			return fmt.Errorf("interrupted after %d operations: %w", done, err)
		}
		if over || done == 0 && !isCommitter(s) {
			return nil
		}
	}
}

// isCommitter says whether the writer is one.
func isCommitter(s *Writer) bool {
	target, err := s.NewTarget()
	if err != nil {
		return false
	}
	if target.Close != nil {
		defer func() { _ = target.Close() }() // nothing was done to it
	}
	w, err := target.New()
	if err != nil {
		return false
	}
	_, ok := w.(plugins.Committer)
	return ok && w.Close() == nil
}

func fenceStops(ctx context.Context, s *Writer) error {
	return s.onRun(ctx, func(r *run) error {
		if _, ok := r.control.(plugins.Committer); !ok {
			return nil
		}
		old, err := r.open(ctx, 1, 0, 1)
		if err != nil {
			return err
		}
		if err := old.write(ctx, 5); err != nil {
			return errors.Join(err, old.w.Close())
		}
		if err := r.begin(ctx, r.control, 2); err != nil {
			return errors.Join(err, old.w.Close())
		}
		err = old.write(ctx, 5)
		if err == nil {
			_, err = old.seal(ctx, true)
		}
		_ = old.w.Close() // after an error Close may report it again
		if err == nil {
			return fmt.Errorf("an attempt of generation 1 sealed after the fence of generation 2")
		}
		late, err := r.open(ctx, 1, 1, 1)
		if err == nil {
			err = late.write(ctx, 5)
			if err == nil {
				_, err = late.seal(ctx, true)
			}
			_ = late.w.Close() // likewise
		}
		if err == nil {
			return fmt.Errorf("an attempt of generation 1 opened, wrote and sealed after the fence of generation 2")
		}
		fresh, err := r.generation2(ctx, 0)
		if err != nil {
			return err
		}
		return r.ends(ctx, fresh)
	})
}

// generation2 seals one unit of a split in generation 2.
func (r *run) generation2(ctx context.Context, split int) (s sealed, err error) {
	at, err := r.open(ctx, 2, split, 2)
	if err != nil {
		return s, err
	}
	defer closing(&err, at.w)
	if err := at.write(ctx, 5); err != nil {
		return s, err
	}
	return at.seal(ctx, true)
}

func adoptedGoOn(ctx context.Context, s *Writer) error {
	return s.onRun(ctx, func(r *run) (err error) {
		at, err := r.open(ctx, 1, 0, 1)
		if err != nil {
			return err
		}
		defer closing(&err, at.w)
		if err := at.write(ctx, 5); err != nil {
			return err
		}
		first, err := at.seal(ctx, false)
		if err != nil {
			return err
		}
		if err := at.write(ctx, 5); err != nil {
			return err
		}
		if err := r.begin(ctx, r.control, 2, at.a); err != nil {
			return err
		}
		if err := at.write(ctx, 5); err != nil {
			return fmt.Errorf("adopted attempt: %w", err)
		}
		second, err := at.seal(ctx, true)
		if err != nil {
			return fmt.Errorf("adopted attempt: %w", err)
		}
		other, err := r.generation2(ctx, 1)
		if err != nil {
			return err
		}
		return r.ends(ctx, first, second, other)
	})
}

func aborts(ctx context.Context, s *Writer) error {
	return s.committer(ctx, func(r *run, c plugins.Committer, _ []sealed) error {
		for range 2 {
			if err := c.Abort(ctx); err != nil {
				return fmt.Errorf("abort: %w", err)
			}
		}
		return r.shows(ctx)
	})
}
