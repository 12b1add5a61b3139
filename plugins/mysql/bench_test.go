package mysql

import (
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"syscall"
	"testing"
	"time"

	"weft/plugins"
)

// benchRows is enough for connecting not to count.
const benchRows = 500_000

// BenchmarkRead reads the table that readers are compared by: 8 columns,
// about 115 bytes a row as text, one connection, no encryption. cpu-s/Mrow is
// this process's user and system time for a million rows.
//
//	go test -run '^$' -bench Read -benchtime 10x ./plugins/mysql
func BenchmarkRead(b *testing.B) {
	s := newSchema(b)
	s.exec(`CREATE TABLE bench (id bigint PRIMARY KEY, a int NOT NULL, b int NOT NULL, t datetime NOT NULL, d decimal(12,2) NOT NULL,
		s1 varchar(24) NOT NULL, s2 varchar(24) NOT NULL, s3 varchar(24) NOT NULL)`,
		`INSERT INTO bench SELECT seq, seq*7919%1000003, seq*104729%2147483647, '2020-01-01' + INTERVAL (seq*37%100000000) SECOND,
		(seq*31%1000000000)/100, CONCAT('name_', LPAD(seq*13%100000007, 11, '0')), LEFT(MD5(seq), 16+seq%9), LEFT(MD5(seq+1), 16+seq%9)
		FROM seq_1_to_500000`)
	for _, protocol := range []string{protocolBinary, protocolText} {
		b.Run(protocol, func(b *testing.B) {
			r := s.on(b).reader(`{"table": "bench", "protocol": "` + protocol + `"}`)
			split := splitsOf(b, r, 1)[0]
			b.ReportAllocs()
			begin, cpu := time.Now(), cpuTime()
			for b.Loop() {
				benchSplit(b, r, split)
			}
			rows := float64(b.N) * benchRows
			b.ReportMetric(rows/time.Since(begin).Seconds(), "rows/s")
			b.ReportMetric((cpuTime()-cpu).Seconds()/rows*1e6, "cpu-s/Mrow")
		})
	}
}

func benchSplit(b *testing.B, r *Reader, split plugins.Split) {
	if err := r.Open(b.Context(), split, ""); err != nil {
		b.Fatal(err)
	}
	batch, rows := plugins.NewBatch(r.setup.Columns), 0
	for {
		batch.Reset(r.setup.Columns)
		err := r.Read(b.Context(), batch)
		rows += batch.Rows
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			b.Fatal(err)
		}
	}
	if rows != benchRows {
		b.Fatalf("%d rows, want %d", rows, benchRows)
	}
}

func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// binaryRows makes packets of the binary protocol: bigint, two int, datetime,
// decimal(12,2), three varchar of 16 to 24 letters.
func binaryRows(rows int) (packets [][]byte, types []definition) {
	types = []definition{{typ: typeLongLong}, {typ: typeLong}, {typ: typeLong}, {typ: typeDatetime, charset: charsetBinary},
		{typ: typeNewDecimal, length: 14, decimals: 2}, {typ: typeVarString, charset: 45, length: 128},
		{typ: typeVarString, charset: 45, length: 128}, {typ: typeVarString, charset: 45, length: 128}}
	r := rand.New(rand.NewPCG(1, 2))
	for i := range rows {
		p := binary.LittleEndian.AppendUint64([]byte{0, 0, 0}, uint64(i+1))
		p = binary.LittleEndian.AppendUint32(p, r.Uint32N(1<<30))
		p = binary.LittleEndian.AppendUint32(p, r.Uint32N(1000))
		p = append(p, 7, byte(2020%256), 2020/256, byte(1+r.IntN(12)), byte(1+r.IntN(28)), byte(r.IntN(24)), byte(r.IntN(60)), byte(r.IntN(60)))
		p = append(append(p, 9), "123456.78"...)
		for range 3 {
			n := 16 + r.IntN(9)
			p = append(p, byte(n))
			for range n {
				p = append(p, byte('a'+r.IntN(26)))
			}
		}
		packets = append(packets, p)
	}
	return packets, types
}

// BenchmarkDecodeRow is the decoder alone, without a server.
func BenchmarkDecodeRow(b *testing.B) {
	packets, types := binaryRows(plugins.DefaultBatchRows)
	var columns []wireColumn
	var plan []plugins.Column
	for i, d := range types {
		c := columnOf(d, zeroNull)
		plan = append(plan, c)
		columns = append(columns, wireColumn{definition: d, column: c, out: i, zero: zeroNull})
	}
	d, batch := newDecoder(columns, 1, false), plugins.NewBatch(plan)
	b.ReportAllocs()
	for b.Loop() {
		batch.Reset(plan)
		for _, p := range packets {
			if _, v := d.row(p, batch.Columns); v < 0 {
				b.Fatal("refused", v)
			}
			batch.EndRow(len(p))
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(packets)), "ns/row")
}
