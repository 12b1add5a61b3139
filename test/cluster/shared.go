package cluster

import (
	"context"
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

	hadoop  lazy[*Hadoop]
	mariadb lazy[*Database]
}

// lazy is a server that is started at most once, also when the start fails.
type lazy[T interface{ Close() error }] struct {
	mu      sync.Mutex
	started bool
	server  T
	err     error
}

func (l *lazy[T]) get(t testing.TB, start func(context.Context) (T, error)) T {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.started {
		ctx, cancel := context.WithTimeout(context.Background(), firstStartLimit)
		defer cancel()
		l.started = true
		l.server, l.err = start(ctx)
	}
	if l.err != nil {
		t.Fatal(l.err)
	}
	return l.server
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
	return s.hadoop.get(t, func(ctx context.Context) (*Hadoop, error) {
		opts := s.Options
		setZero(&opts.NodeManagers, 2)
		return StartHadoop(ctx, opts)
	})
}

// MariaDB returns the shared MariaDB. Tests take a schema of their own with NewSchema.
func (s *Shared) MariaDB(t testing.TB) *Database {
	t.Helper()
	return s.mariadb.get(t, func(ctx context.Context) (*Database, error) { return StartMariaDB(ctx, DatabaseOptions{}) })
}

// Run runs the tests, stops the servers they shared and returns the exit code for os.Exit.
// Servers that cannot be stopped cleanly fail a run that was good so far.
func (s *Shared) Run(m *testing.M) int {
	code := m.Run()
	for _, stop := range []func() error{s.hadoop.close, s.mariadb.close} {
		if err := stop(); err != nil {
			fmt.Fprintln(os.Stderr, "stop shared servers:", err)
			code = max(code, 1)
		}
	}
	return code
}
