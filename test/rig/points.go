package rig

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Points orders the deaths of processes of a program that was built with fault points (package internal/faultpoint, which
// names them). Orders are for whichever process comes by first: tests that use them do not run at the same time.
type Points struct{ dir string }

// PointsFor makes the folder that the program looks into. What a test before left there is gone.
func (p *Program) PointsFor(t testing.TB) Points {
	t.Helper()
	p.Path(t)
	points := Points{p.dir}
	points.clear(t)
	for _, dir := range []string{"armed", "hit"} {
		if err := os.Mkdir(filepath.Join(p.dir, dir), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { points.clear(t) })
	return points
}

func (p Points) clear(t testing.TB) {
	for _, name := range []string{"armed", "hit", "trace"} {
		if err := os.RemoveAll(filepath.Join(p.dir, name)); err != nil {
			t.Error(err)
		}
	}
}

// Kill orders that the process which comes to a point named by the pattern (path.Match) for the (skip+1)th time is killed.
func (p Points) Kill(t testing.TB, pattern string, skip int) { p.order(t, "kill", pattern, skip) }

// Stop is Kill with SIGSTOP; the side must be before.
func (p Points) Stop(t testing.TB, pattern string, skip int) { p.order(t, "stop", pattern, skip) }

func (p Points) order(t testing.TB, action, pattern string, skip int) {
	t.Helper()
	beside := filepath.Join(p.dir, "order")
	err := os.WriteFile(beside, fmt.Appendf(nil, "%s %d\n", action, skip), 0o600)
	if err = errors.Join(err, os.Rename(beside, filepath.Join(p.dir, "armed", pattern))); err != nil {
		t.Fatal(err)
	}
}

// Disarm takes back the orders that nobody has carried out.
func (p Points) Disarm(t testing.TB) {
	t.Helper()
	armed := filepath.Join(p.dir, "armed")
	if err := errors.Join(os.RemoveAll(armed), os.Mkdir(armed, 0o700)); err != nil {
		t.Fatal(err)
	}
}

// Hit says that an order was carried out.
func (p Points) Hit(pattern string) bool {
	_, err := os.Stat(filepath.Join(p.dir, "hit", pattern))
	return err == nil
}

// AwaitHit waits until an order is carried out while weft runs.
func (p Points) AwaitHit(t testing.TB, w *Running, pattern string) {
	t.Helper()
	w.Until(t, callLimit, "the fault at "+pattern, func(context.Context) error {
		if !p.Hit(pattern) {
			return errNotHit
		}
		return nil
	})
}

var errNotHit = errors.New("nobody came by")

// Trace begins to note every point that is passed.
func (p Points) Trace(t testing.TB) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(p.dir, "trace"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
}

// Passed ends the notes and returns the names passed by processes called process, in their order.
func (p Points) Passed(t testing.TB, process string) []string {
	t.Helper()
	name := filepath.Join(p.dir, "trace")
	text, err := os.ReadFile(name)
	if err = errors.Join(err, os.Remove(name)); err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(strings.Fields(string(text)), func(name string) bool {
		return !strings.HasPrefix(name, process+".")
	})
}
