package plugins

import (
	"testing"
	"time"
)

const benchRows = 4096

// benchBatch is a batch of the eight columns of the benchmark table.
func benchBatch(textForm bool) *Batch {
	columns := []Column{{Kind: KindInt64}, {Kind: KindInt64}, {Kind: KindString}, {Kind: KindDecimal, Scale: 2},
		{Kind: KindDatetime}, {Kind: KindDate}, {Kind: KindString}, {Kind: KindFloat64}}
	b := NewBatch(columns)
	if textForm {
		for i, c := range columns {
			b.Columns[i].ResetText(c.Kind)
		}
	}
	one := NewBatch(columns)
	one.Columns[0].AppendInt(123456)
	one.Columns[1].AppendInt(-77)
	one.Columns[2].AppendString("some name of a customer")
	one.Columns[3].AppendString("12345.67")
	one.Columns[4].AppendInt(1_700_000_000 * microsPerSecond)
	one.Columns[5].AppendInt(19_000)
	one.Columns[6].AppendString("a remark that is a little longer than the name")
	one.Columns[7].AppendFloat(0.5)
	for range benchRows {
		for i := range columns {
			if textForm {
				b.Columns[i].AppendBytes(AppendText(nil, &one.Columns[i], 0, columns[i].Scale))
				continue
			}
			b.Columns[i].Append(&one.Columns[i], 0)
		}
		b.EndRow(115)
	}
	return b
}

func reportRows(b *testing.B) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchRows, "ns/row")
}

func BenchmarkHashRows(b *testing.B) {
	batch := benchBatch(false)
	var dst []uint64
	for b.Loop() {
		dst = HashRows(dst, batch)
	}
	reportRows(b)
}

func BenchmarkHashRowsOfTextForm(b *testing.B) {
	batch := benchBatch(true)
	var dst []uint64
	for b.Loop() {
		dst = HashRows(dst, batch)
	}
	reportRows(b)
}

func BenchmarkAppendText(b *testing.B) {
	batch := benchBatch(false)
	var dst []byte
	for b.Loop() {
		dst = dst[:0]
		for i := range batch.Rows {
			for c := range batch.Columns {
				dst = AppendText(dst, &batch.Columns[c], i, 0)
			}
		}
	}
	reportRows(b)
}

func BenchmarkConvert(b *testing.B) {
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		b.Fatal(err)
	}
	columns := map[string][2]Column{
		"same":               {{Kind: KindInt64}, {Kind: KindInt64}},
		"int64 to int":       {{Kind: KindInt64}, {Kind: KindInt64, Length: 4}},
		"varchar limit":      {{Kind: KindString}, {Kind: KindString, Length: 255}},
		"int64 to string":    {{Kind: KindInt64}, {Kind: KindString}},
		"datetime to string": {{Kind: KindDatetime}, {Kind: KindString}},
		"datetime to ts":     {{Kind: KindDatetime}, {Kind: KindTimestamp}},
		"ts to datetime":     {{Kind: KindTimestamp}, {Kind: KindDatetime}},
		"int64 to decimal":   {{Kind: KindInt64}, {Kind: KindDecimal, Precision: 20, Scale: 2}},
		"string to int64":    {{Kind: KindString}, {Kind: KindInt64}},
	}
	for name, pair := range columns {
		b.Run(name, func(b *testing.B) {
			c, err := NewConverter(pair[0], pair[1], zone)
			if err != nil {
				b.Fatal(err)
			}
			benchConvert(b, c, pair[0].Kind)
		})
	}
}

func benchConvert(b *testing.B, c *Converter, kind Kind) {
	var source, v Vector
	source.Reset(kind)
	for i := range int64(benchRows) {
		if kind == KindString {
			source.AppendString("12345678")
			continue
		}
		source.AppendInt(1_700_000_000 + i)
	}
	var refused Refusals
	b.ReportAllocs()
	for b.Loop() {
		// The copy is part of the figure: about 1 ns a value.
		v.Reset(kind)
		v.Ints = append(v.Ints, source.Ints...)
		v.Data = append(v.Data, source.Data...)
		v.Offsets = append(v.Offsets[:0], source.Offsets...)
		v.rows = source.rows
		refused.Reset(v.rows)
		c.Convert(&v, &refused)
	}
	reportRows(b)
}
