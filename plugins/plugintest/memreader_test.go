package plugintest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"

	"weft/plugins"
)

var memColumns = []plugins.Column{
	{Name: "id", Kind: plugins.KindInt64},
	{Name: "name", Kind: plugins.KindString, Nullable: true},
}

const memRows = 41

// memSource is a source of memRows rows in memory. fault names the sentence
// that its readers break; "" for none.
type memSource struct {
	fault  string
	plans  int  // calls of Splits
	erased bool // by Check
}

type memReader struct {
	source    *memSource
	next, end int
	opened    bool
	ended     bool
	stop      chan struct{}
	reached   chan struct{} // of a reader that blocks, else nil
}

var (
	_ plugins.Reader    = (*memReader)(nil)
	_ plugins.Splitter  = (*memReader)(nil)
	_ plugins.Describer = (*memReader)(nil)
	_ plugins.Checker   = (*memReader)(nil)
)

func (s *memSource) suite() *Reader {
	r := &Reader{
		New:     func() (plugins.Reader, error) { return &memReader{source: s, stop: make(chan struct{})}, nil },
		Columns: memColumns,
		Rows:    memRows,
		Refused: 2,
		Resumes: s.fault != "positions though none",
	}
	r.Blocked = func() (plugins.Reader, plugins.Split, <-chan struct{}, error) {
		reader := &memReader{source: s, stop: make(chan struct{}), reached: make(chan struct{})}
		return reader, plugins.Split{Data: json.RawMessage("[0,43]")}, reader.reached, nil
	}
	return r
}

func (r *memReader) is(fault string) bool { return r.source.fault == fault }

func (r *memReader) Describe(context.Context) ([]plugins.Column, error) {
	if r.is("describes wrongly") {
		return memColumns[:1], nil
	}
	return memColumns, nil
}

func (r *memReader) Splits(_ context.Context, want int) ([]plugins.Split, error) {
	r.source.plans++
	const total = memRows + 2
	if r.is("splits differ") && r.source.plans%2 == 0 {
		want++
	}
	var list []plugins.Split
	for i := range want {
		from, to := i*total/want, (i+1)*total/want
		if r.is("splits overlap") && i > 0 {
			from--
		}
		data, err := json.Marshal([]int{from, to})
		if err != nil {
			return nil, err
		}
		id := i
		if r.is("split ids from 1") {
			id++
		}
		list = append(list, plugins.Split{ID: id, Rows: -1, Data: data})
	}
	return list, nil
}

func (r *memReader) Open(_ context.Context, split plugins.Split, from plugins.Position) error {
	if r.is("cannot open twice") && r.opened {
		return errors.New("open: already open")
	}
	var bounds []int
	if err := json.Unmarshal(split.Data, &bounds); err != nil {
		return err
	}
	r.opened, r.ended = true, false
	r.next, r.end = bounds[0], bounds[1]
	if from == "" {
		return nil
	}
	last, err := strconv.Atoi(string(from))
	r.next = last + 1
	if r.is("resumes a row early") {
		r.next--
	}
	return err
}

// Read: rows 10 and 20 are refused, row 30 has a NULL.
func (r *memReader) Read(ctx context.Context, b *plugins.Batch) error {
	if r.reached != nil {
		return r.block(ctx)
	}
	if ctx.Err() != nil && !r.is("ignores an ended context") {
		return ctx.Err()
	}
	if r.is("goes on after the end") && r.ended {
		r.next = 0
	}
	if r.next == r.end {
		r.ended = true
		return io.EOF
	}
	if r.is("leaks") {
		go func() { <-r.stop }()
	}
	for ; r.next < r.end && (!b.Full() || r.is("ignores batch limits")); r.next++ {
		r.row(b)
	}
	if r.is("positions go back") {
		b.Position = plugins.Position(strconv.Itoa(r.next % 3))
	}
	return nil
}

func (r *memReader) row(b *plugins.Batch) {
	n := r.next
	b.Position = plugins.Position(strconv.Itoa(n))
	switch {
	case n == 10 || n == 20:
		refusal := plugins.Refusal{RowError: plugins.RowError{Code: plugins.RowFormat, Cause: "test"}}
		if r.is("refuses without cause") {
			refusal.Cause = ""
		}
		b.Refuse(refusal, 1)
		return
	case n == 7 && (r.is("loses a row") || r.source.erased):
		return
	}
	b.Columns[0].AppendInt(int64(n))
	if n == 30 {
		b.Columns[1].AppendNull()
	} else {
		b.Columns[1].AppendString(fmt.Sprint("row ", n))
	}
	b.EndRow(8)
}

func (r *memReader) block(ctx context.Context) error {
	close(r.reached)
	if r.is("cannot be cancelled") {
		<-r.stop
	}
	<-ctx.Done()
	return ctx.Err()
}

func (r *memReader) Check(context.Context) []plugins.Finding {
	r.source.erased = r.is("check erases")
	return []plugins.Finding{{Severity: plugins.OK, Text: "all well"}}
}

func (r *memReader) Close() error {
	if r.is("needs Open before Close") && !r.opened {
		return errors.New("close: not open")
	}
	return nil
}
