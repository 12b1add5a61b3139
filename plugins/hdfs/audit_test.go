package hdfs

import (
	"path"
	"strings"
	"testing"

	"weft/internal/fsys"
	"weft/plugins"
)

// What is missing of the accepted units is named; nothing is changed.
func TestAudit(t *testing.T) {
	for _, tt := range []struct {
		name   string
		damage func(w *world, units []plugins.Manifest)
		want   string // in the error; "" for none
	}{
		{"whole", func(*world, []plugins.Manifest) {}, ""},
		{"a file gone", func(w *world, units []plugins.Manifest) { w.remove(sealedName(w, units[1])) }, "unit 1 of split 0"},
		{"a file shorter", func(w *world, units []plugins.Manifest) {
			w.remove(sealedName(w, units[2]))
			w.put(sealedName(w, units[2]), "x")
		}, "unit 0 of split 1 was accepted with"},
		{"an attempt gone", func(w *world, units []plugins.Manifest) { w.removeAll(path.Dir(sealedName(w, units[0]))) }, "unit 0 of split 0"},
		{"emptied", func(w *world, _ []plugins.Manifest) { w.removeAll("/t/out/.weft-run-1") }, "/t/out/.weft-run-1"},
		{"the target gone", func(w *world, _ []plugins.Manifest) { w.removeAll("/t/out") }, "/t/out/.weft-run-1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			w.mkdir("/t/out")
			c := w.config("/t/out", nil)
			units := w.units(c)
			tt.damage(w, units)
			err := w.writer(c).Audit(t.Context(), units)
			if tt.want == "" && err == nil {
				return
			}
			if err == nil || tt.want == "" || !strings.Contains(err.Error(), tt.want) || plugins.ReasonOf(err) != plugins.ReasonGone {
				t.Errorf("audit: %v (%s), want %q", err, plugins.ReasonOf(err), tt.want)
			}
		})
	}
}

func sealedName(w *world, unit plugins.Manifest) string {
	w.t.Helper()
	sealed, err := fsys.Parse(unit.Files[0].Path)
	if err != nil {
		w.t.Fatal(err)
	}
	return sealed.Name
}

func (w *world) removeAll(name string) {
	w.t.Helper()
	if err := w.fs.RemoveAll(w.t.Context(), name); err != nil {
		w.t.Fatal(err)
	}
}
