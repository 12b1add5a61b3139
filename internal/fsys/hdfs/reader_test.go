package hdfs

import (
	"bytes"
	"context"
	"io"
	"net"
	"sync/atomic"
	"testing"

	"weft/internal/fsys"
)

// Reading on from where the last read ended goes on in the same connection: one
// is needed for each block, and one more for each jump.
func TestReadingOnKeepsItsConnection(t *testing.T) {
	var dials atomic.Int32
	opts := Options{User: "alice", BlockSizeBytes: 1 << 20}
	opts.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		dials.Add(1)
		return new(net.Dialer).DialContext(ctx, network, address)
	}
	f := connect(t, opts)
	name := home(t, "/reading-on") + "/f"
	want := make([]byte, 2<<20+100_000) // three blocks
	for i := range want {
		want[i] = byte(i * 7 >> 5)
	}
	if err := fsys.WriteFileExclusive(t.Context(), f, name, want, 0o644); err != nil {
		t.Fatal(err)
	}
	r, err := f.Open(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	dials.Store(0)
	got := readBy(t, r, 10_000)
	if !bytes.Equal(got, want) {
		t.Errorf("read %d bytes that are not the %d written", len(got), len(want))
	}
	if n := dials.Load(); n != 3 {
		t.Errorf("%d connections to DataNodes for 3 blocks", n)
	}
	const at = 1000
	if _, err := r.(io.Seeker).Seek(at, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	if got := readBy(t, r, 10_000); !bytes.Equal(got, want[at:]) {
		t.Errorf("after a seek: %d bytes that are not those from %d on", len(got), at)
	}
}

// readBy reads to the end, size bytes at a time.
func readBy(t *testing.T, r io.Reader, size int) []byte {
	t.Helper()
	var all []byte
	buf := make([]byte, size)
	for {
		n, err := r.Read(buf)
		all = append(all, buf[:n]...)
		if err == io.EOF {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}
