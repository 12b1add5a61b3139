package verify

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"weft/plugins"
)

// explain fills in the rows of a mismatch, at most most.
func (o Options) explain(ctx context.Context, target plugins.Rereader, i int, m *Mismatch, most int) {
	unit := o.Units[i]
	surplus := make(map[uint64]int64) // hash -> how often more in the source than in the target
	lacks, err := o.eachSource(ctx, unit, o.start(i), func(_ *plugins.Batch, _ int, hash uint64) { surplus[hash]++ })
	if err == nil && m.Cause == "" {
		err = o.eachTarget(ctx, target, unit, func(_ *plugins.Batch, _ int, hash uint64) { surplus[hash]-- })
	}
	if err != nil {
		m.Unexplained = err.Error()
		return
	}
	switch {
	case lacks > 0:
		m.Unexplained = fmt.Sprintf("the source has changed: %d of %d rows are not there any more", lacks, unit.Counters.RowsRead)
	case unit.Counters.RowsDirty > 0:
		m.Unexplained = fmt.Sprintf("%d dirty rows of the unit may be among those of the source", unit.Counters.RowsDirty)
	}
	show := func(in string, sign int64) func(*plugins.Batch, int, uint64) {
		return func(b *plugins.Batch, row int, hash uint64) {
			if surplus[hash]*sign <= 0 || len(m.Rows) >= most {
				return
			}
			surplus[hash] -= sign
			m.Rows = append(m.Rows, Difference{In: in, Row: plugins.RawOf(o.Plan.Target, b.Columns, row)})
		}
	}
	_, err = o.eachSource(ctx, unit, o.start(i), show("source", 1))
	if m.Cause == "" {
		err = errors.Join(err, o.eachTarget(ctx, target, unit, show("target", -1)))
	}
	if err != nil {
		m.Unexplained = err.Error()
	}
}

// eachTarget visits the rows of a unit as the target holds them.
func (o Options) eachTarget(ctx context.Context, target plugins.Rereader, unit plugins.Manifest, visit func(*plugins.Batch, int, uint64)) error {
	reader, split, err := target.Reread(ctx, unit, o.Plan.Target)
	if err != nil {
		return err
	}
	w := walk{columns: o.Plan.Target, left: -1, visit: visit}
	return w.over(ctx, reader, split, "")
}

// eachSource visits the rows of a unit as the source holds them now, in the form
// in which they were written; without those that do not fit the target's columns.
// lacks is how many rows fewer it has than were read.
func (o Options) eachSource(ctx context.Context, unit plugins.Manifest, from plugins.Position, visit func(*plugins.Batch, int, uint64)) (lacks int64, err error) {
	setup, err := o.Spec.Setup(o.Run, o.Plan.Columns, o.Plan.StartLocation)
	if err != nil {
		return 0, err
	}
	at := slices.IndexFunc(o.Plan.Splits, func(s plugins.Split) bool { return s.ID == unit.Split })
	if at < 0 {
		return 0, fmt.Errorf("the plan has no split %d", unit.Split)
	}
	reader, err := o.Spec.Reader.NewReader(o.Registry, setup)
	if err != nil {
		return 0, err
	}
	w := walk{columns: o.Plan.Columns, left: unit.Counters.RowsRead, visit: visit}
	if w.convert, err = plugins.NewBatchConverter(o.Plan.Columns, o.Plan.Target, setup.Zone); err != nil {
		return 0, errors.Join(err, reader.Close())
	}
	err = w.over(ctx, reader, o.Plan.Splits[at], from)
	return w.left, err
}

// walk visits rows of one reader.
type walk struct {
	columns []plugins.Column
	convert *plugins.BatchConverter // nil: rows are in the target's columns already
	left    int64                   // rows to read, -1 for all
	visit   func(b *plugins.Batch, row int, hash uint64)

	refused plugins.Refusals
	hashes  []uint64
}

// over reads and closes the reader.
func (w *walk) over(ctx context.Context, reader plugins.Reader, split plugins.Split, from plugins.Position) (err error) {
	defer func() { err = errors.Join(err, reader.Close()) }()
	if err := reader.Open(ctx, split, from); err != nil {
		return err
	}
	b := plugins.NewBatch(w.columns)
	for w.left != 0 {
		b.Reset(w.columns)
		if w.left > 0 {
			b.MaxRows = int(min(int64(b.MaxRows), w.left))
		}
		if err := reader.Read(ctx, b); err != nil {
			if err == io.EOF {
				return nil
			}
			return err
		}
		if w.left > 0 {
			w.left -= b.RowsRead()
		}
		w.batch(b)
	}
	return nil
}

func (w *walk) batch(b *plugins.Batch) {
	w.refused.Reset(b.Rows)
	if w.convert != nil {
		w.convert.Convert(b, &w.refused)
	}
	w.hashes = plugins.HashRows(w.hashes, b)
	for i, hash := range w.hashes {
		if !w.refused.Has(i) {
			w.visit(b, i, hash)
		}
	}
}
