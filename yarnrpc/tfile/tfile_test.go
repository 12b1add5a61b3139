package tfile

import (
	"bufio"
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"io"
	"strings"
	"testing"
)

// Values and encodings of TFile integers, from Utils.writeVLong.
func TestTrap29_IntegersAreNotThoseOfWritableUtils(t *testing.T) {
	for _, c := range []struct {
		want int64
		text string
	}{
		{0, "\x00"}, {127, "\x7f"}, {-32, "\xe0"}, {128, "\xcc\x80"}, {-33, "\xcb\xdf"},
		{5000, "\xdf\x88"}, {1048576, "\x90\x10\x00\x00"}, {1000000000, "\x83\x3b\x9a\xca\x00"},
	} {
		got, err := readInt(bufio.NewReader(strings.NewReader(c.text)))
		if err != nil || got != c.want {
			t.Errorf("% x: got %d, %v; want %d", c.text, got, err, c.want)
		}
	}
}

// putInt writes the two forms of integer that the test files need.
func putInt(w *bytes.Buffer, n int64) {
	if n >= -32 && n < 128 {
		w.WriteByte(byte(n))
		return
	}
	w.WriteByte(0x83) // 4 bytes follow
	_ = binary.Write(w, binary.BigEndian, int32(n))
}

func putString(w *bytes.Buffer, s string) {
	putInt(w, int64(len(s)))
	w.WriteString(s)
}

func putUTF(w *bytes.Buffer, s string) {
	_ = binary.Write(w, binary.BigEndian, uint16(len(s)))
	w.WriteString(s)
}

// build makes a TFile of one block with the given records, each value cut into
// chunks of 7 bytes.
func build(compression string, records ...[2]string) []byte {
	var block, out bytes.Buffer
	for _, record := range records {
		putInt(&block, int64(len(record[0])+2))
		putUTF(&block, record[0])
		value := record[1]
		for len(value) > 7 {
			putInt(&block, -7)
			block.WriteString(value[:7])
			value = value[7:]
		}
		putInt(&block, int64(len(value)))
		block.WriteString(value)
	}
	raw := block.Len()
	if compression == "gz" {
		var deflated bytes.Buffer
		z := zlib.NewWriter(&deflated)
		_, _ = z.Write(block.Bytes())
		_ = z.Close()
		block = deflated
	}
	out.Write(block.Bytes())
	indexAt := out.Len()
	putString(&out, compression)
	putInt(&out, 1)
	for _, n := range []int{0, block.Len(), raw} {
		putInt(&out, int64(n))
	}
	indexSize := out.Len() - indexAt
	metaAt := out.Len()
	putInt(&out, 1)
	putString(&out, "data:BCFile.index")
	putString(&out, "none")
	for _, n := range []int{indexAt, indexSize, indexSize} {
		putInt(&out, int64(n))
	}
	_ = binary.Write(&out, binary.BigEndian, int64(metaAt))
	out.Write([]byte{0, 1, 0, 0})
	out.Write(magic)
	return out.Bytes()
}

func logsOf(pairs ...string) string {
	var value bytes.Buffer
	for i := 0; i < len(pairs); i += 2 {
		putUTF(&value, pairs[i])
		putUTF(&value, fmt.Sprint(len(pairs[i+1])))
		value.WriteString(pairs[i+1])
	}
	return value.String()
}

func walkAll(file []byte) (string, error) {
	var seen strings.Builder
	err := Walk(bytes.NewReader(file), int64(len(file)), func(container, name string, log io.Reader) error {
		text, err := io.ReadAll(log)
		fmt.Fprintf(&seen, "%s/%s=%s;", container, name, text)
		return err
	})
	return seen.String(), err
}

func TestWalk(t *testing.T) {
	long := strings.Repeat("a long line\n", 1000)
	for _, compression := range []string{"none", "gz"} {
		file := build(compression, [2]string{"VERSION", "\x00\x00\x00\x01"},
			[2]string{"container_1_0001_01_000001", logsOf("stderr", "boom", "stdout", "")},
			[2]string{"container_1_0001_01_000002", logsOf("stderr", long)})
		got, err := walkAll(file)
		want := "container_1_0001_01_000001/stderr=boom;container_1_0001_01_000001/stdout=;container_1_0001_01_000002/stderr=" + long + ";"
		if err != nil || got != want {
			t.Errorf("%s: got %.80q..., %v", compression, got, err)
		}
	}
}

func TestWalkLeavesUnreadLogsBehind(t *testing.T) {
	file := build("none", [2]string{"container_1", logsOf("a", "unread", "b", "read")})
	var names []string
	err := Walk(bytes.NewReader(file), int64(len(file)), func(_, name string, _ io.Reader) error {
		names = append(names, name)
		return nil
	})
	if err != nil || strings.Join(names, " ") != "a b" {
		t.Errorf("got %q, %v", names, err)
	}
}

func TestDamaged(t *testing.T) {
	whole := build("none", [2]string{"container_1", logsOf("a", "text")})
	for cut := range whole {
		if _, err := walkAll(whole[:cut]); err == nil {
			t.Fatalf("a file cut to %d of %d bytes gave no error", cut, len(whole))
		}
	}
}

func FuzzWalk(f *testing.F) {
	f.Add(build("none", [2]string{"container_1", logsOf("a", "text")}))
	f.Add(build("gz", [2]string{"container_1", logsOf("a", "text", "b", "")}))
	f.Fuzz(func(_ *testing.T, file []byte) {
		_, _ = walkAll(file) // must neither panic nor take unbounded memory
	})
}
