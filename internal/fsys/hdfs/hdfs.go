package hdfs

import (
	"context"
	"crypto/rand"
	"fmt"
	"net"
	"os"
	"os/user"
	"sync"
	"time"

	"weft/internal/fsys"
	"weft/yarnrpc"
	"weft/yarnrpc/dn"
	"weft/yarnrpc/hadoopconf"
	"weft/yarnrpc/nn"
)

// Options say how a file system is reached. The zero value is right for a
// cluster without security; every field's zero means what is named with it.
type Options struct {
	// User is who acts; default: see [User].
	User string
	// RPC is the pattern of the NameNode client: authentication and deadlines.
	// Addresses, Protocol and User are set here; RetryFor and the back-off default
	// to what dfs.client.failover.* comes to.
	RPC yarnrpc.Options
	// Dial connects to DataNodes; default: net.Dialer.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// IOTimeout bounds each connect, read and write of a DataNode connection, and
	// so the wait for the acknowledgement of what was sent, to which a twelfth is
	// added for each node of the pipeline; default: 60 s (dfs.client.socket-timeout).
	IOTimeout time.Duration
	// CloseTimeout bounds the wait at Close until enough replicas have been
	// reported to the NameNode; default: 60 s.
	CloseTimeout time.Duration
	// Replication of new files; default: dfs.replication of the configuration,
	// else that of the NameNode.
	Replication int
	// BlockSizeBytes of new files; default: dfs.blocksize, else the NameNode's.
	BlockSizeBytes int64
}

// FS is one HDFS nameservice. Close it when done. Safe for many goroutines.
type FS struct {
	authority string
	conf      *hadoopconf.Conf
	opts      Options
	client    *yarnrpc.Client
	rpc       yarnrpc.Caller // client, repeating calls whose answer was lost
	nn        *nn.Client
	holder    string // name under which leases are recovered
	lanes     lanes
	packets   sync.Pool // *dn.Packet, of files that were written

	mu       sync.Mutex
	defaults *nn.Defaults // fetched once
	keys     keys
}

var _ fsys.FS = (*FS)(nil)

// Connector returns the fsys.Connect of the scheme "hdfs": the authority is a
// nameservice, a host with or without a port, or "" for that of fs.defaultFS.
func Connector(conf *hadoopconf.Conf, opts Options) fsys.Connect {
	return func(_ context.Context, authority string) (fsys.FS, error) {
		f, err := New(conf, authority, opts)
		if err != nil {
			return nil, err
		}
		return f, nil
	}
}

// New returns the file system of one authority. It does not connect yet: the
// first call does.
func New(conf *hadoopconf.Conf, authority string, opts Options) (*FS, error) {
	addresses, err := conf.Namenodes(authority)
	if err != nil {
		return nil, err
	}
	if opts, err = withDefaults(conf, opts); err != nil {
		return nil, err
	}
	opts.RPC.Addresses, opts.RPC.Protocol = addresses, nn.Protocol
	client, err := yarnrpc.NewClient(opts.RPC)
	if err != nil {
		return nil, err
	}
	f := &FS{authority: authority, conf: conf, opts: opts, client: client, rpc: client.Idempotent(), holder: "weft-" + rand.Text()}
	f.nn = nn.NewWith(f.rpc)
	f.packets.New = func() any { return dn.NewPacket() }
	return f, nil
}

func withDefaults(conf *hadoopconf.Conf, o Options) (Options, error) {
	var err error
	if o.User == "" {
		o.User, err = User(os.LookupEnv)
	}
	if err != nil {
		return o, err
	}
	o.RPC.User = o.User
	if o.Dial == nil {
		o.Dial = new(net.Dialer).DialContext
	}
	if o.IOTimeout == 0 {
		if o.IOTimeout, err = conf.Duration("dfs.client.socket-timeout", time.Minute, time.Millisecond); err != nil {
			return o, err
		}
	}
	if o.CloseTimeout == 0 {
		o.CloseTimeout = time.Minute
	}
	if o.Replication == 0 {
		if o.Replication, err = conf.Int("dfs.replication", 0); err != nil {
			return o, err
		}
	}
	if o.BlockSizeBytes == 0 {
		if o.BlockSizeBytes, err = conf.Bytes("dfs.blocksize", 0); err != nil {
			return o, err
		}
	}
	return o, setRetries(conf, &o.RPC)
}

// setRetries turns a number of attempts, as Java counts, into the time that they
// take: there is one deadline, and it can be named.
func setRetries(conf *hadoopconf.Conf, o *yarnrpc.Options) error {
	fo, err := conf.NamenodeFailover()
	if err != nil {
		return err
	}
	if o.BackoffBase == 0 {
		o.BackoffBase = max(fo.SleepBase, 10*time.Millisecond)
	}
	if o.BackoffMax == 0 {
		o.BackoffMax = max(fo.SleepMax, o.BackoffBase)
	}
	if o.RetryFor == 0 {
		pause := o.BackoffBase
		for range min(fo.Attempts, 1000) {
			o.RetryFor += pause
			pause = min(2*pause, o.BackoffMax)
		}
		o.RetryFor = max(o.RetryFor, 10*time.Second)
	}
	return nil
}

// User is the name that acts where there is no Kerberos: HADOOP_USER_NAME, else
// the user of this process. A static binary finds that in /etc/passwd alone,
// which lacks the users of a directory service: then $USER and $LOGNAME are
// asked, and at last the name is an error, not a number.
func User(env func(name string) (string, bool)) (string, error) {
	if name, ok := env("HADOOP_USER_NAME"); ok && name != "" {
		return name, nil
	}
	u, err := user.Current()
	if err == nil && u.Username != "" {
		return u.Username, nil
	}
	for _, key := range []string{"USER", "LOGNAME"} {
		if name, ok := env(key); ok && name != "" {
			return name, nil
		}
	}
	return "", fmt.Errorf("user name: uid %d is not in /etc/passwd, and neither HADOOP_USER_NAME nor USER is set: %w", os.Getuid(), err)
}

// String names the file system in messages.
func (f *FS) String() string { return "hdfs://" + f.authority }

// Close ends all connections. Files still open fail from now on.
func (f *FS) Close() error {
	f.lanes.close()
	return f.client.Close()
}

// serverDefaults fetches the NameNode's settings for new files, once.
func (f *FS) serverDefaults(ctx context.Context) (nn.Defaults, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.defaults != nil {
		return *f.defaults, nil
	}
	d, err := f.nn.Defaults(ctx)
	if err == nil {
		f.defaults = &d
	}
	return d, err
}
