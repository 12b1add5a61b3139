package hdfs

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"weft/internal/fsys"
	"weft/test/cluster"
	"weft/yarnrpc/nn"
)

// trio is a cluster of three DataNodes that write two replicas of each block and
// want block tokens, started when the first test asks for it.
var trio threeNodes

type threeNodes struct {
	once   sync.Once
	hadoop *cluster.Hadoop
	err    error
}

func (n *threeNodes) get(t *testing.T) *cluster.Hadoop {
	t.Helper()
	n.once.Do(func() {
		n.hadoop, n.err = cluster.StartHadoop(context.Background(), cluster.HadoopOptions{DataNodes: 3, HDFSSite: map[string]string{
			"dfs.replication": "2", "dfs.block.access.token.enable": "true",
		}})
	})
	if n.err != nil {
		t.Fatal(n.err)
	}
	return n.hadoop
}

func (n *threeNodes) close() error {
	if n.hadoop == nil {
		return nil
	}
	return n.hadoop.Close()
}

// folder makes an empty folder for alice.
func (n *threeNodes) folder(t *testing.T, name string) string {
	t.Helper()
	if err := n.get(t).Mkdir(t.Context(), name, "alice", "755"); err != nil {
		t.Fatal(err)
	}
	return name
}

// daemonOf is the process of a node.
func (n *threeNodes) daemonOf(t *testing.T, node nn.Node) cluster.Daemon {
	t.Helper()
	for i := range 3 {
		d := cluster.DataNodeNo(i + 1)
		if _, port, err := net.SplitHostPort(n.hadoop.DaemonAddr(d)); err == nil && port == portOf(node) {
			return d
		}
	}
	t.Fatalf("no daemon of %v", node)
	return ""
}

func portOf(node nn.Node) string {
	_, port, _ := net.SplitHostPort(nn.Node{IP: node.IP, DataPort: node.IPCPort}.String())
	return port
}

// killed kills a daemon until the test has ended.
func (n *threeNodes) killed(t *testing.T, d cluster.Daemon) {
	t.Helper()
	if err := n.hadoop.Kill(d); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx := context.Background()
		if err := errors.Join(n.hadoop.Start(ctx, d), n.hadoop.WaitReady(ctx)); err != nil {
			t.Error(err)
		}
	})
}

// holds compares a file with what was written, read by a DataNode's own client.
func (n *threeNodes) holds(t *testing.T, name string, want []byte) {
	t.Helper()
	got, err := n.hadoop.ReadFile(t.Context(), name)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s holds %d bytes, %v; want the %d written", name, len(got), err, len(want))
	}
}

func random(size int, seed uint64) []byte {
	r := rand.New(rand.NewPCG(seed, seed))
	data := make([]byte, size)
	for i := range data {
		data[i] = byte(r.Uint32())
	}
	return data
}

// halfWritten opens a file and writes half a block of it, which all nodes of the
// pipeline have when it returns.
func halfWritten(t *testing.T, f *FS, name string, half []byte) (*writeFile, []nn.Replica) {
	t.Helper()
	file, err := f.CreateExclusive(t.Context(), name, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.Write(half); err != nil {
		t.Fatal(err)
	}
	if err := file.Sync(); err != nil {
		t.Fatal(err)
	}
	w := file.(*writeFile)
	return w, w.stream.block.Replicas // the stream rests after a sync
}

const testBlock = 2 << 20

func TestF15DataNodeKilledDuringWrite(t *testing.T) {
	h := trio.get(t)
	data := random(2*testBlock+testBlock/2+777, 15)
	for place, name := range []string{"first", "last"} {
		t.Run(name, func(t *testing.T) {
			f := connectTo(t, h, Options{User: "alice", BlockSizeBytes: testBlock})
			path := trio.folder(t, "/f15-"+name) + "/f"
			const half = testBlock/2 + 333 // in the middle of a chunk
			w, replicas := halfWritten(t, f, path, data[:half])
			if len(replicas) != 2 {
				t.Fatalf("%d replicas, want 2", len(replicas))
			}
			trio.killed(t, trio.daemonOf(t, replicas[place].Node))
			if _, err := w.Write(data[half:]); err != nil {
				t.Fatal(err)
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			if len(w.stream.exclude) == 0 {
				t.Error("no node was given up: nothing was tested")
			}
			trio.holds(t, path, data)
		})
	}
}

// atTheEnd is a connection that calls before the end of a block is sent: a packet
// without data, marked last.
type atTheEnd struct {
	net.Conn
	before func()
}

func (c atTheEnd) Write(p []byte) (int, error) {
	const frame, last = 31, 25 // 6 + the header's 25; where the mark is
	if len(p) == frame && p[last] == 1 {
		c.before()
	}
	return c.Conn.Write(p)
}

func TestF15DataNodeKilledAtTheEndOfABlock(t *testing.T) {
	trio.get(t)
	var once sync.Once
	kill := func() {}
	opts := Options{User: "alice", BlockSizeBytes: testBlock}
	opts.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, address)
		return atTheEnd{conn, func() { once.Do(kill) }}, err
	}
	f := connectTo(t, trio.hadoop, opts)
	path := trio.folder(t, "/f15-end") + "/f"
	data := random(testBlock+testBlock/2, 16)
	w, replicas := halfWritten(t, f, path, data[:testBlock/2])
	kill = func() { trio.killed(t, trio.daemonOf(t, replicas[0].Node)) }
	if _, err := w.Write(data[testBlock/2:]); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if len(w.stream.exclude) == 0 {
		t.Error("no node was given up: nothing was tested")
	}
	trio.holds(t, path, data)
}

// A dead node is offered by the NameNode until it is taken for dead.
func TestDeadNodeIsLeftOutOfNewBlocks(t *testing.T) {
	trio.get(t)
	f := connectTo(t, trio.hadoop, Options{User: "alice", BlockSizeBytes: testBlock})
	dir := trio.folder(t, "/f15-setup")
	trio.killed(t, cluster.DataNodeNo(2))
	excluded := 0
	for i := 0; i < 20 && excluded == 0; i++ { // two of three are offered
		path := dir + "/" + string(rune('a'+i))
		w, _ := halfWritten(t, f, path, []byte("x"))
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		excluded = len(w.stream.exclude)
		trio.holds(t, path, []byte("x"))
	}
	if excluded == 0 {
		t.Error("the dead node was never offered: nothing was tested")
	}
}

func TestF15OnlyDataNodeKilled(t *testing.T) {
	h := shared.Hadoop(t)
	f := connect(t, Options{User: "alice"})
	path := home(t, "/f15-only") + "/f"
	w, _ := halfWritten(t, f, path, random(100_000, 17))
	if err := h.Kill(cluster.DataNode); err != nil {
		t.Fatal(err)
	}
	defer restart(t, cluster.DataNode)
	start := time.Now()
	var err error
	for err == nil && time.Since(start) < time.Minute {
		_, err = w.Write(make([]byte, 1<<20))
	}
	if !errors.Is(err, fsys.ErrUnavailable) || !strings.Contains(err.Error(), "no node of the pipeline is left") {
		t.Errorf("write without any node = %v; want ErrUnavailable that says so", err)
	}
	if cerr := w.Close(); cerr == nil {
		t.Error("close of the broken file succeeded")
	}
	if closed, err := f.IsClosed(t.Context(), path); err != nil || closed {
		t.Errorf("IsClosed of the broken file = %v, %v; it must not look complete", closed, err)
	}
	if took := time.Since(start); took > 30*time.Second {
		t.Errorf("it took %v", took)
	}
}

func TestF16DataNodeStopped(t *testing.T) {
	h := trio.get(t)
	const deadline = time.Second
	data := random(testBlock+testBlock/2, 18)
	for place, name := range []string{"first", "last"} {
		t.Run(name, func(t *testing.T) {
			f := connectTo(t, h, Options{User: "alice", BlockSizeBytes: testBlock, IOTimeout: deadline})
			path := trio.folder(t, "/f16-"+name) + "/f"
			w, replicas := halfWritten(t, f, path, data[:testBlock/2])
			stopped := trio.daemonOf(t, replicas[place].Node)
			if err := h.Pause(stopped); err != nil {
				t.Fatal(err)
			}
			defer h.Resume(stopped)
			start := time.Now()
			if _, err := w.Write(data[testBlock/2:]); err != nil {
				t.Fatal(err)
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			// Silence of the first, of the second, and what the rest of the file takes.
			if took := time.Since(start); took < deadline || took > 15*deadline {
				t.Errorf("it took %v with a deadline of %v", took, deadline)
			}
			trio.holds(t, path, data)
		})
	}
}

func TestF16OnlyDataNodeStopped(t *testing.T) {
	h := shared.Hadoop(t)
	f := connect(t, Options{User: "alice", IOTimeout: time.Second})
	path := home(t, "/f16-only") + "/f"
	w, _ := halfWritten(t, f, path, random(100_000, 19))
	if err := h.Pause(cluster.DataNode); err != nil {
		t.Fatal(err)
	}
	defer h.Resume(cluster.DataNode)
	start := time.Now()
	var err error
	for err == nil && time.Since(start) < time.Minute {
		_, err = w.Write(make([]byte, 1<<20))
	}
	if !errors.Is(err, fsys.ErrUnavailable) || !strings.Contains(err.Error(), "no progress for") {
		t.Errorf("write to a stopped node = %v; want ErrUnavailable that names the deadline", err)
	}
	if took := time.Since(start); took > 10*time.Second {
		t.Errorf("it took %v with a deadline of 1 s", took)
	}
	if cerr := w.Close(); cerr == nil {
		t.Error("close of the broken file succeeded")
	}
}
