package am

import (
	"context"
	"errors"
	"time"

	"weft/am/bound"
	"weft/am/sched"
	"weft/am/view"
	"weft/internal/checkpoint"
	"weft/internal/job"
	"weft/internal/umbilical"
	"weft/plugins"
)

// Bounds of what the source is asked for. Taking a lock has a shorter one of the
// plugin's own.
const (
	acquireDeadline = 30 * time.Second
	releaseDeadline = 5 * time.Second
)

// snapshotting is the master's part in reading the source as of one moment: the
// gate decides, this carries out.
type snapshotting struct {
	gate   *view.Gate                   // used by the loop alone, once it has begun
	news   *queue[func() []view.Action] // what the loop has to tell the gate
	holder plugins.Reader               // that took the snapshot; nil for none
	held   *job.HeldSnapshot            // of an earlier generation
}

// beginSnapshot closes the gate before there is any work, if the job asks for
// one view of the source.
func (m *Master) beginSnapshot(state *checkpoint.State) {
	setting := m.o.Spec.Setting
	if setting.Consistency != plugins.ConsistencySnapshot {
		return
	}
	held := state.Snapshot
	if held != nil && held.Degraded != "" {
		m.snap.held = held
		return
	}
	open, read := 0, false
	for id := range m.plan.Splits {
		split := state.Splits[id]
		if split == nil || !split.Done() {
			open++
		}
		read = read || split != nil && len(split.Units) > 0
	}
	o := view.Options{Slots: max(min(setting.Channel, open), 1), Loss: setting.OnSnapshotLoss, Gather: m.o.Gather}
	if held != nil && read {
		o.Earlier = held
		m.snap.held = held
	}
	if open == 0 {
		return
	}
	m.snap.news.put(func() []view.Action {
		m.snap.gate.Begin(o)
		return nil
	})
}

// tellGate passes on what else the gate has to know of an event.
func (m *Master) tellGate(ctx context.Context, ev sched.Event) {
	if m.machine.AllRead() {
		m.snap.gate.Done()
	}
	switch ev := ev.(type) {
	case sched.Gone:
		m.act(ctx, m.snap.gate.Gone(time.Now(), ev.Container))
	case sched.StartFailed:
		m.act(ctx, m.snap.gate.Gone(time.Now(), ev.Container))
	case sched.Tick:
		m.act(ctx, m.snap.gate.Tick(time.Now()))
	}
}

// hearSource tells the gate what the source has said.
func (m *Master) hearSource(ctx context.Context) {
	for _, tell := range m.snap.news.take() {
		m.act(ctx, tell())
	}
}

// wants takes in a container's call for work.
func (m *Master) wants(ctx context.Context, id uint64, w umbilical.Want) {
	m.act(ctx, m.snap.gate.Wants(time.Now(), id, w))
}

// adoptSnapshot tells the gate who outlived the generation that took the
// snapshot.
func (m *Master) adoptSnapshot(ctx context.Context) {
	if held := m.snap.held; held != nil && held.Degraded == "" {
		m.act(ctx, m.snap.gate.Adopt(time.Now(), m.machine.Containers()))
	}
}

// act carries out what the gate says. Nothing here blocks.
func (m *Master) act(ctx context.Context, actions []view.Action) {
	for _, a := range actions {
		switch a := a.(type) {
		case view.Admit:
			m.step(ctx, sched.Wants{ID: a.ID, Want: a.Want})
		case view.Answer:
			m.o.Desk.AnswerNext(a.ID, umbilical.Assignment{Directive: a.Directive, Snapshot: a.Snapshot})
		case view.Ask:
			m.heart.ask(a.Containers)
		case view.Acquire:
			m.started.Go(func() { m.acquire(ctx) })
		case view.Release:
			m.started.Go(func() { m.release(ctx) })
		case view.Taken:
			m.o.Log.Info("snapshot of the source taken", "point", a.Held.Point, "slots", len(a.Held.Slots))
			m.journal.put(entry{record: checkpoint.Record{Snapshot: &a.Held}})
		case view.Degraded:
			m.o.Log.Warn("snapshot of the source lost; the rest is read as of later", "cause", a.Cause)
			m.journal.put(entry{record: checkpoint.Record{Snapshot: &job.HeldSnapshot{Degraded: a.Cause}}})
		case view.Fail:
			m.step(ctx, sched.Broken{Why: whyOf(a.Err)})
		}
	}
}

// acquire takes the snapshot and tells the gate how that went.
func (m *Master) acquire(ctx context.Context) {
	var snapshot plugins.Snapshot
	err := bound.Call(ctx, acquireDeadline, "take a snapshot of the source", func(ctx context.Context) (err error) {
		snapshot, err = m.acquireFrom(ctx)
		return err
	})
	m.snap.news.put(func() []view.Action { return m.snap.gate.Acquired(time.Now(), snapshot, err) })
}

func (m *Master) acquireFrom(ctx context.Context) (plugins.Snapshot, error) {
	setup, err := m.o.Spec.Setup(m.o.Run, m.plan.Columns, m.plan.StartLocation)
	if err != nil {
		return plugins.Snapshot{}, err
	}
	setup.Log = m.o.Log
	reader, err := m.o.Spec.Reader.NewReader(m.o.Registry, setup)
	if err != nil {
		return plugins.Snapshot{}, err
	}
	source, ok := reader.(plugins.Snapshotter)
	if !ok {
		return plugins.Snapshot{}, errors.Join(plugins.NoSnapshots(m.o.Spec.Reader.Plugin), reader.Close())
	}
	snapshot, err := source.Acquire(ctx)
	if err != nil {
		return snapshot, errors.Join(err, reader.Close())
	}
	m.snap.holder = reader // only one acquire or release is ever under way
	return snapshot, nil
}

// release ends a barrier and tells the gate whether it held.
func (m *Master) release(ctx context.Context) {
	err := m.dropHolder(ctx)
	m.snap.news.put(func() []view.Action { return m.snap.gate.Released(time.Now(), err) })
}

// dropHolder releases the snapshot, if one is held.
func (m *Master) dropHolder(ctx context.Context) error {
	reader := m.snap.holder
	m.snap.holder = nil
	source, ok := reader.(plugins.Snapshotter)
	if !ok {
		return nil
	}
	err := bound.Call(ctx, releaseDeadline, "release the source", source.Release)
	if closing := reader.Close(); err == nil && closing != nil {
		m.o.Log.Debug("close the reader that held the snapshot", "err", closing)
	}
	return err
}

// endSnapshot releases what is still held when the run has ended.
func (m *Master) endSnapshot(ctx context.Context) {
	if err := m.dropHolder(context.WithoutCancel(ctx)); err != nil {
		m.o.Log.Warn("release the snapshot", "err", err) // its connection is closed all the same
	}
}

// kept fills in which state of the source was read.
func (m *Master) kept(r *job.Result) {
	r.Consistency = string(m.o.Spec.Setting.Consistency)
	if r.Consistency == "" {
		r.Consistency = string(plugins.ConsistencySplit)
	}
	if r.Consistency != string(plugins.ConsistencySnapshot) {
		return
	}
	_, r.Snapshot, r.Degraded = m.snap.gate.Outcome()
	if held := m.snap.held; held != nil {
		r.Snapshot, r.Degraded = held.Point, max(r.Degraded, held.Degraded)
	}
	if r.Degraded != "" {
		r.Consistency = string(plugins.ConsistencySplit)
	}
}
