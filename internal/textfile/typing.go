package textfile

import (
	"time"

	"weft/plugins"
)

// Typing brings rows that were read as texts into the kinds of their columns. It
// keeps the lines of a batch, so that a row whose text has no value of the kind
// is refused with the line as it stands in the file.
//
//	t.Begin()                      // for each batch
//	t.EndRow(b, row.Raw, size)     // for each row whose texts were appended to b
//	t.Finish(b)                    // b now holds values; refused rows have left it
//
// One goroutine at a time.
type Typing struct {
	columns []*plugins.Converter
	refused plugins.Refusals
	spare   plugins.Vector
	// lines holds the lines of the batch, ends where each of them ends.
	lines []byte
	ends  []int
}

// NewTyping returns a Typing from the columns texts, as they are read, to those
// of the plan. The error is that of plugins.NewBatchConverter.
func NewTyping(texts, columns []plugins.Column, zone *time.Location) (*Typing, error) {
	c, err := plugins.NewBatchConverter(texts, columns, zone)
	if err != nil {
		return nil, err
	}
	return &Typing{columns: c.Columns()}, nil
}

// Begin forgets the lines of the batch before.
func (t *Typing) Begin() { t.lines, t.ends = t.lines[:0], t.ends[:0] }

// EndRow ends a row of b, of sourceBytes in the source, and keeps its line.
func (t *Typing) EndRow(b *plugins.Batch, line []byte, sourceBytes int) {
	t.lines = append(t.lines, line...)
	t.ends = append(t.ends, len(t.lines))
	b.EndRow(sourceBytes)
}

// Finish converts the columns of b in place. Rows that have no value there leave
// the batch for b.Refused.
func (t *Typing) Finish(b *plugins.Batch) {
	t.refused.Reset(b.Rows)
	for i, c := range t.columns {
		c.Convert(&b.Columns[i], &t.refused)
	}
	if t.refused.Len() == 0 {
		return
	}
	for _, e := range t.refused.Rows() {
		begin := 0
		if e.Index > 0 {
			begin = t.ends[e.Index-1]
		}
		b.Refused = append(b.Refused, plugins.Refusal{RowError: e, Raw: string(t.lines[begin:t.ends[e.Index]])})
	}
	for i := range b.Columns {
		t.spare.Reset(b.Columns[i].Kind)
		for row := range b.Rows {
			if !t.refused.Has(row) {
				t.spare.Append(&b.Columns[i], row)
			}
		}
		b.Columns[i], t.spare = t.spare, b.Columns[i]
	}
	b.Rows -= t.refused.Len()
}
