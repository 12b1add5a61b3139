package textfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"

	"weft/plugins"
)

// never is longer than a batch.
const never = 1 << 30

// benchColumns are 8 columns of about 115 bytes a row as text.
func benchColumns() []plugins.Column {
	return []plugins.Column{
		{Name: "id", Kind: plugins.KindInt64},
		{Name: "user_id", Kind: plugins.KindInt64},
		{Name: "name", Kind: plugins.KindString},
		{Name: "city", Kind: plugins.KindString},
		{Name: "amount", Kind: plugins.KindDecimal, Precision: 12, Scale: 2},
		{Name: "created", Kind: plugins.KindDatetime},
		{Name: "day", Kind: plugins.KindDate},
		{Name: "note", Kind: plugins.KindString, Nullable: true},
	}
}

// benchBatch makes a batch in which every oddth note has a line end.
func benchBatch(odd int) *plugins.Batch {
	r := rand.New(rand.NewPCG(1, 2))
	b := plugins.NewBatch(benchColumns())
	for i := range plugins.DefaultBatchRows {
		c := b.Columns
		c[0].AppendInt(int64(1_000_000 + i))
		c[1].AppendInt(r.Int64N(50_000))
		c[2].AppendString(fmt.Sprintf("customer name %06d", r.IntN(1_000_000)))
		c[3].AppendString([]string{"杭州", "Berlin", "São Paulo"}[i%3])
		c[4].AppendString(fmt.Sprintf("%d.%02d", r.IntN(1_000_000), r.IntN(100)))
		c[5].AppendInt(1_700_000_000_000_000 + r.Int64N(1e14)/1_000_000*1_000_000)
		c[6].AppendInt(19_000 + r.Int64N(900))
		switch {
		case i%20 == 0:
			c[7].AppendNull()
		case i%odd == 0:
			c[7].AppendString("a remark of\nsome length")
		default:
			c[7].AppendString(fmt.Sprintf("a remark of some length %d", r.IntN(1000)))
		}
		b.EndRow(115)
	}
	return b
}

func benchmarkEncode(b *testing.B, o EncoderOptions, odd int) {
	batch := benchBatch(odd)
	o.Columns = benchColumns()
	e, err := NewEncoder(o)
	if err != nil {
		b.Fatal(err)
	}
	var refused plugins.Refusals
	buf := make([]byte, 0, 1<<20+1<<10)
	b.ReportAllocs()
	for b.Loop() {
		refused.Reset(batch.Rows)
		e.Begin(batch, &refused)
		for next := 0; next < batch.Rows; {
			buf, next = e.Append(buf[:0], next, 1<<20)
			b.SetBytes(int64(len(buf)))
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(batch.Rows), "ns/row")
}

func BenchmarkEncodePlain(b *testing.B) { benchmarkEncode(b, EncoderOptions{Format: Hive()}, never) }

// Every value of three columns needs a look: the blank is the delimiter.
func BenchmarkEncodeEscape(b *testing.B) {
	f := escaping(false)
	f.Delimiter = " "
	benchmarkEncode(b, EncoderOptions{Format: f, OnDelimiter: Escape}, never)
}

// One value in fifty needs a look.
func BenchmarkEncodeEscapeSome(b *testing.B) {
	benchmarkEncode(b, EncoderOptions{Format: escaping(true), OnDelimiter: Escape}, 50)
}

func BenchmarkEncodeCSV(b *testing.B) { benchmarkEncode(b, EncoderOptions{Format: CSV()}, 50) }

func BenchmarkDecodePlain(b *testing.B) {
	e, err := NewEncoder(EncoderOptions{Format: Hive(), Columns: benchColumns()})
	if err != nil {
		b.Fatal(err)
	}
	batch := benchBatch(never)
	var refused plugins.Refusals
	refused.Reset(batch.Rows)
	e.Begin(batch, &refused)
	text, _ := e.Append(nil, 0, 1<<30)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		d := NewDecoder(bytes.NewReader(text), Hive(), 0, 1<<20)
		for {
			if _, err := d.Next(); errors.Is(err, io.EOF) {
				break
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(batch.Rows), "ns/row")
}
