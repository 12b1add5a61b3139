package textfile

import (
	"errors"
	"fmt"
	"strings"

	"weft/plugins"
)

// EncoderOptions are what an Encoder needs to know.
type EncoderOptions struct {
	// Format is how rows are written.
	Format Format
	// OnDelimiter says what happens to values that would not be read back as
	// they are.
	OnDelimiter Policy
	// Replacement is what Replace puts in; it may be empty, and must not
	// hold anything special itself.
	Replacement string
	// Columns are the kinds, names and scales of the columns written.
	Columns []plugins.Column
	// From says which column of the batch each of Columns is; -1 for one
	// that is always NULL. nil: the batch has the same columns.
	From []int
}

// Encoder turns batches into text. It is used by one goroutine at a time:
// Begin with a batch, then Append until all its rows are written.
type Encoder struct {
	guard
	calendar calendar
	cells    []cell
	refused  *plugins.Refusals
	rows     int
	// absent stands for the columns that the batch does not have.
	absent plugins.Vector
}

// how says in which way the values of a column reach the buffer. It is chosen
// once per batch and column, so that the loop over rows asks nothing.
type how uint8

const (
	copied   how = iota // bytes of the arena as they are
	signed              // Ints, in decimal
	day                 // Ints, as a date
	moment              // Ints, as date and time
	rendered            // AppendText
	careful             // escaped or quoted where needed
)

// cell is one column of the output.
type cell struct {
	plugins.Column
	// collides says that the texts of this kind may hold something special
	// although they are no free text: a delimiter of '-' and negative numbers.
	collides bool
	// trailer stands behind every value: the delimiter, or the line end.
	trailer string
	// last is the trailer if it is a single byte.
	last byte
	// from is the column's place in the batch, or -1.
	from int
	// null is the NULL marker with the trailer.
	null string
	how  how
	v    *plugins.Vector
	// marks says, for careful, which values need care.
	marks []bool
	// spare takes the rewritten values and is then swapped with the vector.
	// Each column has its own: the old values are looked at again when a later
	// column refuses a row (plugins.Refusals).
	spare plugins.Vector
}

// NewEncoder returns an Encoder, or says what is wrong with the options.
func NewEncoder(o EncoderOptions) (*Encoder, error) {
	if err := o.validate(); err != nil {
		return nil, fmt.Errorf("text format: %w", err)
	}
	e := &Encoder{guard: newGuard(o), cells: make([]cell, len(o.Columns))}
	for i, column := range o.Columns {
		c := cell{Column: column, trailer: o.Format.Delimiter, collides: e.collides(column.Kind), from: i}
		if o.From != nil {
			c.from = o.From[i]
		}
		if i == len(o.Columns)-1 {
			c.trailer = o.Format.LineEnd
		}
		if len(c.trailer) == 1 {
			c.last = c.trailer[0]
		}
		c.null = o.Format.Null + c.trailer
		e.cells[i] = c
	}
	return e, nil
}

func (o EncoderOptions) validate() error {
	var errs []error
	if err := o.Format.Validate(); err != nil {
		errs = append(errs, err)
	}
	if len(o.Columns) == 0 {
		errs = append(errs, errors.New("there is no column to write"))
	}
	if o.From != nil && len(o.From) != len(o.Columns) {
		errs = append(errs, fmt.Errorf("%d columns come from %d", len(o.Columns), len(o.From)))
	}
	if o.Format.Quote == 0 && (o.OnDelimiter == Escape) != (o.Format.Escape != 0) {
		errs = append(errs, errors.New("the policy escape and an escape character need each other"))
	}
	if o.OnDelimiter == Replace && (strings.ContainsAny(o.Replacement, "\r\n"+o.Format.Delimiter) ||
		o.Replacement == o.Format.Null && o.Replacement != "") {
		errs = append(errs, fmt.Errorf("the replacement %q is itself a delimiter, line end or NULL marker", o.Replacement))
	}
	return errors.Join(errs...)
}

// Begin looks at the values of all columns and prepares Append. Rows that the
// policy refuses are added to refused, which has been Reset for this batch;
// those it holds already are not written either. With Replace, values in b
// change. b and refused must stay as they are until the last Append.
func (e *Encoder) Begin(b *plugins.Batch, refused *plugins.Refusals) {
	e.refused, e.rows = refused, b.Rows
	for e.absent.Len() < b.Rows {
		e.absent.AppendNull()
	}
	for i := range e.cells {
		c := &e.cells[i]
		if c.from < 0 {
			c.v = &e.absent
			continue
		}
		c.v = &b.Columns[c.from]
		e.prepare(c, refused)
	}
}

// prepare chooses how the column is written.
func (e *Encoder) prepare(c *cell, refused *plugins.Refusals) {
	switch {
	case plain(c.v):
		c.how = copied
		if !e.clean(c.v) {
			c.how = e.inspect(c, refused)
		}
	case c.collides:
		c.how = e.inspect(c, refused)
	default:
		c.how = typed(c.v.Kind)
	}
}

// typed says how values are written that cannot hold anything special.
func typed(kind plugins.Kind) how {
	switch kind {
	case plugins.KindInt64:
		return signed
	case plugins.KindDate:
		return day
	case plugins.KindDatetime, plugins.KindTimestamp:
		return moment
	}
	return rendered
}

// Append appends the rows of the batch given to Begin, from row from on, and
// stops behind the first row with which dst has limitBytes or more. It returns
// the buffer and the next row; that is the batch's number of rows when nothing
// is left.
func (e *Encoder) Append(dst []byte, from, limitBytes int) ([]byte, int) {
	checked := e.refused.Len() > 0
	for row := from; row < e.rows; row++ {
		if len(dst) >= limitBytes {
			return dst, row
		}
		if checked && e.refused.Has(row) {
			continue
		}
		dst = e.appendRow(dst, row)
	}
	return dst, e.rows
}

func (e *Encoder) appendRow(dst []byte, row int) []byte {
	cells := e.cells
	for i := range cells {
		c := &cells[i]
		v := c.v
		if v.Nulls > 0 && v.IsNull(row) {
			dst = append(dst, c.null...)
			continue
		}
		switch c.how {
		case copied:
			dst = append(dst, v.Data[v.Offsets[row]:v.Offsets[row+1]]...)
		case signed:
			dst = appendInt(dst, v.Ints[row])
		case day:
			dst = e.calendar.appendDay(dst, v.Ints[row])
		case moment:
			dst = e.calendar.appendMoment(dst, v.Ints[row], c.Scale)
		case rendered:
			dst = plugins.AppendText(dst, v, row, c.Scale)
		case careful:
			if text := e.text(c, row); c.marks[row] {
				dst = e.appendCareful(dst, text)
			} else {
				dst = append(dst, text...)
			}
		}
		if c.last == 0 {
			dst = append(dst, c.trailer...)
			continue
		}
		dst = append(dst, c.last)
	}
	return dst
}
