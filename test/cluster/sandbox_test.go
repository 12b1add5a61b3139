package cluster

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// victimEnv makes this test binary a process that starts servers and waits to be killed.
const victimEnv = "WEFT_CLUSTER_TEST_VICTIM"

// victim starts a Hadoop with a container that leaves its session, and a MariaDB, prints their folders and waits.
func victim() int {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	h, err := StartHadoop(ctx, HadoopOptions{})
	if err == nil {
		_, err = trySubmit(ctx, h, "setsid sleep 600 & exec sleep 601", 256)
	}
	var db *Database
	if err == nil {
		db, err = StartMariaDB(ctx, DatabaseOptions{})
	}
	if err != nil {
		fmt.Println("error:", err)
		return 1
	}
	fmt.Println(h.WorkDir(), db.box.dir)
	<-ctx.Done()
	return 1
}

func TestNothingIsLeftWhenTheTestIsKilled(t *testing.T) {
	ctx := testContext(t, 10*time.Minute)
	cmd := exec.CommandContext(ctx, os.Args[0])
	cmd.Env = append(os.Environ(), victimEnv+"=1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	dirs := strings.Fields(line)
	if err != nil || len(dirs) != 2 {
		t.Fatalf("the process that was to be killed printed %q, %v", line, err)
	}
	containers := func() int { return len(processesOf("LOCAL_DIRS=" + dirs[0] + "/")) }
	err = Await(ctx, time.Minute, "two processes of the container", func(context.Context) error {
		if n := containers(); n < 2 {
			return fmt.Errorf("there are %d", n)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	cmd.Process.Kill()
	cmd.Wait()
	err = Await(ctx, 20*time.Second, "everything to be gone", func(context.Context) error { return leftovers(dirs) })
	if err != nil {
		t.Error(err)
	}
}

// leftovers says what is still there of sandboxes in the given folders.
func leftovers(dirs []string) error {
	for _, dir := range dirs {
		if pids := processesOf("WEFT_CLUSTER_DIR="+dir, "LOCAL_DIRS="+dir); len(pids) > 0 {
			return fmt.Errorf("processes %v of %s", pids, dir)
		}
		if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("folder %s: %v", dir, err)
		}
	}
	return nil
}

func TestCloseLeavesNothing(t *testing.T) {
	s, err := newSandbox("test")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.mkdirs("log"); err != nil {
		t.Fatal(err)
	}
	// The child leaves the session and ignores what can be ignored.
	p := s.newProcess("stubborn", []string{"/bin/sh", "-c", "trap '' HUP INT TERM; setsid sleep 600 & sleep 601"}, []string{"PATH=/usr/bin:/bin"})
	if err := p.start(); err != nil {
		t.Fatal(err)
	}
	err = Await(testContext(t, time.Minute), 10*time.Second, "both children", func(context.Context) error {
		if n := len(processesOf("WEFT_CLUSTER_DIR=" + s.dir)); n != 3 {
			return fmt.Errorf("%d processes", n)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	for range 2 { // the second call does nothing
		if err := s.close(); err != nil {
			t.Error(err)
		}
	}
	if err := leftovers([]string{s.dir}); err != nil {
		t.Error(err)
	}
}

// A shell in which the environment of a cluster was set must not be taken for one of its processes.
func TestReaperSparesClients(t *testing.T) {
	s, err := newSandbox("test")
	if err != nil {
		t.Fatal(err)
	}
	client := exec.Command("sleep", "600")
	client.Env = []string{"HADOOP_CONF_DIR=" + s.path("conf", "client"), "WEFT_CLUSTER_DIR=" + s.dir + "2", "PATH=/bin"}
	if err := client.Start(); err != nil {
		t.Fatal(err)
	}
	if err := s.close(); err != nil {
		t.Error(err)
	}
	if len(processesOf("WEFT_CLUSTER_DIR="+s.dir+"2")) != 1 {
		t.Error("the reaper killed a process of somebody else")
	}
	if err := client.Process.Kill(); err != nil {
		t.Error(err)
	}
	if err := client.Wait(); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Error(err)
	}
}

func TestPortsAreOurs(t *testing.T) {
	cache := t.TempDir()
	a, err := claimPorts(cache)
	if err != nil {
		t.Fatal(err)
	}
	defer a.held.Close()
	if _, err := tryLock(filepath.Join(cache, "ports", fmt.Sprint(a.next))); !errors.Is(err, ErrLocked) {
		t.Errorf("a claimed block could be locked again: %v", err)
	}
	seen := map[int]bool{}
	for range blockPorts {
		p, err := a.take()
		if err != nil || seen[p] || p < firstPort || p >= 32768 {
			t.Fatalf("took port %d, %v", p, err)
		}
		seen[p] = true
	}
	if _, err := a.take(); err == nil {
		t.Error("took more ports than the block has")
	}
}
