package am

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"weft/am/sched"
	"weft/am/tracker"
	"weft/am/view"
	"weft/internal/checkpoint"
	"weft/internal/job"
	"weft/internal/umbilical"
	"weft/plugins"
)

// Options are what a Master is made of. Fields without a stated default are
// needed.
type Options struct {
	// Run is the run id, Spec the job.
	Run  string
	Spec *job.Spec
	// Registry finds the plugins.
	Registry *plugins.Registry
	// Root is the folder of all runs; the run's own must exist.
	Root checkpoint.Root
	// Desk takes the containers' calls.
	Desk *umbilical.Desk
	// Resources and Launcher give and start containers.
	Resources Resources
	Launcher  Launcher
	// Registration is what Resources.Register is told.
	Registration Registration
	// Owner is written into the claim of the generation, for people.
	Owner string
	// Slots is the job's channel over all containers, SlotsPerContainer how
	// many one has; default: from the spec, all in containers of Spec's size.
	SlotsPerContainer int
	// Application and TrackingURL go into the result.
	Application, TrackingURL string
	// Dirty lays dirty rows out; needed by jobs that say where to.
	Dirty Dirty
	// Gather is how long is waited for all slots before a snapshot of the
	// source is taken; default 60 s.
	Gather time.Duration
	// Sched overrides timers, for tests; its Run, Generation, Slots and Limit
	// are set here.
	Sched sched.Config
	// Tick is the pause between looks at the clock; default 250 ms.
	Tick time.Duration
	// Log takes life events; default none.
	Log *slog.Logger
}

// Master runs one incarnation of a run. Run may be called once; Kill and
// Snapshot at any time by anybody.
type Master struct {
	o       Options
	start   time.Time
	folder  checkpoint.Folder
	events  *queue[sched.Event]
	started sync.WaitGroup // everything that Run started

	// Set by prepare, before the loop.
	store     *checkpoint.Store
	plan      *job.Plan
	made      guarantee
	committer plugins.Writer

	// Owned by the loop.
	machine *sched.Machine
	tracker *tracker.Tracker
	journal *queue[entry]
	units   map[int][]plugins.Manifest // accepted, by split, in their order
	final   *sched.Finish
	outputs []string
	dirty   *job.DirtyPlace // nil until they are laid out
	begins  string          // where this generation began, in one line; empty until that is settled

	heart heart
	snap  snapshotting

	mu       sync.Mutex
	snapshot tracker.Snapshot
}

// guarantee is what the plan said of the level of delivery.
type guarantee struct{ level, why string }

// New returns a Master that has not begun.
func New(o Options) *Master {
	if o.Tick <= 0 {
		o.Tick = 250 * time.Millisecond
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	m := &Master{o: o, start: time.Now(), folder: o.Root.Run(o.Run), events: newQueue[sched.Event](),
		journal: newQueue[entry](), units: map[int][]plugins.Manifest{}}
	m.snap = snapshotting{gate: &view.Gate{}, news: newQueue[func() []view.Action]()}
	m.heart.kick = make(chan struct{}, 1)
	m.snapshot = tracker.Snapshot{RunID: o.Run, Job: o.Spec.Name, State: string(job.StateAccepted), Percent: -1, ETASeconds: -1}
	return m
}

// Kill asks the run to end: attempts get grace to seal what they have. reason is
// job.ReasonKilled or job.ReasonRunTimeout. It returns at once. A second call may
// shorten the grace. Once the commit has begun it comes too late.
func (m *Master) Kill(reason plugins.Reason, cause string, grace time.Duration) {
	m.events.put(sched.Kill{Grace: grace, Reason: reason, Cause: cause})
}

// Snapshot returns the state as of the last tick.
func (m *Master) Snapshot() tracker.Snapshot {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.snapshot
}

// Run runs the job to its end and returns how it ended, which it has stored as
// result.json and told to Resources. An error means that this master lost its
// right to act, or never got it (checkpoint.ErrFenced, fsys.ErrLocked,
// ErrNotCurrent), and has stored and told nothing. Ending ctx ends the run
// without draining it.
func (m *Master) Run(ctx context.Context) (*job.Result, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if err := m.o.Resources.Register(ctx, m.o.Registration); err != nil {
		return nil, fmt.Errorf("register: %w", err)
	}
	// HDFS may let this master wait for longer than the ResourceManager would.
	working, stop := context.WithCancel(ctx)
	m.started.Go(func() { m.beat(working) })
	end := func() { stop(); m.started.Wait() }
	store, state, err := checkpoint.Open(ctx, m.folder, m.o.Owner)
	if err != nil {
		end()
		return m.refused(ctx, err)
	}
	m.store = store
	where := checkpoint.Master{Generation: store.Generation(), Address: m.o.Registration.Address}
	if where.Address != "" {
		if err := m.folder.PutMaster(ctx, where); err != nil {
			end()
			return nil, errors.Join(err, store.Close())
		}
	}
	m.tracker = tracker.New(tracker.Snapshot{RunID: m.o.Run, Job: m.o.Spec.Name, Attempt: store.Generation(),
		DirtyLimit: m.o.Spec.Setting.ErrorLimit.Record}, m.start)
	m.machine = sched.New(m.schedule())

	if where.Address != "" {
		m.started.Go(func() { m.announced(working, where) })
	}
	m.started.Go(func() { m.prepare(working, state) })
	m.started.Go(func() { m.writeJournal(working) })
	m.loop(ctx, working)
	if m.final.Why.Reason == plugins.ReasonFenced {
		m.o.Desk.Abandon() // the containers are the successor's now
	} else {
		m.o.Desk.Close()
	}
	m.atEnd(ctx)
	end()
	m.endSnapshot(ctx)
	result, err := m.end(ctx)
	return result, errors.Join(err, m.closeCommitter(), store.Close())
}

// schedule is what the machine goes by.
func (m *Master) schedule() sched.Config {
	c, s := m.o.Sched, m.o.Spec.Setting
	c.Run, c.Generation = m.o.Run, m.store.Generation()
	c.Slots, c.SlotsPerContainer = max(s.Channel, 1), m.o.SlotsPerContainer
	if c.SlotsPerContainer <= 0 {
		c.SlotsPerContainer = s.YARN.Slots
	}
	c.MaxAttempts, c.Limit = s.MaxAttempts, s.ErrorLimit
	return c
}

// loop feeds the machine until it says Finish, or ctx ends. What it starts on
// the way ends with working.
func (m *Master) loop(ctx, working context.Context) {
	ticker := time.NewTicker(m.o.Tick)
	defer ticker.Stop()
	done := ctx.Done()
	for m.final == nil {
		select {
		case r := <-m.o.Desk.Requests():
			if r.Want != nil {
				m.wants(working, r.ID, *r.Want)
			} else {
				m.step(working, m.eventOf(r))
			}
		case <-m.events.ready:
			m.hearSource(working) // before what was said after it
			for _, ev := range m.events.take() {
				m.step(working, ev)
			}
		case <-m.snap.news.ready:
			m.hearSource(working)
		case <-ticker.C:
			m.step(working, sched.Tick{})
			m.publish()
		case <-done:
			done = nil
			m.step(working, sched.Broken{Why: sched.Why{Reason: job.ReasonKilled, Cause: "interrupted"}})
		}
	}
	m.publish()
}

func (m *Master) step(ctx context.Context, ev sched.Event) {
	for _, effect := range m.machine.Step(time.Now(), ev) {
		m.perform(ctx, effect)
	}
	m.tellGate(ctx, ev)
}

// eventOf turns a container's call into an event.
func (m *Master) eventOf(r umbilical.Request) sched.Event {
	switch {
	case r.Progress != nil:
		m.tracker.Report(*r.Progress)
		return sched.Reported{ID: r.ID, Progress: *r.Progress}
	case r.Sealed != nil:
		return sched.Offered{ID: r.ID, Sealed: *r.Sealed}
	case r.Ending != nil:
		return sched.Ended{ID: r.ID, Ending: *r.Ending}
	}
	return sched.Tick{}
}

// publish makes the snapshot of this moment.
func (m *Master) publish() {
	status := m.machine.Status()
	snap := m.tracker.Observe(time.Now(), string(m.state(status)), status)
	snap.Beginning = m.begins
	m.heart.setProgress(max(snap.Percent, 0) / 100)
	m.mu.Lock()
	m.snapshot = snap
	m.mu.Unlock()
}

func (m *Master) state(s sched.Status) job.State {
	switch {
	case m.final != nil:
		return m.final.State
	case s.Phase == "committing":
		return job.StateCommitting
	}
	return job.StateRunning
}

func (m *Master) closeCommitter() error {
	if m.committer == nil {
		return nil
	}
	if err := m.committer.Close(); err != nil {
		return fmt.Errorf("close the target's committer: %w", err)
	}
	return nil
}
