// Package hadoop is what every process of weft needs to reach a cluster: the
// site files, the name it acts under, file systems and the ResourceManager's
// address, found once and passed on.
//
// Guarantees: nothing is contacted before a call needs it; what is missing is
// said with the variable or file that would provide it.
//
//	cluster, err := hadoop.Open(hadoop.Options{Env: os.LookupEnv})
//	defer cluster.Close()
//	fs, name, err := cluster.Files.Open(ctx, "hdfs://ns1/data")
package hadoop

import (
	"errors"
	"fmt"
	"log/slog"
	"path"
	"strings"
	"time"

	"weft/internal/faultpoint"
	"weft/internal/fsys"
	"weft/internal/fsys/hdfs"
	"weft/internal/fsys/local"
	"weft/yarnrpc"
	"weft/yarnrpc/hadoopconf"
	"weft/yarnrpc/rm"
)

// ErrSecured says that the cluster wants Kerberos.
var ErrSecured = errors.New("the cluster is secured with Kerberos (hadoop.security.authentication), which this release cannot talk to")

// Options say where a Cluster is described.
type Options struct {
	// Dir is the folder of the site files; empty lets the environment
	// decide, as Hadoop's own tools do.
	Dir string
	// Env looks up environment variables, as os.LookupEnv does.
	Env hadoopconf.LookupEnv
	// RetryFor bounds how long one call looks for a NameNode or
	// ResourceManager that answers; 0 leaves it to the site files, as a
	// process that must outlive a restart wants it.
	RetryFor time.Duration
	// Log takes events of connections; nil for none.
	Log *slog.Logger
}

// Patience is RetryFor of a process for whose answer a person waits: a failover
// takes seconds. RunPatience is that of a run that has begun, unless its
// timeout.cluster says otherwise: it outlives restarts and safe mode.
const (
	Patience    = 20 * time.Second
	RunPatience = 10 * time.Minute
)

// Cluster is one Hadoop cluster as this process sees it. It is safe for use by
// many goroutines.
type Cluster struct {
	// Conf are the site files.
	Conf *hadoopconf.Conf
	// User is who this process is for HDFS and YARN.
	User string
	// Files opens file systems by URI; paths without a scheme lie on
	// fs.defaultFS.
	Files *fsys.Opener

	retryFor time.Duration
	log      *slog.Logger
}

// Open reads the site files. errors.Is(err, hadoopconf.ErrNotConfigured) if
// there are none.
func Open(o Options) (*Cluster, error) {
	conf, err := load(o)
	if err != nil {
		return nil, err
	}
	if strings.EqualFold(conf.String("hadoop.security.authentication", "simple"), "kerberos") {
		return nil, fmt.Errorf("open cluster of %s: %w", conf.Origin("hadoop.security.authentication"), ErrSecured)
	}
	name, err := hdfs.User(o.Env)
	if err != nil {
		return nil, err
	}
	c := &Cluster{Conf: conf, User: name, retryFor: o.RetryFor, log: o.Log}
	c.Files = fsys.NewOpener(conf.DefaultFS(), map[string]fsys.Connect{
		"file": faultpoint.Connect(local.Connect),
		"hdfs": faultpoint.Connect(hdfs.Connector(conf, hdfs.Options{User: name, RPC: yarnrpc.Options{RetryFor: o.RetryFor, Logger: o.Log}})),
	})
	return c, nil
}

func load(o Options) (*hadoopconf.Conf, error) {
	if o.Dir != "" {
		return hadoopconf.Load(o.Dir, o.Env)
	}
	return hadoopconf.FromEnvironment(o.Env)
}

// RM returns a client of the ResourceManagers. The caller closes it.
func (c *Cluster) RM() (*rm.Client, error) {
	addresses, err := c.Conf.ResourceManagers(hadoopconf.Client)
	if err != nil {
		return nil, err
	}
	return rm.New(yarnrpc.Options{Addresses: addresses, User: c.User, Logger: c.log, RetryFor: c.retryFor})
}

// Close ends the connections to file systems.
func (c *Cluster) Close() error { return c.Files.Close() }

// Staging returns the URI of a user's staging folder: a relative location lies
// in the user's home on the default file system, as Spark's and MapReduce's
// staging folders do.
func (c *Cluster) Staging(user, location string) (string, error) {
	if !path.IsAbs(location) && !strings.Contains(location, "://") {
		location = path.Join("/user", user, location)
	}
	at, err := c.Files.Resolve(location)
	if err != nil {
		return "", fmt.Errorf("staging folder: %w", err)
	}
	return at.String(), nil
}
