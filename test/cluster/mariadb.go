package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"sort"
	"strings"
	"time"
)

// The programs of a MariaDB server and the command-line client against which speed is measured. The package
// mariadb-server is avoided: it would install a system service.
var (
	mariadbd      = tool{"mariadbd", "mariadb-server-core"}
	mariadbClient = tool{"mariadb", "mariadb-client-core"}
	mariadbAdmin  = tool{"mariadb-admin", "mariadb-client"}
)

// DatabaseOptions are settings for StartMariaDB and StartMySQL. The zero value is what tests want.
type DatabaseOptions struct {
	// Server are lines of the server's section of my.cnf, name to value; they win over this package's own.
	Server map[string]string
}

// StartMariaDB starts a private MariaDB with durability turned off (safe against SIGKILL of the server, not against
// power loss), UTC as its time zone, utf8mb4 and LOAD DATA LOCAL allowed. ctx bounds the start only.
func StartMariaDB(ctx context.Context, opts DatabaseOptions) (*Database, error) {
	cache, err := cacheDir()
	if err != nil {
		return nil, err
	}
	if err := install(ctx, cache, mariadbd, mariadbClient, mariadbAdmin); err != nil {
		return nil, fmt.Errorf("start mariadb: %w", err)
	}
	template, err := mariadbTemplate(ctx, cache)
	if err != nil {
		return nil, fmt.Errorf("start mariadb: %w", err)
	}
	argv := func(conf string) []string { return []string{mariadbd.find(), "--defaults-file=" + conf} }
	d, err := startDatabase(ctx, template, argv, mariadbSettings().with(opts.Server))
	if err != nil {
		return nil, fmt.Errorf("start mariadb: %w", err)
	}
	return d, nil
}

// startDatabase starts a server on a copy of an initialised data folder; argv makes its command line from the path of
// its option file. Settings that depend on the work folder are added here.
func startDatabase(ctx context.Context, template string, argv func(conf string) []string, settings props) (*Database, error) {
	box, err := newSandbox("db")
	if err != nil {
		return nil, err
	}
	d := &Database{box: box, Host: "127.0.0.1", CAFile: box.path("ca.pem"), socket: box.path("s.sock")}
	if err := d.bringUp(ctx, template, argv, settings); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

func (d *Database) bringUp(ctx context.Context, template string, argv func(conf string) []string, settings props) (err error) {
	if d.Port, err = d.box.ports.take(); err != nil {
		return err
	}
	if err := d.box.mkdirs("log", "tmp"); err != nil {
		return err
	}
	if err := copyTree(template, d.box.path("data")); err != nil {
		return fmt.Errorf("copy data folder: %w", err)
	}
	if err := writeCertificates(d.box.dir); err != nil {
		return err
	}
	conf := d.box.path("my.cnf")
	all := databasePlace(d.box.dir, d.Port).with(settings)
	if err := os.WriteFile(conf, []byte(all.optionFile()), 0o644); err != nil {
		return fmt.Errorf("write options: %w", err)
	}
	d.proc = d.box.newProcess("database", argv(conf), []string{"PATH=" + os.Getenv("PATH"), "LANG=C.UTF-8", "TZ=UTC", "HOME=" + d.box.dir})
	if err := d.proc.start(); err != nil {
		return err
	}
	return d.open(ctx)
}

// databasePlace are the options that say where a server works; the same names for MariaDB and MySQL.
func databasePlace(dir string, port int) props {
	return props{
		"datadir": dir + "/data", "tmpdir": dir + "/tmp", "socket": dir + "/s.sock", "pid-file": dir + "/pid",
		"port": fmt.Sprint(port), "bind-address": "127.0.0.1", "skip-name-resolve": "1",
		"user":   osUser(), // a server started by root insists on being told
		"ssl-ca": dir + "/ca.pem", "ssl-cert": dir + "/server.pem", "ssl-key": dir + "/server.key",
	}
}

// mariadbSettings turn off all that costs time and only serves to survive a power cut. The redo log is written at every
// COMMIT (2), not once a second (0): with 0 a SIGKILL takes back transactions that were committed.
func mariadbSettings() props {
	return props{
		"character-set-server": "utf8mb4", "local-infile": "1", "default-time-zone": "+00:00",
		"innodb_buffer_pool_size": "256M", "innodb_log_file_size": "64M", "innodb_flush_log_at_trx_commit": "2",
		"innodb_flush_method": "nosync", "innodb_doublewrite": "0", "sync_binlog": "0", "skip-log-bin": "1",
		"performance_schema": "OFF", "aria_pagecache_buffer_size": "8M", "key_buffer_size": "8M",
	}
}

// optionFile writes the properties as a my.cnf that both servers read.
func (p props) optionFile() string {
	names := make([]string, 0, len(p))
	for name := range p {
		names = append(names, name)
	}
	sort.Strings(names)
	var b strings.Builder
	b.WriteString("[mysqld]\n")
	for _, name := range names {
		fmt.Fprintf(&b, "%s=%s\n", name, p[name])
	}
	return b.String()
}

// mariadbTemplate returns an initialised data folder for the installed version; copying it takes 0.05 s, making it 2 to 5 s.
func mariadbTemplate(ctx context.Context, cache string) (string, error) {
	version, err := output(ctx, "/", os.Environ(), mariadbd.find(), "--version")
	if err != nil {
		return "", err
	}
	installDB := tool{"mariadb-install-db", "mariadb-server-core"}
	return prepared(ctx, cache, "mariadb-"+shortHash(version), 2*time.Minute, func(ctx context.Context, dir string) error {
		conf := filepath.Join(dir, "my.cnf")
		defer os.Remove(conf)
		settings := props{"datadir": dir, "innodb_log_file_size": "64M", "skip-log-bin": "1", "user": osUser()}
		if err := os.WriteFile(conf, []byte(settings.optionFile()), 0o644); err != nil {
			return err
		}
		_, err := output(ctx, "/", os.Environ(), installDB.find(), "--defaults-file="+conf,
			"--auth-root-authentication-method=normal", "--skip-test-db", "--user="+osUser())
		return err
	})
}

func osUser() string {
	u, err := user.Current()
	if err != nil {
		return "root"
	}
	return u.Username
}
