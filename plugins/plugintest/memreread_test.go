package plugintest

import (
	"context"
	"io"

	"weft/plugins"
)

var _ plugins.Rereader = (*memWriter)(nil)

// Reread reads back the values that Seal kept beside the texts.
func (w *memWriter) Reread(_ context.Context, m plugins.Manifest, _ []plugins.Column) (plugins.Reader, plugins.Split, error) {
	b := w.store.values[m.Files[0].Path]
	if w.is("reads back what it likes") && b != nil {
		b = nil
	}
	return &batchReader{batch: b}, plugins.Split{}, nil
}

// keep copies row i of b to the values of the unit.
func (w *memWriter) keep(b *plugins.Batch, i int) {
	if w.values == nil {
		w.values = plugins.NewBatch(w.a.Target)
	}
	for c := range b.Columns {
		w.values.Columns[c].Append(&b.Columns[c], i)
	}
	w.values.EndRow(1)
}

// batchReader reads one batch, or nothing.
type batchReader struct{ batch *plugins.Batch }

func (r *batchReader) Open(context.Context, plugins.Split, plugins.Position) error { return nil }

func (r *batchReader) Read(_ context.Context, b *plugins.Batch) error {
	if r.batch == nil {
		return io.EOF
	}
	for i := range r.batch.Rows {
		for c := range b.Columns {
			b.Columns[c].Append(&r.batch.Columns[c], i)
		}
		b.EndRow(1)
	}
	r.batch = nil
	return nil
}

func (r *batchReader) Close() error { return nil }
