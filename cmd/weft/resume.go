package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"weft/internal/checkpoint"
	"weft/internal/fault"
	"weft/internal/job"
	"weft/yarnrpc/rm"
)

// resumeFlags are those of `weft resume` alone.
type resumeFlags struct {
	submittingFlags
	errorLimit  string
	memoryMiB   int
	fromScratch bool
	staging     string
	stateDir    string
}

func newResumeCommand(e *env) *cobra.Command {
	var f resumeFlags
	cmd := &cobra.Command{
		Use:   "resume RUN",
		Short: "Go on with a run that failed or was killed",
		Long: `Goes on with a run where it stopped: what was accepted is not moved again. It
needs no job file; the run folder holds the job as it was. A run of weft run goes
on in this process, one of weft submit in a new application. A living run is
attached to, one that succeeded is reported.

With --from-scratch the run begins anew under its id. What it had made so far in
its target is taken away, by the names that the run gave it and nothing else;
what the run folder says of it is set aside there.`,
		Example: "  weft resume orders-2026-03-01\n  weft resume orders-2026-03-01 --error-limit 500",
		GroupID: groupRun,
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, list []string) error {
			if err := f.followFlags.check(); err != nil {
				return err
			}
			changes, err := f.changes(cmd)
			if err != nil {
				return err
			}
			return e.resume(cmd.Context(), list[0], changes, &f)
		},
	}
	flags := cmd.Flags()
	f.submittingFlags.add(flags)
	flags.StringVar(&f.errorLimit, "error-limit", "", "dirty rows to tolerate from now on, those so far included: N, or N% of the rows read")
	flags.IntVar(&f.memoryMiB, "memory", 0, "size of each container from now on, in MiB")
	flags.BoolVar(&f.fromScratch, "from-scratch", false, "begin anew under the same id, without what was moved so far")
	flags.StringVar(&f.staging, "staging", "", "staging folder of the run (yarn.staging of the site)")
	flags.StringVar(&f.stateDir, "state-dir", "", "folder of the state of runs of weft run (~/.weft)")
	return cmd
}

// changes reads the flags that change settings of the run.
func (f *resumeFlags) changes(cmd *cobra.Command) (c job.Changes, err error) {
	if f.memoryMiB < 0 || f.memoryMiB == 0 && cmd.Flags().Changed("memory") {
		return c, usage(cmd, fmt.Errorf("--memory %d: want MiB", f.memoryMiB))
	}
	c.ContainerMemoryMiB = f.memoryMiB
	if !cmd.Flags().Changed("error-limit") {
		return c, nil
	}
	if text, percent := strings.CutSuffix(f.errorLimit, "%"); percent {
		share, err := strconv.ParseFloat(text, 64)
		if err != nil || !(share >= 0 && share <= 100) {
			return c, usage(cmd, fmt.Errorf("--error-limit %s: want 0%% to 100%%", f.errorLimit))
		}
		c.Percentage = &share
		return c, nil
	}
	rows, err := strconv.ParseInt(f.errorLimit, 10, 64)
	if err != nil || rows < 0 {
		return c, usage(cmd, fmt.Errorf("--error-limit %s: want a number of rows, or N%%", f.errorLimit))
	}
	c.Record = &rows
	return c, nil
}

// resume finds out where the run is at home, and goes on with it there.
func (e *env) resume(ctx context.Context, word string, changes job.Changes, f *resumeFlags) error {
	if f.staging != "" && f.stateDir != "" {
		return fault.New(fault.CodeUsage, "resume "+word, errors.New("--staging and --state-dir exclude each other"))
	}
	root, err := e.stateRoot(f.stateDir)
	if err != nil {
		return err
	}
	here, err := hasRun(ctx, root, word)
	if err != nil {
		return err
	}
	switch {
	case f.stateDir != "" && !here:
		return unknownRun(word, fmt.Errorf("there is no run folder %s", root.Run(word).Dir), "")
	case f.staging != "" || !here:
		return e.withCluster(ctx, func(ctx context.Context, s *session) error { return s.resume(ctx, word, changes, f) })
	case f.stateDir == "" && e.files.named():
		if err := e.notElsewhere(ctx, word); err != nil {
			return err
		}
	}
	return e.resumeHere(ctx, root, word, changes, f)
}

// hasRun says whether a run has its folder below root.
func hasRun(ctx context.Context, root checkpoint.Root, word string) (bool, error) {
	_, err := root.Run(word).Spec(ctx)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return true, ignoreCorrupt(err)
}

// ignoreCorrupt lets a folder count whose content is another question.
func ignoreCorrupt(err error) error {
	if errors.Is(err, checkpoint.ErrCorrupt) {
		return nil
	}
	return err
}

func unknownRun(word string, err error, hint string) error {
	problem := fault.New(fault.CodeUnknownApp, "run "+word, err)
	problem.Hint = hint
	return problem
}

// notElsewhere refuses a run id of this machine that the cluster knows too.
func (e *env) notElsewhere(ctx context.Context, word string) error {
	there := false
	err := e.withCluster(ctx, func(ctx context.Context, s *session) error {
		_, root, err := staged(ctx, s.cluster, s.cluster.User, e.site.YARN.Staging)
		if err == nil {
			there, err = hasRun(ctx, root, word)
		}
		return err
	})
	switch {
	case there:
		problem := fault.New(fault.CodeUsage, "resume "+word, errors.New("both this machine and the cluster have a run of that id"))
		problem.Hint = "--state-dir ~/.weft means the one here, --staging " + e.site.YARN.Staging + " that of the cluster"
		return problem
	case err != nil:
		e.log.Warn("the cluster was not asked whether it has a run of that id too", "run", word, "err", err)
	}
	return nil
}

// resumeHere goes on with a run of weft run.
func (e *env) resumeHere(ctx context.Context, root checkpoint.Root, word string, changes job.Changes, f *resumeFlags) error {
	if changes.ContainerMemoryMiB > 0 || f.detach {
		return fault.New(fault.CodeUsage, "resume "+word,
			errors.New("it is a run of weft run, of this process: --memory and --detach mean nothing"))
	}
	l := &localRun{env: e, root: root, id: job.ID(word), follow: f.followFlags}
	var err error
	if l.spec, err = e.stored(ctx, l.folder(), l.id); err != nil {
		return err
	}
	if f.fromScratch {
		if err := e.startOver(ctx, l.folder(), l.id, l.spec); err != nil {
			return err
		}
	}
	if !changes.IsZero() {
		n, last, err := l.folder().NewestSubmission(ctx)
		if err != nil {
			return err
		}
		if last != nil {
			changes = last.Changes.Then(changes)
		}
		if err := l.folder().PutSubmission(ctx, n+1, checkpoint.Submission{Changes: changes}); err != nil {
			return err
		}
	}
	return l.goOn(ctx, false)
}

// resume goes on with a run of the cluster, in a new application.
func (s *session) resume(ctx context.Context, word string, changes job.Changes, f *resumeFlags) error {
	run := word
	if report, err := s.byApplication(ctx, word); err != nil {
		return err
	} else if report != "" {
		run = report
	}
	sub := &submission{session: s, flags: &f.submittingFlags, run: job.ID(run), changes: changes}
	location := s.env.site.YARN.Staging
	if f.staging != "" {
		location = f.staging
	}
	if err := sub.locate(ctx, location); err != nil {
		return err
	}
	var err error
	if sub.open, err = s.env.stored(ctx, sub.folder, sub.run); errors.Is(err, fs.ErrNotExist) {
		return unknownRun(word, fmt.Errorf("there is no run folder %s", sub.folder.Dir),
			"weft list --all shows the runs that YARN knows; --staging DIR looks elsewhere")
	} else if err != nil {
		return err
	}
	sub.spec = sub.open
	return sub.resume(ctx, f.fromScratch)
}

// byApplication returns the run of an application, if the word names one.
func (s *session) byApplication(ctx context.Context, word string) (string, error) {
	if !strings.HasPrefix(word, "application_") {
		return "", nil
	}
	f, err := s.lookup(ctx, word)
	if err != nil {
		return "", err
	}
	return f.run, nil
}

// resume attaches to the run, reports it or brings it back to work.
func (s *submission) resume(ctx context.Context, fromScratch bool) error {
	live, err := s.applicationOf(ctx, s.run, rm.LiveStates())
	if err != nil {
		return err
	}
	if live != nil && (fromScratch || !s.changes.IsZero()) {
		problem := fault.New(fault.CodeRunning, "run "+s.run, fmt.Errorf("it lives, as %s: nothing of it can be changed", live.ID))
		problem.Hint = "weft kill " + s.run + " first, or resume without these flags to attach to it"
		return problem
	}
	if fromScratch {
		if err := s.env.startOver(ctx, s.folder, s.run, s.open); err != nil {
			return err
		}
		return s.bring(ctx)
	}
	if told, err := s.ended(ctx); told || err != nil {
		return err
	}
	return s.bring(ctx)
}
