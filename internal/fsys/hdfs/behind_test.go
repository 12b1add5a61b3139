package hdfs

import (
	"bytes"
	"errors"
	"testing"
)

// recording is a file that remembers what it got, and fails on demand.
type recording struct {
	got    bytes.Buffer
	synced int
	limit  int // bytes after which it fails; 0 for never
	gate   chan struct{}
	closed bool
	err    error
}

var errFull = errors.New("full")

func (r *recording) Read([]byte) (int, error) { return 0, errors.ErrUnsupported }

func (r *recording) Write(p []byte) (int, error) {
	if r.gate != nil {
		<-r.gate
	}
	if r.limit > 0 && r.got.Len()+len(p) > r.limit {
		r.err = errFull
		return 0, errFull
	}
	return r.got.Write(p)
}

func (r *recording) Sync() error { r.synced = r.got.Len(); return r.err }

func (r *recording) Close() error { r.closed = true; return r.err }

func TestBehindKeepsTheOrder(t *testing.T) {
	r := &recording{}
	b := writeBehind(r)
	var want bytes.Buffer
	for i := range 50 {
		p := bytes.Repeat([]byte{byte(i)}, 100_000*(i%4)+i)
		want.Write(p)
		if n, err := b.Write(p); n != len(p) || err != nil {
			t.Fatalf("write %d: %d, %v", i, n, err)
		}
		clear(p) // the caller's again
	}
	if err := b.Sync(); err != nil || r.synced != want.Len() {
		t.Errorf("sync after %d of %d bytes, %v", r.synced, want.Len(), err)
	}
	if err := b.Close(); err != nil || !r.closed || !bytes.Equal(r.got.Bytes(), want.Bytes()) {
		t.Errorf("closed %t with %d of %d bytes, %v", r.closed, r.got.Len(), want.Len(), err)
	}
	if err := b.Close(); err != nil {
		t.Errorf("second close: %v", err)
	}
}

func TestBehindTellsOfTheError(t *testing.T) {
	r := &recording{limit: 3 << 20}
	b := writeBehind(r)
	var err error
	for i := 0; err == nil && i < 100; i++ {
		_, err = b.Write(make([]byte, 1<<20))
	}
	if !errors.Is(err, errFull) {
		t.Errorf("100 MiB into a file of 3: %v", err)
	}
	if err := b.Sync(); !errors.Is(err, errFull) {
		t.Errorf("sync: %v", err)
	}
	if err := b.Close(); !errors.Is(err, errFull) {
		t.Errorf("close: %v", err)
	}
	// An error of the last bytes has no later Write to show at.
	last := writeBehind(&recording{limit: 1})
	if _, err := last.Write([]byte("two")); err != nil && !errors.Is(err, errFull) {
		t.Error(err)
	}
	if err := last.Close(); !errors.Is(err, errFull) {
		t.Errorf("close: %v", err)
	}
}

// A slow DataNode stops the writer; it does not fill the memory.
func TestBehindIsBounded(t *testing.T) {
	r := &recording{gate: make(chan struct{})}
	b := writeBehind(r)
	written := make(chan struct{})
	go func() {
		defer close(written)
		for range 20 {
			if _, err := b.Write(make([]byte, behindBytes)); err != nil {
				t.Error(err)
			}
		}
	}()
	for range 20 - behindBuffers - 1 { // so many must be taken before the last Write can return
		select {
		case <-written:
			t.Fatal("20 MiB were taken although the file took less")
		case r.gate <- struct{}{}:
		}
	}
	for range behindBuffers + 1 {
		r.gate <- struct{}{}
	}
	<-written
	if b.made > behindBuffers {
		t.Errorf("%d buffers, want at most %d", b.made, behindBuffers)
	}
	close(r.gate)
	if err := b.Close(); err != nil || r.got.Len() != 20*behindBytes {
		t.Errorf("%d bytes, %v", r.got.Len(), err)
	}
}
