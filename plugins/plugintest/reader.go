package plugintest

import (
	"context"
	"errors"
	"fmt"
	"io"

	"weft/plugins"
)

// Reader describes a reader over a source that stays the same during the test.
type Reader struct {
	// New returns a fresh reader of the source. Readers live side by side.
	New func() (plugins.Reader, error)
	// Columns are what the reader delivers. If it is a Describer it must
	// say the same.
	Columns []plugins.Column
	// Rows is the number of rows that the source gives, refused ones not
	// counted. A few hundred are best; every position is tried.
	Rows int
	// Refused is the number of rows that the reader must refuse.
	Refused int
	// Want, if not nil, are the rows in any order, as Row spells them.
	Want []string
	// Resumes says that the reader has positions inside splits. Otherwise
	// all of them must be empty.
	Resumes bool
	// Blocked, if not nil, returns a reader whose Read of the split blocks
	// until its context ends, and a channel closed when it does.
	Blocked func() (r plugins.Reader, split plugins.Split, reached <-chan struct{}, err error)
}

// splits returns the splits for want, or the only one.
func splits(ctx context.Context, r plugins.Reader, want int) ([]plugins.Split, error) {
	splitter, ok := r.(plugins.Splitter)
	if !ok {
		return []plugins.Split{{}}, nil
	}
	list, err := splitter.Splits(ctx, want)
	if err != nil {
		return nil, fmt.Errorf("splits, %d wanted: %w", want, err)
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("splits, %d wanted: none", want)
	}
	return list, nil
}

// size is how large the batches are that a case reads with.
type size struct{ rows, bytes int }

var usualSize = size{plugins.DefaultBatchRows, plugins.DefaultBatchBytes}

// mark is a position that a reader gave, with the rows and refused rows read
// up to it.
type mark struct {
	position      plugins.Position
	rows, refused int
}

// content is what came out of a split.
type content struct {
	rows    []string
	refused int
	marks   []mark
}

// read reads a split from a position to its end, into one batch that is
// spoilt after each Read.
func (s *Reader) read(ctx context.Context, r plugins.Reader, split plugins.Split, from plugins.Position, by size) (content, error) {
	var c content
	if err := r.Open(ctx, split, from); err != nil {
		return c, fmt.Errorf("open %s after %q: %w", split, from, err)
	}
	b := plugins.NewBatch(s.Columns)
	for {
		b.Reset(s.Columns)
		b.MaxRows, b.MaxBytes = by.rows, by.bytes
		err := r.Read(ctx, b)
		if err == io.EOF {
			if b.RowsRead() > 0 {
				return c, fmt.Errorf("read %s: io.EOF together with %d rows", split, b.RowsRead())
			}
			return c, nil
		}
		if err != nil {
			return c, fmt.Errorf("read %s: %w", split, err)
		}
		if err := c.add(b, s.Columns); err != nil {
			return c, fmt.Errorf("read %s, batch %d: %w", split, len(c.marks), err)
		}
		scribble(b)
	}
}

func (c *content) add(b *plugins.Batch, columns []plugins.Column) error {
	if err := checkBatch(b, columns); err != nil {
		return err
	}
	rows, err := Rows(b)
	if err != nil {
		return err
	}
	c.rows = append(c.rows, rows...)
	c.refused += len(b.Refused)
	c.marks = append(c.marks, mark{b.Position, len(c.rows), c.refused})
	return nil
}

// readAll reads all splits with one reader.
func (s *Reader) readAll(ctx context.Context, want int, by size) (all content, err error) {
	r, err := s.New()
	if err != nil {
		return all, err
	}
	defer closing(&err, r)
	list, err := splits(ctx, r, want)
	if err != nil {
		return all, err
	}
	for _, split := range list {
		c, err := s.read(ctx, r, split, "", by)
		if err != nil {
			return all, err
		}
		all.rows = append(all.rows, c.rows...)
		all.refused += c.refused
	}
	return all, nil
}

// each runs check on every split, with a reader of its own.
func (s *Reader) each(ctx context.Context, check func(r plugins.Reader, split plugins.Split) error) error {
	planner, err := s.New()
	if err != nil {
		return err
	}
	list, err := splits(ctx, planner, 3)
	if err = errors.Join(err, planner.Close()); err != nil {
		return err
	}
	for _, split := range list {
		if err := s.with(func(r plugins.Reader) error { return check(r, split) }); err != nil {
			return fmt.Errorf("%s: %w", split, err)
		}
	}
	return nil
}

// with runs use with a fresh reader and closes it.
func (s *Reader) with(use func(r plugins.Reader) error) (err error) {
	r, err := s.New()
	if err != nil {
		return err
	}
	defer closing(&err, r)
	return use(r)
}
