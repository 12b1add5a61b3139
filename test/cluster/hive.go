package cluster

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"sync"
	"syscall"
	"time"
)

// hiveLimit is how long a Hive may take to listen: 14 s on an idle machine, of which nearly all is work for the processor.
const hiveLimit = 5 * time.Minute

// HiveOptions says what StartHive starts. The zero value is Hive 4 on the local file system.
type HiveOptions struct {
	// Version is Hive4 or Hive3; empty means Hive4.
	Version HiveVersion
	// DefaultFS is the file system of tables, such as "hdfs://localhost:9000"; empty is the local one. It must serve.
	DefaultFS string
}

// Hive is a running metastore, and with Hive 4 a HiveServer2, of one private process on loopback, without authentication.
// All methods may be called by several goroutines.
type Hive struct {
	// MetastoreAddr is host:port of the metastore's Thrift service.
	MetastoreAddr string
	// ServerAddr is host:port of HiveServer2, binary transport, NOSASL; empty with Hive 3.
	ServerAddr string
	// ConfDir is the folder with a hive-site.xml and core-site.xml for clients: what HIVE_CONF_DIR names.
	ConfDir string
	// Version is the release.
	Version HiveVersion

	box     *sandbox
	proc    *process
	startMu sync.Mutex // one Start at a time
}

// StartHive starts a metastore and, with Hive 4, a HiveServer2 in the same JVM, and returns when both listen. The first
// call on a machine fetches the jars and makes the metastore's database. ctx bounds the start only.
func StartHive(ctx context.Context, opts HiveOptions) (*Hive, error) {
	setZero(&opts.Version, Hive4)
	setZero(&opts.DefaultFS, "file:///")
	cache, err := cacheDir()
	if err != nil {
		return nil, err
	}
	kit, err := prepareHive(ctx, cache, opts.Version)
	if err != nil {
		return nil, fmt.Errorf("start hive: %w", err)
	}
	box, err := newSandbox("hive")
	if err != nil {
		return nil, fmt.Errorf("start hive: %w", err)
	}
	h := &Hive{box: box, Version: opts.Version, ConfDir: box.path("conf")}
	if err := h.bringUp(ctx, opts, kit); err != nil {
		return nil, fmt.Errorf("start hive: %w", errors.Join(err, h.Close()))
	}
	return h, nil
}

func (h *Hive) bringUp(ctx context.Context, opts HiveOptions, kit hiveKit) (err error) {
	lay := hiveLayout{dir: h.box.dir, db: h.box.path("db"), defaultFS: opts.DefaultFS, warehouse: opts.DefaultFS + "/user/hive/warehouse"}
	if opts.DefaultFS == "file:///" {
		lay.warehouse = "file://" + h.box.path("warehouse")
	}
	if lay.metastore, err = h.box.ports.take(); err != nil {
		return err
	}
	if opts.Version == Hive4 {
		if lay.server, err = h.box.ports.take(); err != nil {
			return err
		}
	}
	if err := errors.Join(lay.write(), copyTree(kit.db, lay.db)); err != nil {
		return err
	}
	h.MetastoreAddr = net.JoinHostPort("127.0.0.1", strconv.Itoa(lay.metastore))
	argv := kit.argv(h.box.dir, "org.apache.hadoop.hive.metastore.HiveMetaStore", "-p", strconv.Itoa(lay.metastore))
	if opts.Version == Hive4 {
		h.ServerAddr = net.JoinHostPort("127.0.0.1", strconv.Itoa(lay.server))
		argv = kit.argv(h.box.dir, "HiveServers", strconv.Itoa(lay.metastore), "server")
	}
	h.proc = h.box.newProcess("hive", argv, kit.env(h.box.dir))
	return h.Start(ctx)
}

// MetastoreURI is the address as hive.metastore.uris has it.
func (h *Hive) MetastoreURI() string { return "thrift://" + h.MetastoreAddr }

// Kill sends SIGKILL to the process and returns when it is gone.
func (h *Hive) Kill() error { return h.proc.kill() }

// Pause stops the process with SIGSTOP: connections stay open and nothing answers. Resume lets it go on.
func (h *Hive) Pause() error { return h.proc.signal(syscall.SIGSTOP) }

// Resume lets a paused process go on.
func (h *Hive) Resume() error { return h.proc.signal(syscall.SIGCONT) }

// Start starts a killed Hive again with the ports and tables it had, and returns when it listens.
func (h *Hive) Start(ctx context.Context) error {
	h.startMu.Lock()
	defer h.startMu.Unlock()
	if err := h.proc.start(); err != nil {
		return err
	}
	return Await(ctx, hiveLimit, "hive in "+h.box.dir, func(ctx context.Context) error {
		if err := h.proc.alive(); err != nil {
			return err
		}
		for _, address := range []string{h.MetastoreAddr, h.ServerAddr} {
			if address == "" {
				continue
			}
			var d net.Dialer
			conn, err := d.DialContext(ctx, "tcp", address)
			if err != nil {
				return err
			}
			conn.Close()
		}
		return nil
	})
}

// Pid returns the process id, 0 when the process does not run.
func (h *Hive) Pid() int { return h.proc.pid() }

// Logs returns all that the process has printed, over its restarts.
func (h *Hive) Logs() (string, error) {
	text, err := os.ReadFile(h.proc.logPath)
	if err != nil {
		return "", fmt.Errorf("read log of hive: %w", err)
	}
	return string(text), nil
}

// Close kills the process and removes its work folder. It may be called twice.
func (h *Hive) Close() error {
	if err := h.box.close(); err != nil {
		return fmt.Errorf("close hive: %w", err)
	}
	return nil
}
