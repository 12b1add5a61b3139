package plugins

// Default limits of a batch.
const (
	// DefaultBatchRows is the usual largest number of rows of a batch.
	DefaultBatchRows = 4096
	// DefaultBatchBytes is the usual size in bytes after which a batch is
	// full. One row may go beyond it; a batch never takes another after that.
	DefaultBatchBytes = 1 << 20
)

// Batch is what moves at once: up to MaxRows rows as column vectors, the
// position after the last of them, and what the reader left out. The engine
// makes a few per slot and recycles them; the steady state allocates nothing
// per row. A Batch has one owner at a time: the reader during Read, the
// writer during Write.
type Batch struct {
	// Columns holds one vector per column of the plan, each Rows long.
	Columns []Vector
	// Rows is the number of whole rows.
	Rows int
	// Position is the place just after the last row read, refused and
	// filtered ones included. Read sets it.
	Position Position
	// Refused are the rows that the reader refused for their own content.
	Refused []Refusal
	// Filtered counts rows that the job asked not to move.
	Filtered int64
	// BytesRead counts the bytes taken from the source for this batch.
	BytesRead int64
	// MaxRows and MaxBytes are the limits behind Full; the engine sets them.
	MaxRows, MaxBytes int
}

// Refusal is a row refused on reading: a dirty row that never became one of
// the batch's rows.
type Refusal struct {
	RowError
	// Raw is the row as far as it could be read, in whatever form the source
	// has: a line of a file, or a JSON object of column texts.
	Raw string
}

// NewBatch returns an empty batch for the given columns and default limits.
func NewBatch(columns []Column) *Batch {
	b := &Batch{MaxRows: DefaultBatchRows, MaxBytes: DefaultBatchBytes}
	b.Reset(columns)
	return b
}

// Reset empties the batch and shapes it for columns. Capacity is kept.
func (b *Batch) Reset(columns []Column) {
	if len(b.Columns) != len(columns) {
		b.Columns = make([]Vector, len(columns))
	}
	for i := range columns {
		b.Columns[i].Reset(columns[i].Kind)
	}
	clear(b.Refused)
	b.Refused = b.Refused[:0]
	b.Rows, b.Filtered, b.BytesRead, b.Position = 0, 0, 0, ""
}

// Full says that no further row should be added. It counts the source's bytes,
// which bound the memory of every layout weft has.
func (b *Batch) Full() bool {
	return b.Rows+len(b.Refused) >= b.MaxRows || b.BytesRead >= int64(b.MaxBytes)
}

// EndRow ends a row whose value the caller has appended to every column;
// sourceBytes is what it took in the source.
func (b *Batch) EndRow(sourceBytes int) {
	b.Rows++
	b.BytesRead += int64(sourceBytes)
}

// Refuse takes back the values of an unfinished row and records it as refused.
// r.Index is ignored.
func (b *Batch) Refuse(r Refusal, sourceBytes int) {
	for i := range b.Columns {
		b.Columns[i].Truncate(b.Rows)
	}
	b.Refused = append(b.Refused, r)
	b.BytesRead += int64(sourceBytes)
}

// RowsRead counts the rows taken from the source: those in the batch, the
// refused and the filtered ones.
func (b *Batch) RowsRead() int64 {
	return int64(b.Rows) + int64(len(b.Refused)) + b.Filtered
}
