package hdfs

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"weft/internal/fsys"
	"weft/test/cluster"
	"weft/yarnrpc"
	"weft/yarnrpc/hadoopconf"
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
			"dfs.namenode.redundancy.considerLoad": "false", // so that every node is offered, the dead too
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

// daemonAt is the DataNode that takes blocks at an address.
func (n *threeNodes) daemonAt(t *testing.T, address string) cluster.Daemon {
	t.Helper()
	for i := range 3 {
		d := cluster.DataNodeNo(i + 1)
		conf, err := hadoopconf.Load(filepath.Join(n.hadoop.WorkDir(), "conf", string(d)), os.LookupEnv)
		if err != nil {
			t.Fatal(err)
		}
		if conf.String("dfs.datanode.address", "") == address {
			return d
		}
	}
	t.Fatalf("no data node at %s", address)
	return ""
}

// others are the DataNodes beside one.
func others(d cluster.Daemon) []cluster.Daemon {
	all := []cluster.Daemon{cluster.DataNodeNo(1), cluster.DataNodeNo(2), cluster.DataNodeNo(3)}
	return slices.DeleteFunc(all, func(o cluster.Daemon) bool { return o == d })
}

// dialed remembers where the last connection went: to the first of a pipeline.
// before, if set, is called before the end of a block is sent.
type dialed struct {
	address atomic.Pointer[string]
	before  atomic.Pointer[func()]
}

func (d *dialed) dial(ctx context.Context, network, address string) (net.Conn, error) {
	d.address.Store(&address)
	conn, err := new(net.Dialer).DialContext(ctx, network, address)
	return watched{conn, d}, err
}

// watched is a connection that knows the end of a block: a packet without data,
// marked last.
type watched struct {
	net.Conn
	dialed *dialed
}

func (c watched) Write(p []byte) (int, error) {
	const frame, last = 31, 25 // 6 + the header's 25; where the mark is
	if before := c.dialed.before.Load(); before != nil && len(p) == frame && p[last] == 1 {
		(*before)()
	}
	return c.Conn.Write(p)
}

// killed kills daemons until the test has ended.
func (n *threeNodes) killed(t *testing.T, daemons ...cluster.Daemon) {
	t.Helper()
	for _, d := range daemons {
		if err := n.hadoop.Kill(d); err != nil {
			t.Error(err) // may be called by another goroutine
		}
	}
	t.Cleanup(func() {
		ctx := context.Background()
		for _, d := range daemons {
			if err := n.hadoop.Start(ctx, d); err != nil {
				t.Error(err)
			}
		}
		if err := n.hadoop.WaitReady(ctx); err != nil {
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
func halfWritten(t *testing.T, f *FS, name string, half []byte) *writeFile {
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
	return file.(*writeFile)
}

const testBlock = 2 << 20

// Of a pipeline the first node dies, or all the others do.
func TestF15DataNodeKilledDuringWrite(t *testing.T) {
	h := trio.get(t)
	data := random(2*testBlock+testBlock/2+777, 15)
	for _, name := range []string{"first", "others"} {
		t.Run(name, func(t *testing.T) {
			var d dialed
			f := connectTo(t, h, Options{User: "alice", BlockSizeBytes: testBlock, Dial: d.dial})
			path := trio.folder(t, "/f15-"+name) + "/f"
			const half = testBlock/2 + 333 // in the middle of a chunk
			w := halfWritten(t, f, path, data[:half])
			dying := []cluster.Daemon{trio.daemonAt(t, *d.address.Load())}
			if name == "others" {
				dying = others(dying[0])
			}
			trio.killed(t, dying...)
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

func TestF15DataNodeKilledAtTheEndOfABlock(t *testing.T) {
	h := trio.get(t)
	var d dialed
	f := connectTo(t, h, Options{User: "alice", BlockSizeBytes: testBlock, Dial: d.dial})
	path := trio.folder(t, "/f15-end") + "/f"
	data := random(testBlock+testBlock/2, 16)
	w := halfWritten(t, f, path, data[:testBlock/2])
	first := trio.daemonAt(t, *d.address.Load())
	kill := sync.OnceFunc(func() { trio.killed(t, first) })
	d.before.Store(&kill)
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
		w := halfWritten(t, f, path, []byte("x"))
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

// The last live node may be too busy for the NameNode's taste; it is waited for.
func TestBusyNodeIsWaitedFor(t *testing.T) {
	const busy = "File /f could only be written to 0 of the 1 minReplication nodes. There are 3 datanode(s) running and 3 node(s) are excluded in this operation."
	for refusals, excluded := range map[int]int{0: 1, 2: 1} {
		asked := 0
		n := &namenode{answer: func(string, []byte) ([]byte, error) {
			if asked++; asked <= refusals {
				return nil, yarnrpc.NewRemoteError("java.io.IOException", busy, "addBlock", "nn:8020", true)
			}
			return nil, fs.ErrClosed // what ends the test, not the wait
		}}
		s := &stream{nn: nn.NewWith(n), exclude: make([]nn.Node, excluded)}
		if _, err := s.addBlock(t.Context(), nil); !errors.Is(err, fs.ErrClosed) || asked != refusals+1 || len(s.exclude) != excluded {
			t.Errorf("%d refusals: asked %d times, %d nodes excluded, %v", refusals, asked, len(s.exclude), err)
		}
	}
	// Without a node that failed there is nothing to wait for: there is no room.
	n := &namenode{answer: func(string, []byte) ([]byte, error) {
		return nil, yarnrpc.NewRemoteError("java.io.IOException", busy, "addBlock", "nn:8020", true)
	}}
	s := &stream{nn: nn.NewWith(n)}
	if _, err := s.addBlock(t.Context(), nil); err == nil || len(n.methods) != 1 {
		t.Errorf("asked %d times, %v; want once", len(n.methods), err)
	}
}

func TestF15OnlyDataNodeKilled(t *testing.T) {
	h := shared.Hadoop(t)
	f := connect(t, Options{User: "alice"})
	path := home(t, "/f15-only") + "/f"
	w := halfWritten(t, f, path, random(100_000, 17))
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

// Silence in the middle of a block. (At its start it is the node before the silent
// one that tells, and waits longer for that than this test.)
func TestF16DataNodeStopped(t *testing.T) {
	h := trio.get(t)
	const deadline = 3 * time.Second
	data := random(testBlock-5, 18)
	for _, name := range []string{"first", "others"} {
		t.Run(name, func(t *testing.T) {
			var d dialed
			f := connectTo(t, h, Options{User: "alice", BlockSizeBytes: testBlock, IOTimeout: deadline, Dial: d.dial})
			path := trio.folder(t, "/f16-"+name) + "/f"
			w := halfWritten(t, f, path, data[:testBlock/2])
			stopped := []cluster.Daemon{trio.daemonAt(t, *d.address.Load())}
			if name == "others" {
				stopped = others(stopped[0])
			}
			for _, d := range stopped {
				if err := h.Pause(d); err != nil {
					t.Fatal(err)
				}
				defer h.Resume(d)
			}
			start := time.Now()
			if _, err := w.Write(data[testBlock/2:]); err != nil {
				t.Fatal(err)
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			if took := time.Since(start); took < deadline || took > 10*deadline {
				t.Errorf("it took %v with a deadline of %v", took, deadline)
			}
			for _, d := range stopped {
				h.Resume(d)
			}
			trio.holds(t, path, data)
		})
	}
}

func TestF16OnlyDataNodeStopped(t *testing.T) {
	h := shared.Hadoop(t)
	f := connect(t, Options{User: "alice", IOTimeout: 3 * time.Second})
	path := home(t, "/f16-only") + "/f"
	w := halfWritten(t, f, path, random(100_000, 19))
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
	if took := time.Since(start); took > 30*time.Second {
		t.Errorf("it took %v with a deadline of 3 s", took)
	}
	if cerr := w.Close(); cerr == nil {
		t.Error("close of the broken file succeeded")
	}
}
