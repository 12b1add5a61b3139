package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"weft/am"
	"weft/internal/checkpoint"
	"weft/internal/fault"
	"weft/internal/faultpoint"
	"weft/internal/fsys/local"
	"weft/internal/job"
	"weft/internal/umbilical"
	"weft/plugins"
)

// runFlags are those of `weft run` alone.
type runFlags struct {
	jobFlags
	runID       string
	stateDir    string
	progress    string
	noAttach    bool
	failOnEmpty bool
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
			if err := knownRunID(cmd); err != nil {
				return err
			}
			spec, err := e.loadJob(cmd, list[0], &f.jobFlags)
			if err != nil {
				return err
			}
			return e.run(cmd.Context(), spec, &f)
		},
	}
	f.add(cmd)
	flags := cmd.Flags()
	flags.StringVar(&f.runID, "run-id", "", "id of the run, to resume or ask again by (a new one each time)")
	flags.StringVar(&f.stateDir, "state-dir", "", "folder of the state of runs (~/.weft)")
	flags.StringVar(&f.progress, "progress", "auto", "progress on standard error: auto, json or none")
	flags.BoolVar(&f.noAttach, "no-attach", false, "refuse a --run-id that has ended already, instead of reporting it")
	flags.BoolVar(&f.failOnEmpty, "fail-on-empty", false, "exit with code 9 when no row was written")
	return cmd
}

// run runs a job in this process and tells how it ended.
func (e *env) run(ctx context.Context, spec *job.Spec, f *runFlags) error {
	if err := knownProgress(f.progress); err != nil {
		return err
	}
	root, err := e.stateRoot(f.stateDir)
	if err != nil {
		return err
	}
	id := job.ID(f.runID)
	if f.runID == "" {
		id = job.NewRunID(spec.Name, time.Now())
	}
	folder := root.Run(id)
	if err := folder.Create(ctx); err != nil {
		return err
	}
	done, err := e.earlier(ctx, folder, spec, f)
	if err != nil {
		return err
	}
	if done == nil {
		if done, err = e.runHere(ctx, root, id, spec, f); err != nil {
			return err
		}
	}
	return e.conclude(ctx, done, f.failOnEmpty)
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

// earlier looks at what the run id stands for already. It returns the result of
// a run that has succeeded, nothing for a new run or one to go on with, and an
// error if the id is another job's.
func (e *env) earlier(ctx context.Context, folder checkpoint.Folder, spec *job.Spec, f *runFlags) (*job.Result, error) {
	masked := spec.Masked()
	err := folder.PutSpec(ctx, masked)
	if err == nil {
		return nil, nil
	}
	if !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	stored, err := folder.Spec(ctx)
	if err != nil {
		return nil, err
	}
	if !sameSides(stored, masked) {
		return nil, fault.New(fault.CodeRunning, "run "+f.runID, errors.New("the run id belongs to another job, or the job has changed"))
	}
	result, err := folder.Result(ctx)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if f.noAttach {
		return nil, fault.New(fault.CodeRunning, "run "+f.runID, fmt.Errorf("it has ended already: %s", result.State))
	}
	if result.State != job.StateSucceeded {
		return nil, nil
	}
	return result, nil
}

// sameSides says that two specs move the same rows; settings may differ.
func sameSides(a, b *job.Spec) bool {
	left, err1 := json.Marshal([]any{a.Name, a.Reader, a.Writer})
	right, err2 := json.Marshal([]any{b.Name, b.Reader, b.Writer})
	return err1 == nil && err2 == nil && string(left) == string(right)
}

// Graces of a run that is asked to end: the units under way are sealed.
const (
	interruptGrace = 10 * time.Second
	timeoutGrace   = 30 * time.Second
)

// runHere runs master and container in this process.
func (e *env) runHere(ctx context.Context, root checkpoint.Root, id string, spec *job.Spec, f *runFlags) (*job.Result, error) {
	open, err := e.resolve(spec)
	if err != nil {
		return nil, err
	}
	log := e.log
	if !e.verbose {
		log = slog.New(e.scrub.Handler(slog.NewTextHandler(e.stderr, &slog.HandlerOptions{Level: slog.LevelWarn})))
	}
	desk := umbilical.NewDesk()
	host := newHost(hostOptions{run: id, spec: open, registry: e.registry, folder: root.Run(id), desk: desk, log: log})
	master := am.New(am.Options{Run: id, Spec: open, Registry: e.registry, Root: root, Desk: desk,
		Resources: host, Launcher: host, SlotsPerContainer: slotsHere(open), Owner: "weft run", Log: log})

	// The signal asks for a clean end; the second one ends the program.
	unbroken, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	watch := watchRun(ctx, master, open.Setting)
	show := e.follow(master, f.progress)
	result, err := master.Run(unbroken)
	cancel()
	host.wait()
	show()
	watch()
	return result, err
}

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
	if r.Hint == "" && goesOn(r) {
		r.Hint = "the same command with --run-id " + r.RunID + " goes on where it stopped"
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

// goesOn says that the very same job could succeed when it is given out again.
func goesOn(r *job.Result) bool {
	return r.State == job.StateKilled || r.ExitCode == fault.ExitTemporary
}
