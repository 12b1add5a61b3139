package hdfs

import (
	"context"
	"net"
	"sync"
	"time"

	lib "github.com/colinmarc/hdfs/v2"
	libconf "github.com/colinmarc/hdfs/v2/hadoopconf"
)

const (
	// maxIdleLanes is how many lanes wait for the next file. A process works on
	// few files at a time.
	maxIdleLanes = 4
	// maxLaneAge ends a lane before its data encryption key can expire, which the
	// library fetches once and keeps (dfs.block.access.key.update.interval is
	// 10 h, and a key lives for that and the token lifetime of 10 h).
	maxLaneAge = time.Hour
)

// lane carries one file that is being read: a client of the library, its bridge
// to the NameNode and its connections to DataNodes.
type lane struct {
	client *lib.Client
	bridge *bridge
	gate   *gate
	born   time.Time
}

func (f *FS) newLane() (*lane, error) {
	l := &lane{bridge: newBridge(f.rpc), gate: newGate(f.opts.Dial, f.opts.IOTimeout), born: time.Now()}
	opts := f.libOptions()
	opts.NamenodeDialFunc = func(context.Context, string, string) (net.Conn, error) { return l.bridge, nil }
	opts.DatanodeDialFunc = l.gate.connect
	client, err := lib.NewClient(opts)
	if err != nil {
		return nil, err
	}
	l.client = client
	return l, nil
}

// libOptions are what the library has to know beside our dialers. Going through
// its own reader of configurations is the only way to the rule for DataNodes on
// privileged ports.
func (f *FS) libOptions() lib.ClientOptions {
	conf := libconf.HadoopConf{}
	for _, key := range []string{"dfs.data.transfer.protection", "dfs.encrypt.data.transfer", "dfs.client.use.datanode.hostname"} {
		conf[key] = f.conf.String(key, "")
	}
	opts := lib.ClientOptionsFromConf(conf)
	opts.Addresses = []string{"namenode"} // the bridge
	opts.User = f.opts.User
	return opts
}

// pause waits, or until the lane is dropped.
func (l *lane) pause(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-l.bridge.ctx.Done():
	}
}

// drop ends a lane: calls under way fail.
func (l *lane) drop() {
	l.gate.cut()
	l.bridge.Close()
	l.client.Close()
}

// lanes is the pool of a file system.
type lanes struct {
	mu     sync.Mutex
	idle   []*lane
	closed bool
}

// take returns an idle lane, or nil when there is none; ok is false after close.
func (p *lanes) take() (l *lane, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, false
	}
	for len(p.idle) > 0 {
		l := p.idle[len(p.idle)-1]
		p.idle = p.idle[:len(p.idle)-1]
		if time.Since(l.born) < maxLaneAge {
			return l, true
		}
		l.drop()
	}
	return nil, true
}

// give takes back a lane whose file ended well.
func (p *lanes) give(l *lane) {
	l.bridge.inode.Store(nil)
	p.mu.Lock()
	keep := !p.closed && len(p.idle) < maxIdleLanes
	if keep {
		p.idle = append(p.idle, l)
	}
	p.mu.Unlock()
	if !keep {
		l.drop()
	}
}

// close drops the idle lanes; those in use are dropped when they come back.
func (p *lanes) close() {
	p.mu.Lock()
	idle := p.idle
	p.idle, p.closed = nil, true
	p.mu.Unlock()
	for _, l := range idle {
		l.drop()
	}
}
