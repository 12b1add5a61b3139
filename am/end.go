package am

import (
	"context"
	"fmt"
	"time"

	"weft/internal/job"
	"weft/plugins"
)

// end stores the result and tells it to Resources, unless this master has lost
// its right to act. It has its own deadline: ctx may have ended. It is as patient
// as the run: what is committed shall be told, not found out by a successor.
func (m *Master) end(ctx context.Context) (*job.Result, error) {
	if m.final.Why.Reason == plugins.ReasonFenced {
		return nil, fmt.Errorf("run %s: %s: %w", m.o.Run, m.final.Why.Cause, ErrNotCurrent)
	}
	ctx = context.WithoutCancel(ctx)
	r := m.result()
	if err := m.keep(ctx, r); err != nil {
		m.o.Log.Error("result not stored", "err", err)
	}
	diagnostics := r.Cause
	if r.Hint != "" {
		diagnostics += "\n" + r.Hint
	}
	ctx, cancel := m.lastWords(ctx)
	defer cancel()
	err := m.o.Resources.Finish(ctx, Final{State: r.State, Diagnostics: diagnostics, TrackingURL: r.TrackingURL})
	if err != nil {
		return r, fmt.Errorf("finish application: %w", err)
	}
	return r, nil
}

// keep stores the result. That HDFS takes no calls must not use up the time for
// telling the ResourceManager.
func (m *Master) keep(ctx context.Context, r *job.Result) error {
	ctx, cancel := m.lastWords(ctx)
	defer cancel()
	return m.folder.PutResult(ctx, r)
}

// lastWords is a context for one thing that an ending master has to tell.
func (m *Master) lastWords(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, m.patience(),
		fmt.Errorf("the end of the run could not be told within %s (timeout.cluster)", m.patience()))
}

func (m *Master) result() *job.Result {
	status, why := m.machine.Status(), m.final.Why
	state := m.final.State
	if why.Reason == job.ReasonKilled {
		state = job.StateKilled
	}
	r := &job.Result{RunID: m.o.Run, Job: m.o.Spec.Name, State: state, ExitCode: job.ExitCode(state, why.Reason),
		Cause: why.Cause, Reason: why.Reason, Hint: why.Hint, DurationMillis: time.Since(m.start).Milliseconds(),
		Counters: status.Accepted, Splits: len(status.Splits), MasterAttempts: m.store.Generation(),
		Guarantee: m.made.level, Outputs: m.outputs, ApplicationID: m.o.Application, TrackingURL: m.o.TrackingURL}
	for _, s := range status.Splits {
		r.Attempts += s.Attempt
	}
	if r.Outputs == nil {
		r.Outputs = []string{}
	}
	r.DirtyReasons, r.DirtySample = m.machine.Dirty()
	m.mu.Lock()
	r.Dirty = m.dirty
	m.mu.Unlock()
	r.Verify, r.Hash = m.verified(state)
	m.kept(r)
	return r
}

// verified says what was proved. "conserved": no row vanished or appeared on its
// way. "checksum": beside that, each unit was read back from the target before it
// was accepted, and held what was written. The hash is that of all rows written.
func (m *Master) verified(state job.State) (text, hash string) {
	verify := m.o.Spec.Setting.Verify
	if state != job.StateSucceeded || verify == job.VerifyOff {
		return "off", ""
	}
	var sum uint64
	for _, units := range m.units {
		for _, u := range units {
			sum += u.Hash
		}
	}
	text = "conserved"
	if verify == job.VerifyChecksum && m.readable() {
		text = "checksum"
	}
	return text, fmt.Sprintf("%016x", sum)
}

// readable says that containers could read the target back.
func (m *Master) readable() bool {
	target, ok := m.committer.(plugins.Rereader)
	if !ok {
		return false
	}
	reader, _, err := target.Reread(context.Background(), plugins.Manifest{}, m.plan.Target) // a unit without files: nothing is asked of anybody
	if err != nil {
		return false
	}
	return reader.Close() == nil
}
