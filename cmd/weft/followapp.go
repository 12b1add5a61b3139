package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"weft/internal/fault"
	"weft/yarnrpc"
	"weft/yarnrpc/rm"
)

// follow tells that the application is there and, unless detached, waits for
// its end and gives the run's exit code. When ctx ends, the application is
// killed, and its end waited for.
//
// From here on it is as patient with the cluster as the run itself.
func (s *submission) follow(ctx context.Context, report *rm.Report) (err error) {
	if s.flags.detach {
		return s.detached(report)
	}
	fmt.Fprintf(s.env.stderr, "Submitted application %s\n", report.ID)
	patient, err := s.env.openSessionFor(time.Duration(s.spec.Setting.Timeout.Cluster))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, patient.close()) }()
	_, root, err := staged(ctx, patient.cluster, patient.cluster.User, s.uri)
	if err != nil {
		return err
	}
	return patient.followed(ctx, &found{run: s.run, report: report, folder: root.Run(s.run)}, s.flags.progress, s.flags.failOnEmpty)
}

// followed waits for the end of an application, kills it if ctx ends, and gives
// the run's exit code.
func (s *session) followed(ctx context.Context, f *found, progress string, failOnEmpty bool) error {
	err := s.pursue(ctx, f, progress)
	if ctx.Err() != nil && f.lives() {
		fmt.Fprintf(s.env.stderr, "killing %s; once more to leave at once\n", f.report.ID)
		err = s.end(context.WithoutCancel(ctx), f, fmt.Sprintf("killed by its client: %v", context.Cause(ctx)))
	}
	if err != nil {
		return err
	}
	result, err := s.settle(context.WithoutCancel(ctx), f)
	if err != nil {
		return err
	}
	return s.env.conclude(ctx, result, failOnEmpty)
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
			return s.unknown(ctx, f, err)
		}
		watch.reported(next)
		f.report = next
	}
	return nil
}

// unknown says that how the application ends cannot be told. A ResourceManager
// that has forgotten it, because it lost its own state, forgets what it knew of
// its end, too; then what the run itself has stored counts.
func (s *session) unknown(ctx context.Context, f *found, err error) error {
	problem := fault.New(fault.CodeStateUnknown, "follow application "+f.report.ID.String(), err)
	if !errors.Is(err, yarnrpc.ErrUnknownApplication) {
		return problem
	}
	if result, rerr := f.folder.Result(ctx); rerr == nil && result.ApplicationID == f.application() {
		f.report.State = rm.StateFinished // the result, which is told now, says how
		return nil
	}
	problem.Hint = "the ResourceManager has lost the application; what the run has accepted is kept: weft resume " + f.run + " goes on from there"
	return problem
}
