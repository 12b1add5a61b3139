package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"weft/am"
	"weft/internal/checkpoint"
	"weft/internal/fault"
	"weft/internal/faultpoint"
	"weft/internal/fsys/local"
	"weft/internal/job"
	"weft/plugins"
)

// runFlags are those of `weft run` alone.
type runFlags struct {
	jobFlags
	runIDFlags
	followFlags
	stateDir string
}

func newRunCommand(e *env) *cobra.Command {
	var f runFlags
	cmd := &cobra.Command{
		Use:   "run JOB",
		Short: "Run a job in this process, without a cluster",
		Long: `Runs the whole job here, with the same planning, journal and commit as on a
cluster. State lies in ~/.weft (--state-dir). With --run-id a run that failed or
was interrupted goes on where it stopped, and one that succeeded is reported
again.`,
		Example: "  weft run conf/jobs/quickstart.json\n  weft run orders.json --run-id orders-2026-03-01",
		GroupID: groupJob,
		Args:    oneJob,
		RunE: func(cmd *cobra.Command, list []string) error {
			if err := f.runIDFlags.check(cmd); err != nil {
				return err
			}
			spec, err := e.loadJob(cmd, list[0], &f.jobFlags)
			if err != nil {
				return err
			}
			return e.run(cmd.Context(), spec, &f)
		},
	}
	f.jobFlags.add(cmd)
	f.runIDFlags.add(cmd.Flags())
	f.followFlags.add(cmd.Flags())
	cmd.Flags().StringVar(&f.stateDir, "state-dir", "", "folder of the state of runs (~/.weft)")
	return cmd
}

// run runs a job in this process and tells how it ended.
func (e *env) run(ctx context.Context, spec *job.Spec, f *runFlags) error {
	if err := f.followFlags.check(); err != nil {
		return err
	}
	root, err := e.stateRoot(f.stateDir)
	if err != nil {
		return err
	}
	here := &localRun{env: e, root: root, id: job.ID(f.runID), follow: f.followFlags}
	if f.runID == "" {
		here.id = job.NewRunID(spec.Name, time.Now())
	}
	if here.spec, err = e.resolve(spec); err != nil {
		return err
	}
	return here.begin(ctx, f.noAttach)
}

func (e *env) stateRoot(dir string) (checkpoint.Root, error) {
	if dir == "" {
		dir = filepath.Join(e.home(""), ".weft")
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return checkpoint.Root{}, fault.New(fault.CodeUsage, "--state-dir", err)
	}
	return checkpoint.Root{FS: faultpoint.FS(local.FS{}), Dir: dir}, nil
}

// Graces of a run that is asked to end: the units under way are sealed.
const (
	interruptGrace = 10 * time.Second
	timeoutGrace   = 30 * time.Second
)

// watchRun asks the master to end the run when ctx ends or its time is up. The
// returned function ends the watch.
func watchRun(ctx context.Context, master *am.Master, s job.Setting) (stop func()) {
	done, ended := make(chan struct{}), make(chan struct{})
	bound := time.Duration(s.Timeout.Run)
	var up <-chan time.Time
	if bound > 0 {
		up = time.After(bound)
	}
	go func() {
		defer close(ended)
		select {
		case <-ctx.Done():
			master.Kill(job.ReasonKilled, context.Cause(ctx).Error(), interruptGrace)
		case <-up:
			master.Kill(job.ReasonRunTimeout, fmt.Sprintf("the run took longer than timeout.run, %s", bound), timeoutGrace)
		case <-done:
		}
	}()
	return func() { close(done); <-ended }
}

// conclude prints how a run ended and returns its exit code.
func (e *env) conclude(ctx context.Context, r *job.Result, failOnEmpty bool) error {
	var sig signalled
	code := "" // that of the cause, unless a signal is the cause
	switch {
	case r.State == job.StateKilled && errors.As(context.Cause(ctx), &sig):
		code = signalCode(sig.signal)
		r.ExitCode = fault.ExitOf(code)
	case r.State == job.StateSucceeded && r.RowsWritten == 0 && failOnEmpty:
		r.ExitCode = fault.ExitEmpty
	}
	switch hint := resumeHint(r); {
	case r.Hint == "":
		r.Hint = hint
	case r.Reason == job.ReasonErrorLimit && !strings.Contains(r.Hint, "weft resume"):
		r.Hint += "; " + hint
	}
	told := e.summary(r) // the cause is told even where this cannot be
	if r.Cause != "" {
		report := fault.Ended(plugins.Permanent, r.Reason, r.Cause, r.Hint)
		report.Code = cmp.Or(code, report.Code)
		if err := report.Text(e.scrub.Writer(e.stderr), e.verbose); err != nil {
			return fmt.Errorf("print cause: %w", err)
		}
	}
	if told == nil && r.ExitCode != fault.ExitOK {
		return quiet(r.ExitCode)
	}
	return told
}

// summary prints a result to standard output.
func (e *env) summary(r *job.Result) error {
	if e.output == "json" {
		return e.object(r)
	}
	return summarize(e.scrub.Writer(e.stdout), r)
}

// resumeHint says what to type so that the run goes on; empty where that would
// end as it did.
func resumeHint(r *job.Result) string {
	switch {
	case r.Reason == job.ReasonErrorLimit:
		return "weft resume " + r.RunID + " --error-limit N goes on where it stopped, if these rows may be missing"
	case r.State == job.StateKilled || r.ExitCode == fault.ExitTemporary || r.Reason == job.ReasonAttempts:
		return "weft resume " + r.RunID + " goes on where it stopped"
	}
	return ""
}
