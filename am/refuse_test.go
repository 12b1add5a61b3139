package am_test

import (
	"testing"
	"testing/synctest"

	"weft/internal/checkpoint"
	"weft/internal/fsys"
	"weft/internal/fsys/mem"
	"weft/internal/job"
	"weft/plugins"
)

// A run folder that cannot be gone on with fails the run at once, with a reason
// that has a code: the next app attempt would find the same.
func TestUnusableRunFolderEndsTheRun(t *testing.T) {
	for name, tt := range map[string]struct {
		file, text string
		reason     plugins.Reason
		stored     bool
	}{
		"a plan without its journal": {"plan.json", "{}", job.ReasonCheckpoint, true},
		"a newer version":            {"format.json", `{"format": 99}`, job.ReasonVersion, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				world := bigWorld()
				store := mem.New(mem.Options{})
				folder := checkpoint.Folder{FS: store, Dir: "/weft/runs/r1"}
				if err := fsys.MkdirAll(t.Context(), store, folder.Dir, 0o700); err != nil {
					t.Fatal(err)
				}
				if err := fsys.WriteFileExclusive(t.Context(), store, folder.Dir+"/"+tt.file, []byte(tt.text), 0o600); err != nil {
					t.Fatal(err)
				}
				l := newLife(t, world, world.Spec(1), store)
				result, err := l.run(t.Context())
				if err != nil || result.State != job.StateFailed || result.Reason != tt.reason || result.Hint == "" {
					t.Errorf("result %+v, %v", result, err)
				}
				if l.host.final == nil || l.host.final.State != job.StateFailed {
					t.Errorf("the ResourceManager was told %+v", l.host.final)
				}
				if _, err := folder.Result(t.Context()); (err == nil) != tt.stored {
					t.Errorf("stored result: %v, want one: %t", err, tt.stored)
				}
			})
		})
	}
}
