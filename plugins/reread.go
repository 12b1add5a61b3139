package plugins

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// Rereader is a writer whose target can be read back unit by unit. That is how
// a run proves, before anything becomes visible, that what lies in the target
// is what was written, and how `weft verify` proves it again later.
type Rereader interface {
	// Reread returns a reader of the rows of one sealed unit as the target
	// holds them now, hidden or visible, in columns, those of the attempt's
	// Target, and the split to open it with. It may be called on a value that
	// is open, or that was never opened, and leaves what it writes alone; by
	// another goroutine too. An error with ErrNotReadable says that the job's
	// settings make a target from which the values cannot be told apart.
	Reread(ctx context.Context, unit Manifest, columns []Column) (Reader, Split, error)
}

// ErrNotReadable is what Reread returns when reading back would prove nothing.
var ErrNotReadable = errors.New("the target cannot be read back value by value")

// RereadHash reads a unit back and returns the number of its rows and the sum
// of their hashes, as Unit.Hash has it of what was written.
func RereadHash(ctx context.Context, target Rereader, unit Manifest, columns []Column) (rows int64, hash uint64, err error) {
	reader, split, err := target.Reread(ctx, unit, columns)
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, reader.Close()) }()
	if err := reader.Open(ctx, split, ""); err != nil {
		return 0, 0, err
	}
	b := NewBatch(columns)
	var hashes []uint64
	for {
		b.Reset(columns)
		if err := reader.Read(ctx, b); err != nil {
			if err == io.EOF {
				err = nil
			}
			return rows, hash, err
		}
		if len(b.Refused) > 0 {
			r := b.Refused[0]
			return rows, hash, fmt.Errorf("a row that was written cannot be read: column %s: %s", r.Column, r.Cause)
		}
		rows += int64(b.Rows)
		hashes = HashRows(hashes, b)
		for _, h := range hashes {
			hash += h
		}
	}
}
