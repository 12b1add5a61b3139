package hdfs

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"weft/internal/fsys"
	"weft/test/cluster"
)

// cpuSeconds is what this process has used, without the servers.
func cpuSeconds() float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / float64(time.Second)
}

// nodeSeconds is the CPU that the DataNode has used (proc(5): utime and stime, in
// hundredths of a second).
func nodeSeconds(b *testing.B) float64 {
	b.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", shared.Hadoop(b).Pid(cluster.DataNode)))
	if err != nil {
		b.Fatal(err)
	}
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	user, uerr := strconv.Atoi(fields[11])
	system, serr := strconv.Atoi(fields[12])
	if uerr != nil || serr != nil {
		b.Fatal(uerr, serr)
	}
	return float64(user+system) / 100
}

// used is CPU of this process and of the DataNode.
type used struct{ here, node float64 }

func usedNow(b *testing.B) used { return used{cpuSeconds(), nodeSeconds(b)} }

// report adds the CPU per GB to a benchmark's line: it says more than the time
// where others use the machine too.
func (u used) report(b *testing.B, bytes int64) {
	now, gb := usedNow(b), float64(bytes)/1e9
	b.ReportMetric((now.here-u.here)/gb, "cpu-s/GB")
	b.ReportMetric((now.node-u.node)/gb, "node-cpu-s/GB")
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
			start := usedNow(b)
			for b.Loop() {
				writeFileOf(b, f, name, buf[:size], total)
			}
			start.report(b, int64(b.N)*total)
		})
		b.Run(fmt.Sprintf("read/%dKiB", size>>10), func(b *testing.B) {
			b.SetBytes(total)
			start := usedNow(b)
			for b.Loop() {
				readFileOf(b, f, name, buf[:size], total)
			}
			start.report(b, int64(b.N)*total)
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
