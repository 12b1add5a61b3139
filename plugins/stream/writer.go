package stream

import (
	"context"
	"fmt"
	"io"
	"time"

	"weft/plugins"
)

// writer prints rows or drops them.
type writer struct {
	out       io.Writer // nil to drop
	delimiter string
	null      string
	zone      *time.Location

	attempt plugins.Attempt
	line    []byte
	// written counts the bytes printed of the unit.
	written int64
}

var (
	_ plugins.Writer = (*writer)(nil)
	_ plugins.Sizer  = (*writer)(nil)
)

func newWriter(config *WriterConfig, setup plugins.Setup, out io.Writer) *writer {
	w := &writer{delimiter: "\t", null: "NULL", zone: time.UTC}
	if setup.Zone != nil {
		w.zone = setup.Zone
	}
	if setup.Dialect == plugins.DialectFlinkX {
		w.delimiter = "|"
	}
	if config.FieldDelimiter != "" {
		w.delimiter = config.FieldDelimiter
	}
	if config.NullFormat != nil {
		w.null = *config.NullFormat
	}
	prints := setup.Dialect == plugins.DialectDataX
	if config.Print != nil {
		prints = *config.Print
	}
	if prints {
		w.out = out
	}
	return w
}

// Open implements plugins.Writer; nothing is held anywhere.
func (w *writer) Open(ctx context.Context, a plugins.Attempt) (*plugins.Manifest, error) {
	if err := ctx.Err(); err != nil {
		return nil, context.Cause(ctx)
	}
	w.attempt, w.written = a, 0
	return nil, nil
}

// Write implements plugins.Writer.
func (w *writer) Write(ctx context.Context, b *plugins.Batch) error {
	if err := ctx.Err(); err != nil {
		return context.Cause(ctx)
	}
	if w.out == nil {
		return nil
	}
	w.line = w.line[:0]
	for i := range b.Rows {
		for c := range b.Columns {
			if c > 0 {
				w.line = append(w.line, w.delimiter...)
			}
			w.line = w.appendValue(w.line, &b.Columns[c], i, c)
		}
		w.line = append(w.line, '\n')
	}
	if _, err := w.out.Write(w.line); err != nil {
		return fmt.Errorf("print %d rows: %w", b.Rows, err)
	}
	w.written += int64(len(w.line))
	return nil
}

// appendValue appends value i: the canonical text, instants in the job's zone.
func (w *writer) appendValue(dst []byte, v *plugins.Vector, i, column int) []byte {
	scale := 0
	if column < len(w.attempt.Columns) {
		scale = w.attempt.Columns[column].Scale
	}
	switch {
	case v.IsNull(i):
		return append(dst, w.null...)
	case v.Kind == plugins.KindTimestamp && !v.Text:
		layout := "2006-01-02 15:04:05.000000Z07:00"
		if scale < 6 {
			layout = layout[:len("2006-01-02 15:04:05")] + ".000000"[:fraction(scale)] + "Z07:00"
		}
		return time.UnixMicro(v.Ints[i]).In(w.zone).AppendFormat(dst, layout)
	}
	return plugins.AppendText(dst, v, i, scale)
}

// fraction is the length of a point and scale digits.
func fraction(scale int) int {
	if scale <= 0 {
		return 0
	}
	return scale + 1
}

// UnitBytes implements plugins.Sizer.
func (w *writer) UnitBytes() int64 { return w.written }

// Seal implements plugins.Writer.
func (w *writer) Seal(ctx context.Context, u plugins.Unit) (plugins.Manifest, error) {
	if err := ctx.Err(); err != nil {
		return plugins.Manifest{}, context.Cause(ctx)
	}
	u.Counters.BytesWritten = w.written
	w.written = 0
	return plugins.ManifestOf(w.attempt, u), nil
}

// Close implements plugins.Writer.
func (w *writer) Close() error { return nil }
