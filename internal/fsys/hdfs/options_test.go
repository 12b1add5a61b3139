package hdfs

import (
	"errors"
	"io/fs"
	"testing"
	"time"

	"weft/internal/fsys"
	"weft/yarnrpc"
	"weft/yarnrpc/hadoopconf"
)

func TestUser(t *testing.T) {
	env := func(pairs map[string]string) func(string) (string, bool) {
		return func(name string) (string, bool) {
			v, ok := pairs[name]
			return v, ok
		}
	}
	if got, err := User(env(map[string]string{"HADOOP_USER_NAME": "etl", "USER": "x"})); err != nil || got != "etl" {
		t.Errorf("User = %q, %v; want etl", got, err)
	}
	if got, err := User(env(map[string]string{"HADOOP_USER_NAME": ""})); err != nil || got == "" {
		t.Errorf("User without the variable = %q, %v; want the user of this process", got, err)
	}
}

func TestOptionsComeFromTheConfiguration(t *testing.T) {
	conf := hadoopconf.New(nil)
	for key, value := range map[string]string{
		"fs.defaultFS": "hdfs://nn1:8020", "dfs.replication": "2", "dfs.blocksize": "64m", "dfs.client.socket-timeout": "5000",
		"dfs.client.failover.sleep.base.millis": "1000", "dfs.client.failover.sleep.max.millis": "4000", "dfs.client.failover.max.attempts": "5",
	} {
		conf.Set(key, value, "test.xml")
	}
	o, err := withDefaults(conf, Options{User: "alice", Replication: 1})
	if err != nil {
		t.Fatal(err)
	}
	if o.Replication != 1 || o.BlockSizeBytes != 64<<20 || o.IOTimeout != 5*time.Second || o.CloseTimeout != time.Minute {
		t.Errorf("options = %+v", o)
	}
	// Five attempts: pauses of 1, 2, 4, 4 and 4 s.
	if o.RPC.RetryFor != 15*time.Second || o.RPC.BackoffBase != time.Second || o.RPC.BackoffMax != 4*time.Second || o.RPC.User != "alice" {
		t.Errorf("rpc options = %+v", o.RPC)
	}
	conf.Set("dfs.blocksize", "big", "test.xml")
	if _, err := Connector(conf, Options{User: "alice"})(t.Context(), ""); err == nil {
		t.Error("a bad dfs.blocksize was accepted")
	}
}

func TestTranslate(t *testing.T) {
	remote := func(class, message string) error {
		return yarnrpc.NewRemoteError(class, message, "m", "nn:8020", true)
	}
	lost := &yarnrpc.TransportError{Method: "m", Address: "nn:8020", Sent: true, Err: errors.New("reset")}
	unsent := &yarnrpc.TransportError{Method: "m", Address: "nn:8020", Err: errors.New("refused")}
	const protocol = "org.apache.hadoop.hdfs.protocol."
	for _, tt := range []struct {
		err  error
		e    effect
		want error
		not  error // may be nil
	}{
		{remote("java.io.FileNotFoundException", "x"), changes, fs.ErrNotExist, nil},
		{remote("org.apache.hadoop.fs.FileAlreadyExistsException", "x"), changes, fs.ErrExist, nil},
		{remote("org.apache.hadoop.fs.PathIsNotEmptyDirectoryException", "x"), changes, fsys.ErrNotEmpty, fs.ErrExist},
		{remote("org.apache.hadoop.security.AccessControlException", "Permission denied"), changes, fs.ErrPermission, nil},
		{remote("org.apache.hadoop.security.AccessControlException", "/a/f (is not a directory)"), looks, fsys.ErrNotDir, fs.ErrPermission},
		{remote(protocol+"AlreadyBeingCreatedException", "x"), changes, fs.ErrExist, nil},
		{remote("org.apache.hadoop.hdfs.server.namenode.LeaseExpiredException", "x"), changes, fsys.ErrLease, nil},
		{remote(protocol+"DSQuotaExceededException", "x"), changes, fsys.ErrNoSpace, nil},
		{remote("java.io.IOException", "File /f could only be written to 0 of the 1 minReplication nodes. There are 3 datanode(s) running"), changes, fsys.ErrNoSpace, nil},
		{remote("java.io.IOException", "File /f could only be written to 0 of the 1 minReplication nodes. There are 0 datanode(s) running"), changes, fsys.ErrUnavailable, fsys.ErrNoSpace},
		{remote("org.apache.hadoop.hdfs.server.namenode.SafeModeException", "x"), changes, fsys.ErrUnavailable, nil},
		{remote("org.apache.hadoop.hdfs.UnknownCryptoProtocolVersionException", "x"), changes, fsys.ErrUnsupported, nil},
		{lost, changes, fsys.ErrOutcomeUnknown, fsys.ErrUnavailable},
		{lost, looks, fsys.ErrUnavailable, fsys.ErrOutcomeUnknown},
		{unsent, changes, fsys.ErrUnavailable, fsys.ErrOutcomeUnknown},
	} {
		got := wrap(t.Context(), "op", "/x", tt.err, tt.e)
		if !errors.Is(got, tt.want) {
			t.Errorf("%v becomes %v; want %v", tt.err, got, tt.want)
		}
		if tt.not != nil && errors.Is(got, tt.not) {
			t.Errorf("%v becomes %v; it must not match %v", tt.err, got, tt.not)
		}
	}
}
