package am_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"weft/am"
	"weft/am/sched"
	"weft/container"
	"weft/internal/checkpoint"
	"weft/internal/fsys"
	"weft/internal/fsys/mem"
	"weft/internal/job"
	"weft/internal/memtest"
	"weft/internal/umbilical"
	"weft/plugins"
)

var errNoMaster = errors.New("nobody listens there")

// yard is a cluster in this process whose containers can outlive their master.
// It stands for YARN, and for what lies between a container and its master.
type yard struct {
	t       *testing.T
	store   *mem.FS
	world   *memtest.World // as the containers see it
	spec    *job.Spec
	keep    bool // containers outlive their master
	lease   time.Duration
	running sync.WaitGroup
	// of returns the world and the link of one container; nil: they have them in common.
	of func(id string) (*memtest.World, umbilical.Link)

	mu       sync.Mutex
	attempts int // of the master
	granted  int
	living   map[string]context.CancelCauseFunc // containers
	young    map[string]bool                    // granted to the newest attempt
	gone     []am.Gone
	desk     *umbilical.Desk // of the newest master; nil while there is none
	dead     context.Context // ends when that one dies
}

func newYard(t *testing.T, world *memtest.World, spec *job.Spec) *yard {
	t.Helper()
	y := &yard{t: t, store: mem.New(mem.Options{Leases: true}), world: world, spec: spec, keep: true,
		living: map[string]context.CancelCauseFunc{}, young: map[string]bool{}}
	world.FS = y.store.Client()
	if err := (checkpoint.Root{FS: world.FS, Dir: "/weft"}).Run("r1").Create(t.Context()); err != nil {
		t.Fatal(err)
	}
	return y
}

// attempt is one app attempt: a master and what it speaks to.
type attempt struct {
	yard   *yard
	number int
	fs     *mem.FS
	desk   *umbilical.Desk
	kept   []am.Grant
	master *am.Master
	ctx    context.Context // ends when the process dies
	kill   context.CancelFunc
	ended  chan struct{} // closed when Run has returned
	result *job.Result
	err    error
	told   *am.Final
}

// start begins the next app attempt. wrap, if not nil, is laid around its file system; world is what its committer sees.
func (y *yard) start(world *memtest.World, wrap func(*attempt, fsys.FS) fsys.FS) *attempt {
	y.t.Helper()
	a := &attempt{yard: y, fs: y.store.Client(), desk: umbilical.NewDesk(), ended: make(chan struct{})}
	var files fsys.FS = a.fs
	a.ctx, a.kill = context.WithCancel(context.Background())
	if wrap != nil {
		files = wrap(a, files)
	}
	world.FS = files
	registry, err := plugins.NewRegistry(world.Plugin())
	if err != nil {
		y.t.Fatal(err)
	}
	a.master = am.New(am.Options{Run: "r1", Spec: y.spec, Registry: registry, Root: checkpoint.Root{FS: files, Dir: "/weft"},
		Desk: a.desk, Resources: a, Launcher: a, Owner: "test", Tick: 50 * time.Millisecond,
		Sched: sched.Config{RetryPause: time.Millisecond, DrainDeadline: 10 * time.Second, Lease: y.lease}})
	y.mu.Lock()
	y.attempts++
	a.number = y.attempts
	y.young = map[string]bool{}
	for id := range y.living {
		a.kept = append(a.kept, am.Grant{ID: id, Node: "n"})
	}
	y.desk, y.dead = a.desk, a.ctx
	y.mu.Unlock()
	go func() {
		defer close(a.ended)
		a.result, a.err = a.master.Run(a.ctx)
	}()
	return a
}

// die ends the process as kill -9 does, and with it, unless they are kept, its containers.
func (a *attempt) die() {
	a.kill()
	a.fs.Crash()
	a.yard.mu.Lock()
	if a.yard.desk == a.desk {
		a.yard.desk = nil
	}
	var stop []context.CancelCauseFunc
	if !a.yard.keep {
		for _, end := range a.yard.living {
			stop = append(stop, end)
		}
	}
	a.yard.mu.Unlock()
	for _, end := range stop {
		end(errors.New("its app attempt failed"))
	}
	<-a.ended
}

// over says that this attempt is not the current one, or dead.
func (a *attempt) over() error {
	switch {
	case a.ctx.Err() != nil:
		return errNoMaster
	case a.number != a.yard.attempts:
		return fmt.Errorf("allocate: %w", am.ErrNotCurrent)
	}
	return nil
}

func (a *attempt) Register(context.Context, am.Registration) error { return nil }

func (a *attempt) Heartbeat(_ context.Context, w am.Wish) (am.News, error) {
	y := a.yard
	y.mu.Lock()
	defer y.mu.Unlock()
	if err := a.over(); err != nil {
		return am.News{}, err
	}
	for _, id := range w.Release {
		if end := y.living[id]; end != nil {
			end(errors.New("released"))
		}
	}
	news := am.News{Kept: a.kept, Gone: y.gone}
	a.kept, y.gone = nil, nil
	for range w.Containers {
		y.granted++
		news.Granted = append(news.Granted, am.Grant{ID: fmt.Sprintf("c%d", y.granted), Node: "n"})
	}
	return news, nil
}

func (a *attempt) Finish(_ context.Context, f am.Final) error {
	a.yard.mu.Lock()
	defer a.yard.mu.Unlock()
	if err := a.over(); err != nil {
		return err
	}
	a.told = &f
	return nil
}

// Start starts a container that lives on when the master does not.
func (a *attempt) Start(_ context.Context, g am.Grant) error {
	y := a.yard
	world, link := y.world, umbilical.Link(y)
	if y.of != nil {
		world, link = y.of(g.ID)
	}
	registry, err := plugins.NewRegistry(world.Plugin())
	if err != nil {
		return err
	}
	ctx, end := context.WithCancelCause(context.Background())
	y.mu.Lock()
	y.living[g.ID] = end
	y.young[g.ID] = true
	y.mu.Unlock()
	o := container.Options{ID: g.ID, Run: "r1", Slots: y.spec.Setting.YARN.Slots, Link: link, Spec: y.spec, Registry: registry,
		Folder: checkpoint.Root{FS: y.world.FS, Dir: "/weft"}.Run("r1"), Lease: y.lease, ReportEvery: time.Second}
	y.running.Go(func() {
		defer end(nil)
		gone := am.Gone{ID: g.ID}
		if err := container.Run(ctx, o); err != nil {
			gone.Exit, gone.Diagnostics = 137, err.Error()
		}
		y.mu.Lock()
		defer y.mu.Unlock()
		delete(y.living, g.ID)
		y.gone = append(y.gone, gone)
	})
	return nil
}

func (a *attempt) Stop(_ context.Context, id string) error {
	a.yard.mu.Lock()
	defer a.yard.mu.Unlock()
	if end := a.yard.living[id]; end != nil && a.yard.young[id] {
		end(errors.New("stopped"))
	}
	return nil
}

// reach calls the newest master; what a dying one would say is not heard.
func reach[A any](ctx context.Context, y *yard, call func(context.Context, umbilical.Link) (A, error)) (A, error) {
	var nothing A
	y.mu.Lock()
	desk, dead := y.desk, y.dead
	y.mu.Unlock()
	if desk == nil {
		return nothing, errNoMaster
	}
	ctx, leave := context.WithCancelCause(ctx)
	defer leave(nil)
	defer context.AfterFunc(dead, func() { leave(errNoMaster) })()
	answer, err := call(ctx, desk)
	if dead.Err() != nil {
		return nothing, errNoMaster
	}
	return answer, err
}

func (y *yard) Next(ctx context.Context, w umbilical.Want) (umbilical.Assignment, error) {
	return reach(ctx, y, func(ctx context.Context, l umbilical.Link) (umbilical.Assignment, error) { return l.Next(ctx, w) })
}

func (y *yard) Report(ctx context.Context, p umbilical.Progress) (umbilical.Order, error) {
	return reach(ctx, y, func(ctx context.Context, l umbilical.Link) (umbilical.Order, error) { return l.Report(ctx, p) })
}

func (y *yard) Sealed(ctx context.Context, u umbilical.Sealed) (umbilical.Verdict, error) {
	return reach(ctx, y, func(ctx context.Context, l umbilical.Link) (umbilical.Verdict, error) { return l.Sealed(ctx, u) })
}

func (y *yard) Done(ctx context.Context, e umbilical.Ending) (umbilical.Order, error) {
	return reach(ctx, y, func(ctx context.Context, l umbilical.Link) (umbilical.Order, error) { return l.Done(ctx, e) })
}

// finish waits for the attempt and for all containers, and checks the target.
func (y *yard) finish(a *attempt) *job.Result {
	y.t.Helper()
	<-a.ended
	y.running.Wait()
	if a.err != nil || a.result.State != job.StateSucceeded {
		y.t.Fatalf("run: %+v, %v", a.result, a.err)
	}
	diff, err := y.world.Difference(y.t.Context(), nil)
	if err != nil || diff != "" {
		y.t.Errorf("target differs: %s, %v", diff, err)
	}
	if _, err := y.world.FS.Stat(y.t.Context(), y.world.Dir+"/.weft-r1"); err == nil {
		y.t.Error("the staging folder is still there")
	}
	return a.result
}

// reads counts how often each row was read; each takes pause.
type reads struct {
	mu    sync.Mutex
	times map[int64]int
	pause time.Duration
}

func (r *reads) row(ctx context.Context, id int64) error {
	r.mu.Lock()
	r.times[id]++
	r.mu.Unlock()
	select {
	case <-time.After(r.pause):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// again is how many rows were read more than once, counted as often.
func (r *reads) again() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := 0
	for _, times := range r.times {
		n += times - 1
	}
	return n
}

// slowWorld takes a second for a unit of 200 rows, five for a split.
func slowWorld() (*memtest.World, *reads, *job.Spec) {
	world, seen := bigWorld(), &reads{times: map[int64]int{}, pause: 5 * time.Millisecond}
	world.BeforeRow = seen.row
	spec := world.Spec(3)
	spec.Setting.YARN.Slots = 1
	spec.Setting.UnitBytes = 16 * 200
	return world, seen, spec
}

// ids of the living containers.
func (y *yard) ids() []string {
	y.mu.Lock()
	defer y.mu.Unlock()
	var all []string
	for id := range y.living {
		all = append(all, id)
	}
	slices.Sort(all)
	return all
}
