package rig

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// buildLimit bounds the build of the program on a machine that has nothing of it cached.
const buildLimit = 10 * time.Minute

// Program is the weft binary, built as it is shipped by the first test that wants it. The zero value is ready; it belongs
// in a variable of the test package, whose TestMain closes it.
type Program struct {
	// Points builds it with fault points; see [Points].
	Points bool

	once sync.Once
	dir  string
	err  error
}

// Path returns the path of the binary.
func (p *Program) Path(t testing.TB) string {
	t.Helper()
	p.once.Do(func() { p.dir, p.err = build(p.Points) })
	if p.err != nil {
		t.Fatal(p.err)
	}
	return filepath.Join(p.dir, "weft")
}

// Close removes the binary.
func (p *Program) Close() error {
	if p.dir == "" {
		return nil
	}
	return os.RemoveAll(p.dir)
}

func build(points bool) (string, error) {
	dir, err := os.MkdirTemp("", "weft-program-")
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(context.Background(), buildLimit)
	defer cancel()
	flags, tags := "-s -w", ""
	if points {
		flags, tags = flags+" -X weft/internal/faultpoint.folder="+dir, "faultpoints"
	}
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-tags", tags, "-ldflags", flags,
		"-o", filepath.Join(dir, "weft"), "weft/cmd/weft")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return dir, fmt.Errorf("build weft: %w\n%s", err, out)
	}
	return dir, nil
}
