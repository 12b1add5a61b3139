package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// ErrNoMySQL says that no current MySQL can be had on this machine. Its cause tells why; a test that needs MySQL beside
// MariaDB logs it and does without. The attempt to download is repeated one hour later at the earliest.
var ErrNoMySQL = errors.New("mysql cannot be had")

// retryFailed is how long a failed download is not tried again.
const retryFailed = time.Hour

// sidSuite is the only Debian suite with a MySQL. Its version moves, so nothing may depend on the exact one.
const sidSuite = "sid"

// StartMySQL starts a private MySQL of the newest version that Debian unstable carries (9.7 at the time of writing),
// with the same settings as StartMariaDB. Nothing is installed: the packages are unpacked in the cache and run with
// their own loader and C library, since the system's are older. The first start on a machine takes a minute.
// When the packages cannot be had the error is ErrNoMySQL.
func StartMySQL(ctx context.Context, opts DatabaseOptions) (*Database, error) {
	cache, err := cacheDir()
	if err != nil {
		return nil, err
	}
	root, err := mysqlRoot(ctx, cache)
	if err != nil {
		return nil, fmt.Errorf("start mysql: %w: %w", ErrNoMySQL, err)
	}
	server := mysqlServer{root: root}
	template, err := server.template(ctx)
	if err != nil {
		return nil, fmt.Errorf("start mysql: %w", err)
	}
	d, err := startDatabase(ctx, template, server.argv, server.settings().with(opts.Server))
	if err != nil {
		return nil, fmt.Errorf("start mysql: %w", err)
	}
	return d, nil
}

// mysqlRoot returns the folder with the unpacked packages.
func mysqlRoot(ctx context.Context, cache string) (string, error) {
	mark := filepath.Join(cache, "mysql-"+sidSuite+".failed")
	if st, err := os.Stat(mark); err == nil && time.Since(st.ModTime()) < retryFailed {
		why, err := os.ReadFile(mark)
		return "", errors.Join(fmt.Errorf("download failed at %s (remove %s to try again): %s", st.ModTime().Format(time.TimeOnly), mark, why), err)
	}
	root, err := prepared(ctx, cache, "mysql-"+sidSuite, 2*fetchLimit, downloadMySQL)
	if err != nil && ctx.Err() != nil { // the caller gave up: that says nothing about the mirror
		return "", err
	}
	if err != nil {
		return "", errors.Join(err, os.WriteFile(mark, []byte(err.Error()), 0o644))
	}
	return root, nil
}

// downloadMySQL lets apt-get, with lists and state of its own in dir, fetch the server's packages, and unpacks them.
func downloadMySQL(ctx context.Context, dir string) error {
	source, err := sidSource("/etc/apt")
	if err != nil {
		return err
	}
	apt := filepath.Join(dir, "apt")
	for _, d := range []string{"lists/partial", "archives/partial"} {
		if err := os.MkdirAll(filepath.Join(apt, d), 0o755); err != nil {
			return err
		}
	}
	files := map[string]string{"sources.list": source, "status": ""}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(apt, name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	get := []string{"apt-get", "-q", "-o", "Dir::Etc::sourcelist=" + apt + "/sources.list", "-o", "Dir::Etc::sourceparts=-",
		"-o", "Dir::State=" + apt, "-o", "Dir::State::lists=" + apt + "/lists", "-o", "Dir::State::status=" + apt + "/status",
		"-o", "Dir::Cache=" + apt, "-o", "Dir::Cache::archives=" + apt + "/archives",
		"-o", "APT::Sandbox::User=root", "-o", "Acquire::Languages=none", "-o", "Acquire::Retries=2"}
	if _, err := output(ctx, dir, os.Environ(), append(get, "update")...); err != nil {
		return err
	}
	fetch := append(get, "-o", "APT::Install-Recommends=false", "-o", "Debug::NoLocking=true",
		"install", "-y", "--download-only", "mysql-server-core")
	if _, err := output(ctx, dir, os.Environ(), fetch...); err != nil {
		return err
	}
	return errors.Join(unpack(ctx, apt, dir), os.RemoveAll(apt))
}

// unpack extracts the downloaded packages into dir, without those that only scripts need.
func unpack(ctx context.Context, apt, dir string) error {
	debs, err := filepath.Glob(filepath.Join(apt, "archives", "*.deb"))
	if err != nil {
		return err
	}
	for _, deb := range debs {
		if name := filepath.Base(deb); strings.Contains(name, "perl") || strings.Contains(name, "gconv") {
			continue
		}
		if _, err := output(ctx, dir, os.Environ(), "dpkg", "-x", deb, dir); err != nil {
			return err
		}
	}
	if !isFile(filepath.Join(dir, "usr/sbin/mysqld")) {
		return fmt.Errorf("unpack %d packages: no mysqld among them", len(debs))
	}
	return nil
}

var (
	archiveURI = regexp.MustCompile(`(?m)^(?:URIs:|deb(?: \[[^\]]*\])?)[ \t]+(\S+/debian)/?(?:\s|$)`)
	keyring    = "/usr/share/keyrings/debian-archive-keyring.gpg"
)

// sidSource is a sources.list line for unstable at the mirror that the system itself uses.
func sidSource(etc string) (string, error) {
	files := []string{filepath.Join(etc, "sources.list")}
	for _, pattern := range []string{"*.list", "*.sources"} {
		more, err := filepath.Glob(filepath.Join(etc, "sources.list.d", pattern))
		if err != nil {
			return "", err
		}
		files = append(files, more...)
	}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			continue // one of the two forms is usually missing
		}
		if m := archiveURI.FindSubmatch(text); m != nil {
			return fmt.Sprintf("deb [signed-by=%s] %s %s main\n", keyring, m[1], sidSuite), nil
		}
	}
	return "", fmt.Errorf("find Debian mirror: none in %s", etc)
}

// mysqlServer is an unpacked server.
type mysqlServer struct{ root string }

func (m mysqlServer) argv(conf string) []string {
	lib := m.root + "/usr/lib/x86_64-linux-gnu"
	return []string{lib + "/ld-linux-x86-64.so.2", "--library-path", lib, m.root + "/usr/sbin/mysqld", "--defaults-file=" + conf}
}

func (m mysqlServer) settings() props {
	return props{
		"basedir": m.root + "/usr", "lc-messages-dir": m.root + "/usr/share/mysql",
		"plugin-dir": m.root + "/usr/lib/mysql/plugin", "character-sets-dir": m.root + "/usr/share/mysql/charsets",
		"secure-file-priv": "NULL", "mysqlx": "OFF", "local-infile": "1", "performance_schema": "OFF", "default-time-zone": "+00:00",
		"innodb_buffer_pool_size": "64M", "innodb_redo_log_capacity": "64M", "innodb_flush_log_at_trx_commit": "2",
		"innodb_flush_method": "nosync", "innodb_doublewrite": "OFF", "skip-log-bin": "1",
	}
}

// template returns an initialised data folder; making it takes 18 s. It lies with the unpacked packages, so that a
// newer version gets its own.
func (m mysqlServer) template(ctx context.Context) (string, error) {
	return prepared(ctx, m.root, "data-template", 5*time.Minute, func(ctx context.Context, dir string) error {
		work, err := os.MkdirTemp("", "weft-mysql-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(work)
		conf := filepath.Join(work, "my.cnf")
		place := props{"datadir": dir, "tmpdir": work, "user": osUser(), "log-error": work + "/err.log"}
		if err := os.WriteFile(conf, []byte(m.settings().with(place).optionFile()), 0o644); err != nil {
			return err
		}
		if _, err = output(ctx, work, os.Environ(), append(m.argv(conf), "--initialize-insecure")...); err != nil {
			log, _ := os.ReadFile(work + "/err.log") // may not be there yet
			return fmt.Errorf("%w: %s", err, log)
		}
		return nil
	})
}
