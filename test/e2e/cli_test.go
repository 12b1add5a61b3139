package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"strings"
	"testing"
	"time"

	"weft/test/cluster/dataset"
	"weft/test/rig"
)

// apart keeps the staging folder of a test to itself: clean with ages of nothing would take those of others.
func apart(staging string, args ...string) []string {
	return append(args, "-D", "yarn.staging="+staging, "-D", "clean.runs=0s", "-D", "clean.binaries=0s")
}

// liveStatus is what `weft status -o json` says of a run that lives.
type liveStatus struct {
	State         string  `json:"state"`
	Percent       float64 `json:"percent"`
	Splits        int     `json:"splits"`
	RowsRead      int64   `json:"rows_read"`
	Source        string  `json:"source"`
	ApplicationID string  `json:"application_id"`
}

var errNotYet = errors.New("not yet")

// A run is looked at, listed, read and killed by others than its submitter, and then cleaned away. Not parallel: it calls
// weft while another weft waits, and only so many may run at a time.
func TestRunSeenFromOutside(t *testing.T) {
	r := newRig(t)
	table, target := r.Table(t, dataset.Bench(), 20_000), r.Target(t)
	staging, password := path.Dir(target)+"/staging", "test"
	job := table.Job(target, 2, nil)
	job.Setting["speed"] = rig.Params{"channel": 2, "record": 400}
	submit := r.Start(t, rig.Call{Args: apart(staging, "submit", job.File(t), "--run-id", "outside")})
	app := submit.Application(t, r, "outside")
	living := submit.Containers(t, r, app, 1)

	seen := liveStatus{}
	submit.Until(t, time.Minute, "a status with rows", func(context.Context) error {
		got := r.Weft(t, apart(staging, "status", "outside", "-o", "json")...)
		got.Want(t, 0)
		seen = liveStatus{}
		if err := json.Unmarshal([]byte(got.Stdout), &seen); err != nil || seen.RowsRead == 0 {
			return errors.Join(err, errNotYet)
		}
		return nil
	})
	if seen.Source != "master" || seen.State != "RUNNING" || seen.ApplicationID != app || seen.Splits == 0 || seen.Percent <= 0 {
		t.Errorf("status %+v", seen)
	}
	r.Weft(t, apart(staging, "status", app)...).Want(t, 0, "RUNNING", "outside", living[0].ID)
	r.Weft(t, "list").Want(t, 0, "outside", app)
	// Everything that lives stays, however old.
	r.Weft(t, apart(staging, "clean", "--yes")...).Want(t, 0, "kept  run outside", app)

	logs := r.Weft(t, apart(staging, "logs", "outside")...)
	logs.Want(t, 0, "=== ", "_000001 stderr ===", "container granted")
	if strings.Contains(logs.Stdout, "End of LogType") {
		t.Errorf("the NodeManager's frame is part of the log:\n%s", logs.Stdout)
	}
	one := r.Weft(t, apart(staging, "logs", app, "--container", strings.Replace(app, "application", "container", 1)+"_01_000001", "--grep", "granted")...)
	one.Want(t, 0, "_000001 stderr ===", "container granted")

	r.Weft(t, apart(staging, "kill", "outside", "--reason", "enough seen")...).Want(t, 7, "KILLED  outside", "error[E7002]", "enough seen")
	submit.Wait(t).Want(t, 7, "RUNNING", "KILLED  outside", "enough seen")
	r.Gone(t, app)
	r.Weft(t, apart(staging, "status", "outside", "-o", "json")...).Want(t, 7, `"state": "KILLED"`, app)
	r.Weft(t, "list", "--state", "killed").Want(t, 0, "outside", app)
	stored, err := r.Hadoop.ReadFile(t.Context(), staging+"/runs/outside/result.json")
	if err != nil || !strings.Contains(string(stored), `"KILLED"`) {
		t.Errorf("the run folder says %s, %v", stored, err)
	}
	r.Weft(t, apart(staging, "logs", "outside", "--grep", "granted")...).Want(t, 0, "_000001 stderr ===", "container granted")
	if all := r.Weft(t, apart(staging, "logs", "outside", "--all")...); strings.Contains(all.Stdout, fmt.Sprintf("%q", password)) {
		t.Errorf("the password is in the logs:\n%s", all.Stdout)
	}
	cleanAway(t, r, staging, target)
}

// cleanAway removes the killed run: first in words, then in deed.
func cleanAway(t *testing.T, r *rig.Rig, staging, target string) {
	t.Helper()
	before := append(r.Names(t, staging+"/runs"), r.Names(t, path.Dir(target))...)
	dry := r.Weft(t, apart(staging, "clean")...)
	dry.Want(t, 0, "would remove  output outside", "would remove  run outside", "would remove  program", "--yes does it")
	if after := append(r.Names(t, staging+"/runs"), r.Names(t, path.Dir(target))...); fmt.Sprint(after) != fmt.Sprint(before) {
		t.Errorf("a dry run changed %v to %v", before, after)
	}
	r.Weft(t, apart(staging, "clean", "--yes")...).Want(t, 0, "removed  run outside", "removed  program")
	for _, dir := range []string{staging + "/runs", staging + "/bin"} {
		if left := r.Names(t, dir); len(left) > 0 {
			t.Errorf("%s holds %v", dir, left)
		}
	}
	r.NothingLeft(t, target)
	r.Weft(t, apart(staging, "status", "outside")...).Want(t, 7, "KILLED") // YARN remembers
}

// A run that has succeeded is reported again; --watch of one that lives ends with it.
func TestStatusWatch(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	table, target := r.Table(t, dataset.Bench(), 3000), r.Target(t)
	job := table.Job(target, 1, nil)
	job.Setting["speed"] = rig.Params{"channel": 1, "record": 1000}
	r.Weft(t, "submit", job.File(t), "--run-id", "watched", "--detach").Want(t, 0)
	got := r.Weft(t, "status", "watched", "--watch", "-o", "json")
	result := r.Succeeded(t, got, target, table.Rows)
	if !strings.Contains(got.Stderr, "RUNNING") {
		t.Errorf("no progress on standard error:\n%s", got.Stderr)
	}
	again := r.Weft(t, "status", result.ApplicationID, "-o", "json").Result(t)
	if again.State != "SUCCEEDED" || again.RowsWritten != table.Rows || again.Hash != result.Hash {
		t.Errorf("status %+v", again)
	}
	r.Weft(t, "logs", "watched", "--failed").Want(t, 0)
}

// Nobody knows the run: the exit code says so, and nothing is waited for.
func TestRunThatNobodyKnows(t *testing.T) {
	t.Parallel()
	for _, verb := range []string{"status", "logs", "kill"} {
		weft(t, verb, "never-submitted").Want(t, 8, "error[E6004]", "never-submitted", "weft list --all")
		weft(t, verb, "application_1_0001").Want(t, 8, "error[E6004]", "application_1_0001")
	}
}
