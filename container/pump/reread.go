package pump

import (
	"context"
	"errors"
	"fmt"

	"weft/plugins"
)

// reread proves a sealed unit, if the job asks for it: what the target holds of
// it must be what was written, row for row. It comes before the unit is offered,
// so that nothing wrong is ever accepted, and before the attempt goes on, so that
// a target that cannot be read for the moment has the unit redone.
func (p *pump) reread(ctx context.Context, m plugins.Manifest) error {
	target, ok := p.writer.(plugins.Rereader)
	if !p.o.Reread || !ok {
		return nil
	}
	var rows int64
	var hash uint64
	err := guard(func() (err error) {
		rows, hash, err = plugins.RereadHash(ctx, target, m, p.o.Task.Target)
		return err
	})
	switch {
	case errors.Is(err, plugins.ErrNotReadable):
		return nil
	case err != nil:
		return fmt.Errorf("read back unit %d of %s: %w", m.Sequence, p.o.Task.Split, err)
	case rows != m.Counters.RowsWritten || hash != m.Hash:
		return &plugins.Error{Class: plugins.Fatal, Reason: plugins.ReasonMismatch,
			Op:   fmt.Sprintf("verify unit %d of %s", m.Sequence, p.o.Task.Split),
			Hint: "nothing was made visible; the target's files or memory of this machine are not to be trusted",
			Err: fmt.Errorf("%d rows with the sum %016x were written, %d rows with the sum %016x are read back",
				m.Counters.RowsWritten, m.Hash, rows, hash)}
	}
	return nil
}
