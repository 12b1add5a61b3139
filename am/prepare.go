package am

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"weft/am/bound"
	"weft/am/plan"
	"weft/am/sched"
	"weft/internal/checkpoint"
	"weft/internal/fsys"
	"weft/internal/job"
	"weft/plugins"
)

// prepare does what comes before any work but the fence: the plan and the
// target. It ends with Planned or Broken.
func (m *Master) prepare(ctx context.Context, state *checkpoint.State) {
	if err := m.prepareAll(ctx, state); err != nil {
		m.events.put(sched.Broken{Why: whyOf(err)})
		return
	}
	m.beginSnapshot(state)
	m.events.put(sched.Planned{Splits: m.starts(state), Fenced: state.Adopted.Generation, Spared: state.Adopted.Attempts})
}

func (m *Master) prepareAll(ctx context.Context, state *checkpoint.State) error {
	if err := m.store.Compact(ctx, state); err != nil {
		return err
	}
	for id, split := range state.Splits {
		m.units[id] = split.Units
	}
	if err := m.loadPlan(ctx, state); err != nil {
		return err
	}
	writer, err := m.newWriter()
	if err != nil {
		return err
	}
	m.committer = writer
	target, ok := writer.(plugins.Committer)
	if !ok {
		return nil
	}
	return m.prepareTarget(ctx, target, state)
}

// prepareTarget prepares the target once per run: what a job's preSql deletes
// must not be deleted again when units have been accepted.
func (m *Master) prepareTarget(ctx context.Context, target plugins.Committer, state *checkpoint.State) error {
	if state.Prepared {
		return m.audit(ctx, target, state)
	}
	err := m.again(ctx, "preparing the target", func() error {
		return bound.Call(ctx, prepareDeadline, "prepare target", target.Prepare)
	})
	if err != nil {
		return fmt.Errorf("prepare target: %w", err)
	}
	return m.store.Append(ctx, checkpoint.Record{Prepared: true})
}

// loadPlan loads the run's plan, or makes and stores it. A journal knows of
// nothing that its plan does not: when it does, one of the two is lost, and going
// on with a new plan could move rows twice, or not at all.
func (m *Master) loadPlan(ctx context.Context, state *checkpoint.State) error {
	stored, err := m.folder.Plan(ctx)
	if errors.Is(err, fs.ErrNotExist) {
		if state.Prepared || state.Committing || len(state.Splits) > 0 {
			return fmt.Errorf("load plan: %w: there is none, and a journal of work that was done by it", checkpoint.ErrCorrupt)
		}
		stored, err = m.makePlan(ctx)
	}
	if err != nil {
		return err
	}
	for id := range state.Splits {
		if id < 0 || id >= len(stored.Splits) {
			return fmt.Errorf("load plan: %w: the journal knows split %d, the plan has %d", checkpoint.ErrCorrupt, id, len(stored.Splits))
		}
	}
	m.plan = stored
	return nil
}

func (m *Master) makePlan(ctx context.Context) (*job.Plan, error) {
	position, err := m.o.Root.Position(ctx, m.o.Spec.Name)
	if err != nil {
		return nil, err
	}
	var made *plan.Made
	err = bound.Call(ctx, planDeadline, "make plan", func(ctx context.Context) error {
		return m.again(ctx, "planning", func() (err error) {
			made, err = plan.Make(ctx, plan.Options{Spec: m.o.Spec, Run: m.o.Run, Registry: m.o.Registry,
				StartLocation: position.Location, Log: m.o.Log})
			return err
		})
	})
	if err != nil {
		return nil, err
	}
	for _, f := range made.Findings {
		m.o.Log.Info("column mapping", "severity", f.Severity, "key", f.Key, "text", f.Text)
	}
	err = m.folder.PutPlan(ctx, made.Plan)
	if errors.Is(err, fs.ErrExist) {
		return m.folder.Plan(ctx)
	}
	return made.Plan, err
}

// newWriter makes the writer value that only commits.
func (m *Master) newWriter() (plugins.Writer, error) {
	setup, err := m.o.Spec.Setup(m.o.Run, m.plan.Columns, m.plan.StartLocation)
	if err != nil {
		return nil, err
	}
	setup.Log = m.o.Log
	writer, err := m.o.Spec.Writer.NewWriter(m.o.Registry, setup)
	if err != nil {
		return nil, err
	}
	level, why := plan.GuaranteeOf(writer)
	m.made = guarantee{level: string(level), why: why}
	return writer, nil
}

// starts says where each split stands.
func (m *Master) starts(state *checkpoint.State) []sched.Start {
	starts := make([]sched.Start, len(m.plan.Splits))
	for i, s := range m.plan.Splits {
		start := sched.Start{ID: s.ID, Weight: s.Rows}
		if known := state.Splits[s.ID]; known != nil {
			start.Attempts, start.Failures, start.Done = known.Attempts, known.Failures, known.Done()
			start.Next = len(known.Units)
			for _, u := range known.Units {
				start.From = u.Position
				start.Counters.Add(u.Counters)
			}
		}
		starts[i] = start
	}
	return starts
}

// whyOf says why an error ends the run.
func whyOf(err error) sched.Why {
	why := sched.Why{Reason: plugins.ReasonOf(err), Cause: err.Error()}
	if errors.Is(err, checkpoint.ErrFenced) || errors.Is(err, ErrNotCurrent) {
		why.Reason = plugins.ReasonFenced
	}
	if why.Reason == plugins.ReasonUnknown && (errors.Is(err, fsys.ErrUnavailable) || errors.Is(err, fsys.ErrOutcomeUnknown)) {
		why.Reason, why.Hint = plugins.ReasonUnreachable, "resume the run when it is back: what was accepted is kept"
	}
	var classed *plugins.Error
	if errors.As(err, &classed) {
		why.Hint = classed.Hint
	}
	return why
}
