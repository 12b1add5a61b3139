package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"
)

// firstStartLimit bounds a shared start, which may have to download everything first.
const firstStartLimit = 25 * time.Minute

// Shared lets the tests of one binary use the same servers. Each is started when the first test asks for it; Run stops
// what was started. The zero value is ready; it belongs in a variable of the test package:
//
//	var shared cluster.Shared
//
//	func TestMain(m *testing.M) { os.Exit(shared.Run(m)) }
//
//	func TestSomething(t *testing.T) { h := shared.Hadoop(t); db := shared.MariaDB(t) }
//
// Tests that kill or pause daemons put them back as they were, or start their own with StartHadoop.
type Shared struct {
	// Options is what the shared Hadoop is started with; NodeManagers 0 means 2 here.
	Options HadoopOptions
	// HiveOnHadoop puts the tables of the shared Hives on the shared Hadoop; else they lie on the local file system.
	HiveOnHadoop bool

	hadoop  lazy[*Hadoop]
	pair    lazy[*Hadoop]
	mariadb lazy[*Database]
	mysql   lazy[*Database]
	pg      lazy[*Postgres]
	hive4   lazy[*Hive]
	hive3   lazy[*Hive]
}

// lazy is a server that is started at most once, also when the start fails.
type lazy[T interface{ Close() error }] struct {
	mu      sync.Mutex
	started bool
	server  T
	err     error
}

func (l *lazy[T]) get(start func(context.Context) (T, error)) (T, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.started {
		ctx, cancel := context.WithTimeout(context.Background(), firstStartLimit)
		defer cancel()
		l.started = true
		l.server, l.err = start(ctx)
	}
	return l.server, l.err
}

func (l *lazy[T]) close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.started || l.err != nil {
		return nil
	}
	return l.server.Close()
}

// Hadoop returns the shared Hadoop; a failed start fails every test that asks.
func (s *Shared) Hadoop(t testing.TB) *Hadoop {
	t.Helper()
	h, err := s.hadoop.get(func(ctx context.Context) (*Hadoop, error) {
		opts := s.Options
		setZero(&opts.NodeManagers, 2)
		return StartHadoop(ctx, opts)
	})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// Pair returns the shared Hadoop with two NameNodes and two ResourceManagers, otherwise like the one that Hadoop returns; but
// a node that is silent is lost after the default time, in which a NodeManager can be started again.
func (s *Shared) Pair(t testing.TB) *Hadoop {
	t.Helper()
	h, err := s.pair.get(func(ctx context.Context) (*Hadoop, error) {
		opts := s.Options
		opts.HA, opts.NodeExpiry = true, 0
		setZero(&opts.NodeManagers, 2)
		return StartHadoop(ctx, opts)
	})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// MariaDB returns the shared MariaDB. Tests take a schema of their own with NewSchema.
func (s *Shared) MariaDB(t testing.TB) *Database {
	t.Helper()
	d, err := s.mariadb.get(func(ctx context.Context) (*Database, error) { return StartMariaDB(ctx, DatabaseOptions{}) })
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// MySQL returns the shared MySQL, or nil and logs why when none can be had (ErrNoMySQL); another failure fails the test.
func (s *Shared) MySQL(t testing.TB) *Database {
	t.Helper()
	d, err := s.mysql.get(func(ctx context.Context) (*Database, error) { return StartMySQL(ctx, DatabaseOptions{}) })
	if errors.Is(err, ErrNoMySQL) {
		t.Log("NOT TESTED against MySQL, only against MariaDB:", err)
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// Postgres returns the shared PostgreSQL. Tests take a database of their own with NewDatabase.
func (s *Shared) Postgres(t testing.TB) *Postgres {
	t.Helper()
	p, err := s.pg.get(func(ctx context.Context) (*Postgres, error) { return StartPostgres(ctx, PostgresOptions{}) })
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Run runs the tests, stops the servers they shared and returns the exit code for os.Exit.
// Servers that cannot be stopped cleanly fail a run that was good so far.
func (s *Shared) Run(m *testing.M) int {
	code := m.Run()
	for _, stop := range []func() error{s.hadoop.close, s.pair.close, s.mariadb.close, s.mysql.close, s.pg.close, s.hive4.close, s.hive3.close} {
		if err := stop(); err != nil {
			fmt.Fprintln(os.Stderr, "stop shared servers:", err)
			code = max(code, 1)
		}
	}
	return code
}
