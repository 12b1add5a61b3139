package hdfs

import (
	"fmt"
	"io"
	"math/rand/v2"
	"syscall"
	"testing"
	"time"

	"weft/internal/fsys"
)

// cpuSeconds is what this process has used, without the servers.
func cpuSeconds() float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / float64(time.Second)
}

// report adds the CPU this process needed per GB to a benchmark's line.
func report(b *testing.B, cpu float64, bytes int64) {
	b.ReportMetric((cpuSeconds()-cpu)/(float64(bytes)/1e9), "cpu-s/GB")
}

// Writing and reading back 500 MB, the way a text writer does: by the buffer.
func BenchmarkFile(b *testing.B) {
	const total = 500 << 20
	f := connect(b, Options{User: "alice"})
	dir := home(b, "/bench")
	buf := make([]byte, 4<<20)
	r := rand.New(rand.NewPCG(1, 1))
	for i := range buf {
		buf[i] = byte(r.Uint32())
	}
	for _, size := range []int{64 << 10, 256 << 10, 1 << 20, 4 << 20} {
		name := fmt.Sprintf("%s/%d", dir, size)
		b.Run(fmt.Sprintf("write/%dKiB", size>>10), func(b *testing.B) {
			b.SetBytes(total)
			cpu := cpuSeconds()
			for b.Loop() {
				writeFileOf(b, f, name, buf[:size], total)
			}
			report(b, cpu, int64(b.N)*total)
		})
		b.Run(fmt.Sprintf("read/%dKiB", size>>10), func(b *testing.B) {
			b.SetBytes(total)
			cpu := cpuSeconds()
			for b.Loop() {
				readFileOf(b, f, name, buf[:size], total)
			}
			report(b, cpu, int64(b.N)*total)
		})
		if err := f.RemoveAll(b.Context(), name); err != nil {
			b.Fatal(err)
		}
	}
}

func writeFileOf(b *testing.B, f fsys.FS, name string, buf []byte, total int) {
	b.Helper()
	w, err := f.Create(b.Context(), name, 0o644)
	if err != nil {
		b.Fatal(err)
	}
	for done := 0; done < total; done += len(buf) {
		if _, err := w.Write(buf[:min(len(buf), total-done)]); err != nil {
			b.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		b.Fatal(err)
	}
}

func readFileOf(b *testing.B, f fsys.FS, name string, buf []byte, total int) {
	b.Helper()
	r, err := f.Open(b.Context(), name)
	if err != nil {
		b.Fatal(err)
	}
	got := 0
	for {
		n, err := r.Read(buf)
		got += n
		if err == io.EOF {
			break
		}
		if err != nil {
			b.Fatal(err)
		}
	}
	if got != total {
		b.Fatalf("read %d bytes; want %d", got, total)
	}
	if err := r.Close(); err != nil {
		b.Fatal(err)
	}
}

// Small closed files, as a journal makes them.
func BenchmarkSmallFile(b *testing.B) {
	f := connect(b, Options{User: "alice"})
	dir := home(b, "/journal")
	data := make([]byte, 1000)
	i := 0
	for b.Loop() {
		i++
		if err := fsys.WriteFileExclusive(b.Context(), f, fmt.Sprintf("%s/%08d.j", dir, i), data, 0o644); err != nil {
			b.Fatal(err)
		}
	}
}
