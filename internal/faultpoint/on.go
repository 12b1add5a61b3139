//go:build faultpoints

package faultpoint

import (
	"context"
	"fmt"
	"os"
	"path"
	"strings"
	"sync"
	"syscall"

	"weft/internal/fsys"
	"weft/internal/fsys/faulty"
)

// Enabled says that the program was built to be stopped.
const Enabled = true

// folder is set by the linker, and never changed.
var folder string

// passed counts, by order, the places that this process came by.
var passed = struct {
	sync.Mutex
	by map[string]int
}{by: make(map[string]int)}

// At is a named place that is no operation of a file system.
func At(name string) {
	if act := order(process() + "." + name); act != nil {
		act.send()
	}
}

// Connect puts the points of a file system around what connect gives.
func Connect(connect fsys.Connect) fsys.Connect {
	return func(ctx context.Context, authority string) (fsys.FS, error) {
		inner, err := connect(ctx, authority)
		if err != nil {
			return nil, err
		}
		return FS(inner), nil
	}
}

// closing is a wrapped file system that closes what it wraps.
type closing struct {
	*faulty.FS
	inner fsys.FS
}

func (c closing) Close() error {
	if c, ok := c.inner.(interface{ Close() error }); ok {
		return c.Close()
	}
	return nil
}

// FS puts the points of a file system around inner.
func FS(inner fsys.FS) fsys.FS {
	f := faulty.Wrap(inner)
	for side, when := range map[string]faulty.When{"before": faulty.Before, "after": faulty.After} {
		due := make(chan func(), 64) // from Match, which decides, to Do, which acts
		f.Add(faulty.Rule{When: when, Do: func() { (<-due)() }, Match: func(op faulty.Op) bool {
			if op.Durable == 0 {
				return false
			}
			act := order(process() + "." + nameOf(op) + "." + side)
			if act == nil {
				return false
			}
			if act.signal == syscall.SIGSTOP {
				act.send() // the operation is done when the process goes on: no fault
				return false
			}
			due <- act.send
			return true
		}})
	}
	return closing{f, inner}
}

func process() string {
	for _, arg := range os.Args[1:] {
		if !strings.HasPrefix(arg, "-") {
			return arg
		}
	}
	return "weft"
}

// nameOf names an operation and what it is done to.
func nameOf(op faulty.Op) string {
	kind, on := strings.ReplaceAll(string(op.Kind), " ", "-"), op.Name
	if op.To != "" {
		on = op.To
	}
	switch op.Kind {
	case faulty.RecoverLease:
		kind = "lease"
	case faulty.RenameNoReplace:
		kind = "rename"
	case faulty.CreateExclusive:
		kind = "create"
	}
	return kind + "." + what(on)
}

// what classes a name by its place in a run folder or target.
func what(name string) string {
	base := path.Base(name)
	for _, known := range []string{"spec.json", "plan.json", "am.json", "commit.json", "result.json", "position.json", "binary.json"} {
		if strings.Contains(base, known) {
			return strings.TrimSuffix(known, ".json")
		}
	}
	for _, prefix := range []string{"gen-", "live-", "fenced-", "image-", "submit-", "_SUCCESS"} {
		if strings.HasPrefix(base, prefix) {
			return strings.ToLower(strings.Trim(prefix, "-_"))
		}
	}
	switch {
	case strings.HasSuffix(base, ".j"):
		return "journal"
	case strings.Contains(name, "/replaced"):
		return "replaced"
	case strings.Contains(name, "/dirty/"):
		return "dirty"
	case strings.Contains(name, "/.weft-"):
		return "staged"
	}
	return "data"
}

// order returns what is to be done at a place: nil for nothing.
func order(name string) *action {
	passed.Lock()
	defer passed.Unlock()
	trace(name)
	armed, err := os.ReadDir(path.Join(folder, "armed"))
	if err != nil {
		return nil
	}
	for _, entry := range armed {
		if ok, err := path.Match(entry.Name(), name); err != nil || !ok {
			continue
		}
		if act := claim(entry.Name()); act != nil {
			return act
		}
	}
	return nil
}

// claim counts a place that an order names, and takes the order when it is due.
func claim(entry string) *action {
	from := path.Join(folder, "armed", entry)
	text, err := os.ReadFile(from)
	if err != nil {
		return nil // somebody else took it
	}
	var what string
	var skip int
	if _, err := fmt.Sscan(string(text), &what, &skip); err != nil {
		panic(fmt.Sprintf("faultpoint: %s holds %q, want an action and a number", from, text)) // a mistake in the test
	}
	passed.by[entry]++
	if passed.by[entry] <= skip || os.Rename(from, path.Join(folder, "hit", entry)) != nil {
		return nil
	}
	if what == "stop" {
		return &action{syscall.SIGSTOP}
	}
	return &action{syscall.SIGKILL}
}

// action is what an order does to this process.
type action struct{ signal syscall.Signal }

func (a *action) send() {
	if err := syscall.Kill(os.Getpid(), a.signal); err != nil {
		panic("faultpoint: " + err.Error()) // then the test could not fail
	}
	if a.signal == syscall.SIGKILL {
		select {}
	}
}

// trace notes a name where a test wants to know them all.
func trace(name string) {
	f, err := os.OpenFile(path.Join(folder, "trace"), os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return
	}
	defer f.Close()
	fmt.Fprintln(f, name)
}
