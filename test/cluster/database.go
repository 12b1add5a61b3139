package cluster

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/go-sql-driver/mysql"
)

// The account of every MySQL-like server of this package, with all rights and GRANT, and its first schema.
const (
	DatabaseUser     = "test"
	DatabasePassword = "test"
	DatabaseSchema   = "test"
)

// Database is a running private MariaDB or MySQL server on loopback. All methods may be called by several goroutines.
type Database struct {
	// Host and Port are where it listens; the host is 127.0.0.1.
	Host string
	Port int
	// CAFile is the PEM file with the authority that signed the server's certificate, which names localhost and
	// 127.0.0.1. TLS is offered, not required.
	CAFile string
	// Version is what SELECT VERSION() says.
	Version string

	box     *sandbox
	proc    *process
	socket  string
	admin   *sql.DB
	schemas atomic.Int64
	startMu sync.Mutex // one Start at a time
}

// DSN is the go-sql-driver data source name of a schema for the test account; "" is the first schema.
func (d *Database) DSN(schema string) string {
	if schema == "" {
		schema = DatabaseSchema
	}
	return fmt.Sprintf("%s:%s@tcp(%s)/%s?charset=utf8mb4", DatabaseUser, DatabasePassword, d.Addr(), schema)
}

// Addr is host:port.
func (d *Database) Addr() string { return net.JoinHostPort(d.Host, strconv.Itoa(d.Port)) }

// Admin is root's pool of connections, over the Unix socket. It belongs to the Database: do not close it.
func (d *Database) Admin() *sql.DB { return d.admin }

// NewSchema makes an empty schema with a name of its own, so that tests that share the server do not meet.
func (d *Database) NewSchema(ctx context.Context) (string, error) {
	name := fmt.Sprintf("s%d_%d", time.Now().UnixMilli()%1e9, d.schemas.Add(1))
	if _, err := d.admin.ExecContext(ctx, "CREATE DATABASE `"+name+"`"); err != nil {
		return "", fmt.Errorf("create schema: %w", err)
	}
	return name, nil
}

// Kill sends SIGKILL to the server and returns when it is gone.
func (d *Database) Kill() error { return d.proc.kill() }

// Pause stops the server with SIGSTOP: connections stay open and nothing answers. Resume lets it go on.
func (d *Database) Pause() error { return d.proc.signal(syscall.SIGSTOP) }

// Resume lets a paused server go on.
func (d *Database) Resume() error { return d.proc.signal(syscall.SIGCONT) }

// Start starts a killed server again on the same port and data, and returns when it answers.
func (d *Database) Start(ctx context.Context) error {
	d.startMu.Lock()
	defer d.startMu.Unlock()
	if err := d.proc.start(); err != nil {
		return err
	}
	return d.waitServing(ctx)
}

// Restart kills the server and starts it again; open connections break.
func (d *Database) Restart(ctx context.Context) error {
	if err := d.Kill(); err != nil {
		return err
	}
	return d.Start(ctx)
}

// Pid returns the process id of the server, 0 when it does not run.
func (d *Database) Pid() int { return d.proc.pid() }

// Close kills the server and removes its work folder. It may be called twice.
func (d *Database) Close() error {
	var errs []error
	if d.admin != nil {
		errs = append(errs, d.admin.Close())
	}
	if err := errors.Join(append(errs, d.box.close())...); err != nil {
		return fmt.Errorf("close database: %w", err)
	}
	return nil
}

func (d *Database) waitServing(ctx context.Context) error {
	return Await(ctx, readyLimit, "database on port "+strconv.Itoa(d.Port), func(ctx context.Context) error {
		if err := d.proc.alive(); err != nil {
			return err
		}
		ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
		defer cancel()
		return d.admin.PingContext(ctx)
	})
}

// open makes root's pool, waits for the server and creates the test account and schema.
func (d *Database) open(ctx context.Context) error {
	conf := mysql.NewConfig()
	conf.User, conf.Net, conf.Addr = "root", "unix", d.socket
	conf.Logger = &mysql.NopLogger{} // it would print a line for each attempt before the server listens
	connector, err := mysql.NewConnector(conf)
	if err != nil {
		return err
	}
	d.admin = sql.OpenDB(connector)
	if err := d.waitServing(ctx); err != nil {
		return err
	}
	account := fmt.Sprintf("'%s'@'127.0.0.1'", DatabaseUser) // names are not resolved: not 'localhost'
	for _, stmt := range []string{
		fmt.Sprintf("CREATE USER %s IDENTIFIED BY '%s'", account, DatabasePassword),
		fmt.Sprintf("GRANT ALL ON *.* TO %s WITH GRANT OPTION", account),
		"CREATE DATABASE " + DatabaseSchema + " CHARACTER SET utf8mb4",
	} {
		if _, err := d.admin.ExecContext(ctx, stmt); err != nil {
			return fmt.Errorf("set up account: %w", err)
		}
	}
	return d.admin.QueryRowContext(ctx, "SELECT VERSION()").Scan(&d.Version)
}
