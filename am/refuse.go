package am

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"weft/am/bound"
	"weft/internal/checkpoint"
	"weft/internal/job"
	"weft/plugins"
)

// auditDeadline bounds the look at what was accepted in the target.
const auditDeadline = 5 * time.Minute

// audit asks the target whether what was accepted in it is still there. A commit
// that has begun moves it by itself, and notices by itself.
func (m *Master) audit(ctx context.Context, target plugins.Committer, state *checkpoint.State) error {
	auditor, ok := target.(plugins.Auditor)
	if !ok {
		return nil
	}
	if _, err := m.folder.Commit(ctx); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return bound.Call(ctx, auditDeadline, "audit target", func(ctx context.Context) error {
		return auditor.Audit(ctx, state.Units(len(m.plan.Splits)))
	})
}

// refused ends a run whose folder cannot be gone on with: no later app attempt
// could either, so it says so and how the run failed. Any other error leaves the
// run to the next app attempt.
func (m *Master) refused(ctx context.Context, err error) (*job.Result, error) {
	if plugins.ClassOf(err) != plugins.Fatal {
		return nil, err
	}
	ctx, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), m.patience(),
		fmt.Errorf("the refusal of the run could not be told within %s (timeout.cluster)", m.patience()))
	defer cancel()
	why := whyOf(err)
	r := &job.Result{RunID: m.o.Run, Job: m.o.Spec.Name, State: job.StateFailed, ExitCode: job.ExitCode(job.StateFailed, why.Reason),
		Cause: why.Cause, Reason: why.Reason, Hint: why.Hint, DurationMillis: time.Since(m.start).Milliseconds(),
		Outputs: []string{}, Verify: "off", ApplicationID: m.o.Application, TrackingURL: m.o.TrackingURL}
	if why.Reason != job.ReasonVersion { // another version's folder stays as it is
		if err := m.folder.PutResult(ctx, r); err != nil {
			m.o.Log.Error("result not stored", "err", err)
		}
	}
	if err := m.o.Resources.Finish(ctx, Final{State: r.State, Diagnostics: r.Cause + "\n" + r.Hint}); err != nil {
		return r, fmt.Errorf("finish application: %w", err)
	}
	return r, nil
}
