package hdfs

import (
	"errors"
	"fmt"
	"path"
	"strings"
	"testing"

	"weft/internal/fsys"
	"weft/internal/fsys/mem"
	"weft/plugins"

	"github.com/google/go-cmp/cmp"
)

func TestWriteThenCommit(t *testing.T) {
	for _, tt := range []struct {
		name   string
		exists bool
		gzip   string
	}{{"new folder", false, ""}, {"existing folder", true, ""}, {"gzip", true, "GZIP"}} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			if tt.exists {
				w.put("/t/out/old", "99\x01old\n")
			}
			c := w.config("/t/out", func(c *WriterConfig) { c.Compress = tt.gzip })
			units := w.units(c)
			if got := w.rows("/t/out"); tt.exists != (len(got) == 1) {
				t.Fatalf("before the commit %q is visible", got)
			}
			w.commit(c, units)
			want := eight
			if tt.exists {
				want = append(append([]string{}, eight...), "99\x01old")
			}
			if diff := cmp.Diff(want, w.rows("/t/out")); diff != "" {
				t.Errorf("rows (-want +got):\n%s", diff)
			}
			for _, dir := range []string{"/t", "/t/out"} {
				if _, err := w.fs.Stat(t.Context(), path.Join(dir, ".weft-run-1")); !errors.Is(err, errNotExist) {
					t.Errorf("the folder of the run is still in %s: %v", dir, err)
				}
			}
		})
	}
}

func TestFinalNamesAreStable(t *testing.T) {
	w := newWorld(t)
	c := w.config("/t/out", nil)
	w.commit(c, w.units(c))
	want := []string{"part-00000-0000-00-4e65d3fbe8ad", "part-00000-0001-00-4e65d3fbe8ad", "part-00001-0000-00-4e65d3fbe8ad", "part-00001-0001-00-4e65d3fbe8ad"}
	if diff := cmp.Diff(want, w.visible("/t/out")); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
}

func TestManifestDescribesTheUnit(t *testing.T) {
	w := newWorld(t)
	units := w.units(w.config("/t/out", nil))
	m := units[3]
	want := []plugins.File{{Path: "hdfs://ns1/t/.weft-run-1/g1/1-1/000001", Bytes: 10, Rows: 2}}
	if diff := cmp.Diff(want, m.Files); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	if m.Split != 1 || m.Sequence != 1 || m.Number != 1 || m.Generation != 1 || m.Counters.BytesWritten != 10 {
		t.Errorf("manifest %+v", m)
	}
}

func TestUnitWithoutRowsHasNoFile(t *testing.T) {
	w := newWorld(t)
	c := w.config("/t/out", nil)
	wr := w.writer(c)
	w.begin(wr)
	if _, err := wr.Open(t.Context(), w.attempt(wr, 0, 1)); err != nil {
		t.Fatal(err)
	}
	m, err := wr.Seal(t.Context(), plugins.Unit{Last: true})
	if err != nil || len(m.Files) != 0 {
		t.Fatalf("Seal = %+v, %v; want no files", m, err)
	}
	w.commit(c, []plugins.Manifest{m})
	if info, err := w.fs.Stat(t.Context(), "/t/out"); err != nil || !info.Dir {
		t.Errorf("the target of a job without rows: %v, %v; want an empty folder", info, err)
	}
}

func TestMaxFileSizeRollsInsideAUnit(t *testing.T) {
	w := newWorld(t)
	c := w.config("/t/out", func(c *WriterConfig) { c.MaxFileSize = 12 })
	wr := w.writer(c)
	w.begin(wr)
	if _, err := wr.Open(t.Context(), w.attempt(wr, 0, 1)); err != nil {
		t.Fatal(err)
	}
	if err := wr.Write(t.Context(), batch(0, "aaaa", "bbbb", "cccc", "dddd", "eeee")); err != nil {
		t.Fatal(err)
	}
	if got := wr.UnitBytes(); got != 35 {
		t.Errorf("UnitBytes = %d; want 35", got)
	}
	m, err := wr.Seal(t.Context(), plugins.Unit{})
	if err != nil {
		t.Fatal(err)
	}
	var sizes, rows []int64
	for _, f := range m.Files {
		sizes, rows = append(sizes, f.Bytes), append(rows, f.Rows)
	}
	if cmp.Diff([]int64{14, 14, 7}, sizes) != "" || cmp.Diff([]int64{2, 2, 1}, rows) != "" {
		t.Errorf("files of %v bytes and %v rows; want 14 14 7 and 2 2 1", sizes, rows)
	}
	w.commit(c, []plugins.Manifest{m})
	if got := len(w.rows("/t/out")); got != 5 {
		t.Errorf("%d rows visible; want 5", got)
	}
}

func TestDirtyRowsAreNamedAndNotWritten(t *testing.T) {
	w := newWorld(t)
	c := w.config("/t/out", func(c *WriterConfig) {
		c.Column = []ColumnSpec{{Name: "id", Type: "tinyint"}, {Name: "name", Type: "varchar(3)"}}
	})
	wr := w.writer(c)
	w.begin(wr)
	if _, err := wr.Open(t.Context(), w.attempt(wr, 0, 1)); err != nil {
		t.Fatal(err)
	}
	err := wr.Write(t.Context(), batch(125, "ok", "a\nb", "long", "over", nil))
	var refused *plugins.RowErrors
	if !errors.As(err, &refused) {
		t.Fatalf("Write: %v; want refused rows", err)
	}
	got := make([]string, 0, 4)
	for _, r := range refused.Rows {
		got = append(got, fmt.Sprint(r.Index, " ", r.Column, " ", r.Code))
	}
	want := []string{"1 name delimiter", "2 name too_long", "3 id overflow", "4 id overflow"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("refused rows (-want +got):\n%s", diff)
	}
	m, err := wr.Seal(t.Context(), plugins.Unit{})
	if err != nil {
		t.Fatal(err)
	}
	if m.Files[0].Rows != 1 {
		t.Errorf("%d rows in the file; want 1", m.Files[0].Rows)
	}
	w.commit(c, []plugins.Manifest{m})
	if diff := cmp.Diff([]string{"125\x01ok"}, w.rows("/t/out")); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

// FlinkX leaves missing columns out, and all behind them shift to the left.
func TestFullColumnNameKeepsTheLayout(t *testing.T) {
	w := newWorld(t)
	c := w.config("/t/out", func(c *WriterConfig) {
		c.Column = []ColumnSpec{{Name: "id", Type: "bigint"}, {Name: "name", Type: "string"}}
		c.FullColumnName = []string{"NAME", "extra", "id"}
	})
	w.commit(c, w.units(c))
	if got := w.rows("/t/out")[0]; got != "\\N\x01\\N\x011" {
		t.Errorf("first row %q; want the layout name, extra, id", got)
	}
}

func TestCloseWithoutSealLeavesNothing(t *testing.T) {
	w := newWorld(t)
	c := w.config("/t/out", func(c *WriterConfig) { c.MaxFileSize = 4 })
	wr := w.writer(c)
	w.begin(wr)
	if _, err := wr.Open(t.Context(), w.attempt(wr, 0, 1)); err != nil {
		t.Fatal(err)
	}
	sealed := w.unit(wr, 0, 0)
	if err := wr.Write(t.Context(), batch(2, "gone", "gone too")); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := wr.Close(); err != nil {
			t.Fatal(err)
		}
	}
	entries, err := w.fs.List(t.Context(), "/t/.weft-run-1/g1/0-1")
	if err != nil || len(entries) != len(sealed.Files) {
		t.Fatalf("%d files in the attempt's folder, %v; want the %d sealed ones", len(entries), err, len(sealed.Files))
	}
	// The same attempt goes on after a redo and does not touch what it sealed.
	if _, err := wr.Open(t.Context(), w.attempt(wr, 0, 1)); err != nil {
		t.Fatal(err)
	}
	again := w.unit(wr, 1, 2)
	w.commit(c, []plugins.Manifest{sealed, again})
	if diff := cmp.Diff(eight[:4], w.rows("/t/out")); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

func TestCloseWithoutOpen(t *testing.T) {
	w := newWorld(t)
	wr := w.writer(w.config("/t/out", nil))
	if err := errors.Join(wr.Close(), wr.Close()); err != nil {
		t.Error(err)
	}
}

// After kill -9 the sealed files are whole and the open one is nobody's.
func TestCrashKeepsSealedUnitsOnly(t *testing.T) {
	w := newWorld(t)
	c := w.config("/t/out", nil)
	w.begin(w.writer(c))
	process := w.fs.(*mem.FS).Client()
	wr := w.writerOn(process, c)
	if _, err := wr.Open(t.Context(), w.attempt(wr, 0, 1)); err != nil {
		t.Fatal(err)
	}
	sealed := w.unit(wr, 0, 0)
	big := batch(2, strings.Repeat("x", 2*bufferBytes), "never sealed")
	if err := wr.Write(t.Context(), big); err != nil {
		t.Fatal(err)
	}
	process.Crash()
	if _, err := wr.Seal(t.Context(), plugins.Unit{Sequence: 1}); err == nil {
		t.Fatal("a crashed process sealed")
	}

	second := w.writer(c)
	if _, err := second.Open(t.Context(), w.attempt(second, 0, 2)); err != nil {
		t.Fatal(err)
	}
	redone := w.unit(second, 1, 2)
	w.commit(c, []plugins.Manifest{sealed, redone})
	if diff := cmp.Diff(eight[:4], w.rows("/t/out")); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

func TestFence(t *testing.T) {
	w := newWorld(t)
	c := w.config("/t/out", nil)
	master := w.writer(c)
	w.begin(master)
	lost, adopted := w.writer(c), w.writer(c)
	if _, err := lost.Open(t.Context(), w.attempt(lost, 0, 1)); err != nil {
		t.Fatal(err)
	}
	if _, err := adopted.Open(t.Context(), w.attempt(adopted, 1, 1)); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := master.Fence(t.Context(), 2, []plugins.Attempt{w.attempt(adopted, 1, 1)}); err != nil {
			t.Fatal(err)
		}
	}
	w.unit(adopted, 0, 0)
	if err := lost.Write(t.Context(), batch(0, "x")); err != nil {
		t.Fatal(err)
	}
	_, err := lost.Seal(t.Context(), plugins.Unit{})
	if plugins.ReasonOf(err) != plugins.ReasonFenced {
		t.Errorf("Seal of a fenced attempt: %v; want reason fenced", err)
	}
	if _, err := w.writer(c).Open(t.Context(), w.attempt(lost, 0, 3)); plugins.ReasonOf(err) != plugins.ReasonFenced {
		t.Errorf("Open in a fenced generation: %v; want reason fenced", err)
	}
	next := w.attempt(lost, 0, 2)
	next.Generation = 2
	if _, err := w.writer(c).Open(t.Context(), next); err != nil {
		t.Errorf("Open in the new generation: %v", err)
	}
}

func TestOpenAfterTheRunIsFenced(t *testing.T) {
	w := newWorld(t)
	c := w.config("/t/out", nil)
	wr := w.writer(c)
	w.begin(wr)
	if err := wr.Abort(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := wr.Open(t.Context(), w.attempt(wr, 0, 1)); plugins.ReasonOf(err) != plugins.ReasonFenced {
		t.Errorf("Open after Abort: %v; want reason fenced", err)
	}
	if got := w.visible("/t"); len(got) != 0 {
		t.Errorf("%q left after Abort", got)
	}
}

func TestErrorsHaveClasses(t *testing.T) {
	for _, tt := range []struct {
		err    error
		class  plugins.Class
		reason plugins.Reason
	}{
		{fsys.ErrUnavailable, plugins.Transient, plugins.ReasonUnreachable},
		{errors.Join(fsys.ErrGaveUp, fsys.ErrUnavailable), plugins.Fatal, plugins.ReasonUnreachable},
		{fsys.ErrNoSpace, plugins.Fatal, plugins.ReasonSpace},
		{fsys.ErrLease, plugins.Permanent, plugins.ReasonFenced},
		{errNotExist, plugins.Permanent, plugins.ReasonNotFound},
		{fatal(plugins.ReasonChanged, "x", "", errExist), plugins.Fatal, plugins.ReasonChanged},
	} {
		err := classed("op", fmt.Errorf("layer: %w", tt.err))
		if plugins.ClassOf(err) != tt.class || plugins.ReasonOf(err) != tt.reason {
			t.Errorf("%v: class %v, reason %q; want %v, %q", tt.err, plugins.ClassOf(err), plugins.ReasonOf(err), tt.class, tt.reason)
		}
	}
}
