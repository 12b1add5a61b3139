package memtest

import (
	"context"
	"fmt"
	"io"
	"strconv"

	"weft/plugins"
)

// reader reads the numbered rows; its position is the row after the last one.
type reader struct {
	w         *World
	split     int
	next, end int
	view      string // the snapshot it reads in
}

var (
	_ plugins.Reader    = (*reader)(nil)
	_ plugins.Describer = (*reader)(nil)
	_ plugins.Splitter  = (*reader)(nil)
)

// Describe implements plugins.Describer.
func (r *reader) Describe(context.Context) ([]plugins.Column, error) { return Columns(), nil }

// Splits implements plugins.Splitter.
func (r *reader) Splits(context.Context, int) ([]plugins.Split, error) {
	var splits []plugins.Split
	for id := range r.w.Splits {
		splits = append(splits, plugins.Split{ID: id, Label: fmt.Sprintf("part %d", id), Rows: int64(r.w.Rows)})
	}
	return splits, nil
}

// Open implements plugins.Reader.
func (r *reader) Open(_ context.Context, s plugins.Split, from plugins.Position) error {
	r.split, r.next, r.end = s.ID, 0, r.w.Rows
	if from == "" {
		return nil
	}
	next, err := strconv.Atoi(string(from))
	r.next = next
	return err
}

// Read implements plugins.Reader.
func (r *reader) Read(ctx context.Context, b *plugins.Batch) error {
	if r.next == r.end {
		return io.EOF
	}
	if r.w.BatchRows > 0 {
		b.MaxRows = min(b.MaxRows, r.w.BatchRows)
	}
	for ; r.next < r.end && !b.Full(); r.next++ {
		if err := r.row(ctx, b); err != nil {
			return err
		}
	}
	if !r.w.NoPositions {
		b.Position = plugins.Position(strconv.Itoa(r.next))
	}
	return nil
}

func (r *reader) row(ctx context.Context, b *plugins.Batch) error {
	id := int64(r.split*SplitStride + r.next)
	if r.w.BeforeRow != nil {
		if err := r.w.BeforeRow(ctx, id); err != nil {
			return err
		}
	}
	if err := r.look(id); err != nil {
		return err
	}
	size := r.w.RowBytes
	if size == 0 {
		size = 16
	}
	if r.w.Refused != nil && r.w.Refused(id) {
		b.Refuse(plugins.Refusal{Raw: fmt.Sprint(id),
			RowError: plugins.RowError{Column: "id", Code: plugins.RowFormat, Cause: "ordered"}}, size)
		return nil
	}
	b.Columns[0].AppendInt(id)
	b.Columns[1].Data = appendName(b.Columns[1].Data, id)
	b.Columns[1].EndValue()
	b.EndRow(size)
	return nil
}

// Name is the second column of the row with an id.
func Name(id int64) string { return string(appendName(nil, id)) }

func appendName(dst []byte, id int64) []byte {
	return strconv.AppendInt(append(dst, "row-"...), id, 10)
}

// Close implements plugins.Reader.
func (r *reader) Close() error { return nil }
