package plugins

import (
	"fmt"
	"time"
)

// BatchConverter brings whole batches from the columns of a reader to those of
// a target: one Converter a column. One goroutine at a time.
type BatchConverter struct {
	columns []*Converter
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
	b := &BatchConverter{columns: make([]*Converter, len(from))}
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
func (c *BatchConverter) Convert(b *Batch, refused *Refusals) {
	for i, column := range c.columns {
		column.Convert(&b.Columns[i], refused)
	}
}
