package cluster

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"database/sql"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
)

// servers returns every kind of database that can be had.
func servers(t *testing.T) map[string]*Database {
	t.Helper()
	all := map[string]*Database{"MariaDB": shared.MariaDB(t)}
	if d := shared.MySQL(t); d != nil {
		all["MySQL"] = d
	}
	return all
}

func open(t *testing.T, dsn string) *sql.DB {
	t.Helper()
	pool, err := sql.Open("mysql", dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pool.Close() })
	return pool
}

func ask(ctx context.Context, t *testing.T, pool *sql.DB, question, want string) {
	t.Helper()
	var got string
	if err := pool.QueryRowContext(ctx, question).Scan(&got); err != nil {
		t.Errorf("%s: %v", question, err)
	} else if !strings.Contains(got, want) {
		t.Errorf("%s: %q does not contain %q", question, got, want)
	}
}

func TestDatabaseServes(t *testing.T) {
	for name, d := range servers(t) {
		t.Run(name, func(t *testing.T) {
			ctx := testContext(t, time.Minute)
			pool := open(t, d.DSN(""))
			ask(ctx, t, pool, "SELECT VERSION()", d.Version)
			ask(ctx, t, pool, "SELECT @@global.time_zone", "+00:00")
			ask(ctx, t, pool, "SELECT @@character_set_database", "utf8mb4")
			ask(ctx, t, pool, "SELECT @@local_infile", "1")
			ask(ctx, t, pool, "SELECT @@bind_address", "127.0.0.1")
			a, err := d.NewSchema(ctx)
			if err != nil {
				t.Fatal(err)
			}
			b, err := d.NewSchema(ctx)
			if err != nil || a == b {
				t.Fatalf("schemas %q and %q: %v", a, b, err)
			}
			ask(ctx, t, open(t, d.DSN(a)), "SELECT DATABASE()", a)
		})
	}
}

func TestDatabaseSpeaksTLS(t *testing.T) {
	for name, d := range servers(t) {
		t.Run(name, func(t *testing.T) {
			ctx := testContext(t, time.Minute)
			pem, err := os.ReadFile(d.CAFile)
			if err != nil {
				t.Fatal(err)
			}
			conf, err := mysql.ParseDSN(d.DSN(""))
			if err != nil {
				t.Fatal(err)
			}
			for trusted, roots := range map[bool]*x509.CertPool{true: x509.NewCertPool(), false: x509.NewCertPool()} {
				if trusted && !roots.AppendCertsFromPEM(pem) {
					t.Fatal("no certificate in CAFile")
				}
				conf.TLS = &tls.Config{RootCAs: roots, ServerName: "127.0.0.1"}
				connector, err := mysql.NewConnector(conf)
				if err != nil {
					t.Fatal(err)
				}
				pool := sql.OpenDB(connector)
				defer pool.Close()
				if err := pool.PingContext(ctx); (err == nil) != trusted {
					t.Errorf("with a trusted authority: %v; error: %v", trusted, err)
				}
				if trusted {
					var key, version string
					err := pool.QueryRowContext(ctx, "SHOW STATUS LIKE 'Ssl_version'").Scan(&key, &version)
					if err != nil || !strings.HasPrefix(version, "TLSv1") {
						t.Errorf("connection is not encrypted: %q, %v", version, err)
					}
				}
			}
		})
	}
}

func TestDatabaseSurvivesKill(t *testing.T) {
	for name, d := range servers(t) {
		t.Run(name, func(t *testing.T) {
			ctx := testContext(t, 2*time.Minute)
			schema, err := d.NewSchema(ctx)
			if err != nil {
				t.Fatal(err)
			}
			pool := open(t, d.DSN(schema))
			for _, stmt := range []string{"CREATE TABLE t (a INT)", "INSERT INTO t VALUES (1),(2)"} {
				if _, err := pool.ExecContext(ctx, stmt); err != nil {
					t.Fatal(err)
				}
			}
			before := d.Pid()
			if err := d.Kill(); err != nil {
				t.Fatal(err)
			}
			if err := pool.PingContext(ctx); err == nil || d.Pid() != 0 {
				t.Errorf("a killed server answers: %v, pid %d", err, d.Pid())
			}
			if err := d.Start(ctx); err != nil {
				t.Fatal(err)
			}
			if d.Pid() == 0 || d.Pid() == before {
				t.Errorf("pid %d, before %d", d.Pid(), before)
			}
			ask(ctx, t, pool, "SELECT COUNT(*) FROM t", "2")
			if err := d.Start(ctx); err == nil {
				t.Error("started twice")
			}
		})
	}
}

func TestDatabasePauses(t *testing.T) {
	ctx := testContext(t, time.Minute)
	d := shared.MariaDB(t)
	pool := open(t, d.DSN(""))
	if err := d.Pause(); err != nil {
		t.Fatal(err)
	}
	short, cancel := context.WithTimeout(ctx, 200*time.Millisecond)
	defer cancel()
	if err := pool.PingContext(short); err == nil {
		t.Error("a paused server answered")
	}
	if err := d.Resume(); err != nil {
		t.Fatal(err)
	}
	if err := pool.PingContext(ctx); err != nil {
		t.Error(err)
	}
}

func TestDatabaseOptions(t *testing.T) {
	ctx := testContext(t, 2*time.Minute)
	d, err := StartMariaDB(ctx, DatabaseOptions{Server: map[string]string{"local-infile": "0"}})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	ask(ctx, t, open(t, d.DSN("")), "SELECT @@local_infile", "0")
	if _, err := StartMariaDB(ctx, DatabaseOptions{Server: map[string]string{"no-such-option": "1"}}); err == nil || !strings.Contains(err.Error(), "no-such-option") {
		t.Errorf("error does not name the option: %v", err)
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
	if err := leftovers([]string{d.box.dir}); err != nil {
		t.Error(err)
	}
}
