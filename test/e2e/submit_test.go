package e2e

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"weft/test/cluster/dataset"
	"weft/test/rig"
)

// Every type of column, NULLs and hostile texts, with more slots than one container has.
func TestWideTable(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	table, target := r.Table(t, dataset.Wide(), 50_000), r.Target(t)
	job := table.Job(target, 4, nil)
	job.Setting["speed"] = rig.Params{"channel": 4, "record": 15_000} // slow enough to be looked at
	w := r.Start(t, rig.Call{Args: []string{"submit", job.File(t), "--run-id", "wide", "-o", "json"}})
	seen := w.Containers(t, r, w.Application(t, r, "wide"), 2)
	result := r.Succeeded(t, w.Wait(t), target, table.Rows)
	table.Equal(t, r.Folder(target))
	if result.Hash == "" || result.Verify != "checksum" || result.Guarantee != "exactly-once" || result.AMAttempts != 1 {
		t.Errorf("result %+v", result)
	}
	if result.Splits < 2 || result.Attempts != result.Splits {
		t.Errorf("%d splits in %d attempts", result.Splits, result.Attempts)
	}
	if ids := rig.IDs(seen); len(ids) != 2 {
		t.Errorf("4 slots in containers %v, want 2 containers of 2 slots", ids)
	}
}

// The keys are a promise to scripts.
func TestResultAsJSON(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	table, target := r.Table(t, dataset.Bench(), 1000), r.Target(t)
	got := r.Weft(t, "submit", table.Job(target, 1, rig.Params{"compress": "gzip"}).File(t), "-o", "json")
	result := r.Succeeded(t, got, target, table.Rows)
	table.Equal(t, r.Folder(target))
	for _, name := range r.Names(t, target) {
		if !strings.HasSuffix(name, ".gz") {
			t.Errorf("%s is not named as gzip", name)
		}
	}
	have := got.Keys(t)
	for _, key := range strings.Fields(`run_id state exit_code cause duration_ms rows_read rows_written rows_dirty rows_filtered
		bytes_read bytes_written splits attempts am_attempts guarantee verify outputs application_id tracking_url`) {
		if !slices.Contains(have, key) {
			t.Errorf("no key %s", key)
		}
	}
	if result.Millis <= 0 || result.BytesRead == 0 || result.BytesWritten == 0 || len(result.Outputs) == 0 || result.TrackingURL == "" {
		t.Errorf("result %+v", result)
	}
}

func TestFilesRollBySize(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	table, target := r.Table(t, dataset.Bench(), 20_000), r.Target(t)
	const most, row = 300_000, 150 // a file ends with the row that reaches its size
	r.Succeeded(t, r.Weft(t, "submit", table.Job(target, 1, rig.Params{"maxFileSize": most}).File(t), "-o", "json"), target, table.Rows)
	table.Equal(t, r.Folder(target))
	entries, err := r.Entries(t.Context(), target)
	if err != nil {
		t.Fatal(err)
	}
	var bytes int64
	for _, e := range entries {
		bytes += e.Bytes
		if e.Bytes > most+row {
			t.Errorf("%s has %d bytes, want at most %d", e.Name, e.Bytes, most+row)
		}
	}
	if want := int(bytes/most) + 1; len(entries) < want || len(entries) > want+1 {
		t.Errorf("%d bytes in %d files, want %d", bytes, len(entries), want)
	}
}

// Append twice gives every row twice; nonConflict then refuses; overwrite replaces all of it at the end.
func TestWriteModes(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	table, target := r.Table(t, dataset.Wide(), 2000), r.Target(t)
	table.Exec(t, "CREATE TABLE doubled LIKE orders", "ALTER TABLE doubled DROP PRIMARY KEY",
		"INSERT INTO doubled SELECT * FROM orders", "INSERT INTO doubled SELECT * FROM orders")
	add := table.Job(target, 2, nil).File(t)
	for range 2 {
		r.Succeeded(t, r.Weft(t, "submit", add, "-o", "json"), target, table.Rows)
	}
	doubled := *table
	doubled.Name = "doubled"
	doubled.Equal(t, r.Folder(target))
	before := r.Names(t, target)

	refused := r.Weft(t, "submit", table.Job(target, 1, rig.Params{"writeMode": "nonConflict"}).File(t))
	refused.Want(t, 1, "error[E3005]", target)
	if strings.Contains(refused.Stderr, "Submitted application") {
		t.Error("an application was submitted for a job that is refused")
	}
	if diff := cmp.Diff(before, r.Names(t, target)); diff != "" {
		t.Errorf("the refused job changed the target:\n%s", diff)
	}
	replaceAll(t, r, table, target, before)
}

// replaceAll overwrites the target slowly and looks at it meanwhile.
func replaceAll(t *testing.T, r *rig.Rig, table *rig.Table, target string, before []string) {
	t.Helper()
	slow := table.Job(target, 1, rig.Params{"writeMode": "overwrite"})
	slow.Setting["speed"] = rig.Params{"channel": 1, "record": 500}
	w := r.Start(t, rig.Call{Args: []string{"submit", slow.File(t), "--run-id", "replace", "-o", "json"}})
	w.Containers(t, r, w.Application(t, r, "replace"), 1)
	if diff := cmp.Diff(before, r.Visible(t, target)); diff != "" {
		t.Errorf("the target changed before the commit:\n%s", diff)
	}
	got := w.Wait(t)
	got.Want(t, 0)
	table.Equal(t, r.Folder(target))
	for _, name := range r.Visible(t, target) {
		if slices.Contains(before, name) {
			t.Errorf("%s is still visible", name)
		}
	}
	if kept := r.Names(t, target+"/.weft-replace/replaced"); len(kept) != len(before) {
		t.Errorf("%v are kept for weft clean, want %d files", kept, len(before))
	}
}

var onlyApplication = regexp.MustCompile(`^application_\d+_\d+\n$`)

// A detached submit names the application on standard output and nothing else; the run id finds it again.
func TestDetachAttachAndAskAgain(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	table, target := r.Table(t, dataset.Bench(), 3000), r.Target(t)
	job := table.Job(target, 1, nil)
	job.Setting["speed"] = rig.Params{"channel": 1, "record": 1000}
	job.Setting["yarn"] = rig.Params{"queue": "etl", "priority": 3, "tags": []string{"night", "Shop"}}
	file := job.File(t)
	first := r.Weft(t, "submit", file, "--run-id", "detached", "--detach")
	first.Want(t, 0)
	if !onlyApplication.MatchString(first.Stdout) {
		t.Fatalf("standard output %q", first.Stdout)
	}
	app := strings.TrimSpace(first.Stdout)
	if !strings.Contains(first.Stderr, "Submitted application "+app+"\n") {
		t.Errorf("standard error %q", first.Stderr)
	}
	told := r.App(t, app)
	if told.Queue != "root.etl" && told.Queue != "etl" || fmt.Sprint(told.Priority) != "3" || told.Type != "WEFT" {
		t.Errorf("YARN says %+v", told)
	}
	for _, tag := range []string{"run:detached", "night", "shop"} {
		if !slices.Contains(strings.Split(told.Tags, ","), tag) {
			t.Errorf("tag %s is not among %s", tag, told.Tags)
		}
	}
	again := r.Weft(t, "submit", file, "--run-id", "detached", "--no-attach")
	again.Want(t, 11, "error[E7004]", "detached")
	attached := r.Weft(t, "submit", file, "--run-id", "detached", "-o", "json")
	if result := r.Succeeded(t, attached, target, table.Rows); result.ApplicationID != app {
		t.Errorf("attached to %s, want %s", result.ApplicationID, app)
	}
	reported := r.Weft(t, "submit", file, "--run-id", "detached", "-o", "json")
	if result := r.Succeeded(t, reported, target, table.Rows); result.ApplicationID != app {
		t.Errorf("reported %s, want %s", result.ApplicationID, app)
	}
	table.Equal(t, r.Folder(target))
	other := table.Job(target+"2", 1, nil).File(t)
	r.Weft(t, "submit", other, "--run-id", "detached").Want(t, 11, "error[E7004]", "another job")
}

// A scheduler that loses sight of its task starts it a second time: one run id
// is one run, whoever submits it and when.
func TestSameRunTwiceAtOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	table, target := r.Table(t, dataset.Bench(), 2000), r.Target(t)
	job := table.Job(target, 1, nil)
	job.Setting["speed"] = rig.Params{"channel": 1, "record": 1000}
	call := rig.Call{Args: []string{"submit", job.File(t), "--run-id", "twice", "-o", "json"}}
	one := r.Start(t, call)
	call.Beside = true
	other := r.Start(t, call)
	for _, got := range []rig.Ran{one.Wait(t), other.Wait(t)} {
		if got.Code != 0 {
			t.Errorf("exit code %d after %s\n%s", got.Code, got.Took, got.Stderr)
		}
	}
	if a, b := one.Wait(t).Result(t).ApplicationID, other.Wait(t).Result(t).ApplicationID; a != b {
		t.Errorf("two applications for one run: %s and %s", a, b)
	}
	table.Equal(t, r.Folder(target))
	r.NothingLeft(t, target)
}
