package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/spf13/cobra"

	"weft/am/tracker"
	"weft/internal/job"
)

// Deadlines of a kill: of YARN's part of it, and of the wait for the
// ApplicationMaster's process to be gone.
const (
	killDeadline = 60 * time.Second
	goneDeadline = 15 * time.Second
	gonePause    = 100 * time.Millisecond
)

func newKillCommand(e *env) *cobra.Command {
	var reason string
	cmd := &cobra.Command{
		Use:   "kill RUN|APPLICATION",
		Short: "Kill a run on the cluster and wait for its end",
		Long: `Kills the application of a run, waits until YARN says that it is over, and
sees to it that the run folder says so too. The exit code is that of the run: 7
when it was killed, 0 when it had succeeded already.

Nothing of a killed run's output becomes visible, unless its commit had begun.
What was accepted is kept: weft resume RUN goes on from there.`,
		Example: "  weft kill orders-2026-03-01\n  weft kill application_1741000000000_0042 --reason 'wrong day'",
		GroupID: groupRun,
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, list []string) error {
			return e.withCluster(cmd.Context(), func(ctx context.Context, s *session) error {
				return s.kill(ctx, list[0], reason)
			})
		},
	}
	cmd.Flags().StringVar(&reason, "reason", "", "why, for YARN's report and the run's result")
	return cmd
}

func (s *session) kill(ctx context.Context, word, reason string) error {
	f, err := s.lookup(ctx, word)
	if err != nil {
		return err
	}
	if !f.lives() {
		result, _, err := s.resultOf(ctx, f)
		if err != nil {
			return err
		}
		s.env.log.Info("the run has ended already", "run", f.run, "application", result.ApplicationID)
		return s.tell(ctx, result)
	}
	why := "killed by user " + s.cluster.User
	if reason != "" {
		why += ": " + reason
	}
	if err := s.end(ctx, f, why); err != nil {
		return err
	}
	result, err := s.settle(ctx, f)
	if err != nil {
		return err
	}
	return s.tell(ctx, result)
}

// end kills the application of a run and waits until it is over; f.report is
// the last report then.
func (s *session) end(ctx context.Context, f *found, why string) error {
	ctx, cancel := context.WithTimeoutCause(ctx, killDeadline,
		fmt.Errorf("application %s did not end within %s of being killed", f.application(), killDeadline))
	defer cancel()
	if err := s.yarn.Kill(ctx, f.report.ID, why); err != nil {
		return fmt.Errorf("kill application %s: %w", f.application(), errors.Join(err, context.Cause(ctx)))
	}
	report, err := s.yarn.Report(ctx, f.report.ID)
	if err != nil {
		return fmt.Errorf("look at killed application %s: %w", f.application(), err)
	}
	f.report = report
	return nil
}

// settle returns how an application ended, and writes that into the run folder
// where its ApplicationMaster had no chance to. An ApplicationMaster that is
// being killed may be about to write that it succeeded: it is waited for.
func (s *session) settle(ctx context.Context, f *found) (*job.Result, error) {
	result, told, err := s.resultOf(ctx, f)
	if err != nil || told {
		return result, err
	}
	s.awaitSilence(ctx, &asker{folder: f.folder})
	result, told, err = s.resultOf(ctx, f)
	if err != nil || told || result.State == job.StateSucceeded {
		return result, err
	}
	// Without a folder, or without the right to it, YARN alone keeps the result.
	err = f.folder.PutResult(ctx, result)
	if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrPermission) {
		return nil, err
	}
	return result, nil
}

// awaitSilence returns when no ApplicationMaster of the run answers any more.
func (s *session) awaitSilence(ctx context.Context, master *asker) {
	defer func() { _ = master.close() }() // only idle connections: never fails
	ctx, cancel := context.WithTimeout(ctx, goneDeadline)
	defer cancel()
	ticker := time.NewTicker(gonePause)
	defer ticker.Stop()
	for {
		var ignored tracker.Snapshot
		if master.status(ctx, &ignored) != nil {
			return
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			s.env.log.Warn("an ApplicationMaster of the killed run still answers", "after", goneDeadline)
			return
		}
	}
}
