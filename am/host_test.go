package am_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"weft/am"
	"weft/am/sched"
	"weft/container"
	"weft/internal/checkpoint"
	"weft/internal/fsys"
	"weft/internal/job"
	"weft/internal/memtest"
	"weft/internal/umbilical"
	"weft/plugins"
)

// host is a cluster in this process: each grant is a container, a goroutine.
type host struct {
	t       *testing.T
	options container.Options
	running sync.WaitGroup

	mu      sync.Mutex
	granted int
	stop    map[string]context.CancelFunc
	news    am.News
	final   *am.Final
	silent  error // what Heartbeat returns
	heard   int   // heartbeats
}

// beats is the number of heartbeats so far.
func (h *host) beats() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.heard
}

func (h *host) Register(context.Context, am.Registration) error { return nil }

func (h *host) Heartbeat(_ context.Context, w am.Wish) (am.News, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.heard++
	if h.silent != nil {
		return am.News{}, h.silent
	}
	for range w.Containers {
		h.granted++
		h.news.Granted = append(h.news.Granted, am.Grant{ID: fmt.Sprintf("c%d", h.granted), Node: "n"})
	}
	news := h.news
	h.news = am.News{}
	return news, nil
}

func (h *host) Finish(_ context.Context, f am.Final) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.final = &f
	return nil
}

func (h *host) Start(ctx context.Context, g am.Grant) error {
	ctx, cancel := context.WithCancel(ctx)
	h.mu.Lock()
	h.stop[g.ID] = cancel
	h.mu.Unlock()
	o := h.options
	o.ID = g.ID
	h.running.Go(func() {
		defer cancel()
		gone := am.Gone{ID: g.ID}
		if err := container.Run(ctx, o); err != nil {
			gone.Exit, gone.Diagnostics = 137, err.Error()
		}
		h.mu.Lock()
		defer h.mu.Unlock()
		h.news.Gone = append(h.news.Gone, gone)
	})
	return nil
}

func (h *host) Stop(_ context.Context, id string) error {
	h.kill(id)
	return nil
}

// kill ends a container as kill -9 would, without its saying so.
func (h *host) kill(id string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if stop := h.stop[id]; stop != nil {
		stop()
	}
}

// bubble runs a test in a world with a clock of its own: pauses take no time,
// and a goroutine that outlives the test fails it.
func bubble(test func(t *testing.T)) func(t *testing.T) {
	return func(t *testing.T) { synctest.Test(t, test) }
}

// life is one process that runs the world's job over one file system.
type life struct {
	world  *memtest.World
	spec   *job.Spec
	fs     fsys.FS
	host   *host
	master *am.Master
}

// newLife returns a process that has not begun. World and state share its fs.
func newLife(t *testing.T, world *memtest.World, spec *job.Spec, fs fsys.FS) *life {
	t.Helper()
	world.FS = fs
	registry, err := plugins.NewRegistry(world.Plugin())
	if err != nil {
		t.Fatal(err)
	}
	root := checkpoint.Root{FS: fs, Dir: "/weft"}
	desk := umbilical.NewDesk()
	h := &host{t: t, stop: map[string]context.CancelFunc{}, options: container.Options{Run: "r1", Slots: spec.Setting.YARN.Slots,
		Link: desk, Spec: spec, Registry: registry, Folder: root.Run("r1"), ReportEvery: 20 * time.Millisecond}}
	return &life{world: world, spec: spec, fs: fs, host: h, master: am.New(am.Options{Run: "r1", Spec: spec, Registry: registry,
		Root: root, Desk: desk, Resources: h, Launcher: h, Owner: "test", Dirty: am.Dirty{Open: openOn(fs)}, Tick: 5 * time.Millisecond,
		Sched: sched.Config{RetryPause: time.Millisecond, DrainDeadline: 10 * time.Second}})}
}

// run lives that life to its end.
func (l *life) run(ctx context.Context) (*job.Result, error) {
	if err := (checkpoint.Root{FS: l.fs, Dir: "/weft"}).Run("r1").Create(ctx); err != nil {
		return nil, err
	}
	result, err := l.master.Run(ctx)
	l.host.running.Wait()
	return result, err
}

// mustSucceed runs a life and checks that the target has each row once.
func mustSucceed(t *testing.T, l *life) *job.Result {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	result, err := l.run(ctx)
	if err != nil {
		t.Fatalf("run: %v", err)
	}
	if result.State != job.StateSucceeded {
		t.Fatalf("run ended as %s: %s", result.State, result.Cause)
	}
	checkTarget(t, l, nil)
	rows := int64(l.world.Splits * l.world.Rows)
	if result.RowsRead != rows || !result.Conserved() {
		t.Errorf("counters %+v, want %d rows read and conserved", result.Counters, rows)
	}
	return result
}

func checkTarget(t *testing.T, l *life, without func(id int64) bool) {
	t.Helper()
	diff, err := l.world.Difference(t.Context(), without)
	if err != nil {
		t.Fatal(err)
	}
	if diff != "" {
		t.Errorf("target differs: %s", diff)
	}
	if _, err := l.fs.Stat(t.Context(), l.world.Dir+"/.weft-r1"); err == nil {
		t.Error("the staging folder is still there")
	}
}
