package pump

import (
	"context"
	"io"
	"math"
	"testing"
	"time"

	"weft/container/limit"
	"weft/internal/dirty"
	"weft/internal/fsys/mem"
	"weft/internal/job"
	"weft/internal/umbilical"
	"weft/plugins"
)

// Rows of the benchmark table: eight columns of the usual kinds.
var benchColumns = []plugins.Column{
	{Name: "id", Kind: plugins.KindInt64}, {Name: "customer", Kind: plugins.KindInt64},
	{Name: "name", Kind: plugins.KindString}, {Name: "city", Kind: plugins.KindString},
	{Name: "price", Kind: plugins.KindDecimal, Precision: 12, Scale: 2}, {Name: "weight", Kind: plugins.KindFloat64},
	{Name: "created", Kind: plugins.KindDatetime}, {Name: "note", Kind: plugins.KindString},
}

// ready is a reader whose batches cost next to nothing: what is measured is the
// pump.
type ready struct {
	from, rows int64
	full       *plugins.Batch
}

func newReady(rows int64) *ready {
	b := plugins.NewBatch(benchColumns)
	for i := range int64(plugins.DefaultBatchRows) {
		b.Columns[0].AppendInt(i)
		b.Columns[1].AppendInt(i * 7919)
		b.Columns[2].AppendString("Jane Q. Customer")
		b.Columns[3].AppendString("Shenzhen")
		b.Columns[4].AppendString("12345.67")
		b.Columns[5].AppendFloat(float64(i) / 3)
		b.Columns[6].AppendInt(1_700_000_000_000_000 + i)
		b.Columns[7].AppendString("a note of some thirty bytes, so")
		b.EndRow(115)
	}
	return &ready{rows: rows, full: b}
}

func (r *ready) Open(context.Context, plugins.Split, plugins.Position) error { r.from = 0; return nil }

func (r *ready) Read(_ context.Context, b *plugins.Batch) error {
	if r.from >= r.rows {
		return io.EOF
	}
	for c := range b.Columns {
		to, from := &b.Columns[c], &r.full.Columns[c]
		offsets := append(to.Offsets[:0], from.Offsets...)
		*to = *from // shares the values: the writer only looks
		to.Offsets = offsets
	}
	b.Rows, b.BytesRead, b.Position = r.full.Rows, r.full.BytesRead, "p"
	r.from += int64(b.Rows)
	return nil
}

func (r *ready) Close() error { return nil }

// sink is a writer that takes everything.
type sink struct{ attempt plugins.Attempt }

func (s *sink) Open(_ context.Context, a plugins.Attempt) (*plugins.Manifest, error) {
	s.attempt = a
	return nil, nil
}
func (s *sink) Write(context.Context, *plugins.Batch) error { return nil }
func (s *sink) Seal(_ context.Context, u plugins.Unit) (plugins.Manifest, error) {
	return plugins.ManifestOf(s.attempt, u), nil
}
func (s *sink) Close() error { return nil }

// yes is a link that accepts everything.
type yes struct{}

func (yes) Next(context.Context, umbilical.Want) (umbilical.Assignment, error) {
	return umbilical.Assignment{Directive: umbilical.Stop}, nil
}
func (yes) Report(context.Context, umbilical.Progress) (umbilical.Order, error) {
	return umbilical.Order{Directive: umbilical.GoOn}, nil
}
func (yes) Sealed(context.Context, umbilical.Sealed) (umbilical.Verdict, error) {
	return umbilical.Accepted, nil
}
func (yes) Done(context.Context, umbilical.Ending) (umbilical.Order, error) {
	return umbilical.Order{}, nil
}

func benchOptions(rows int64, checksum bool) Options {
	r := newReady(rows)
	return Options{
		Task: job.Task{Attempt: plugins.Attempt{Run: "r", Generation: 1, Number: 1, Columns: benchColumns, Target: benchColumns}},
		Ends: &Ends{NewReader: func() (plugins.Reader, error) { return r, nil },
			NewWriter: func() (plugins.Writer, error) { return &sink{}, nil }},
		Link: yes{}, Container: "c", Dirty: dirty.New(mem.New(mem.Options{}), "/", plugins.Attempt{}),
		Limiter: limit.New(limit.Rate{}), UnitBytes: math.MaxInt64, UnitInterval: time.Hour, Checksum: checksum,
	}
}

func benchmark(b *testing.B, checksum bool) {
	b.ReportAllocs()
	rows := int64(b.N)
	b.ResetTimer()
	if e := Run(context.Background(), benchOptions(rows, checksum)); e.Outcome != umbilical.OutcomeDone {
		b.Fatalf("ended %+v", e)
	}
}

// BenchmarkExchange is the cost of a row in the pump alone; the budget is 100 ns.
func BenchmarkExchange(b *testing.B) { benchmark(b, false) }

// BenchmarkChecksum is the same with the hash; the budget is 50 ns more.
func BenchmarkChecksum(b *testing.B) { benchmark(b, true) }

// The steady state allocates nothing for a row, and little for a batch.
func TestNoAllocationPerRow(t *testing.T) {
	const batches = 200
	few := testing.AllocsPerRun(1, func() { Run(context.Background(), benchOptions(10*plugins.DefaultBatchRows, true)) })
	many := testing.AllocsPerRun(1, func() {
		Run(context.Background(), benchOptions((10+batches)*plugins.DefaultBatchRows, true))
	})
	if perBatch := (many - few) / batches; perBatch > 10 {
		t.Errorf("%.1f allocations a batch of %d rows", perBatch, plugins.DefaultBatchRows)
	}
}
