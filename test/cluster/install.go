package cluster

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// installLimit bounds the installation of Debian packages.
const installLimit = 5 * time.Minute

// tool is a program of the machine and the Debian package that brings it.
type tool struct {
	program string // name or glob of absolute paths
	pkg     string
}

// find returns the path of the program, or "" when the machine has none.
func (t tool) find() string {
	if filepath.IsAbs(t.program) {
		found, err := filepath.Glob(t.program)
		if err != nil || len(found) == 0 {
			return ""
		}
		return found[0]
	}
	for _, name := range []string{t.program, "/usr/sbin/" + t.program} { // sbin is not in everybody's PATH
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

// install makes sure that every tool is there. As root it installs what is missing with apt-get;
// anybody else gets an error that is the command to type.
func install(ctx context.Context, cache string, tools ...tool) error {
	pkgs := missing(tools)
	if len(pkgs) == 0 {
		return nil
	}
	advice := "apt-get install --no-install-recommends " + strings.Join(pkgs, " ")
	if os.Geteuid() != 0 {
		return fmt.Errorf("test servers need programs that this machine lacks: as root, type: %s", advice)
	}
	l, err := lock(ctx, filepath.Join(cache, "install.lock"), installLimit)
	if err != nil {
		return err
	}
	defer l.Close()
	if pkgs = missing(tools); len(pkgs) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, installLimit)
	defer cancel()
	env := append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
	if _, err := output(ctx, "/", env, "apt-get", "update", "-q"); err != nil {
		return fmt.Errorf("install %s (by hand: %s): %w", strings.Join(pkgs, " "), advice, err)
	}
	argv := append([]string{"apt-get", "install", "-y", "-q", "--no-install-recommends"}, pkgs...)
	if _, err := output(ctx, "/", env, argv...); err != nil {
		return fmt.Errorf("install %s (by hand: %s): %w", strings.Join(pkgs, " "), advice, err)
	}
	if left := missing(tools); len(left) > 0 {
		return fmt.Errorf("install %s: apt-get reports success but their programs are not there", strings.Join(left, " "))
	}
	return nil
}

// missing returns the packages of the tools that were not found, each once.
func missing(tools []tool) []string {
	var pkgs []string
	seen := map[string]bool{}
	for _, t := range tools {
		if t.find() == "" && !seen[t.pkg] {
			seen[t.pkg] = true
			pkgs = append(pkgs, t.pkg)
		}
	}
	return pkgs
}
