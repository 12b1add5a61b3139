package hdfs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"weft/internal/fsys"
	"weft/internal/fsys/mem"
	"weft/internal/textfile"
	"weft/plugins"
)

// world is a store in memory with the plugin on it, as several processes see it.
type world struct {
	t  *testing.T
	fs fsys.FS
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, fs: mem.New(mem.Options{Leases: true})}
	w.mkdir("/t")
	return w
}

// connectTo gives the plugin one FS for the scheme hdfs.
func connectTo(f fsys.FS) Connect {
	return func(string, map[string]string) (*fsys.Opener, error) {
		return fsys.NewOpener("hdfs://ns1", map[string]fsys.Connect{
			"hdfs": func(context.Context, string) (fsys.FS, error) { return f, nil },
		}), nil
	}
}

func (w *world) mkdir(name string) {
	w.t.Helper()
	if err := fsys.MkdirAll(w.t.Context(), w.fs, name, 0o755); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) put(name, text string) {
	w.t.Helper()
	w.mkdir(path.Dir(name))
	if err := fsys.WriteFileExclusive(w.t.Context(), w.fs, name, []byte(text), 0o644); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) get(name string) string {
	w.t.Helper()
	data, err := fsys.ReadFile(w.t.Context(), w.fs, name, 1<<30)
	if err != nil {
		w.t.Fatal(err)
	}
	return string(data)
}

// visible returns the names of a folder that others see, in order.
func (w *world) visible(dir string) []string {
	w.t.Helper()
	names := []string{}
	entries, err := w.fs.List(w.t.Context(), dir)
	if err != nil && !errors.Is(err, errNotExist) {
		w.t.Fatal(err)
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name, ".") {
			names = append(names, e.Name)
		}
	}
	return names
}

// rows returns all visible lines of a folder, sorted, decompressed by name.
func (w *world) rows(dir string) []string {
	w.t.Helper()
	lines := []string{}
	for _, name := range w.visible(dir) {
		codec, err := textfile.CodecOf(name)
		if err != nil {
			w.t.Fatal(err)
		}
		r, err := textfile.Decompress(strings.NewReader(w.get(path.Join(dir, name))), codec)
		if err != nil {
			w.t.Fatal(err)
		}
		data, err := io.ReadAll(r)
		if err != nil {
			w.t.Fatal(err)
		}
		for line := range bytes.Lines(data) {
			lines = append(lines, strings.TrimSuffix(string(line), "\n"))
		}
	}
	slices.Sort(lines)
	return lines
}

func setup() plugins.Setup {
	return plugins.Setup{Run: "run-1", Job: "job", Dialect: plugins.DialectNative, Zone: time.UTC,
		MaxRowBytes: 1 << 20, Log: slog.New(slog.DiscardHandler)}
}

// config returns a valid writer config for path, changed by change.
func (w *world) config(path string, change func(*WriterConfig)) *WriterConfig {
	w.t.Helper()
	c := newWriterConfig()
	c.Path = path
	if change != nil {
		change(c)
	}
	for _, f := range c.Validate() {
		if f.Severity == plugins.Fail {
			w.t.Fatalf("config: %s: %s", f.Key, f.Text)
		}
	}
	return c
}

// writer returns a writer of its own for a config.
func (w *world) writer(c *WriterConfig) *writer {
	w.t.Helper()
	return w.writerOn(w.fs, c)
}

func (w *world) writerOn(f fsys.FS, c *WriterConfig) *writer {
	w.t.Helper()
	made, err := newWriter(c, setup(), connectTo(f))
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = made.Close() })
	return made
}

var twoColumns = []plugins.Column{
	{Name: "id", Kind: plugins.KindInt64},
	{Name: "name", Kind: plugins.KindString, Nullable: true},
}

// batch makes a batch of id and name; a nil name is NULL.
func batch(from int, names ...any) *plugins.Batch {
	b := plugins.NewBatch(twoColumns)
	for i, name := range names {
		b.Columns[0].AppendInt(int64(from + i))
		if text, ok := name.(string); ok {
			b.Columns[1].AppendString(text)
		} else {
			b.Columns[1].AppendNull()
		}
		b.EndRow(10)
	}
	return b
}

// attempt is number n of a split in generation 1.
func (w *world) attempt(wr *writer, split, n int) plugins.Attempt {
	w.t.Helper()
	target, _, err := wr.Map(w.t.Context(), twoColumns)
	if err != nil {
		w.t.Fatal(err)
	}
	return plugins.Attempt{Run: "run-1", Generation: 1, Split: plugins.Split{ID: split}, Number: n, Columns: twoColumns, Target: target}
}

// begin prepares and fences the run, as the ApplicationMaster does.
func (w *world) begin(wr *writer) {
	w.t.Helper()
	if err := wr.Prepare(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	if err := wr.Fence(w.t.Context(), 1, nil); err != nil {
		w.t.Fatal(err)
	}
}

// unit writes one unit of two rows and seals it.
func (w *world) unit(wr *writer, sequence, from int) plugins.Manifest {
	w.t.Helper()
	if err := wr.Write(w.t.Context(), batch(from, fmt.Sprint("n", from), nil)); err != nil {
		w.t.Fatal(err)
	}
	m, err := wr.Seal(w.t.Context(), plugins.Unit{Sequence: sequence, Counters: plugins.Counters{RowsRead: 2, RowsWritten: 2}})
	if err != nil {
		w.t.Fatal(err)
	}
	return m
}

// units writes two splits of two units each: rows 0 to 7.
func (w *world) units(c *WriterConfig) []plugins.Manifest {
	w.t.Helper()
	master := w.writer(c)
	w.begin(master)
	var all []plugins.Manifest
	for split := range 2 {
		wr := w.writer(c)
		if _, err := wr.Open(w.t.Context(), w.attempt(wr, split, 1)); err != nil {
			w.t.Fatal(err)
		}
		for sequence := range 2 {
			all = append(all, w.unit(wr, sequence, split*4+sequence*2))
		}
		if err := wr.Close(); err != nil {
			w.t.Fatal(err)
		}
	}
	return all
}

// eight are the rows of units as they stand in the files.
var eight = []string{"0\x01n0", "1\x01\\N", "2\x01n2", "3\x01\\N", "4\x01n4", "5\x01\\N", "6\x01n6", "7\x01\\N"}

// commit plans and applies everything.
func (w *world) commit(c *WriterConfig, units []plugins.Manifest) []plugins.Op {
	w.t.Helper()
	wr := w.writer(c)
	ops, err := wr.Plan(w.t.Context(), units)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, op := range ops {
		if err := wr.Apply(w.t.Context(), op); err != nil {
			w.t.Fatal(err)
		}
	}
	return ops
}

func (w *world) remove(name string) {
	w.t.Helper()
	if err := w.fs.Remove(w.t.Context(), name); err != nil {
		w.t.Fatal(err)
	}
}
