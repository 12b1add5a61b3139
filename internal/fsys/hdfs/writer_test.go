package hdfs

import (
	"bytes"
	"context"
	"math/rand/v2"
	"testing"
	"time"

	"weft/internal/fsys"
	"weft/test/cluster"
)

// Sizes around the ends of chunks, packets and blocks, written in pieces of any
// size with a sync now and then. The block is no multiple of a packet.
func TestPiecesAndEdges(t *testing.T) {
	const block = 200 * 512
	f, dir := connect(t, Options{User: "alice", BlockSizeBytes: block}), home(t, "/edges")
	const seed = 21
	r := rand.New(rand.NewPCG(seed, seed))
	for _, size := range []int{0, 1, 511, 512, 513, 65535, 65536, 65537, block - 1, block, block + 1, 2 * block, 3*block - 512, 3*block + 513} {
		data := random(size, uint64(size)+1)
		w, err := f.Create(t.Context(), dir+"/f", 0o644)
		if err != nil {
			t.Fatal(err)
		}
		for rest := data; len(rest) > 0; {
			n := min(len(rest), 1+r.IntN(40_000))
			if wrote, err := w.Write(rest[:n]); wrote != n || err != nil {
				t.Fatalf("write of %d = %d, %v (seed %d)", n, wrote, err, seed)
			}
			rest = rest[n:]
			if r.IntN(3) > 0 {
				continue
			}
			if err := w.Sync(); err != nil {
				t.Fatalf("sync after %d of %d bytes: %v (seed %d)", size-len(rest), size, err, seed)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatalf("close of %d bytes: %v (seed %d)", size, err, seed)
		}
		got, err := shared.Hadoop(t).ReadFile(t.Context(), dir+"/f")
		if err != nil || !bytes.Equal(got, data) {
			t.Errorf("%d bytes came back as %d, or different, %v (seed %d)", size, len(got), err, seed)
		}
	}
}

// What was synced is in the file when its writer is gone and its lease recovered.
func TestSyncSurvivesTheWriter(t *testing.T) {
	f, other := connect(t, Options{User: "alice", BlockSizeBytes: 1 << 20}), connect(t, Options{User: "alice"})
	path := home(t, "/synced") + "/f"
	data := random(1<<20+100_001, 22)
	w, err := f.CreateExclusive(t.Context(), path, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	for _, piece := range [][]byte{data[:1000], data[1000:]} {
		if _, err := w.Write(piece); err != nil {
			t.Fatal(err)
		}
		if err := w.Sync(); err != nil {
			t.Fatal(err)
		}
	}
	if err := fsys.WaitClosed(t.Context(), other, path); err != nil {
		t.Fatal(err)
	}
	if got, err := fsys.ReadFile(t.Context(), other, path, 4<<20); err != nil || !bytes.Equal(got, data) {
		t.Errorf("the file holds %d bytes, %v; want the %d synced", len(got), err, len(data))
	}
	if err := w.Close(); err == nil {
		t.Error("close after the lease was taken succeeded")
	}
}

// A cluster that encrypts data transfer, with AES.
func TestEncryptedTransfer(t *testing.T) {
	h, err := cluster.StartHadoop(t.Context(), cluster.HadoopOptions{HDFSSite: map[string]string{
		"dfs.encrypt.data.transfer": "true", "dfs.block.access.token.enable": "true",
		"dfs.encrypt.data.transfer.cipher.suites": "AES/CTR/NoPadding",
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	if err := h.Mkdir(t.Context(), "/secret", "alice", "755"); err != nil {
		t.Fatal(err)
	}
	f := connectTo(t, h, Options{User: "alice", BlockSizeBytes: 1 << 20})
	data := random(2<<20+5, 23)
	if err := fsys.WriteFileExclusive(t.Context(), f, "/secret/f", data, 0o644); err != nil {
		t.Fatal(err)
	}
	if got, err := fsys.ReadFile(t.Context(), f, "/secret/f", 4<<20); err != nil || !bytes.Equal(got, data) {
		t.Errorf("the file holds %d bytes, %v; want the %d written", len(got), err, len(data))
	}
}

// An idle file is kept open by heartbeats, beyond any time-out.
func TestIdleFileStaysOpen(t *testing.T) {
	f := connect(t, Options{User: "alice", IOTimeout: 2 * time.Second})
	path := home(t, "/idle") + "/f"
	w := halfWritten(t, f, path, []byte("first "))
	idle, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	select {
	case <-w.stream.ended:
		t.Fatalf("the idle file broke: %v", w.stream.err)
	case <-idle.Done():
	}
	if _, err := w.Write([]byte("second")); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if got, err := fsys.ReadFile(t.Context(), f, path, 100); err != nil || string(got) != "first second" {
		t.Errorf("the file holds %q, %v", got, err)
	}
}
