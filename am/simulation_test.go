package am_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"weft/internal/fsys"
	"weft/internal/fsys/faulty"
	"weft/internal/job"
	"weft/internal/memtest"
	"weft/internal/umbilical"
	"weft/plugins"
)

// seeds is the number of lives of TestSimulation; `make fault SEEDS=10000` has more.
var (
	seeds     = flag.Int("seeds", 250, "lives of TestSimulation")
	firstSeed = flag.Uint64("seed", 0, "first seed of TestSimulation; 0 for one of the clock")
)

// regressions are seeds that have failed once.
var regressions = []uint64{}

// TestSimulation lives the life of a run under a seed: its size, its target, what dies when, what hangs how long, whose
// answers are lost. The clock is virtual, and what every part does next waits for it a random while, so that the seed
// decides who comes first. Whatever happens, the run ends with each row once.
func TestSimulation(t *testing.T) {
	first := *firstSeed
	if first == 0 {
		first = uint64(time.Now().UnixNano())
	}
	all := regressions
	for i := range uint64(*seeds) {
		all = append(all, first+i)
	}
	seen := map[string]int{}
	for _, seed := range all {
		t.Run(fmt.Sprint(seed), bubble(func(t *testing.T) {
			s := newSimulation(t, seed)
			s.live()
			for what, n := range s.happened {
				seen[what] += n
			}
			if t.Failed() {
				t.Errorf("go test ./am -run TestSimulation -seeds 1 -seed %d: %v", seed, s.happened)
			}
		}))
	}
	t.Logf("%d lives: %v", len(all), seen)
	for _, what := range []string{"master killed", "master replaced", "container killed", "container frozen", "split stalled", "read failed", "answer lost", "commit lost"} {
		if seen[what] == 0 && *seeds >= 100 {
			t.Errorf("%s: not once", what)
		}
	}
}

// simulation is one life.
type simulation struct {
	t       *testing.T
	yard    *yard
	world   *memtest.World
	current *attempt
	// replaced are masters that lived on when another came. They notice.
	replaced []*attempt

	mu       sync.Mutex
	random   *rand.Rand
	happened map[string]int
	stalled  map[int]time.Time    // split -> until when nothing of it is read
	frozen   map[string]time.Time // container -> until when nothing in it moves
	troubled bool                 // reads, writes and answers may fail
}

func newSimulation(t *testing.T, seed uint64) *simulation {
	r := rand.New(rand.NewPCG(seed, 1))
	s := &simulation{t: t, random: r, happened: map[string]int{}, stalled: map[int]time.Time{},
		frozen: map[string]time.Time{}, troubled: true}
	s.world = &memtest.World{Dir: "/out", Splits: 1 + r.IntN(5), Rows: r.IntN(400), BatchRows: 1 + r.IntN(60), NoPositions: r.IntN(8) == 0}
	if r.IntN(2) == 0 {
		s.world.Database = &memtest.Database{OnCommit: s.onCommit}
	}
	slots := 1 + r.IntN(3)
	spec := s.world.Spec(slots)
	spec.Setting.YARN.Slots = 1 + r.IntN(2)
	spec.Setting.UnitBytes = 16 * int64(1+r.IntN(150))
	spec.Setting.MaxAttempts = 50 // what is tried here is not how soon it gives up
	s.yard = newYard(t, s.world, spec)
	s.yard.keep = r.IntN(4) > 0
	s.yard.lease = time.Duration(5+r.IntN(30)) * time.Second
	s.yard.of = s.container
	return s
}

// below is a random time shorter than limit.
func (s *simulation) below(limit time.Duration) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return time.Duration(s.random.Int64N(int64(limit)))
}

func (s *simulation) note(what string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.happened[what]++
}

func (s *simulation) trouble(n int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.troubled && s.random.IntN(n) == 0
}

var errLost = &plugins.Error{Class: plugins.Transient, Reason: plugins.ReasonUnreachable, Op: "simulated", Err: errors.New("connection lost")}

// wait lets virtual time pass.
func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// container is the world and the link of one container, which can be frozen as SIGSTOP does.
func (s *simulation) container(id string) (*memtest.World, umbilical.Link) {
	w := s.master()
	w.FS = s.world.FS
	w.BeforeRow = func(ctx context.Context, row int64) error {
		s.thaw(id)
		s.mu.Lock()
		pause := time.Until(s.stalled[int(row/memtest.SplitStride)])
		s.mu.Unlock()
		if err := wait(ctx, max(pause, 0)+s.below(20*time.Millisecond)); err != nil {
			return err
		}
		if s.trouble(700) {
			s.note("read failed")
			return errLost
		}
		return nil
	}
	w.BeforeSeal = func(ctx context.Context, _ plugins.Unit) error {
		err := wait(ctx, s.below(300*time.Millisecond))
		s.thaw(id)
		return err
	}
	return w, &frozenLink{Link: s.yard, thaw: func() { s.thaw(id) }}
}

// thaw waits while a container is frozen; no context ends that.
func (s *simulation) thaw(id string) {
	s.mu.Lock()
	pause := time.Until(s.frozen[id])
	s.mu.Unlock()
	if pause > 0 {
		_ = wait(context.Background(), pause+s.below(50*time.Millisecond))
	}
}

// frozenLink is the link of a container that can be frozen.
type frozenLink struct {
	umbilical.Link
	thaw func()
}

func (l *frozenLink) Report(ctx context.Context, p umbilical.Progress) (umbilical.Order, error) {
	l.thaw()
	return l.Link.Report(ctx, p)
}

func (l *frozenLink) Sealed(ctx context.Context, u umbilical.Sealed) (umbilical.Verdict, error) {
	l.thaw()
	return l.Link.Sealed(ctx, u)
}

// onCommit is what befalls a transaction.
func (s *simulation) onCommit() (before, after error) {
	switch {
	case s.trouble(40):
		s.note("deadlock")
		return errLost, nil
	case s.trouble(20):
		s.note("commit lost")
		return nil, errLost
	}
	return nil, nil
}

// files is a master's file system: each durable operation takes a while, and now and then its answer is lost.
func (s *simulation) files(_ *attempt, inner fsys.FS) fsys.FS {
	f := faulty.Wrap(inner)
	f.Add(faulty.Rule{When: faulty.After, Err: fsys.ErrOutcomeUnknown, Match: func(op faulty.Op) bool {
		if op.Durable == 0 || op.Kind == faulty.Create || op.Kind == faulty.CreateExclusive || !s.trouble(60) {
			return false
		}
		s.note("answer lost")
		return true
	}})
	return f
}

// master is the target as a master sees it.
func (s *simulation) master() *memtest.World {
	return &memtest.World{Dir: s.world.Dir, Splits: s.world.Splits, Rows: s.world.Rows, BatchRows: s.world.BatchRows,
		NoPositions: s.world.NoPositions, Database: s.world.Database}
}

func (s *simulation) start() { s.current = s.yard.start(s.master(), s.files) }

// live lets things happen, and then the run end.
func (s *simulation) live() {
	s.start()
	for range 1 + s.random.IntN(8) {
		timer := time.NewTimer(s.below(6 * time.Second))
		select {
		case <-timer.C:
			s.happen()
		case <-s.current.ended:
			timer.Stop()
			if s.ended() {
				s.finish()
				return
			}
			s.start()
		}
	}
	s.mu.Lock()
	s.troubled = false
	s.mu.Unlock()
	for range 10 {
		<-s.current.ended
		if s.ended() {
			break
		}
		s.start()
	}
	s.finish()
}

// finish is the oracle.
func (s *simulation) finish() {
	s.yard.finish(s.current)
	for _, old := range s.replaced {
		<-old.ended
		if old.told != nil {
			s.t.Errorf("a replaced master told YARN %+v", old.told)
		}
	}
}

// ended says that the current master has brought the run to its end. One that gave up is followed by another, as with
// weft resume; why it gave up must be one of the troubles.
func (s *simulation) ended() bool {
	a := s.current
	if a.err == nil && a.result.State == job.StateSucceeded {
		return true
	}
	s.note("master gave up")
	if a.err == nil && plugins.Reason(a.result.Reason) == job.ReasonErrorLimit {
		s.t.Fatalf("ended for dirty rows: %+v", a.result)
	}
	a.die()
	return false
}

// happen is one fault.
func (s *simulation) happen() {
	ids := s.yard.ids()
	switch n := s.random.IntN(12); {
	case n < 2:
		s.note("master killed")
		s.current.die()
		_ = wait(context.Background(), s.below(2*s.yard.lease)) // YARN takes its time
		s.start()
	case n < 4:
		s.note("master replaced")
		s.replaced = append(s.replaced, s.current)
		s.start()
	case n < 7 && len(ids) > 0:
		s.note("container killed")
		s.yard.mu.Lock()
		if end := s.yard.living[ids[s.random.IntN(len(ids))]]; end != nil {
			end(errors.New("killed"))
		}
		s.yard.mu.Unlock()
	case n < 9 && len(ids) > 0:
		s.note("container frozen")
		s.mu.Lock()
		s.frozen[ids[s.random.IntN(len(ids))]] = time.Now().Add(time.Duration(s.random.Int64N(int64(3 * s.yard.lease))))
		s.mu.Unlock()
	default:
		s.note("split stalled")
		s.mu.Lock()
		s.stalled[s.random.IntN(s.world.Splits)] = time.Now().Add(time.Duration(s.random.Int64N(int64(3 * s.yard.lease))))
		s.mu.Unlock()
	}
}
