package main

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"net"
	"path/filepath"
	"strings"
	"testing"

	"weft/am/tracker"
	"weft/internal/checkpoint"
	"weft/internal/fault"
	"weft/internal/fsys/local"
	"weft/internal/job"
	"weft/internal/submit"
	"weft/internal/umbilical"
	"weft/plugins"
	"weft/yarnrpc"
	"weft/yarnrpc/record"
	"weft/yarnrpc/rm"
	"weft/yarnrpc/yarnid"
	"weft/yarnrpc/yarntest"
)

// fakeYARN is a ResourceManager and a staging folder on the local disk.
type fakeYARN struct {
	*yarntest.RM
	client  *rm.Client
	root    checkpoint.Root
	environ []string
}

func newFakeYARN(t *testing.T) *fakeYARN {
	t.Helper()
	manager := yarntest.NewRM(t)
	client, err := rm.New(yarnrpc.Options{Addresses: manager.ClientAddrs(), User: "ann"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	staging := filepath.Join(t.TempDir(), "staging")
	return &fakeYARN{RM: manager, client: client, root: checkpoint.Root{FS: local.FS{}, Dir: staging},
		environ: []string{"HADOOP_CONF_DIR=" + hadoopDir(t, manager.ClientAddrs()[0]), "HADOOP_USER_NAME=ann",
			"WEFT_YARN_STAGING=file://" + staging}}
}

func (y *fakeYARN) weft(t *testing.T, args ...string) ran {
	t.Helper()
	return weft(t, y.environ, args...)
}

// submit starts an application of a run, with a run folder if run is not empty.
func (y *fakeYARN) submit(t *testing.T, run, kind string) yarnid.Application {
	t.Helper()
	reserved, err := y.client.NewApplication(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s := rm.Submission{ID: reserved.ID, Name: "orders of the day", Type: kind, Queue: yarntest.Queue,
		Resource: record.Resource{MemoryMB: 1024, VCores: 1}, Launch: record.LaunchContext{Command: "exec true"}}
	if run != "" {
		s.Tags = submit.Tags(run, "orders", nil)
		if err := y.root.Run(run).Create(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := y.client.SubmitWait(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	return reserved.ID
}

// ended writes how a run ended, as its ApplicationMaster would have.
func (y *fakeYARN) ended(t *testing.T, run, application string, state job.State, reason plugins.Reason) {
	t.Helper()
	folder := y.root.Run(run)
	if err := folder.Create(t.Context()); err != nil {
		t.Fatal(err)
	}
	r := &job.Result{RunID: run, Job: "orders", State: state, Reason: reason, ExitCode: job.ExitCode(state, reason),
		ApplicationID: application, Outputs: []string{}, Verify: "conserved"}
	if state != job.StateSucceeded {
		r.Cause = "the cause that the master wrote"
	}
	if err := folder.PutResult(t.Context(), r); err != nil {
		t.Fatal(err)
	}
}

func TestKill(t *testing.T) {
	y := newFakeYARN(t)
	id := y.submit(t, "orders-1", submit.ApplicationType).String()
	y.weft(t, "status", "orders-1").want(t, fault.ExitOK, "ACCEPTED", id)
	o := y.weft(t, "status", id, "-o", "json").object(t)
	if o["run_id"] != "orders-1" || o["state"] != "ACCEPTED" || o["source"] != "resourcemanager" || o["exit_code"] != float64(0) {
		t.Errorf("status %v", o)
	}
	y.weft(t, "list").want(t, 0, "orders-1", "orders of the day", "ACCEPTED", "ann", id)

	y.weft(t, "kill", "orders-1", "--reason", "wrong day").want(t, fault.ExitKilled, "KILLED  orders-1", "error[E7002]", "wrong day")
	result, err := y.root.Run("orders-1").Result(t.Context())
	if err != nil || result.State != job.StateKilled || result.ApplicationID != id || result.ExitCode != fault.ExitKilled {
		t.Errorf("the run folder says %+v, %v", result, err)
	}
	for _, word := range []string{"orders-1", id} {
		y.weft(t, "kill", word).want(t, fault.ExitKilled, "wrong day")
		y.weft(t, "status", word).want(t, fault.ExitKilled, "KILLED", "wrong day")
		y.weft(t, "status", word, "--watch").want(t, fault.ExitKilled, "KILLED")
	}
	if r := y.weft(t, "list"); strings.Contains(r.stdout, "orders-1") {
		t.Errorf("a killed run is listed as living:\n%s", r.stdout)
	}
	y.weft(t, "list", "--state", "killed").want(t, 0, "orders-1", "KILLED")
	runs, _ := y.weft(t, "list", "--all", "-o", "json").object(t)["runs"].([]any)
	if len(runs) != 1 {
		t.Errorf("runs %v", runs)
	}
}

// What the ApplicationMaster wrote of this application counts, and what it
// wrote of an earlier one does not.
func TestKillAndTheResultOfTheMaster(t *testing.T) {
	y := newFakeYARN(t)
	id := y.submit(t, "quick", submit.ApplicationType)
	y.ended(t, "quick", id.String(), job.StateSucceeded, "")
	y.weft(t, "kill", "quick").want(t, fault.ExitOK, "SUCCEEDED  quick")

	y.ended(t, "again", "application_1_0001", job.StateFailed, job.ReasonErrorLimit)
	y.submit(t, "again", submit.ApplicationType)
	y.weft(t, "kill", "again").want(t, fault.ExitKilled, "KILLED  again")
	if result, err := y.root.Run("again").Result(t.Context()); err != nil || result.State != job.StateKilled {
		t.Errorf("the run folder says %+v, %v", result, err)
	}
}

// A run folder that is not there is not made by a kill.
func TestKillWithoutAFolder(t *testing.T) {
	y := newFakeYARN(t)
	id := y.submit(t, "lost", submit.ApplicationType).String()
	folder := y.root.Run("lost")
	if err := folder.FS.RemoveAll(t.Context(), folder.Dir); err != nil {
		t.Fatal(err)
	}
	y.weft(t, "kill", id).want(t, fault.ExitKilled, "KILLED  lost")
	if _, err := folder.FS.Stat(t.Context(), folder.Dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the folder: %v", err)
	}
}

func TestRunsThatNobodyKnows(t *testing.T) {
	y := newFakeYARN(t)
	other := y.submit(t, "", "SPARK").String()
	y.ended(t, "old", "application_1_0001", job.StateFailed, job.ReasonErrorLimit)
	if err := y.root.Run("cut").Create(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"status", "kill", "logs"} {
		y.weft(t, verb, "nosuch").want(t, fault.ExitUnknown, "error[E6004]", "run nosuch", "weft list --all")
		y.weft(t, verb, "application_1_0009").want(t, fault.ExitUnknown, "error[E6004]")
		y.weft(t, verb, other).want(t, fault.ExitUsage, "error[E2001]", "SPARK")
		y.weft(t, verb).want(t, fault.ExitUsage, "error[E2001]", "accepts 1 arg")
	}
	// YARN has forgotten it; the folder has not.
	y.weft(t, "status", "old").want(t, fault.ExitErrorLimit, "FAILED  old", "error[E4001]", "the master wrote")
	y.weft(t, "status", "cut").want(t, fault.ExitUnknown, "error[E7005]", "weft resume cut")
	y.weft(t, "list", "--state", "SLEEPING").want(t, fault.ExitUsage, "ACCEPTED RUNNING")
	y.weft(t, "logs", "old", "--wait", "-1s").want(t, fault.ExitUsage, "--wait")
	y.weft(t, "logs", "old", "-o", "json").want(t, fault.ExitUsage, "logs are text")
}

// Somebody else's run of the same id is another run.
func TestRunIDsAreAUsersOwn(t *testing.T) {
	y := newFakeYARN(t)
	id := y.submit(t, "shared", submit.ApplicationType).String()
	theirs := &fakeYARN{RM: y.RM, environ: []string{y.environ[0], "HADOOP_USER_NAME=bob", "WEFT_YARN_STAGING=file://" + t.TempDir()}}
	theirs.weft(t, "kill", "shared").want(t, fault.ExitUnknown, "error[E6004]")
	theirs.weft(t, "status", id).want(t, fault.ExitOK, "shared", "of ann")
	theirs.weft(t, "list", "--user", "bob").want(t, 0, "RUN")
	theirs.weft(t, "list", "--user", "ann").want(t, 0, "shared")
}

// The living ApplicationMaster knows best.
func TestStatusOfTheMaster(t *testing.T) {
	y := newFakeYARN(t)
	y.submit(t, "alive", submit.ApplicationType)
	folder, key := y.root.Run("alive"), job.NewKey()
	if err := folder.PutKey(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	snapshot := tracker.Snapshot{RunID: "alive", Job: "orders", State: "RUNNING", Percent: 42.3, Splits: 3, SplitsDone: 1,
		SplitsRunning: 1, ETASeconds: 80, Attempt: 2, DirtyLimit: -1, Counters: plugins.Counters{RowsRead: 1234},
		Detail: []tracker.Split{{ID: 0, State: "done"}, {ID: 1, State: "waiting", Failures: 2, Cause: "disk gone\nstack"}, {ID: 2, State: "running"}}}
	stop := serveStatus(t, folder, key, snapshot)
	o := y.weft(t, "status", "alive", "-o", "json").object(t)
	if o["source"] != "master" || o["percent"] != 42.3 || o["rows_read"] != float64(1234) || o["attempt"] != float64(2) {
		t.Errorf("status %v", o)
	}
	r := y.weft(t, "status", "alive")
	r.want(t, 0, "RUNNING 42.3%", "splits 1/3", "disk gone")
	if strings.Contains(r.stdout, "stack") || strings.Index(r.stdout, "\n1 ") > strings.Index(r.stdout, "\n2 ") {
		t.Errorf("the table of splits:\n%s", r.stdout)
	}
	stop()
	o = y.weft(t, "status", "alive", "-o", "json").object(t)
	if o["source"] != "resourcemanager" || o["state"] != "ACCEPTED" {
		t.Errorf("status without the master %v", o)
	}
}

// serveStatus is an ApplicationMaster as far as status goes.
func serveStatus(t *testing.T, folder checkpoint.Folder, runKey []byte, s tracker.Snapshot) (stop func()) {
	t.Helper()
	server, err := umbilical.NewServer(umbilical.ServerOptions{Link: umbilical.NewDesk(), Log: slog.New(slog.DiscardHandler),
		Key:    func(name string) ([]byte, bool) { return umbilical.ClientKey(runKey), name == umbilical.ClientName },
		Status: func() any { return s }})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := folder.PutMaster(t.Context(), checkpoint.Master{Generation: 2, Address: listener.Addr().String()}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- server.Serve(ctx, listener) }()
	return func() {
		cancel()
		if err := <-served; err != nil {
			t.Error(err)
		}
	}
}

func TestStateOf(t *testing.T) {
	for _, tt := range []struct {
		state rm.State
		final record.FinalStatus
		want  job.State
		exit  int
	}{
		{rm.StateSubmitted, 0, job.StateAccepted, -1},
		{rm.StateRunning, 0, job.StateRunning, -1},
		{rm.StateFinished, record.FinalSucceeded, job.StateSucceeded, fault.ExitOK},
		{rm.StateFinished, record.FinalFailed, job.StateFailed, fault.ExitFailed},
		{rm.StateFinished, record.FinalKilled, job.StateKilled, fault.ExitKilled},
		{rm.StateFinished, record.FinalUndefined, job.StateFailed, fault.ExitFailed},
		{rm.StateFailed, record.FinalFailed, job.StateFailed, fault.ExitFailed},
		{rm.StateKilled, record.FinalKilled, job.StateKilled, fault.ExitKilled},
	} {
		report := &rm.Report{State: tt.state, Final: tt.final}
		if got := stateOf(report); got != tt.want {
			t.Errorf("%v, %v: %s, want %s", tt.state, tt.final, got, tt.want)
		}
		if result := yarnResult("r", report); tt.exit >= 0 && (result.ExitCode != tt.exit || (result.Cause == "") != (tt.exit == 0)) {
			t.Errorf("%v, %v: result %+v", tt.state, tt.final, result)
		}
	}
}
