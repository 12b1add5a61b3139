package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"weft/internal/fault"
	"weft/internal/job"
	"weft/yarnrpc/record"
	"weft/yarnrpc/rm"
)

// killDeadline bounds the wait for the end of a killed application.
const killDeadline = 60 * time.Second

// follow tells that the application is there and, unless detached, waits for
// its end and gives the run's exit code.
func (s *submission) follow(ctx context.Context, report *rm.Report) error {
	if s.flags.detach {
		return s.detached(report)
	}
	if s.env.output != "json" {
		fmt.Fprintf(s.env.stderr, "Submitted application %s\n", report.ID)
	}
	watch := newWatch(s.run)
	show := s.env.follow(watch, s.flags.progress)
	last, err := s.waitEnd(ctx, report, watch)
	show()
	if err != nil {
		return err
	}
	result, err := s.resultOf(context.WithoutCancel(ctx), last)
	if err != nil {
		return err
	}
	return s.env.conclude(ctx, result, s.flags.failOnEmpty)
}

// detached prints the application's id as the only line on standard output.
func (s *submission) detached(report *rm.Report) error {
	fmt.Fprintf(s.env.stderr, "Submitted application %s\n", report.ID)
	if s.env.output == "json" {
		return s.env.object(map[string]any{"run_id": s.run, "application_id": report.ID.String(), "tracking_url": report.TrackingURL})
	}
	if _, err := fmt.Fprintln(s.env.stdout, report.ID); err != nil {
		return fmt.Errorf("print application id: %w", err)
	}
	return nil
}

// waitEnd looks at the application until it has ended. When ctx ends, the
// application is killed, and its end waited for.
func (s *submission) waitEnd(ctx context.Context, report *rm.Report, watch *watch) (*rm.Report, error) {
	ticker := time.NewTicker(reportPause)
	defer ticker.Stop()
	for {
		if ended(report.State) {
			return report, nil
		}
		select {
		case <-ctx.Done():
			return s.killed(ctx, report)
		case <-ticker.C:
		}
		next, err := s.yarn.Report(ctx, report.ID)
		if ctx.Err() != nil {
			return s.killed(ctx, report)
		}
		if err != nil {
			return nil, fault.New(fault.CodeStateUnknown, "follow application "+report.ID.String(), err)
		}
		watch.reported(next)
		report = next
	}
}

func ended(s rm.State) bool {
	return s == rm.StateFinished || s == rm.StateFailed || s == rm.StateKilled
}

// killed kills the application because this process was told to end.
func (s *submission) killed(ctx context.Context, report *rm.Report) (*rm.Report, error) {
	fmt.Fprintf(s.env.stderr, "killing %s; once more to leave at once\n", report.ID)
	alone, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), killDeadline,
		fmt.Errorf("application %s did not end within %s of being killed", report.ID, killDeadline))
	defer cancel()
	if err := s.yarn.Kill(alone, report.ID, fmt.Sprintf("killed by its client: %v", context.Cause(ctx))); err != nil {
		return nil, err
	}
	return s.yarn.Report(alone, report.ID)
}

// resultOf is what the run left in its folder, or, if its ApplicationMaster
// had no chance to write anything, what YARN says.
func (s *submission) resultOf(ctx context.Context, report *rm.Report) (*job.Result, error) {
	result, err := s.folder.Result(ctx)
	switch {
	case err == nil && (result.ApplicationID == report.ID.String() || result.State == job.StateSucceeded):
		result.TrackingURL = report.TrackingURL
		return result, nil
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return nil, err
	}
	return yarnResult(s.run, s.spec.Name, report), nil
}

// yarnResult makes a result of YARN's report alone.
func yarnResult(run, name string, report *rm.Report) *job.Result {
	r := &job.Result{RunID: run, Job: name, State: job.StateFailed, Cause: report.Diagnostics,
		ApplicationID: report.ID.String(), TrackingURL: report.TrackingURL,
		DurationMillis: report.Finished.Sub(report.Started).Milliseconds(), Outputs: []string{}, Verify: "off"}
	if report.State == rm.StateKilled || report.Final == record.FinalKilled {
		r.State, r.Reason = job.StateKilled, job.ReasonKilled
	}
	if r.Cause == "" {
		r.Cause = fmt.Sprintf("the application ended %v without a word of its ApplicationMaster", report.State)
		r.Hint = fmt.Sprintf("weft logs %s", report.ID)
	}
	r.ExitCode = job.ExitCode(r.State, r.Reason)
	return r
}
