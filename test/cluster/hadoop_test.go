package cluster

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The applications of these tests never register; on a crowded machine they must outlive five restarts of daemons.
var shared = Shared{Options: HadoopOptions{AMExpiry: 5 * time.Minute, NodeExpiry: time.Minute}}

func TestMain(m *testing.M) {
	if os.Getenv(victimEnv) != "" {
		os.Exit(victim())
	}
	os.Exit(shared.Run(m))
}

func testContext(t *testing.T, limit time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	t.Cleanup(cancel)
	return ctx
}

func TestHadoopServes(t *testing.T) {
	h, ctx := shared.Hadoop(t), testContext(t, 2*time.Minute)
	for _, name := range []string{"core-site.xml", "hdfs-site.xml", "yarn-site.xml"} {
		text, err := os.ReadFile(filepath.Join(h.ConfDir(), name))
		if err != nil {
			t.Fatal(err)
		}
		if name == "core-site.xml" && !strings.Contains(string(text), "<value>hdfs://"+h.NNAddr+"</value>") {
			t.Errorf("%s does not name the NameNode %s:\n%s", name, h.NNAddr, text)
		}
	}
	want := []byte("one row\n")
	if err := h.WriteFile(ctx, "/tmp/cluster/probe", want); err != nil {
		t.Fatal(err)
	}
	got, err := h.ReadFile(ctx, "/tmp/cluster/probe")
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Errorf("read back %q, want %q", got, want)
	}
	if err := h.Remove(ctx, "/tmp/cluster"); err != nil {
		t.Fatal(err)
	}
	if _, err := h.ReadFile(ctx, "/tmp/cluster/probe"); err == nil {
		t.Error("a removed file can still be read")
	}
}

func TestQueues(t *testing.T) {
	h, ctx := shared.Hadoop(t), testContext(t, 2*time.Minute)
	for _, queue := range []string{DefaultQueue, SecondQueue} {
		var answer struct {
			Scheduler struct {
				SchedulerInfo struct {
					Queues struct{ Queue []struct{ QueueName string } }
				}
			}
		}
		if err := getJSON(ctx, h.RMWeb+"/ws/v1/cluster/scheduler", &answer); err != nil {
			t.Fatal(err)
		}
		found := false
		for _, q := range answer.Scheduler.SchedulerInfo.Queues.Queue {
			found = found || q.QueueName == queue
		}
		if !found {
			t.Errorf("queue %s is missing in %+v", queue, answer)
		}
	}
}

func TestLogsAreAggregated(t *testing.T) {
	h, ctx := shared.Hadoop(t), testContext(t, 2*time.Minute)
	id := submit(ctx, t, h, "echo weft-was-here 1><LOG_DIR>/stdout", 256)
	number := id[strings.LastIndexByte(id, '_')+1:]
	dir := "/tmp/logs/" + h.Superuser() + "/bucket-logs-tfile/" + number + "/" + id
	err := Await(ctx, time.Minute, "aggregated log "+dir, func(ctx context.Context) error {
		var list struct {
			FileStatuses struct{ FileStatus []struct{ PathSuffix string } }
		}
		if err := getJSON(ctx, h.NNWeb+"/webhdfs/v1"+dir+"?op=LISTSTATUS&user.name="+h.Superuser(), &list); err != nil {
			return err
		}
		for _, f := range list.FileStatuses.FileStatus {
			text, err := h.ReadFile(ctx, dir+"/"+f.PathSuffix)
			if err == nil && len(text) > 0 && !strings.HasSuffix(f.PathSuffix, ".tmp") {
				return nil
			}
		}
		return os.ErrNotExist
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A container of the shared Hadoop is larger than its limit of virtual memory and must be left alone.
func TestMemoryNotEnforced(t *testing.T) {
	h, ctx := shared.Hadoop(t), testContext(t, 2*time.Minute)
	id := submit(ctx, t, h, hungry+"; exit 7", 128)
	waitDiagnosis(ctx, t, h, id, "exitCode: 7")
}

func TestMemoryEnforced(t *testing.T) {
	ctx := testContext(t, 10*time.Minute)
	h, err := StartHadoop(ctx, HadoopOptions{MemoryEnforced: true})
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	id := submit(ctx, t, h, hungry+"; exit 7", 128)
	waitDiagnosis(ctx, t, h, id, "beyond the 'VIRTUAL' memory limit")
}

func TestPauseAndResume(t *testing.T) {
	h, ctx := shared.Hadoop(t), testContext(t, 2*time.Minute)
	if err := h.Pause(NameNode); err != nil {
		t.Fatal(err)
	}
	short, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
	defer cancel()
	if err := h.hdfsReady(short, NameNode, 1); err == nil {
		t.Error("a paused NameNode answered")
	}
	if err := h.Resume(NameNode); err != nil {
		t.Fatal(err)
	}
	if err := h.WaitReady(ctx); err != nil {
		t.Error(err)
	}
}

func TestUnknownDaemon(t *testing.T) {
	if err := shared.Hadoop(t).Kill("nm9"); err == nil {
		t.Error("killed a NodeManager that does not exist")
	}
	if _, err := StartHadoop(testContext(t, time.Minute), HadoopOptions{NodeManagers: 99}); err == nil {
		t.Error("started 99 NodeManagers")
	}
}

func TestDeadDaemonIsSaidAtOnce(t *testing.T) {
	ctx := testContext(t, 10*time.Minute)
	bad := HadoopOptions{HDFSSite: map[string]string{"dfs.namenode.http-address": "no-port-here"}}
	_, err := StartHadoop(ctx, bad)
	if err == nil || !strings.Contains(err.Error(), "nn ended") {
		t.Errorf("error %v does not say that the NameNode ended", err)
	}
}

func TestRestartKeepsWhatTheClusterKnows(t *testing.T) {
	h, ctx := shared.Hadoop(t), testContext(t, 5*time.Minute)
	id := submit(ctx, t, h, "exec sleep 600", 256)
	before := waitContainer(ctx, t, h, "sleep", "600")
	if err := h.WriteFile(ctx, "/tmp/keep", []byte("kept")); err != nil {
		t.Fatal(err)
	}
	for _, d := range []Daemon{ResourceManager, NodeManager(1), NodeManager(2), NameNode, DataNode} {
		if err := h.Kill(d); err != nil {
			t.Fatal(err)
		}
		if h.Pid(d) != 0 {
			t.Errorf("%s runs after Kill", d)
		}
		if err := h.Start(ctx, d); err != nil {
			t.Fatal(err)
		}
	}
	if err := h.WaitReady(ctx); err != nil {
		t.Fatal(err)
	}
	if got := appState(ctx, t, h, id).State; got != "ACCEPTED" {
		t.Errorf("state after the restarts is %s, want ACCEPTED as before", got)
	}
	if after := waitContainer(ctx, t, h, "sleep", "600"); after.PID != before.PID {
		t.Errorf("the container did not survive the restarts: %+v, before %+v", after, before)
	}
	err := Await(ctx, 30*time.Second, "file written before the restarts", func(ctx context.Context) error {
		_, err := h.ReadFile(ctx, "/tmp/keep")
		return err
	})
	if err != nil {
		t.Error(err)
	}
	call(ctx, t, http.MethodPut, h.RMWeb+"/ws/v1/cluster/apps/"+id+"/state?user.name="+h.Superuser(), `{"state":"KILLED"}`, nil)
}

func TestContainerKill(t *testing.T) {
	h, ctx := shared.Hadoop(t), testContext(t, 2*time.Minute)
	id := submit(ctx, t, h, "exec sleep 602", 256)
	c := waitContainer(ctx, t, h, "sleep", "602")
	if !c.AM() || c.Node == "" || !strings.Contains(c.ID, strings.TrimPrefix(id, "application_")) {
		t.Errorf("container %+v of %s: not the AM's, without a node, or of another application", c, id)
	}
	for _, act := range []func() error{c.Pause, c.Resume, c.Kill} {
		if err := act(); err != nil {
			t.Error(err)
		}
	}
	waitDiagnosis(ctx, t, h, id, "exitCode: 137")
	if err := c.Kill(); err != nil {
		t.Errorf("killed twice: %v", err)
	}
}

func TestNodeLoss(t *testing.T) {
	ctx := testContext(t, 10*time.Minute)
	h, err := StartHadoop(ctx, HadoopOptions{NodeExpiry: 3 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	nm := NodeManager(1)
	if err := h.Kill(nm); err != nil {
		t.Fatal(err)
	}
	if err := h.WaitNode(ctx, nm, "LOST"); err != nil {
		t.Fatal(err)
	}
	if err := h.Start(ctx, nm); err != nil {
		t.Fatal(err)
	}
	if err := h.WaitReady(ctx); err != nil {
		t.Fatal(err)
	}
}
