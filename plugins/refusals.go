package plugins

import "slices"

// Refusals collects the rows of one batch that a writer refuses: from the
// converters, from its own rules, from the target's answers. It keeps the
// first refusal of a row. A writer keeps one value and resets it for each
// batch; while nothing is refused nothing is allocated. The zero value is
// ready for Reset.
//
//	w.refused.Reset(b.Rows)
//	w.converter.Convert(b, &w.refused)
//	for i := range b.Rows {
//		if !w.refused.Has(i) {
//			...
//		}
//	}
//	return w.refused.Err()
type Refusals struct {
	rows []RowError
	// bits has bit i%64 of word i/64 set if row i is refused. It is cleared
	// by Reset only where rows says that something was set.
	bits []uint64
	// columns and before, set by BatchConverter.Convert, show the batch as the
	// reader delivered it; nil if nothing has converted it.
	columns []Column
	before  []Vector
}

// Reset empties the collection for a batch of the given number of rows.
func (r *Refusals) Reset(rows int) {
	words := (rows + 63) / 64
	for _, row := range r.rows {
		r.bits[row.Index>>6] = 0
	}
	r.bits = slices.Grow(r.bits[:0], words)[:words]
	clear(r.rows)
	r.rows = r.rows[:0]
	r.columns, r.before = nil, nil
}

// Add refuses a row, unless it is refused already. e.Index must be below the
// number given to Reset. A row of a converted batch gets its original form, if
// e has none.
func (r *Refusals) Add(e RowError) {
	if r.Has(e.Index) {
		return
	}
	if e.Raw == "" && r.before != nil {
		e.Raw = RawOf(r.columns, r.before, e.Index)
	}
	r.bits[e.Index>>6] |= 1 << (e.Index & 63)
	r.rows = append(r.rows, e)
}

// Has says that row i is refused.
func (r *Refusals) Has(i int) bool {
	return len(r.rows) > 0 && r.bits[i>>6]&(1<<(i&63)) != 0
}

// Len is the number of refused rows.
func (r *Refusals) Len() int { return len(r.rows) }

// Rows returns the refused rows of the batch in their order, as long as the
// collection does not change.
func (r *Refusals) Rows() []RowError {
	slices.SortFunc(r.rows, func(a, b RowError) int { return a.Index - b.Index })
	return r.rows
}

// Err returns what Writer.Write has to return: nil if no row is refused, else
// a *RowErrors of its own, in the order of the rows.
func (r *Refusals) Err() error {
	if len(r.rows) == 0 {
		return nil
	}
	return &RowErrors{Rows: slices.Clone(r.Rows())}
}
