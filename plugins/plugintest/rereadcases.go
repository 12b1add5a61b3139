package plugintest

import (
	"context"
	"fmt"

	"weft/plugins"
)

// readsBackUnits is the case for writers that are a plugins.Rereader: what a unit holds
// is read back with the hash of what was written, while it is hidden, once it is
// visible, and while the writer goes on with the next unit.
func readsBackUnits(ctx context.Context, s *Writer) error {
	return s.onRun(ctx, func(r *run) (err error) {
		at, err := r.open(ctx, 1, 0, 1)
		if err != nil {
			return err
		}
		defer closing(&err, at.w)
		target, ok := at.w.(plugins.Rereader)
		if !ok {
			return nil
		}
		var units []sealed
		for _, n := range []int{130, 0, 3} {
			if n > 0 {
				if err := at.write(ctx, n); err != nil {
					return err
				}
			}
			u, err := at.seal(ctx, len(units) == 2)
			if err != nil {
				return err
			}
			if units = append(units, u); len(units) == 2 {
				if err := at.write(ctx, 2); err != nil {
					return err
				}
			}
			for _, u := range units {
				if err := r.readsBack(ctx, target, u.manifest); err != nil {
					return fmt.Errorf("before the commit: %w", err)
				}
			}
		}
		if err := r.ends(ctx, units...); err != nil {
			return err
		}
		control, ok := r.control.(plugins.Rereader)
		if !ok {
			return fmt.Errorf("a writer is a Rereader, another of the same target is not")
		}
		for _, u := range units {
			if err := r.readsBack(ctx, control, u.manifest); err != nil {
				return fmt.Errorf("after the commit: %w", err)
			}
		}
		return nil
	})
}

func (r *run) readsBack(ctx context.Context, target plugins.Rereader, m plugins.Manifest) error {
	rows, hash, err := plugins.RereadHash(ctx, target, m, r.columns)
	if err != nil {
		return fmt.Errorf("read back unit %d: %w", m.Sequence, err)
	}
	if rows != m.Counters.RowsWritten || hash != m.Hash {
		return fmt.Errorf("unit %d of %d rows with the sum %016x reads back as %d rows with the sum %016x",
			m.Sequence, m.Counters.RowsWritten, m.Hash, rows, hash)
	}
	return nil
}
