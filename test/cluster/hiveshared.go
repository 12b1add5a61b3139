package cluster

import (
	"context"
	"testing"
)

// Hive returns the shared Hive of a release. Tests name databases or tables so that they do not meet; those that kill or
// pause it put it back as it was.
func (s *Shared) Hive(t testing.TB, version HiveVersion) *Hive {
	t.Helper()
	opts := HiveOptions{Version: version}
	if s.HiveOnHadoop {
		opts.DefaultFS = "hdfs://" + s.Hadoop(t).NNAddr
	}
	server := &s.hive4
	if version == Hive3 {
		server = &s.hive3
	}
	h, err := server.get(func(ctx context.Context) (*Hive, error) { return StartHive(ctx, opts) })
	if err != nil {
		t.Fatal(err)
	}
	return h
}
