package cluster

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestPropsXML(t *testing.T) {
	p := props{"b": "1 < 2 & \"x\"", "a": "é"}.with(map[string]string{"a": "2", "c": ""})
	var got struct {
		Property []struct {
			Name  string `xml:"name"`
			Value string `xml:"value"`
		} `xml:"property"`
	}
	if err := xml.Unmarshal([]byte(p.xml()), &got); err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprint(got.Property)
	if want := `[{a 2} {b 1 < 2 & "x"} {c }]`; text != want {
		t.Errorf("read back %s, want %s", text, want)
	}
}

func oneEach(nodeManagers int) endpoints {
	return endpoints{nns: make([]namePorts, 1), dns: make([]dataPorts, 1), rms: make([]managerPorts, 1), nms: make([]nodePorts, nodeManagers)}
}

// Options win over what this package sets, in the folders of daemons too.
func TestOptionsWin(t *testing.T) {
	own := map[string]string{"yarn.nodemanager.local-dirs": "/mine", "dfs.replication": "3", "dfs.datanode.address": "x"}
	opts, err := HadoopOptions{YarnSite: own, HDFSSite: own, CoreSite: own, Scheduler: own}.defaulted()
	if err != nil {
		t.Fatal(err)
	}
	for name, conf := range (layout{dir: "/d", ends: oneEach(2), opts: opts}).confDirs() {
		for file, p := range map[string]props{"core": conf.core, "hdfs": conf.hdfs, "yarn": conf.yarn, "scheduler": conf.scheduler} {
			for k, want := range own {
				if p[k] != want {
					t.Errorf("%s/%s: %s is %q, want %q", name, file, k, p[k], want)
				}
			}
		}
	}
}

func TestMemoryProfiles(t *testing.T) {
	for enforced, want := range map[bool]string{false: "true", true: "false"} {
		opts, err := HadoopOptions{MemoryEnforced: enforced}.defaulted()
		if err != nil {
			t.Fatal(err)
		}
		l := layout{ends: oneEach(1), opts: opts}
		if got := l.confDirs()["nm1"].yarn["yarn.nodemanager.resource.memory.enforced"]; got != want {
			t.Errorf("MemoryEnforced %v gives %q, want %q", enforced, got, want)
		}
	}
}

func TestAwait(t *testing.T) {
	ctx := context.Background()
	looks := 0
	err := Await(ctx, time.Minute, "third look", func(context.Context) error {
		if looks++; looks < 3 {
			return errors.New("not yet")
		}
		return nil
	})
	if err != nil || looks != 3 {
		t.Errorf("%d looks, %v", looks, err)
	}
	never := errors.New("the cause")
	err = Await(ctx, 120*time.Millisecond, "the impossible", func(context.Context) error { return never })
	for _, want := range []string{"the impossible", "120ms", "the cause"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v does not name %q", err, want)
		}
	}
	if !errors.Is(err, never) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v wraps neither its cause nor the deadline", err)
	}
	began := time.Now()
	err = Await(ctx, time.Minute, "a dead daemon", func(context.Context) error { return fmt.Errorf("%w: it ended", errHopeless) })
	if err == nil || time.Since(began) > 10*time.Second {
		t.Errorf("waited %s for what cannot come: %v", time.Since(began), err)
	}
}

func TestPreparedOnceAndWhole(t *testing.T) {
	ctx, cache := context.Background(), t.TempDir()
	builds := 0
	build := func(_ context.Context, dir string) error {
		builds++
		if err := os.WriteFile(filepath.Join(dir, "part"), nil, 0o644); err != nil {
			return err
		}
		if builds == 1 {
			return errors.New("broken off")
		}
		return nil
	}
	if _, err := prepared(ctx, cache, "x", time.Minute, build); err == nil || isDir(filepath.Join(cache, "x")) {
		t.Errorf("a half-made folder is kept: %v", err)
	}
	for range 2 {
		dir, err := prepared(ctx, cache, "x", time.Minute, build)
		if err != nil || !isFile(filepath.Join(dir, "part")) {
			t.Error(dir, err)
		}
	}
	if builds != 2 {
		t.Errorf("built %d times, want 2: one failed, one good", builds)
	}
}

func TestLock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "deep", "lock")
	a, err := TryLock(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := TryLock(path); !errors.Is(err, ErrLocked) {
		t.Errorf("locked twice: %v", err)
	}
	if _, err := lock(context.Background(), path, 100*time.Millisecond); !errors.Is(err, ErrLocked) {
		t.Errorf("lock that was not free: %v", err)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	b, err := lock(context.Background(), path, time.Second)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Close(); err != nil {
		t.Error(err)
	}
}

func TestMissingPackages(t *testing.T) {
	got := missing([]tool{{"sh", "dash"}, {"no-such-program-1", "p"}, {"no-such-program-2", "p"}, {"/no/such/*/java", "q"}})
	if diff := cmp.Diff([]string{"p", "q"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestSidSource(t *testing.T) {
	for name, c := range map[string]struct{ file, text, want string }{
		"one line":  {"sources.list", "# deb x\ndeb http://mirror.test/debian/ bookworm main\n", "http://mirror.test/debian"},
		"options":   {"sources.list.d/a.list", "deb [arch=amd64 signed-by=/k] https://m.test/debian bookworm main\n", "https://m.test/debian"},
		"deb822":    {"sources.list.d/debian.sources", "Types: deb\nURIs: http://m.test/debian\nSuites: bookworm\n", "http://m.test/debian"},
		"elsewhere": {"sources.list", "deb http://m.test/other-debian-like bookworm main\ndeb http://m.test/debian-security x main\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			etc := t.TempDir()
			path := filepath.Join(etc, c.file)
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(c.text), 0o644); err != nil {
				t.Fatal(err)
			}
			got, err := sidSource(etc)
			if c.want == "" {
				if err == nil {
					t.Errorf("found a mirror where there is none: %q", got)
				}
				return
			}
			if err != nil || !strings.Contains(got, " "+c.want+" sid main\n") {
				t.Errorf("%q, %v; want mirror %s", got, err, c.want)
			}
		})
	}
}

func TestMergeClassLists(t *testing.T) {
	dir := t.TempDir()
	lists := map[string]string{
		"a.lst": "java/lang/Object\na/B\na/B id: 7\n@lambda-proxy x\nhalf/a/li",
		"b.lst": "a/B\nc/D source: file\nc/E\n",
	}
	for name, text := range lists {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := mergeClassLists(dir)
	if err != nil {
		t.Fatal(err)
	}
	if want := "java/lang/Object\na/B\n@lambda-proxy x\nc/E\n"; string(got) != want {
		t.Errorf("merged %q, want %q", got, want)
	}
}

func TestComplaint(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	p := &process{name: "x", logPath: path}
	for text, want := range map[string]string{
		"one\nERROR two\nthree\njava.io.IOException: four\n": "ERROR two\njava.io.IOException: four",
		"only\nwords\n": "only\nwords",
	} {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if got := p.complaint(); got != want {
			t.Errorf("complaint %q, want %q", got, want)
		}
	}
}

func TestCopyTree(t *testing.T) {
	from, to := t.TempDir(), filepath.Join(t.TempDir(), "new")
	if err := os.MkdirAll(filepath.Join(from, "a/b"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(from, "a/b/f"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := copyTree(from, to); err != nil {
		t.Fatal(err)
	}
	st, err := os.Stat(filepath.Join(to, "a/b/f"))
	if err != nil || st.Mode().Perm() != 0o600 || st.Size() != 1 {
		t.Error(st, err)
	}
	if err := copyTree(filepath.Join(from, "nothing"), to); err == nil {
		t.Error("copied a folder that does not exist")
	}
}

// A download that failed is said again without a new attempt for an hour, and tried again after it.
func TestFailedDownloadIsRemembered(t *testing.T) {
	cache := t.TempDir()
	mark := filepath.Join(cache, "mysql-sid.failed")
	if err := os.WriteFile(mark, []byte("the network said no"), 0o644); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel() // a new attempt would fail with this
	_, err := mysqlRoot(ctx, cache)
	if err == nil || !strings.Contains(err.Error(), "the network said no") || errors.Is(err, context.Canceled) {
		t.Errorf("error is %v", err)
	}
	old := time.Now().Add(-2 * retryFailed)
	if err := os.Chtimes(mark, old, old); err != nil {
		t.Fatal(err)
	}
	if _, err := mysqlRoot(ctx, cache); !errors.Is(err, context.Canceled) {
		t.Errorf("no new attempt: %v", err)
	}
	if st, err := os.Stat(mark); err != nil || time.Since(st.ModTime()) < retryFailed {
		t.Errorf("an attempt that the caller gave up counts as a failed download: %v", err)
	}
}
