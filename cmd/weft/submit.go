package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"
)

// submitFlags are those of `weft submit` alone.
type submitFlags struct {
	jobFlags
	runIDFlags
	submittingFlags
}

func newSubmitCommand(e *env) *cobra.Command {
	var f submitFlags
	cmd := &cobra.Command{
		Use:   "submit JOB",
		Short: "Run a job on YARN and wait for its end",
		Long: `Checks a job, uploads what its containers need, submits it to YARN and
follows it to its end; the exit code is the run's. With --detach it returns when
YARN has accepted the application, whose id is then the only line on standard
output.

With --run-id a run that is under way is attached to, one that failed goes on
where it stopped, and one that succeeded is reported again: a scheduler can
repeat the same command.

Ctrl-C and SIGTERM kill the application and wait for its end; a second one
leaves at once.`,
		Example: `  weft submit orders.json -p bizdate=20260301
  weft submit orders.json --run-id orders-2026-03-01 --detach`,
		GroupID: groupRun,
		Args:    oneJob,
		RunE: func(cmd *cobra.Command, list []string) error {
			if err := f.runIDFlags.check(cmd); err != nil {
				return err
			}
			spec, err := e.loadJob(cmd, list[0], &f.jobFlags)
			if err != nil {
				return err
			}
			if err := f.followFlags.check(); err != nil {
				return err
			}
			return e.submit(cmd.Context(), spec, &f)
		},
	}
	f.jobFlags.add(cmd)
	f.runIDFlags.add(cmd.Flags())
	f.submittingFlags.add(cmd.Flags())
	return cmd
}

// withCluster opens the cluster for the length of fn.
func (e *env) withCluster(ctx context.Context, fn func(context.Context, *session) error) error {
	s, err := e.openSession()
	if err != nil {
		return err
	}
	return errors.Join(fn(ctx, s), s.close())
}
