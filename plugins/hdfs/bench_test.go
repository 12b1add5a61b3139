package hdfs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"testing"

	"weft/internal/fsys"
	"weft/internal/fsys/mem"
	"weft/plugins"
)

// BenchmarkRead reads 8 typed columns, about 100 bytes a row.
func BenchmarkRead(b *testing.B) {
	const rows = 50_000
	var text strings.Builder
	for i := range rows {
		fmt.Fprintf(&text, "%d\x01%d\x01customer %d\x01Berlin\x01%d.%02d\x012024-01-02 03:04:%02d\x012024-01-%02d\x01a remark of some length\n",
			i, i%977, i, i%5000, i%100, i%60, i%28+1)
	}
	f := mem.New(mem.Options{})
	if err := fsys.WriteFileExclusive(context.Background(), f, "/f", []byte(text.String()), 0o644); err != nil {
		b.Fatal(err)
	}
	c := newReaderConfig()
	c.Path = Paths{"/f"}
	for i, kind := range []string{"bigint", "int", "string", "string", "decimal(12,2)", "timestamp", "date", "string"} {
		c.Column = append(c.Column, ColumnSpec{Name: fmt.Sprint("c", i), Type: kind, Index: i})
	}
	r, err := newReader(c, setup(), connectTo(f))
	if err != nil {
		b.Fatal(err)
	}
	columns, err := r.Describe(context.Background())
	if err != nil {
		b.Fatal(err)
	}
	splits, err := r.Splits(context.Background(), 1)
	if err != nil {
		b.Fatal(err)
	}
	batch := plugins.NewBatch(columns)
	b.ReportAllocs()
	for b.Loop() {
		if err := r.Open(context.Background(), splits[0], ""); err != nil {
			b.Fatal(err)
		}
		for {
			batch.Reset(columns)
			if err := r.Read(context.Background(), batch); errors.Is(err, io.EOF) {
				break
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/rows, "ns/row")
}

// discard is a file system whose files take everything and keep nothing.
type discard struct{ fsys.FS }

type nothing struct{}

func (nothing) Read([]byte) (int, error)    { return 0, io.EOF }
func (nothing) Write(p []byte) (int, error) { return len(p), nil }
func (nothing) Sync() error                 { return nil }
func (nothing) Close() error                { return nil }

func (discard) CreateExclusive(context.Context, string, fs.FileMode) (fsys.File, error) {
	return nothing{}, nil
}

func benchmarkWrite(b *testing.B, compress string) {
	f := mem.New(mem.Options{})
	c := newWriterConfig()
	c.Path, c.Compress = "/out", compress
	c.Validate()
	w, err := newWriter(c, setup(), connectTo(discard{f}))
	if err != nil {
		b.Fatal(err)
	}
	ctx := context.Background()
	columns := []plugins.Column{
		{Name: "id", Kind: plugins.KindInt64}, {Name: "n", Kind: plugins.KindInt64, Length: 4}, {Name: "name", Kind: plugins.KindString},
		{Name: "city", Kind: plugins.KindString}, {Name: "amount", Kind: plugins.KindDecimal, Precision: 12, Scale: 2},
		{Name: "created", Kind: plugins.KindDatetime}, {Name: "day", Kind: plugins.KindDate}, {Name: "note", Kind: plugins.KindString},
	}
	target, _, err := w.Map(ctx, columns)
	if err != nil {
		b.Fatal(err)
	}
	if err := errors.Join(w.Prepare(ctx), mkdir(ctx, f, "/.weft-run-1/g1")); err != nil {
		b.Fatal(err)
	}
	if _, err := w.Open(ctx, plugins.Attempt{Generation: 1, Number: 1, Columns: columns, Target: target}); err != nil {
		b.Fatal(err)
	}
	batch := plugins.NewBatch(columns)
	for i := range plugins.DefaultBatchRows {
		v := batch.Columns
		v[0].AppendInt(int64(1_000_000 + i))
		v[1].AppendInt(int64(i * 7 % 1000))
		v[2].AppendString(fmt.Sprint("customer name ", i*7919%1_000_000))
		v[3].AppendString("São Paulo")
		v[4].AppendString(fmt.Sprintf("%d.%02d", i*31%100_000, i%100))
		v[5].AppendInt(1_700_000_000_000_000 + int64(i)*977_000_000)
		v[6].AppendInt(int64(19_000 + i%900))
		v[7].AppendString(fmt.Sprint("a remark of some length ", i*13%1000))
		batch.EndRow(110)
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := w.Write(ctx, batch); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(batch.Rows), "ns/row")
}

func BenchmarkWrite(b *testing.B) { benchmarkWrite(b, "") }

func BenchmarkWriteGzip(b *testing.B) { benchmarkWrite(b, "gzip") }
