package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"weft/test/cluster"
)

// upLimit bounds the start, which may have to download everything first.
const upLimit = 25 * time.Minute

// settings are the flags that up hands on to serve.
type settings struct {
	nodes    int
	enforced bool
	database string
}

func parseSettings(name string, args []string) (settings, error) {
	var s settings
	f := flags(name)
	f.IntVar(&s.nodes, "nodes", 2, "number of NodeManagers, 1 to 8")
	f.BoolVar(&s.enforced, "memory-enforced", false, "let the NodeManagers kill containers that are larger than they asked for")
	f.StringVar(&s.database, "database", "mariadb", "mariadb or mysql")
	if err := f.Parse(args); err != nil {
		return s, err
	}
	if f.NArg() > 0 {
		return s, fmt.Errorf("%s takes no arguments but flags: %q", name, f.Args())
	}
	if s.database != "mariadb" && s.database != "mysql" {
		return s, fmt.Errorf("no database %q: mariadb or mysql", s.database)
	}
	return s, nil
}

// serve starts the servers, publishes the state and holds them until SIGTERM.
func serve(ctx context.Context, h home, args []string) (err error) {
	signal.Ignore(syscall.SIGHUP) // the terminal may go
	s, err := parseSettings("serve", args)
	if err != nil {
		return err
	}
	held, err := waitLock(ctx, h)
	if err != nil {
		return err
	}
	defer held.Close()
	if err := os.RemoveAll(h.file("state.json")); err != nil { // of a process that was killed
		return err
	}
	startCtx, cancel := context.WithTimeout(ctx, upLimit)
	defer cancel()
	hadoop, err := cluster.StartHadoop(startCtx, cluster.HadoopOptions{NodeManagers: s.nodes, MemoryEnforced: s.enforced})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, hadoop.Close()) }()
	db, err := startDatabase(startCtx, s.database)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := h.write(describe(hadoop, db)); err != nil {
		return err
	}
	<-ctx.Done()
	return os.Remove(h.file("state.json"))
}

// waitLock takes the lock of the home. Other verbs hold it for moments, to see whether somebody has it.
func waitLock(ctx context.Context, h home) (held io.Closer, err error) {
	err = cluster.Await(ctx, 5*time.Second, "lock of "+string(h), func(context.Context) error {
		held, err = h.lock()
		return err
	})
	return held, err
}

func startDatabase(ctx context.Context, kind string) (*cluster.Database, error) {
	if kind == "mysql" {
		return cluster.StartMySQL(ctx, cluster.DatabaseOptions{})
	}
	return cluster.StartMariaDB(ctx, cluster.DatabaseOptions{})
}

func describe(h *cluster.Hadoop, db *cluster.Database) state {
	s := state{
		PID: os.Getpid(), Since: time.Now().Truncate(time.Second),
		ConfDir: h.ConfDir(), WorkDir: h.WorkDir(), HDFS: "hdfs://" + h.NNAddr, NNWeb: h.NNWeb, RMWeb: h.RMWeb, User: h.Superuser(),
		Database: db.Version, Host: db.Host, Port: db.Port, DSN: db.DSN(""), CAFile: db.CAFile,
	}
	for _, nm := range h.NMs {
		s.Nodes = append(s.Nodes, h.DaemonAddr(nm))
	}
	return s
}
