package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"weft/internal/fault"
	"weft/yarnrpc/rm"
)

// follow tells that the application is there and, unless detached, waits for
// its end and gives the run's exit code. When ctx ends, the application is
// killed, and its end waited for.
func (s *submission) follow(ctx context.Context, report *rm.Report) error {
	if s.flags.detach {
		return s.detached(report)
	}
	fmt.Fprintf(s.env.stderr, "Submitted application %s\n", report.ID)
	f := &found{run: s.run, report: report, folder: s.folder}
	err := s.pursue(ctx, f, s.flags.progress)
	if ctx.Err() != nil && f.lives() {
		fmt.Fprintf(s.env.stderr, "killing %s; once more to leave at once\n", report.ID)
		err = s.end(context.WithoutCancel(ctx), f, fmt.Sprintf("killed by its client: %v", context.Cause(ctx)))
	}
	if err != nil {
		return err
	}
	result, err := s.settle(context.WithoutCancel(ctx), f)
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

// pursue looks at the application until it has ended, or ctx does, and shows
// progress. f.report is the newest report then.
func (s *session) pursue(ctx context.Context, f *found, progress string) (err error) {
	master := &asker{folder: f.folder}
	watch := newWatch(f.run, master.status)
	watch.reported(f.report)
	stop := watch.start(ctx)
	show := s.env.follow(watch, progress)
	defer func() {
		show()
		stop()
		err = errors.Join(err, master.close())
	}()
	ticker := time.NewTicker(reportPause)
	defer ticker.Stop()
	for !f.report.State.Ended() {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-ticker.C:
		}
		next, err := s.yarn.Report(ctx, f.report.ID)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err != nil {
			return fault.New(fault.CodeStateUnknown, "follow application "+f.report.ID.String(), err)
		}
		watch.reported(next)
		f.report = next
	}
	return nil
}
