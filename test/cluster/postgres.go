package cluster

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
)

// PostgresOptions are settings for StartPostgres. The zero value is what tests want.
type PostgresOptions struct {
	// Server are lines of postgresql.conf, name to value as the file spells it; they win over this package's own.
	Server map[string]string
}

// Postgres is a running private PostgreSQL server on loopback. All methods may be called by several goroutines.
type Postgres struct {
	// Host and Port are where it listens; the host is 127.0.0.1.
	Host string
	Port int
	// CAFile is the PEM file with the authority that signed the server's certificate, which names localhost and
	// 127.0.0.1. TLS is offered, not required.
	CAFile string
	// Version is the setting server_version.
	Version string

	box       *sandbox
	proc      *process
	databases atomic.Int64
	startMu   sync.Mutex // one Start at a time
}

// StartPostgres starts a private PostgreSQL with durability turned off (safe against SIGKILL of the server, not
// against power loss), UTC as its time zone, UTF-8 and the collation of code points. The server refuses to run as root:
// then it runs as the user postgres, which the Debian package makes. ctx bounds the start only.
func StartPostgres(ctx context.Context, opts PostgresOptions) (*Postgres, error) {
	cache, err := cacheDir()
	if err != nil {
		return nil, err
	}
	if err := install(ctx, cache, postgresServer, postgresClient); err != nil {
		return nil, fmt.Errorf("start postgresql: %w", err)
	}
	template, err := postgresTemplate(ctx, cache)
	if err != nil {
		return nil, fmt.Errorf("start postgresql: %w", err)
	}
	box, err := newSandbox("pg")
	if err != nil {
		return nil, err
	}
	p := &Postgres{box: box, Host: "127.0.0.1", CAFile: box.path("ca.pem")}
	if err := p.bringUp(ctx, template, opts); err != nil {
		return nil, errors.Join(fmt.Errorf("start postgresql: %w", err), p.Close())
	}
	return p, nil
}

func (p *Postgres) bringUp(ctx context.Context, template string, opts PostgresOptions) (err error) {
	if p.Port, err = p.box.ports.take(); err != nil {
		return err
	}
	if err := p.box.mkdirs("log", "sock"); err != nil {
		return err
	}
	data := p.box.path("data")
	if err := copyTree(template, data); err != nil {
		return fmt.Errorf("copy data folder: %w", err)
	}
	if err := writeCertificates(p.box.dir); err != nil {
		return err
	}
	conf := postgresSettings(p.box.dir, p.Port).with(opts.Server)
	if err := os.WriteFile(filepath.Join(data, "postgresql.conf"), []byte(conf.lines()), 0o600); err != nil {
		return fmt.Errorf("write options: %w", err)
	}
	who, err := postgresUser()
	if err != nil {
		return err
	}
	if err := who.give(data, p.box.path("sock"), p.box.path("server.key"), p.box.path("server.pem"), p.CAFile); err != nil {
		return err
	}
	if err := errors.Join(os.Chmod(p.box.dir, 0o755), os.Chmod(data, 0o700)); err != nil {
		return err
	}
	env := []string{"PATH=" + os.Getenv("PATH"), "LANG=C.UTF-8", "TZ=UTC", "HOME=" + p.box.dir}
	p.proc = p.box.newProcess("postgresql", who.as(postgresServer.find(), "-D", data), env)
	if err := p.proc.start(); err != nil {
		return err
	}
	if err := p.waitServing(ctx, "postgres"); err != nil {
		return err
	}
	if err := p.Exec(ctx, "postgres", `CREATE DATABASE "`+DatabaseSchema+`"`); err != nil {
		return err
	}
	rows, err := p.Query(ctx, "", "SHOW server_version")
	if err == nil {
		p.Version = *rows[0][0]
	}
	return err
}

// URL is the address of a database for the test account; "" is the first database.
func (p *Postgres) URL(database string) string {
	if database == "" {
		database = DatabaseSchema
	}
	u := url.URL{Scheme: "postgres", Host: p.Addr(), Path: "/" + database, User: url.UserPassword(DatabaseUser, DatabasePassword)}
	return u.String() + "?sslmode=disable"
}

// Addr is host:port.
func (p *Postgres) Addr() string { return net.JoinHostPort(p.Host, strconv.Itoa(p.Port)) }

// Exec runs statements, one after the other on one connection of its own, as the test account, which is a superuser.
func (p *Postgres) Exec(ctx context.Context, database string, statements ...string) error {
	conn, err := pgx.Connect(ctx, p.URL(database))
	if err != nil {
		return fmt.Errorf("connect to postgresql: %w", err)
	}
	defer conn.Close(ctx)
	for _, s := range statements {
		if _, err := conn.PgConn().Exec(ctx, s).ReadAll(); err != nil {
			return fmt.Errorf("%.200s: %w", s, err)
		}
	}
	return nil
}

// Query runs one query on a connection of its own and returns its rows as the server's texts; nil is NULL.
func (p *Postgres) Query(ctx context.Context, database, query string) ([][]*string, error) {
	conn, err := pgx.Connect(ctx, p.URL(database))
	if err != nil {
		return nil, fmt.Errorf("connect to postgresql: %w", err)
	}
	defer conn.Close(ctx)
	results, err := conn.PgConn().Exec(ctx, query).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("%.200s: %w", query, err)
	}
	var list [][]*string
	for _, row := range results[0].Rows {
		texts := make([]*string, len(row))
		for i, cell := range row {
			if cell != nil {
				text := string(cell)
				texts[i] = &text
			}
		}
		list = append(list, texts)
	}
	return list, nil
}

// NewDatabase makes an empty database with a name of its own, so that tests that share the server do not meet.
func (p *Postgres) NewDatabase(ctx context.Context) (string, error) {
	name := fmt.Sprintf("d%d_%d", time.Now().UnixMilli()%1e9, p.databases.Add(1))
	if err := p.Exec(ctx, "", "CREATE DATABASE "+name); err != nil {
		return "", fmt.Errorf("create database: %w", err)
	}
	return name, nil
}

// Start starts a killed server again on the same port and data, and returns when it answers.
func (p *Postgres) Start(ctx context.Context) error {
	p.startMu.Lock()
	defer p.startMu.Unlock()
	if err := p.proc.start(); err != nil {
		return err
	}
	return p.waitServing(ctx, "")
}

// Restart kills the server and starts it again; open connections break.
func (p *Postgres) Restart(ctx context.Context) error {
	if err := p.Kill(ctx); err != nil {
		return err
	}
	return p.Start(ctx)
}

// Pid returns the process id of the server, 0 when it does not run.
func (p *Postgres) Pid() int { return p.proc.pid() }

// Close kills the server and removes its work folder. It may be called twice.
func (p *Postgres) Close() error {
	if err := p.box.close(); err != nil {
		return fmt.Errorf("close postgresql: %w", err)
	}
	return nil
}

func (p *Postgres) waitServing(ctx context.Context, database string) error {
	return Await(ctx, readyLimit, "postgresql on port "+strconv.Itoa(p.Port), func(ctx context.Context) error {
		if err := p.proc.alive(); err != nil {
			return err
		}
		ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
		defer cancel()
		_, err := p.Query(ctx, database, "SELECT 1")
		return err
	})
}
