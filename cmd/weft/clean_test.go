package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"weft/internal/checkpoint"
	"weft/internal/fault"
	"weft/internal/fsys"
	"weft/internal/fsys/mem"
	"weft/internal/job"
	"weft/plugins"
)

// staging is a staging folder in memory whose clock the test sets.
type staging struct {
	checkpoint.Root
	now  time.Time
	live map[string]bool
	out  strings.Builder
}

func newStaging() *staging {
	s := &staging{now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), live: map[string]bool{}}
	s.Root = checkpoint.Root{Dir: "/user/ann/.weft", FS: mem.New(mem.Options{Leases: true, Now: func() time.Time { return s.now }})}
	return s
}

// run makes a run folder that was last changed so many days ago.
func (s *staging) run(t *testing.T, id string, daysAgo int, state job.State, program string) checkpoint.Folder {
	t.Helper()
	now := s.now
	defer func() { s.now = now }()
	s.now = now.AddDate(0, 0, -daysAgo)
	f := s.Run(id)
	err := f.Create(t.Context())
	if state != "" {
		err = errors.Join(err, f.PutResult(t.Context(), &job.Result{RunID: id, State: state}))
	}
	if program != "" {
		err = errors.Join(err, f.PutBinary(t.Context(), checkpoint.Binary{URI: "hdfs://ns1/user/ann/.weft/bin/" + hash(program) + "/weft"}))
	}
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// hash is the name of a program's folder.
func hash(program string) string { return fmt.Sprintf("%064x", program) }

func (s *staging) program(t *testing.T, name string, daysAgo int) {
	t.Helper()
	now := s.now
	defer func() { s.now = now }()
	s.now = now.AddDate(0, 0, -daysAgo)
	dir := s.Dir + "/bin/" + hash(name)
	err := fsys.MkdirAll(t.Context(), s.FS, dir, 0o700)
	if err = errors.Join(err, fsys.WriteFileExclusive(t.Context(), s.FS, dir+"/weft", []byte("a program"), 0o700)); err != nil {
		t.Fatal(err)
	}
}

// scriptedRemains says the same of every run but those refused.
type scriptedRemains struct{ refused map[string]string }

func (r scriptedRemains) of(_ context.Context, run *oldRun) ([]cleaned, string, error) {
	if why := r.refused[run.id]; why != "" {
		return nil, why, nil
	}
	return nil, "", nil
}

// clean returns what was removed and kept, in words.
func (s *staging) clean(t *testing.T, yes bool, left remains) (removed, kept []string) {
	t.Helper()
	s.out.Reset()
	c := &cleaner{env: &env{stdout: &s.out, output: "text", scrub: new(fault.Scrubber), log: slog.New(slog.DiscardHandler)},
		root: s.Root, yes: yes, now: s.now, left: left,
		site: job.Clean{Runs: job.Duration(7 * 24 * time.Hour), Binaries: job.Duration(14 * 24 * time.Hour)},
		lives: func(_ context.Context, _ checkpoint.Folder, run string) (string, io.Closer, error) {
			if s.live[run] {
				return "application_1_0001", nil, nil
			}
			return "", nil, nil
		}}
	if err := c.clean(t.Context()); err != nil {
		t.Fatal(err)
	}
	words := func(list []cleaned) (words []string) {
		for _, it := range list {
			words = append(words, strings.TrimPrefix(it.Path, s.Dir+"/"))
		}
		return words
	}
	return words(c.report.Removed), words(c.report.Kept)
}

func (s *staging) has(t *testing.T, name string) bool {
	t.Helper()
	_, err := s.FS.Stat(t.Context(), s.Dir+"/"+name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return err == nil
}

func TestCleanRuns(t *testing.T) {
	s := newStaging()
	s.run(t, "old", 30, job.StateSucceeded, "")
	s.run(t, "young", 3, job.StateSucceeded, "")
	s.run(t, "living", 30, "", "x")
	s.live["living"] = true
	s.run(t, "resumed", 30, job.StateFailed, "x") // failed long ago, lives again
	s.live["resumed"] = true
	s.run(t, "died", 30, "", "x") // ended without a word
	s.run(t, "committing", 30, job.StateFailed, "")
	left := scriptedRemains{refused: map[string]string{"committing": "its commit has begun"}}

	for _, yes := range []bool{false, true} {
		removed, kept := s.clean(t, yes, left)
		if diff := cmp.Diff([]string{"runs/died", "runs/old"}, removed); diff != "" {
			t.Errorf("yes %v, removed:\n%s", yes, diff)
		}
		if diff := cmp.Diff([]string{"runs/committing", "runs/living", "runs/resumed"}, kept); diff != "" {
			t.Errorf("yes %v, kept:\n%s", yes, diff)
		}
		if !strings.Contains(s.out.String(), "1 not old enough") || strings.Contains(s.out.String(), "nothing was changed") == yes {
			t.Errorf("yes %v:\n%s", yes, s.out.String())
		}
		for run, stays := range map[string]bool{"old": !yes, "died": !yes, "young": true, "living": true, "resumed": true, "committing": true} {
			if s.has(t, "runs/"+run) != stays {
				t.Errorf("yes %v: run %s stays: %v", yes, run, !stays)
			}
		}
	}
}

func TestCleanPrograms(t *testing.T) {
	s := newStaging()
	for name, days := range map[string]int{"unused": 20, "fresh": 2, "needed": 20, "ofold": 20} {
		s.program(t, name, days)
	}
	s.run(t, "a", 1, job.StateSucceeded, "needed")
	s.run(t, "b", 30, job.StateSucceeded, "ofold")
	if err := fsys.MkdirAll(t.Context(), s.FS, s.Dir+"/bin/somebody-elses", 0o700); err != nil {
		t.Fatal(err)
	}
	// A submission that has a folder and not yet said which program it uses.
	s.run(t, "submitting", 0, "", "")
	if removed, _ := s.clean(t, false, scriptedRemains{}); len(removed) != 1 {
		t.Errorf("while a run is being submitted: %v", removed)
	}
	s.run(t, "submitting", 0, "", "needed")
	removed, kept := s.clean(t, true, scriptedRemains{})
	if diff := cmp.Diff([]string{"runs/b", "bin/" + hash("ofold"), "bin/" + hash("unused")}, sorted(removed)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"bin/" + hash("needed")}, kept); diff != "" {
		t.Error(diff)
	}
	if !s.has(t, "bin/somebody-elses") || s.has(t, "bin/"+hash("unused")) {
		t.Error("the wrong folder of bin is gone")
	}
}

// sorted puts programs, whose order is that of their hashes, into that of the
// names they were made of.
func sorted(list []string) []string {
	if len(list) == 3 && list[1] == "bin/"+hash("unused") {
		list[1], list[2] = list[2], list[1]
	}
	return list
}

func TestCleanNothing(t *testing.T) {
	if removed, kept := newStaging().clean(t, true, scriptedRemains{}); len(removed)+len(kept) > 0 {
		t.Errorf("%v, %v", removed, kept)
	}
}

// A commit that has begun is somebody's only copy of the rows.
func TestCleanKeepsACommit(t *testing.T) {
	s := newStaging()
	f := s.run(t, "half", 30, job.StateFailed, "")
	if err := f.PutCommit(t.Context(), &checkpoint.Commit{}); err != nil {
		t.Fatal(err)
	}
	left := &targetCleaner{env: &env{log: slog.New(slog.DiscardHandler)}, yes: true}
	found, refused, err := left.of(t.Context(), &oldRun{id: "half", folder: f, result: &job.Result{State: job.StateFailed}})
	if len(found) > 0 || err != nil || !strings.Contains(refused, "commit has begun") {
		t.Errorf("%v, %q, %v", found, refused, err)
	}
}

func TestFolderNamed(t *testing.T) {
	op := func(data string) plugins.Op { return plugins.Op{Do: "x", Data: []byte(data)} }
	for data, want := range map[string]string{
		`{"to":"/t/.weft-r/replaced"}`:       "/t/.weft-r",
		`{"to":"/t/.weft-other/replaced"}`:   "",
		`{"to":"/t/.weft-r/out"}`:            "",
		`{"to":"t/.weft-r/replaced"}`:        "",
		`{"to":"/t/.weft-r/../../replaced"}`: "",
		`[]`:                                 "",
		``:                                   "",
	} {
		if got := folderNamed([]plugins.Op{op(data)}, ".weft-r"); got != want {
			t.Errorf("%s: %q, want %q", data, got, want)
		}
	}
}

// weft run overwrites twice, and clean removes the state and what was replaced,
// and nothing of the output.
func TestCleanAfterWeftRun(t *testing.T) {
	dir := t.TempDir()
	state, out := filepath.Join(dir, "state"), filepath.Join(dir, "out")
	file := jobFile(t, fmt.Sprintf(`{"weft": 1, "job": {"content": [{
	  "reader": {"name": "stream", "parameter": {"rows": 10, "column": [{"name": "id", "type": "id"}]}},
	  "writer": {"name": "hdfs", "parameter": {"defaultFS": "file:///", "path": %q, "writeMode": "overwrite"}}}]}}`, out))
	for _, run := range []string{"first", "second"} {
		weft(t, nil, "run", file, "--run-id", run, "--state-dir", state).want(t, 0, "SUCCEEDED  "+run)
	}
	before := names(t, out)
	if len(before) != 2 { // the file, and the folder of what the second run replaced
		t.Fatalf("%v", before)
	}
	weft(t, nil, "clean", "--state-dir", state).want(t, 0, "2 not old enough", "0 files")
	all := []string{"clean", "--state-dir", state, "-D", "clean.runs=0s"}
	weft(t, nil, all...).want(t, 0, "would remove  run first", "would remove  replaced second", "--yes does it")
	if diff := cmp.Diff(before, names(t, out)); diff != "" || len(names(t, filepath.Join(state, "runs"))) != 2 {
		t.Errorf("a dry run changed something:\n%s", diff)
	}
	o := weft(t, nil, append(all, "--yes", "-o", "json")...).object(t)
	if list, _ := o["removed"].([]any); len(list) != 3 || o["dry_run"] != false || o["bytes"].(float64) <= 0 {
		t.Errorf("%v", o)
	}
	if left := names(t, out); len(left) != 1 || !strings.HasPrefix(left[0], "part-") {
		t.Errorf("the target holds %v", left)
	}
	if left := names(t, filepath.Join(state, "runs")); len(left) != 0 {
		t.Errorf("runs %v are left", left)
	}
}

// A run whose lock somebody holds is not touched.
func TestCleanLeavesARunThatLives(t *testing.T) {
	state := t.TempDir()
	root, err := (&env{}).stateRoot(state)
	if err != nil {
		t.Fatal(err)
	}
	f := root.Run("busy")
	if err := f.Create(t.Context()); err != nil {
		t.Fatal(err)
	}
	lock, _, err := fsys.Lock(t.Context(), f.FS, f.Dir)
	if err != nil {
		t.Fatal(err)
	}
	args := []string{"clean", "--yes", "--state-dir", state, "-D", "clean.runs=0s"}
	weft(t, nil, args...).want(t, 0, "kept  run busy", "weft run holds its lock")
	if err := lock.Close(); err != nil {
		t.Fatal(err)
	}
	weft(t, nil, args...).want(t, 0, "removed  run busy")
	weft(t, nil, "clean", "everything").want(t, fault.ExitUsage, "clean.runs")
}

func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	list := []string{}
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return list
}
