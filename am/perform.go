package am

import (
	"context"

	"weft/am/commit"
	"weft/am/sched"
	"weft/internal/checkpoint"
	"weft/internal/job"
	"weft/internal/umbilical"
	"weft/plugins"
)

// perform carries one effect out. Nothing here blocks.
func (m *Master) perform(ctx context.Context, e sched.Effect) {
	switch e := e.(type) {
	case sched.Ask, sched.Launch, sched.Release, sched.Stop, sched.GiveBack, sched.Exclude:
		m.performResource(ctx, e)
	case sched.Adopt:
		m.begins = m.beginning(e.Attempts)
		m.o.Log.Info(m.begins)
		m.adoptSnapshot(ctx)
		m.started.Go(func() { m.adopt(ctx, e.Attempts) })
	case sched.Assign:
		m.o.Desk.AnswerNext(e.ID, umbilical.Assignment{Directive: umbilical.GoOn, Task: m.task(e), Limits: m.share(e.Sharers),
			Snapshot: m.snap.gate.Snapshot()})
	case sched.Wait:
		m.o.Desk.AnswerNext(e.ID, umbilical.Assignment{Directive: umbilical.Hold})
	case sched.Leave:
		m.o.Desk.AnswerNext(e.ID, umbilical.Assignment{Directive: umbilical.Stop})
	case sched.Instruct:
		m.o.Desk.AnswerOrder(e.ID, umbilical.Order{Directive: e.Directive, Limits: m.share(e.Sharers)})
	case sched.Judge:
		m.o.Desk.AnswerSealed(e.ID, e.Verdict)
	case sched.Accept:
		m.journal.put(entry{record: checkpoint.Record{Unit: &e.Manifest},
			then: sched.Journalled{Split: e.Manifest.Split, Sequence: e.Manifest.Sequence}})
		m.units[e.Manifest.Split] = append(m.units[e.Manifest.Split], e.Manifest)
	case sched.Spend:
		m.o.Log.Warn("attempt failed", "split", e.Split, "attempt", e.Attempt, "err", e.Cause)
		m.journal.put(entry{record: checkpoint.Record{
			Failure: &checkpoint.Failed{Split: e.Split, Number: e.Attempt, Cause: e.Cause}}})
	case sched.Commit:
		m.started.Go(func() { m.commit(ctx) })
	case sched.Finish:
		m.final = &e
	}
}

func (m *Master) performResource(ctx context.Context, e sched.Effect) {
	switch e := e.(type) {
	case sched.Ask:
		m.heart.ask(m.snap.gate.Ask(e.Containers))
	case sched.Release:
		m.heart.release(e.Container)
	case sched.GiveBack:
		m.o.Log.Info("container of an earlier app attempt given back", "container", e.Container)
		m.heart.giveBack(e.Container)
	case sched.Exclude:
		m.o.Log.Warn("node excluded", "node", e.Node)
		m.heart.exclude(e.Node)
	case sched.Launch:
		grant := m.heart.grant(e.Container)
		m.o.Log.Info("container granted", "container", e.Container, "node", e.Node)
		m.started.Go(func() {
			if err := m.o.Launcher.Start(ctx, grant); err != nil {
				m.events.put(sched.StartFailed{Container: e.Container, Cause: err.Error()})
			}
		})
	case sched.Stop:
		m.started.Go(func() {
			if err := m.o.Launcher.Stop(ctx, e.Container); err != nil {
				m.o.Log.Warn("stop container", "container", e.Container, "err", err)
			}
		})
	}
}

// share is one slot's share of the job's limits.
func (m *Master) share(slots int) umbilical.Limits {
	s := m.o.Spec.Setting
	return umbilical.Limits{BytesPerSecond: s.BytesPerSecond, RowsPerSecond: s.RowsPerSecond}.Share(slots)
}

// task is what a slot is handed. The plan is read-only by now.
func (m *Master) task(a sched.Assign) *job.Task {
	return &job.Task{From: a.From, Sequence: a.Sequence,
		Attempt: m.attempt(job.AttemptID{Generation: m.store.Generation(), Split: a.Split, Number: a.Attempt})}
}

// commit runs the commit and tells how it went. The units are complete: nothing
// is accepted any more in this phase.
func (m *Master) commit(ctx context.Context) {
	var units []plugins.Manifest
	for id := range m.plan.Splits {
		units = append(units, m.units[id]...)
	}
	if err := m.lay(ctx, units); err != nil {
		m.events.put(sched.CommitFailed{Why: whyOf(err)})
		return
	}
	target, _ := m.committer.(plugins.Committer)
	outputs, err := commit.Run(ctx, commit.Options{Committer: target, Root: m.o.Root, Folder: m.folder,
		Journal: m.store, Job: m.o.Spec.Name, Plan: m.plan, Units: units, Window: func() error { return m.awaitWindow(ctx) }, Log: m.o.Log})
	if err != nil {
		m.events.put(sched.CommitFailed{Why: whyOf(err)})
		return
	}
	m.outputs = outputs // read after all that was started has ended
	m.events.put(sched.Committed{})
}

// entry is a record on its way into the journal, and the event to send when it
// is durable.
type entry struct {
	record checkpoint.Record
	then   sched.Event // nil for none
}

// writeJournal appends what is queued, all that has gathered in one file. When
// it cannot, the run is broken.
func (m *Master) writeJournal(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-m.journal.ready:
		}
		entries := m.journal.take()
		if len(entries) == 0 {
			continue
		}
		records := make([]checkpoint.Record, len(entries))
		for i, e := range entries {
			records[i] = e.record
		}
		if err := m.store.Append(ctx, records...); err != nil {
			m.events.put(sched.Broken{Why: whyOf(err)})
			return
		}
		for _, e := range entries {
			if e.then != nil {
				m.events.put(e.then)
			}
		}
	}
}
