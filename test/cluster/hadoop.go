package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"syscall"
)

// The queues of every Hadoop of this package: leaf queues of root with 70 and 30 percent, each elastic to the whole.
const (
	DefaultQueue = "default"
	SecondQueue  = "etl"
)

// Hadoop is a running HDFS and YARN of private processes on loopback. All methods may be called by several goroutines.
type Hadoop struct {
	// NNAddr and RMAddr are the RPC addresses (host:port) of NameNode and ResourceManager (ApplicationClientProtocol); with
	// HadoopOptions.HA, of the first of each, and so are NNWeb and RMWeb.
	NNAddr, RMAddr string
	// NNWeb and RMWeb are the base URLs of WebHDFS and of the ResourceManager's REST interface, without a final slash.
	NNWeb, RMWeb string
	// NMs are the NodeManagers in order; DaemonAddr gives their addresses.
	NMs []Daemon

	box     *sandbox
	lay     layout
	daemons map[Daemon]*process
	startMu sync.Mutex // one Start at a time

	mu     sync.Mutex
	active map[kind]Daemon // of those that may have a standby
}

// StartHadoop starts a NameNode, a DataNode, a ResourceManager and NodeManagers and returns when all of them serve and
// /tmp, /tmp/logs and /user/<OS user> exist. The first call on a machine fetches the jars and prepares what can be kept.
// ctx bounds the start only. The caller must Close; should it die before, everything is ended just the same.
func StartHadoop(ctx context.Context, opts HadoopOptions) (*Hadoop, error) {
	opts, err := opts.defaulted()
	if err != nil {
		return nil, err
	}
	cache, err := cacheDir()
	if err != nil {
		return nil, err
	}
	kit, err := prepareKit(ctx, cache, opts.HA)
	if err != nil {
		return nil, fmt.Errorf("start hadoop: %w", err)
	}
	return startHadoop(ctx, opts, kit)
}

// startHadoop starts the daemons from what lies in the cache.
func startHadoop(ctx context.Context, opts HadoopOptions, kit kit) (*Hadoop, error) {
	box, err := newSandbox("hadoop")
	if err != nil {
		return nil, fmt.Errorf("start hadoop: %w", err)
	}
	defer kit.dropClassLists()
	h := &Hadoop{box: box, daemons: map[Daemon]*process{},
		active: map[kind]Daemon{nameNode: NameNode, resourceManager: ResourceManager}}
	if err := h.bringUp(ctx, opts, kit); err != nil {
		return nil, fmt.Errorf("start hadoop: %w", errors.Join(err, h.Close()))
	}
	return h, nil
}

func (h *Hadoop) bringUp(ctx context.Context, opts HadoopOptions, kit kit) error {
	ends, err := takeEndpoints(h.box.ports, opts)
	if err != nil {
		return err
	}
	h.lay = layout{dir: h.box.dir, ends: ends, opts: opts}
	h.NNAddr, h.RMAddr = addr(ends.nns[0].rpc), addr(ends.rms[0].rpc)
	h.NNWeb, h.RMWeb = "http://"+addr(ends.nns[0].http), "http://"+addr(ends.rms[0].web)
	if err := h.furnish(kit); err != nil {
		return err
	}
	for d, p := range h.daemons { // at the same time: none needs another to start
		if err := p.start(); err != nil {
			return fmt.Errorf("daemon %s: %w", d, err)
		}
	}
	if err := h.activateFirst(ctx); err != nil {
		return err
	}
	if err := h.WaitReady(ctx); err != nil {
		return err
	}
	kit.keepClassLists()
	return h.prepareHDFS(ctx)
}

// furnish writes folders and configuration and describes the daemons.
func (h *Hadoop) furnish(kit kit) error {
	err := h.box.mkdirs("log", "tmp", "rmstore", "node-attribute", "node-labels",
		// The HDFS jar lacks its web pages, without which NameNode and DataNode refuse to start; empty folders will do.
		"web/webapps/hdfs", "web/webapps/datanode", "web/webapps/secondary", "web/webapps/journal")
	if err != nil {
		return err
	}
	if err := h.copyNames(kit); err != nil {
		return fmt.Errorf("copy formatted name folder: %w", err)
	}
	for i := range h.lay.opts.DataNodes {
		if err := h.box.mkdirs(string(DataNodeNo(i + 1))); err != nil {
			return err
		}
	}
	for name, conf := range h.lay.confDirs() {
		if err := conf.write(h.box.path("conf", name)); err != nil {
			return err
		}
	}
	for i := range h.lay.opts.NodeManagers {
		nm := NodeManager(i + 1)
		h.NMs = append(h.NMs, nm)
		if err := h.box.mkdirs(string(nm)+"-local", string(nm)+"-logs", string(nm)+"-recovery"); err != nil {
			return err
		}
	}
	for _, d := range h.lay.ends.all() {
		h.daemons[d] = h.box.newProcess(string(d), kit.argv(h.box.dir, d), kit.env(h.box.dir, string(d)))
	}
	return nil
}

// ConfDir returns the folder for HADOOP_CONF_DIR of clients: core-site.xml, hdfs-site.xml, yarn-site.xml and more.
func (h *Hadoop) ConfDir() string { return h.box.path("conf", "client") }

// WorkDir returns the folder that holds everything of this Hadoop and is removed by Close.
// Below it <nm>-local and <nm>-logs are the local and log folders of a NodeManager.
func (h *Hadoop) WorkDir() string { return h.box.dir }

// Close kills all daemons and every container they started, and removes the work folder. It may be called twice.
func (h *Hadoop) Close() error {
	if err := h.box.close(); err != nil {
		return fmt.Errorf("close hadoop: %w", err)
	}
	return nil
}

// Kill sends SIGKILL to the daemon and returns when it is gone. Containers of a NodeManager live on.
func (h *Hadoop) Kill(d Daemon) error {
	p, err := h.daemon(d)
	if err != nil {
		return err
	}
	return p.kill()
}

// Pause stops the daemon with SIGSTOP: its connections stay open and nothing answers. Resume lets it go on.
func (h *Hadoop) Pause(d Daemon) error { return h.signal(d, syscall.SIGSTOP) }

// Resume lets a paused daemon go on.
func (h *Hadoop) Resume(d Daemon) error { return h.signal(d, syscall.SIGCONT) }

func (h *Hadoop) signal(d Daemon, sig syscall.Signal) error {
	p, err := h.daemon(d)
	if err != nil {
		return err
	}
	return p.signal(sig)
}

// Start starts a daemon that was killed, with the ports and folders it had, and returns when it serves by itself.
// That others have taken note of it, above all the ResourceManager of a NodeManager, is what WaitReady waits for.
func (h *Hadoop) Start(ctx context.Context, d Daemon) error {
	h.startMu.Lock()
	defer h.startMu.Unlock()
	p, err := h.daemon(d)
	if err != nil {
		return err
	}
	if err := p.start(); err != nil {
		return err
	}
	return h.waitServing(ctx, d)
}

// Pid returns the process id of the daemon, 0 when it does not run.
func (h *Hadoop) Pid(d Daemon) int {
	p, err := h.daemon(d)
	if err != nil {
		return 0
	}
	return p.pid()
}

// Logs returns all that the daemon has printed, over its restarts.
func (h *Hadoop) Logs(d Daemon) (string, error) {
	p, err := h.daemon(d)
	if err != nil {
		return "", err
	}
	text, err := os.ReadFile(p.logPath)
	if err != nil {
		return "", fmt.Errorf("read log of %s: %w", d, err)
	}
	return string(text), nil
}

// DaemonAddr returns the RPC address (host:port) of a daemon; of a NodeManager it is also its YARN node id.
func (h *Hadoop) DaemonAddr(d Daemon) string {
	if _, ok := h.daemons[d]; !ok {
		return ""
	}
	ends, i := h.lay.ends, d.index()
	switch d.kind() {
	case nameNode:
		return addr(ends.nns[i].rpc)
	case dataNode:
		return addr(ends.dns[i].ipc)
	case resourceManager:
		return addr(ends.rms[i].rpc)
	}
	return addr(ends.nms[i].rpc)
}

// LocalDir returns the local folder of a NodeManager, below which its containers work.
func (h *Hadoop) LocalDir(nm Daemon) string { return filepath.Join(h.box.dir, string(nm)+"-local") }

func (h *Hadoop) daemon(d Daemon) (*process, error) {
	p, ok := h.daemons[d]
	if !ok {
		return nil, fmt.Errorf("daemon %q: this hadoop has none of that name", d)
	}
	return p, nil
}
