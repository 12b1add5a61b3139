package fsystest

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"

	"weft/internal/fsys"
)

// sizes stand around the edges that back ends have: checksum chunks of 512
// bytes, packets of 64 KiB, and the 1 MiB buffers that writers of text hand over.
var sizes = []int{0, 1, 511, 512, 513, 65535, 65536, 65537, 1<<20 + 3, 3<<20 + 1}

func readBack(k *kit) {
	const seed = 7
	r := rand.New(rand.NewPCG(seed, seed))
	for _, size := range sizes {
		data := make([]byte, size)
		for i := range data {
			data[i] = byte(r.Uint32())
		}
		name := k.path("f")
		f, err := k.FS.Create(k.ctx, name, 0o644)
		k.must(err)
		for rest := data; len(rest) > 0; {
			n := min(len(rest), 1+r.IntN(300_000))
			wrote, err := f.Write(rest[:n])
			if err != nil || wrote != n {
				k.Fatalf("write of %d bytes = %d, %v (seed %d)", n, wrote, err, seed)
			}
			rest = rest[n:]
		}
		k.must(f.Close())
		got, err := fsys.ReadFile(k.ctx, k.Other, name, 8<<20)
		k.must(err)
		if !bytes.Equal(got, data) {
			k.Errorf("%d bytes came back as %d, or different (seed %d)", size, len(got), seed)
		}
		info, err := k.Other.Stat(k.ctx, name)
		k.must(err)
		if info.Size != int64(size) {
			k.Errorf("stat says %d bytes; want %d", info.Size, size)
		}
	}
	_, err := fsys.ReadFile(k.ctx, k.FS, k.path("f"), 100)
	if err == nil {
		k.Error("ReadFile of a file beyond its limit succeeded")
	}
}

func modes(k *kit) {
	w, err := k.FS.CreateExclusive(k.ctx, k.path("f"), 0o644)
	k.must(err)
	_, err = w.Read(make([]byte, 1))
	k.is("read of a file open for writing", err, fsys.ErrMode)
	k.must(w.Close())

	r, err := k.FS.Open(k.ctx, k.path("f"))
	k.must(err)
	_, err = r.Write([]byte("x"))
	k.is("write of a file open for reading", err, fsys.ErrMode)
	k.is("sync of a file open for reading", r.Sync(), fsys.ErrMode)
	k.must(r.Close())
}

func closeTwice(k *kit) {
	w, err := k.FS.CreateExclusive(k.ctx, k.path("f"), 0o644)
	k.must(err)
	_, err = w.Write([]byte("abc"))
	k.must(err)
	k.must(w.Close())
	k.must(w.Close())
	_, err = w.Write([]byte("d"))
	k.is("write after close", err, fs.ErrClosed)
	k.is("sync after close", w.Sync(), fs.ErrClosed)
	k.holds(k.path("f"), "abc")

	r, err := k.FS.Open(k.ctx, k.path("f"))
	k.must(err)
	k.must(r.Close())
	k.must(r.Close())
	_, err = r.Read(make([]byte, 1))
	k.is("read after close", err, fs.ErrClosed)
}

func syncVisible(k *kit) {
	w, err := k.FS.CreateExclusive(k.ctx, k.path("f"), 0o644)
	k.must(err)
	_, err = w.Write([]byte("first"))
	k.must(err)
	k.must(w.Sync())
	if k.FS.SyncDurable() {
		k.holds(k.path("f"), "first")
	}
	_, err = w.Write([]byte(" second"))
	k.must(err)
	k.must(w.Sync())
	k.must(w.Close())
	k.holds(k.path("f"), "first second")
}

func openRefuses(k *kit) {
	_, err := k.FS.Open(k.ctx, k.path("nothing"))
	k.is("nothing", err, fs.ErrNotExist)
	_, err = k.FS.Open(k.ctx, k.mkdir("dir"))
	k.is("a directory", err, fsys.ErrIsDir)
}

func seeks(k *kit) {
	name := k.write("f", "0123456789")
	f, err := k.FS.Open(k.ctx, name)
	k.must(err)
	s, ok := f.(interface {
		io.Seeker
		io.ReaderAt
	})
	if !ok {
		k.Fatalf("a %T is no io.Seeker and io.ReaderAt", f)
	}
	for _, step := range []struct {
		off    int64
		whence int
		want   string
	}{{3, io.SeekStart, "34"}, {1, io.SeekCurrent, "67"}, {-2, io.SeekEnd, "89"}, {0, io.SeekStart, "01"}} {
		_, err := s.Seek(step.off, step.whence)
		k.must(err)
		got := make([]byte, 2)
		_, err = io.ReadFull(f, got)
		k.must(err)
		if string(got) != step.want {
			k.Errorf("after seek(%d, %d) read %q; want %q", step.off, step.whence, got, step.want)
		}
	}
	at := make([]byte, 4)
	if n, err := s.ReadAt(at, 8); n != 2 || err != io.EOF || string(at[:n]) != "89" {
		k.Errorf("ReadAt(4 bytes, 8) = %q, %v; want \"89\", EOF", at[:n], err)
	}
	if rest, err := io.ReadAll(f); err != nil || string(rest) != "23456789" {
		k.Errorf("after ReadAt the rest is %q, %v; want that the place has not moved", rest, err)
	}
	k.must(f.Close())

	for off, want := range map[int64]string{0: "0123456789", 4: "456789", 10: ""} {
		f, err := fsys.OpenAt(k.ctx, k.FS, name, off)
		k.must(err)
		got, err := io.ReadAll(f)
		k.must(errors.Join(err, f.Close()))
		if string(got) != want {
			k.Errorf("from %d: %q; want %q", off, got, want)
		}
	}
	_, err = fsys.OpenAt(k.ctx, k.FS, name, 11)
	k.is("an offset beyond the end", err, io.ErrUnexpectedEOF)
}
