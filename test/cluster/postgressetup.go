package cluster

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"time"
)

// The server of PostgreSQL and the command-line client against which speed is measured.
var (
	postgresServer = tool{"/usr/lib/postgresql/*/bin/postgres", "postgresql"}
	postgresClient = tool{"psql", "postgresql-client"}
)

// account is who the server runs as; the zero value is ourselves.
type account struct {
	uid, gid int
	switched bool
}

// postgresUser is the user postgres when we are root, else ourselves.
func postgresUser() (account, error) {
	if os.Geteuid() != 0 {
		return account{}, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return account{}, fmt.Errorf("the server refuses to run as root: %w", err)
	}
	uid, err1 := strconv.Atoi(u.Uid)
	gid, err2 := strconv.Atoi(u.Gid)
	return account{uid: uid, gid: gid, switched: true}, errors.Join(err1, err2)
}

// as puts before a command line what runs it as the account. setpriv replaces itself, so the process id stays.
func (a account) as(argv ...string) []string {
	if !a.switched {
		return argv
	}
	return append([]string{"setpriv", "--reuid=" + strconv.Itoa(a.uid), "--regid=" + strconv.Itoa(a.gid), "--clear-groups"}, argv...)
}

// give makes the account the owner of files and folders with all that is in them.
func (a account) give(paths ...string) error {
	if !a.switched {
		return nil
	}
	for _, root := range paths {
		err := filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			return os.Lchown(path, a.uid, a.gid)
		})
		if err != nil {
			return fmt.Errorf("give %s to the server's user: %w", root, err)
		}
	}
	return nil
}

// postgresSettings turn off all that costs time and only serves to survive a power cut: what a COMMIT has written is in
// the kernel's hands, which SIGKILL does not touch.
func postgresSettings(dir string, port int) props {
	quoted := func(s string) string { return "'" + s + "'" }
	return props{
		"listen_addresses": quoted("127.0.0.1"), "port": strconv.Itoa(port), "unix_socket_directories": quoted(dir + "/sock"),
		"fsync": "off", "full_page_writes": "off", "wal_level": "minimal", "max_wal_senders": "0",
		"shared_buffers": "128MB", "max_connections": "60", "max_wal_size": "512MB", "autovacuum": "off",
		"timezone": quoted("UTC"), "log_timezone": quoted("UTC"), "dynamic_shared_memory_type": "mmap",
		"ssl": "on", "ssl_cert_file": quoted(dir + "/server.pem"), "ssl_key_file": quoted(dir + "/server.key"),
	}
}

// lines writes the properties as name = value.
func (p props) lines() string {
	names := make([]string, 0, len(p))
	for name := range p {
		names = append(names, name)
	}
	sort.Strings(names)
	var b strings.Builder
	for _, name := range names {
		fmt.Fprintf(&b, "%s = %s\n", name, p[name])
	}
	return b.String()
}

// postgresTemplate returns an initialised data folder for the installed version; copying it takes 0.1 s, making it 2 to 3 s.
func postgresTemplate(ctx context.Context, cache string) (string, error) {
	server := postgresServer.find()
	version, err := output(ctx, "/", os.Environ(), server, "--version")
	if err != nil {
		return "", err
	}
	who, err := postgresUser()
	if err != nil {
		return "", err
	}
	return prepared(ctx, cache, "postgresql-"+shortHash(version), 2*time.Minute, func(ctx context.Context, dir string) error {
		// The cache may lie where the server's user has no access: made elsewhere and copied.
		work, err := os.MkdirTemp("", "weft-initdb-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(work)
		secret, data := filepath.Join(work, "secret"), filepath.Join(work, "data")
		if err := errors.Join(os.WriteFile(secret, []byte(DatabasePassword+"\n"), 0o600), who.give(work)); err != nil {
			return err
		}
		argv := who.as(filepath.Join(filepath.Dir(server), "initdb"), "-D", data, "-U", DatabaseUser, "--pwfile="+secret,
			"--auth-local=trust", "--auth-host=scram-sha-256", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
		if _, err := output(ctx, "/", os.Environ(), argv...); err != nil {
			return err
		}
		return copyTree(data, dir)
	})
}
