package stream

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strconv"

	"weft/plugins"
)

// reader generates rows [next, end).
type reader struct {
	config  *ReaderConfig
	channel int
	columns []*column
	// rowBytes is about what a row takes.
	rowBytes  int
	next, end int64
}

var (
	_ plugins.Reader    = (*reader)(nil)
	_ plugins.Describer = (*reader)(nil)
	_ plugins.Splitter  = (*reader)(nil)
)

func newReader(config *ReaderConfig, setup plugins.Setup) (*reader, error) {
	r := &reader{config: config, channel: max(setup.Channel, 1)}
	for i := range config.Column {
		c, err := newColumn(config, i, setup)
		if err != nil {
			return nil, &plugins.Error{Class: plugins.Fatal, Reason: plugins.ReasonConfig,
				Op: fmt.Sprintf("make column %d", i), Err: err}
		}
		r.columns = append(r.columns, c)
		r.rowBytes += c.bytes
	}
	return r, nil
}

// Describe implements plugins.Describer.
func (r *reader) Describe(context.Context) ([]plugins.Column, error) {
	columns := make([]plugins.Column, len(r.columns))
	for i, c := range r.columns {
		columns[i] = c.Column
	}
	return columns, nil
}

// span is the content of a split: rows [From, To), counted from 0 over the run.
type span struct {
	From int64 `json:"from"`
	To   int64 `json:"to"`
}

// Splits implements plugins.Splitter. With rows they are about want equal
// ranges; with sliceRecordCount one for each count, as the channels of the old
// tools.
func (r *reader) Splits(_ context.Context, want int) ([]plugins.Split, error) {
	var list []plugins.Split
	from := int64(0)
	for _, n := range r.counts(want) {
		data, err := json.Marshal(span{from, from + n})
		if err != nil {
			return nil, err
		}
		label := fmt.Sprintf("rows %d to %d", from, from+n-1)
		list = append(list, plugins.Split{ID: len(list), Label: label, Rows: n, Data: data})
		from += n
	}
	return list, nil
}

// counts returns the numbers of rows of the splits.
func (r *reader) counts(want int) []int64 {
	if per := r.config.SliceRecordCount; len(per.List) > 0 {
		list := per.List
		for per.PerChannel && len(list) < r.channel {
			list = append(list[:len(list):len(list)], per.List[0])
		}
		return list
	}
	parts := min(max(int64(want), 1), max(r.config.Rows, 1))
	list := make([]int64, parts)
	for i := range list {
		// Without the product rows*i, which may not fit.
		list[i] = r.config.Rows / parts
		if int64(i) < r.config.Rows%parts {
			list[i]++
		}
	}
	return list
}

// Open implements plugins.Reader.
func (r *reader) Open(_ context.Context, split plugins.Split, from plugins.Position) error {
	var s span
	if err := json.Unmarshal(split.Data, &s); err != nil {
		return fmt.Errorf("open %s: %w", split, err)
	}
	r.next, r.end = s.From, s.To
	if from == "" {
		return nil
	}
	next, err := strconv.ParseInt(string(from), 10, 64)
	if err != nil || next < s.From || next > s.To {
		return fmt.Errorf("open %s: position %q lies outside", split, from)
	}
	r.next = next
	return nil
}

// Read implements plugins.Reader. The position is the number of the next row.
func (r *reader) Read(ctx context.Context, b *plugins.Batch) error {
	if err := ctx.Err(); err != nil {
		return context.Cause(ctx)
	}
	if r.next >= r.end {
		return io.EOF
	}
	fits := max(b.MaxBytes/max(r.rowBytes, 1), 1)
	n := min(int64(b.MaxRows), int64(fits), r.end-r.next)
	for i, c := range r.columns {
		v := &b.Columns[i]
		c.fill(c, v, r.next, n)
		b.BytesRead += int64(len(v.Data))
		if !v.InData() {
			b.BytesRead += 8 * n
		}
	}
	b.Rows = int(n)
	r.next += n
	b.Position = plugins.Position(strconv.FormatInt(r.next, 10))
	return nil
}

// Close implements plugins.Reader.
func (r *reader) Close() error {
	r.next, r.end = 0, 0
	return nil
}
