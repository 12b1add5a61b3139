package postgresql

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"net"
	"testing"
	"time"

	"weft/plugins"
)

// wireOf makes a column of each decoder.
func wireOf() []wireColumn {
	var list []wireColumn
	for _, oid := range []uint32{oidBool, oidInt2, oidInt4, oidInt8, oidFloat4, oidFloat8, oidNumeric, oidText, oidBytea, oidDate, oidTime, oidTimestamp, oidUUID, oidJSONB} {
		f := field{name: "c", oid: oid, modifier: -1, nullable: true}
		list = append(list, wireColumn{name: "c", column: columnOf(f, specialError), out: len(list), special: specialError, decode: shapeOf(oid).decode})
	}
	return list
}

// tuple makes a tuple of fields; nil is NULL.
func tuple(fields ...[]byte) []byte {
	p := binary.BigEndian.AppendUint16(nil, uint16(len(fields)))
	for _, f := range fields {
		if f == nil {
			p = append(p, 0xff, 0xff, 0xff, 0xff)
			continue
		}
		p = append(binary.BigEndian.AppendUint32(p, uint32(len(f))), f...)
	}
	return p
}

// A tuple of any bytes is decoded, refused or malformed, never a panic, and what
// is decoded is a whole row of values that their kinds know.
func FuzzDecoder(f *testing.F) {
	f.Add(tuple([]byte{1}, []byte{0, 1}, []byte{0, 0, 0, 1}, make([]byte, 8), make([]byte, 4), make([]byte, 8),
		[]byte{0, 1, 0, 0, 0x40, 0, 0, 2, 0, 7}, []byte("text"), []byte{0xff}, make([]byte, 4), make([]byte, 8), make([]byte, 8), make([]byte, 16), []byte("\x01{}")))
	f.Add(tuple(make([][]byte, 14)...))
	f.Add([]byte{0, 14, 0, 0})
	columns := wireOf()
	f.Fuzz(func(t *testing.T, p []byte) {
		d := newDecoder(columns, 2)
		var shape []plugins.Column
		for _, c := range columns {
			shape = append(shape, c.column)
		}
		b := plugins.NewBatch(shape)
		_, why := d.row(p, b.Columns)
		d.raw(p)
		if why != decoded {
			return
		}
		for i := range b.Columns {
			v := &b.Columns[i]
			if v.Len() != 1 {
				t.Fatalf("column %d has %d values", i, v.Len())
			}
			if v.IsNull(0) {
				continue
			}
			text := plugins.AppendText(nil, v, 0, 6)
			var back plugins.Vector
			back.Reset(v.Kind)
			if err := plugins.ParseText(&back, text); err != nil && v.Kind != plugins.KindDatetime && v.Kind != plugins.KindDate && v.Kind != plugins.KindTime {
				t.Errorf("column %d: %v", i, err)
			}
		}
	})
}

// Whatever a server sends, reading ends with an error or with the end.
func FuzzCopyOut(f *testing.F) {
	message := func(kind byte, payload []byte) []byte {
		return append(binary.BigEndian.AppendUint32([]byte{kind}, uint32(len(payload)+4)), payload...)
	}
	header := append(bytes.Clone(copySignature), make([]byte, 8)...)
	good := bytes.Join([][]byte{message('H', []byte{1, 0, 0}), message('d', append(header, tuple([]byte("a"))...)), message('d', tuple([]byte("b"))),
		message('d', []byte{0xff, 0xff}), message('c', nil), message('C', []byte("COPY 2\x00")), message('Z', []byte("I"))}, nil)
	f.Add(good)
	f.Add(message('E', []byte("SERROR\x00C42P01\x00Mno table\x00\x00")))
	f.Add(good[:40])
	f.Fuzz(func(t *testing.T, sent []byte) {
		client, server := net.Pipe()
		done := make(chan struct{})
		go func() {
			defer close(done)
			buf := make([]byte, 64)
			if _, err := server.Read(buf); err == nil {
				_, _ = server.Write(sent) // the reader may have gone
			}
			server.Close()
		}()
		in := newMessages(client, 5*time.Second)
		rows, err := startCopy(context.Background(), in, "COPY", 5*time.Second)
		for n := 0; err == nil; n++ {
			var size int
			if _, size, err = rows.next(context.Background(), 1<<20); err == nil && size <= 0 {
				t.Errorf("row %d of %d bytes", n, size)
			}
		}
		if err == io.EOF {
			t.Error("an end that is taken for the end of the split")
		}
		client.Close()
		<-done
	})
}

func TestCopyOutEndsAtReady(t *testing.T) {
	s := newSchema(t)
	r := s.reader(`{"customSql": "SELECT 1 AS a"}`)
	rows, _ := readAll(t, r, whole())
	if len(rows) != 1 || rows[0] != "1" {
		t.Errorf("rows %q", rows)
	}
	rows, _ = readAll(t, s.reader(`{"customSql": "SELECT 1 AS a WHERE false"}`), whole())
	if len(rows) != 0 {
		t.Errorf("rows %q", rows)
	}
}
