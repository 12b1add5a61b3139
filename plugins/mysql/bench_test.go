package mysql

import (
	"errors"
	"io"
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
