package postgresql

import (
	"io"
	"testing"

	"weft/plugins"
	"weft/test/cluster/dataset"
)

// BenchmarkRead reads the table of the published figures: nanoseconds a row.
func BenchmarkRead(b *testing.B) {
	s := newSchema(b)
	const rows = 400_000
	if err := dataset.LoadPostgres(b.Context(), s.db.URL(s.name), "bench", dataset.Bench(), rows, dataset.Seed); err != nil {
		b.Fatal(err)
	}
	r := s.reader(`{"table": "bench"}`)
	split := splitsOf(b, r, 1)[0]
	batch := plugins.NewBatch(r.setup.Columns)
	read := func(limit int) (n int) {
		if err := r.Open(b.Context(), split, ""); err != nil {
			b.Fatal(err)
		}
		for n < limit {
			batch.Reset(r.setup.Columns)
			err := r.Read(b.Context(), batch)
			if err == io.EOF {
				return n
			}
			if err != nil {
				b.Fatal(err)
			}
			n += batch.Rows
		}
		return n
	}
	read(rows) // warm
	b.ReportAllocs()
	b.ResetTimer()
	for left := b.N; left > 0; left -= read(left) {
	}
}
