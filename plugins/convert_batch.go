package plugins

import (
	"fmt"
	"time"
)

// BatchConverter brings whole batches from the columns of a reader to those of
// a target: one Converter a column. One goroutine at a time.
type BatchConverter struct {
	from    []Column
	columns []*Converter
	// before are the columns of the batch as they came: headers only, the
	// values stay where they are or move into the converters' spare vectors.
	before []Vector
}

// NewBatchConverter returns the converter of batches of the columns from into
// those of to, matched by position. zone is as for NewConverter. The error is
// Fatal with ReasonSchema: the numbers of columns differ, or two kinds do not
// go together.
func NewBatchConverter(from, to []Column, zone *time.Location) (*BatchConverter, error) {
	if len(from) != len(to) {
		return nil, &Error{
			Class:  Fatal,
			Reason: ReasonSchema,
			Op:     "convert columns",
			Err:    fmt.Errorf("the reader has %d, the writer %d", len(from), len(to)),
		}
	}
	b := &BatchConverter{from: from, columns: make([]*Converter, len(from)), before: make([]Vector, len(from))}
	for i := range from {
		c, err := NewConverter(from[i], to[i], zone)
		if err != nil {
			return nil, err
		}
		b.columns[i] = c
	}
	return b, nil
}

// Columns returns the converters, one a column. They are not to be used beside
// Convert.
func (c *BatchConverter) Columns() []*Converter { return c.columns }

// Convert replaces the columns of b by their converted form, and adds rows with
// a value that does not fit to refused, which was reset for b.Rows rows. What
// refused rows hold afterwards means nothing. This is the change in place that
// Writer.Write is allowed: what is left in b is what was written and is hashed.
//
// Whatever row is added to refused from now on, by the conversion or by the
// writer's own rules, gets its original form (RowError.Raw), until refused is
// reset or the next batch converted. A writer that changes the batch further
// must leave the memory of the old values alone until then.
func (c *BatchConverter) Convert(b *Batch, refused *Refusals) {
	copy(c.before, b.Columns)
	refused.columns, refused.before = c.from, c.before
	for i, column := range c.columns {
		column.Convert(&b.Columns[i], refused)
	}
}
