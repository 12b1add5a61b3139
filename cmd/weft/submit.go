package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"weft/internal/fault"
)

// submitFlags are those of `weft submit` alone.
type submitFlags struct {
	jobFlags
	runID       string
	progress    string
	detach      bool
	noCheck     bool
	noAttach    bool
	failOnEmpty bool
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
			if err := knownRunID(cmd); err != nil {
				return err
			}
			spec, err := e.loadJob(cmd, list[0], &f.jobFlags)
			if err != nil {
				return err
			}
			if err := knownProgress(f.progress); err != nil {
				return err
			}
			return e.submit(cmd.Context(), spec, &f)
		},
	}
	f.add(cmd)
	flags := cmd.Flags()
	flags.StringVar(&f.runID, "run-id", "", "id of the run, to attach, resume or ask again by (a new one each time)")
	flags.StringVar(&f.progress, "progress", "auto", "progress on standard error: auto, json or none")
	flags.BoolVar(&f.detach, "detach", false, "return when YARN has accepted the application")
	flags.BoolVar(&f.noCheck, "no-check", false, "do not ask both ends and the cluster first")
	flags.BoolVar(&f.noAttach, "no-attach", false, "refuse a --run-id that exists already")
	flags.BoolVar(&f.failOnEmpty, "fail-on-empty", false, "exit with code 9 when no row was written")
	return cmd
}

// knownRunID refuses a --run-id that is given and empty, as by a variable that
// the caller forgot to set: each call would be a new run.
func knownRunID(cmd *cobra.Command) error {
	if flag := cmd.Flags().Lookup("run-id"); flag.Changed && flag.Value.String() == "" {
		return usage(cmd, errors.New("--run-id is empty"))
	}
	return nil
}

func knownProgress(how string) error {
	switch how {
	case "auto", "json", "none":
		return nil
	}
	return fault.New(fault.CodeUsage, "--progress "+how, errors.New("want auto, json or none"))
}

// withCluster opens the cluster for the length of fn.
func (e *env) withCluster(ctx context.Context, fn func(context.Context, *session) error) error {
	s, err := e.openSession()
	if err != nil {
		return err
	}
	return errors.Join(fn(ctx, s), s.close())
}
