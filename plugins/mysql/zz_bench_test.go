package mysql

import (
	"context"
	"io"
	"log/slog"
	"os"
	"syscall"
	"testing"
	"time"

	"encoding/json"
	"strings"
	"weft/internal/sqlread"
	"weft/plugins"
)

func TestZZ(t *testing.T) {
	c := newConfig().(*Config)
	js := os.Getenv("ZZ")
	if js == "" {
		js = `{"url":"mysql://127.0.0.1:33107/test","username":"test","password":"test","table":"bench"}`
	}
	if err := json.NewDecoder(strings.NewReader(js)).Decode(c); err != nil {
		t.Fatal(err)
	}
	for _, f := range c.Validate() {
		t.Log(f)
	}
	rd, err := NewReader(c, plugins.Setup{MaxRowBytes: 64 << 20, Log: slog.Default(), Zone: time.UTC})
	if err != nil {
		t.Fatal(err)
	}
	defer rd.Close()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	cols, err := rd.(*Reader).Describe(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cols {
		t.Logf("%+v", c)
	}
	rd.(*Reader).setup.Columns = cols
	b := plugins.NewBatch(cols)
	for range 3 {
		var u0, u1 syscall.Rusage
		syscall.Getrusage(0, &u0)
		t0 := time.Now()
		p := piece{}
		if os.Getenv("ORD") != "" {
			p.Ordered = true
			p.Key = append(p.Key, sqlread.KeyColumn{Name: "id", Kind: plugins.KindInt64})
		}
		data, _ := json.Marshal(p)
		if err := rd.Open(ctx, plugins.Split{Data: data}, ""); err != nil {
			t.Fatal(err)
		}
		n := 0
		for {
			b.Reset(cols)
			err := rd.Read(ctx, b)
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			n += b.Rows
			for _, r := range b.Refused {
				t.Log(r)
			}
			if n < 20 {
				for i := range b.Rows {
					for c := range b.Columns {
						if b.Columns[c].IsNull(i) {
							t.Log(cols[c].Name, "NULL")
						} else {
							t.Log(cols[c].Name, string(plugins.AppendText(nil, &b.Columns[c], i, cols[c].Scale)))
						}
					}
				}
			}
		}
		el := time.Since(t0)
		syscall.Getrusage(0, &u1)
		cpu := time.Duration(u1.Utime.Nano() - u0.Utime.Nano() + u1.Stime.Nano() - u0.Stime.Nano())
		t.Logf("%d rows %.2fs %.0f rows/s, cpu %.3f s/M rows (user %.3f)", n, el.Seconds(), float64(n)/el.Seconds(), cpu.Seconds()/float64(n)*1e6, float64(u1.Utime.Nano()-u0.Utime.Nano())/1e9/float64(n)*1e6)
	}
}
