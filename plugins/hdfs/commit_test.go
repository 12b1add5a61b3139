package hdfs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"weft/internal/fsys"
	"weft/plugins"

	"github.com/google/go-cmp/cmp"
)

// target is a situation that a commit meets.
type target struct {
	mode string
	old  []string // files there before, with their name as the only row
	want []string // rows visible after
}

func targets() map[string]target {
	return map[string]target{
		"new folder":         {"append", nil, eight},
		"append":             {"append", []string{"old"}, append(append([]string{}, eight...), "old")},
		"overwrite":          {"overwrite", []string{"old", "older"}, eight},
		"overwrite new":      {"overwrite", nil, eight},
		"nonConflict":        {"nonConflict", nil, eight},
		"truncate, as DataX": {"truncate", []string{"old"}, eight},
	}
}

// world makes a store in that situation.
func (x target) world(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	for _, old := range x.old {
		w.put("/t/out/"+old, old+"\n")
	}
	return w
}

// settings are the writer's.
func (x target) settings(w *world) *WriterConfig {
	w.t.Helper()
	return w.config("/t/out", func(c *WriterConfig) { c.WriteMode = x.mode })
}

func (x target) process(w *world, f fsys.FS) *process {
	w.t.Helper()
	return &process{world: w, config: x.settings(w), fs: f}
}

// A process dies at any place of the commit, before or after an operation took
// effect; another one repeats the whole plan.
func TestCommitInterruptedAnywhereIsRepeated(t *testing.T) {
	for name, target := range targets() {
		t.Run(name, func(t *testing.T) {
			total := 1
			for stop := 0; stop < total; stop++ {
				w := target.world(t)
				c := target.settings(w)
				units := w.units(c)
				ops, err := w.writer(c).Plan(t.Context(), units)
				if err != nil {
					t.Fatal(err)
				}
				first := w.writer(c)
				for _, op := range ops[:stop] {
					if err := first.Apply(t.Context(), op); err != nil {
						t.Fatal(err)
					}
				}
				total = len(ops) + 1
				w.checkNothingLost(target.old, stop, len(ops))
				w.repeat(c, ops)
				w.repeat(c, ops)
				if diff := cmp.Diff(target.want, w.rows("/t/out")); diff != "" {
					t.Fatalf("stopped before operation %d, rows (-want +got):\n%s", stop, diff)
				}
			}
		})
	}
}

// repeat is a successor: it prepares, fences and applies the stored plan.
func (w *world) repeat(c *WriterConfig, ops []plugins.Op) {
	w.t.Helper()
	wr := w.writer(c)
	w.begin(wr)
	for i, op := range ops {
		stored, err := json.Marshal(op)
		if err != nil {
			w.t.Fatal(err)
		}
		var again plugins.Op
		if err := json.Unmarshal(stored, &again); err != nil {
			w.t.Fatal(err)
		}
		if err := wr.Apply(w.t.Context(), again); err != nil {
			w.t.Fatalf("operation %d: %v", i, err)
		}
	}
}

// checkNothingLost: at every moment the old rows or all the new ones are there.
func (w *world) checkNothingLost(old []string, stop, ops int) {
	w.t.Helper()
	rows := strings.Join(w.rows("/t/out"), "\n")
	all := true
	for _, line := range eight {
		all = all && strings.Contains(rows, line)
	}
	for _, line := range old {
		if !strings.Contains(rows, line) && !all {
			w.t.Errorf("after %d of %d operations %q is gone and the new rows are not all there", stop, ops, line)
		}
	}
}

func TestOverwriteKeepsTheOldFiles(t *testing.T) {
	w := newWorld(t)
	w.put("/t/out/old", "old rows\n")
	w.put("/t/out/_meta", "not data\n")
	c := w.config("/t/out", func(c *WriterConfig) { c.WriteMode = "overwrite" })
	units := w.units(c)
	if got := w.get("/t/out/old"); got != "old rows\n" {
		t.Errorf("before the commit the old file holds %q", got)
	}
	w.commit(c, units)
	if got := w.get("/t/out/.weft-run-1/replaced/old"); got != "old rows\n" {
		t.Errorf("the replaced file holds %q", got)
	}
	if got := w.get("/t/out/_meta"); got != "not data\n" {
		t.Errorf("a hidden file of somebody else holds %q", got)
	}
	entries, err := w.fs.List(t.Context(), "/t/out/.weft-run-1")
	if err != nil || len(entries) != 1 {
		t.Errorf("%d entries left in the folder of the run, %v; want replaced alone", len(entries), err)
	}
}

// Files that come while the run writes are nobody's to move.
func TestOverwriteLeavesWhatCameLater(t *testing.T) {
	w := newWorld(t)
	w.put("/t/out/old", "old\n")
	c := w.config("/t/out", func(c *WriterConfig) { c.WriteMode = "overwrite" })
	ops, err := w.writer(c).Plan(t.Context(), w.units(c))
	if err != nil {
		t.Fatal(err)
	}
	w.repeat(c, ops[:len(ops)-1])
	w.put("/t/out/old", "new of somebody else\n")
	w.put("/t/out/later", "later\n")
	w.repeat(c, ops)
	if got := w.get("/t/out/old") + w.get("/t/out/later"); got != "new of somebody else\nlater\n" {
		t.Errorf("files of somebody else hold %q", got)
	}
}

func TestOverwriteRefusesFolders(t *testing.T) {
	w := newWorld(t)
	w.put("/t/out/pt=1/f", "x\n")
	wr := w.writer(w.config("/t/out", func(c *WriterConfig) { c.WriteMode = "overwrite" }))
	err := wr.Prepare(t.Context())
	if plugins.ClassOf(err) != plugins.Fatal || plugins.ReasonOf(err) != plugins.ReasonExists {
		t.Errorf("Prepare: %v; want fatal, exists", err)
	}
}

func TestNonConflict(t *testing.T) {
	w := newWorld(t)
	w.mkdir("/t/out")
	c := w.config("/t/out", func(c *WriterConfig) { c.WriteMode = "nonConflict" })
	units := w.units(c)
	w.put("/t/out/later", "x\n")
	if _, err := w.writer(c).Plan(t.Context(), units); plugins.ReasonOf(err) != plugins.ReasonExists {
		t.Errorf("Plan into a folder that was filled meanwhile: %v; want reason exists", err)
	}
	other := w.config("/t/out", func(c *WriterConfig) { c.WriteMode = "nonConflict" })
	wr := w.writer(other)
	wr.setup.Run = "run-2"
	err := wr.Prepare(t.Context())
	if plugins.ClassOf(err) != plugins.Fatal || plugins.ReasonOf(err) != plugins.ReasonExists {
		t.Errorf("Prepare: %v; want fatal, exists", err)
	}
}

// DataX's fileName is the beginning of file names, and its modes are about
// files that begin so; FlinkX's is a folder.
func TestFileName(t *testing.T) {
	w := newWorld(t)
	w.put("/t/out/mine__0", "old mine\n")
	w.put("/t/out/other", "other\n")
	c := w.config("/t/out", func(c *WriterConfig) { c.WriteMode, c.FileName = "truncate", "mine" })
	wr := w.writer(c)
	wr.setup.Dialect = plugins.DialectDataX
	w.begin(wr)
	if _, err := wr.Open(t.Context(), w.attempt(wr, 0, 1)); err != nil {
		t.Fatal(err)
	}
	ops, err := wr.Plan(t.Context(), []plugins.Manifest{w.unit(wr, 0, 0)})
	if err != nil {
		t.Fatal(err)
	}
	for _, op := range ops {
		if err := wr.Apply(t.Context(), op); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff([]string{"mine__part-00000-0000-00-4e65d3fbe8ad", "other"}, w.visible("/t/out")); diff != "" {
		t.Errorf("DataX (-want +got):\n%s", diff)
	}

	flinkx := w.config("/t/table", func(c *WriterConfig) { c.FileName = "pt=1" })
	w.commit(flinkx, w.units(flinkx))
	if got := len(w.rows("/t/table/pt=1")); got != 8 {
		t.Errorf("FlinkX: %d rows in the folder pt=1; want 8", got)
	}
}

func TestTargetIsAFile(t *testing.T) {
	w := newWorld(t)
	w.put("/t/out", "x")
	if err := w.writer(w.config("/t/out", nil)).Prepare(t.Context()); plugins.ClassOf(err) != plugins.Fatal {
		t.Errorf("Prepare: %v; want fatal", err)
	}
}

func TestApplyNoticesWhatChanged(t *testing.T) {
	for _, tt := range []struct {
		name   string
		meddle func(w *world, from string)
		want   string
	}{
		{"lost", func(w *world, from string) { w.remove(from) }, "a sealed file was lost"},
		{"other size", func(w *world, from string) { w.remove(from); w.put(from, "x") }, "was sealed with"},
		{"name taken", func(w *world, _ string) { w.put("/t/out/part-00000-0000-00-4e65d3fbe8ad", "x") }, "exists, and so does"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			w.mkdir("/t/out")
			c := w.config("/t/out", nil)
			units := w.units(c)
			ops, err := w.writer(c).Plan(t.Context(), units)
			if err != nil {
				t.Fatal(err)
			}
			from, err := fsys.Parse(units[0].Files[0].Path)
			if err != nil {
				t.Fatal(err)
			}
			tt.meddle(w, from.Name)
			err = w.writer(c).Apply(t.Context(), ops[0])
			if plugins.ReasonOf(err) != plugins.ReasonChanged || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Apply: %v; want reason changed and %q", err, tt.want)
			}
		})
	}
}

func TestPublishDoesNotTakeOverAStrangersFolder(t *testing.T) {
	w := newWorld(t)
	c := w.config("/t/out", nil)
	ops, err := w.writer(c).Plan(t.Context(), w.units(c))
	if err != nil {
		t.Fatal(err)
	}
	w.repeat(c, ops[:len(ops)-2])
	w.put("/t/out/stranger", "x\n")
	err = w.writer(c).Apply(t.Context(), ops[len(ops)-2])
	if plugins.ReasonOf(err) != plugins.ReasonExists {
		t.Errorf("publish: %v; want reason exists", err)
	}
	if diff := cmp.Diff([]string{"stranger"}, w.visible("/t/out")); diff != "" {
		t.Errorf("the stranger's folder (-want +got):\n%s", diff)
	}
}

func TestPlanRefusesUnitsThatAreNotOurs(t *testing.T) {
	w := newWorld(t)
	c := w.config("/t/out", nil)
	units := w.units(c)
	if _, err := w.writer(c).Plan(t.Context(), append(units, units[0])); err == nil {
		t.Error("Plan took a unit twice")
	}
	units[0].Files[0].Path = "hdfs://ns1/etc/passwd"
	if _, err := w.writer(c).Plan(t.Context(), units); err == nil {
		t.Error("Plan took a file that is not the run's")
	}
}

func TestSuccessFile(t *testing.T) {
	w := newWorld(t)
	c := w.config("/t/out", func(c *WriterConfig) { c.WriteSuccessFile = true })
	ops := w.commit(c, w.units(c))
	w.repeat(c, ops)
	if got, want := w.get("/t/out/_SUCCESS"), "{\"run\":\"run-1\",\"rows\":8,\"bytes\":40,\"files\":4}\n"; got != want {
		t.Errorf("_SUCCESS holds %q; want %q", got, want)
	}
}

func TestAbort(t *testing.T) {
	w := newWorld(t)
	w.put("/t/out/old", "old\n")
	c := w.config("/t/out", func(c *WriterConfig) { c.WriteMode = "overwrite" })
	w.units(c)
	wr := w.writer(c)
	for range 2 {
		if err := wr.Abort(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.fs.Stat(t.Context(), "/t/out/.weft-run-1"); !errors.Is(err, errNotExist) {
		t.Errorf("the folder of the run after Abort: %v", err)
	}
	if diff := cmp.Diff([]string{"old"}, w.visible("/t/out")); diff != "" {
		t.Errorf("after Abort (-want +got):\n%s", diff)
	}
	w.commit(c, w.units(c))
	if err := wr.Abort(t.Context()); plugins.ClassOf(err) != plugins.Bug {
		t.Errorf("Abort after a commit: %v; want a refusal", err)
	}
}

// guarded is a store that lets nobody write into one folder.
type guarded struct {
	fsys.FS
	folder string
}

func (g guarded) Access(_ context.Context, name string, bits fs.FileMode) error {
	if name == g.folder && bits&2 != 0 {
		return &fs.PathError{Op: "access", Path: name, Err: fs.ErrPermission}
	}
	return nil
}

// Missing rights are known before the run, for the target and for the folder that it would be made in.
func TestCheckAsksForRights(t *testing.T) {
	w := newWorld(t)
	w.mkdir("/t/locked")
	w.fs = guarded{w.fs, "/t/locked"}
	for path, want := range map[string]plugins.Severity{"/t/locked": plugins.Fail, "/t/locked/a/b": plugins.Fail, "/t/other": plugins.OK} {
		worst := plugins.Finding{}
		for _, f := range w.writer(w.config(path, nil)).Check(t.Context()) {
			if f.Severity > worst.Severity {
				worst = f
			}
		}
		if worst.Severity != want || want == plugins.Fail && worst.Reason != plugins.ReasonPermission {
			t.Errorf("check %s: %+v", path, worst)
		}
	}
}

func TestCheck(t *testing.T) {
	w := newWorld(t)
	w.put("/t/file", "x")
	w.put("/t/full/old", "x")
	w.put("/t/parts/pt=1/f", "x")
	for _, tt := range []struct {
		path, mode string
		want       plugins.Severity
		text       string
	}{
		{"/t/new/deep", "append", plugins.OK, "will be made"},
		{"/t/full", "append", plugins.OK, "is there"},
		{"/t/full", "overwrite", plugins.Note, "1 files of 1 bytes will be moved"},
		{"/t/full", "nonConflict", plugins.Fail, "nonConflict"},
		{"/t/file", "append", plugins.Fail, "is a file"},
		{"/t/file/below", "append", plugins.Fail, ""},
		{"/t/parts", "overwrite", plugins.Fail, "pt=1"},
		{"s3://b/x", "append", plugins.Fail, "unknown scheme"},
	} {
		c := w.config(tt.path, func(c *WriterConfig) { c.WriteMode = tt.mode })
		worst, texts := plugins.OK, ""
		for _, f := range w.writer(c).Check(t.Context()) {
			worst = max(worst, f.Severity)
			texts += fmt.Sprintln(f.Severity, f.Text)
		}
		if worst != tt.want || !strings.Contains(texts, tt.text) {
			t.Errorf("check %s %s: want %v and %q, got\n%s", tt.path, tt.mode, tt.want, tt.text, texts)
		}
	}
	if got := w.visible("/t"); len(got) != 3 {
		t.Errorf("Check left %q", got)
	}
}
