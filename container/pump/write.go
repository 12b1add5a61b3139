package pump

import (
	"context"
	"errors"
	"fmt"
	"time"

	"weft/internal/dirty"
	"weft/plugins"
)

// writePanic is a panic of Writer.Write on rows [row, row+rows) of the unit.
type writePanic struct {
	row  int64
	rows int
	err  error
}

func (e *writePanic) Error() string { return e.err.Error() }
func (e *writePanic) Unwrap() error { return e.err }

func stackOf(err error) string {
	var p *panicError
	if errors.As(err, &p) {
		return string(p.stack)
	}
	return ""
}

// write is the writing half of a cycle. It returns nil when the split is
// exhausted and its last unit accepted.
func (p *pump) write(ctx context.Context, f *feed) error {
	for {
		if p.orders.drain.Load() {
			return p.drain(ctx)
		}
		b, err := p.next(ctx, f)
		if err != nil {
			return err
		}
		if b == nil { // woken by an order or by the unit's age, or at the end
			if err := p.idle(ctx, f); err != nil || f.ended() {
				return err
			}
			continue
		}
		err = p.writeBatch(ctx, b)
		p.watch.progress(&p.watch.writer)
		f.free <- b // never blocks: it has room for all batches
		if err != nil {
			return err
		}
		if p.o.MaxDirty >= 0 && p.dirtyRows > p.o.MaxDirty {
			return p.drain(ctx)
		}
		if p.due() {
			if err := p.seal(ctx, false); err != nil {
				return err
			}
		}
	}
}

// idle does what can be done without a batch: the end of the split, or a seal
// for age.
func (p *pump) idle(ctx context.Context, f *feed) error {
	switch {
	case f.ended() && f.err != errEnd:
		return f.err
	case f.ended():
		if err := p.seal(ctx, true); err != nil {
			return err
		}
		return p.settle(ctx)
	case p.due():
		return p.seal(ctx, false)
	}
	return nil
}

// next returns the next batch; nil when woken for something else. While the
// master says hold it returns nothing.
func (p *pump) next(ctx context.Context, f *feed) (*plugins.Batch, error) {
	if !p.orders.hold.Load() {
		select {
		case b, ok := <-f.full:
			return f.got(b, ok), nil
		default:
		}
	}
	full := f.full
	if p.orders.hold.Load() {
		full = nil
	}
	p.watch.enter(&p.watch.writer, awaitingRows)
	if full == nil {
		p.watch.enter(&p.watch.writer, held)
	}
	defer p.watch.enter(&p.watch.writer, working)
	start := time.Now()
	defer func() { p.waits.writer.Add(int64(time.Since(start))) }()
	select {
	case b, ok := <-full:
		return f.got(b, ok), nil
	case <-p.orders.changed:
		return nil, nil
	case <-p.age.C:
		p.unit.aged = true
		return nil, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// due says that the unit should be sealed, and can be: without a position there
// is no going on after it.
func (p *pump) due() bool {
	if p.unit.position == "" || p.unit.counters.RowsRead == 0 {
		return false
	}
	select {
	case <-p.age.C:
		p.unit.aged = true
	default:
	}
	return p.unit.aged || p.unitBytes() >= p.o.UnitBytes
}

func (p *pump) unitBytes() int64 {
	if s, ok := p.writer.(plugins.Sizer); ok {
		return s.UnitBytes()
	}
	return p.unit.counters.BytesRead
}

// writeBatch writes one batch and accounts for all its rows. The master hears of
// dirty ones at once.
func (p *pump) writeBatch(ctx context.Context, b *plugins.Batch) error {
	u := &p.unit
	refused, err := p.offerRows(ctx, b)
	if err != nil {
		return err
	}
	if err := p.setAside(ctx, b, refused); err != nil {
		return err
	}
	if p.o.Checksum {
		p.addHash(b, refused)
	}
	u.rows += int64(b.Rows)
	u.position = b.Position
	u.counters.Add(plugins.Counters{
		RowsRead:     b.RowsRead(),
		RowsWritten:  int64(b.Rows - len(refused)),
		RowsDirty:    int64(len(refused) + len(b.Refused)),
		RowsFiltered: b.Filtered,
		BytesRead:    b.BytesRead,
	})
	p.live.count(u.counters)
	if len(refused)+len(b.Refused) > 0 {
		wake(p.nudge) // only now does a report count the dirty rows
	}
	return nil
}

// offerRows hands the batch to the writer and returns the rows it refused.
func (p *pump) offerRows(ctx context.Context, b *plugins.Batch) ([]plugins.RowError, error) {
	if b.Rows == 0 {
		return nil, nil
	}
	if why := p.careful.skip[p.unit.rows]; why != "" && b.Rows == 1 {
		return []plugins.RowError{{Code: plugins.RowPanic, Cause: why}}, nil
	}
	p.watch.enter(&p.watch.writer, writing)
	err := guard(func() error { return p.writer.Write(ctx, b) })
	p.watch.enter(&p.watch.writer, working)
	var rows *plugins.RowErrors
	switch {
	case err == nil:
		return nil, nil
	case isPanic(err):
		return nil, &writePanic{row: p.unit.rows, rows: b.Rows, err: fmt.Errorf("write: %w", err)}
	case !errors.As(err, &rows):
		return nil, fmt.Errorf("write: %w", err)
	}
	before := -1
	for _, r := range rows.Rows {
		if r.Index <= before || r.Index >= b.Rows {
			return nil, broken("write: refused row %d after %d of %d: out of order", r.Index, before, b.Rows)
		}
		before = r.Index
	}
	return rows.Rows, nil
}

// setAside puts the batch's dirty rows into the unit's dirty file.
func (p *pump) setAside(ctx context.Context, b *plugins.Batch, refused []plugins.RowError) error {
	if len(refused)+len(b.Refused) == 0 {
		return nil
	}
	p.watch.enter(&p.watch.writer, settingAside)
	now, first := time.Now().UTC(), p.unit.counters.RowsRead
	row := dirty.Row{Split: p.stamp.Split, Unit: p.sequence, Time: now}
	for i, r := range b.Refused {
		row.Row, row.Stage = first+int64(b.Rows+i), dirty.StageRead
		row.Column, row.Code, row.Cause, row.Raw = r.Column, r.Code, r.Cause, plugins.CutRaw(r.Raw)
		if err := p.addDirty(ctx, row); err != nil {
			return err
		}
	}
	for _, r := range refused {
		row.Row, row.Stage = first+int64(r.Index), dirty.StageWrite
		row.Column, row.Code, row.Cause = r.Column, r.Code, r.Cause
		row.SetOriginal(r, p.o.Task.Columns, b)
		if err := p.addDirty(ctx, row); err != nil {
			return err
		}
	}
	return nil
}

func (p *pump) addDirty(ctx context.Context, row dirty.Row) error {
	if err := p.o.Dirty.Add(ctx, row); err != nil {
		return err
	}
	p.dirtyRows++
	p.live.refuse(row.Code, func() string { return sampleOf(row) })
	return nil
}

// sampleOf says one dirty row in words, in at most a few hundred characters.
func sampleOf(r dirty.Row) string {
	what := r.Raw
	if what == "" {
		what = string(r.Value)
	}
	if len(what) > 200 {
		what = what[:200] + "…"
	}
	if r.Column != "" {
		return fmt.Sprintf("column %s: %s: %s: %s", r.Column, r.Code, r.Cause, what)
	}
	return fmt.Sprintf("%s: %s: %s", r.Code, r.Cause, what)
}

// addHash adds the hashes of the rows written, as Write left them.
func (p *pump) addHash(b *plugins.Batch, refused []plugins.RowError) {
	p.hashes = plugins.HashRows(p.hashes, b)
	sum := p.unit.hash
	for _, h := range p.hashes {
		sum += h
	}
	for _, r := range refused {
		sum -= p.hashes[r.Index]
	}
	p.unit.hash = sum
}
