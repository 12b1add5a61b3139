package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"weft/internal/checkpoint"
	"weft/internal/fault"
	"weft/internal/job"
	"weft/plugins"
)

// startOver lets a run begin anew under its id: never one that has succeeded,
// nor one whose commit has begun. It tells what it did.
func (e *env) startOver(ctx context.Context, folder checkpoint.Folder, run string, spec *job.Spec) error {
	result, err := folder.Result(ctx)
	if err == nil && result.State == job.StateSucceeded {
		problem := fault.New(fault.CodeRunning, "run "+run, errors.New("it has succeeded: there is nothing to begin anew"))
		problem.Hint = "nothing was changed; a new --run-id makes another run of the job"
		return problem
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, checkpoint.ErrCorrupt) {
		return err
	}
	if err := e.mayForget(ctx, folder, run, spec); err != nil {
		return err
	}
	aside, err := checkpoint.StartOver(ctx, folder, "weft resume --from-scratch", func(ctx context.Context, generation int64) error {
		return e.forget(ctx, folder, run, spec, generation)
	})
	if err != nil {
		return fmt.Errorf("begin run %s from scratch: %w", run, err)
	}
	text := fmt.Sprintf("run %s begins from scratch, as --from-scratch says; what it had is out of its target, its journal in %s\n", run, aside)
	if _, err := io.WriteString(e.scrub.Writer(e.stderr), text); err != nil {
		return fmt.Errorf("print where the run begins: %w", err)
	}
	return nil
}

// mayForget refuses a new start of a run that has begun to write rows which
// nobody can take back: they would be there twice.
func (e *env) mayForget(ctx context.Context, folder checkpoint.Folder, run string, spec *job.Spec) error {
	if _, err := folder.Plan(ctx); errors.Is(err, fs.ErrNotExist) {
		return nil // it had not begun
	}
	setup, err := spec.Setup(run, nil, "")
	if err != nil {
		return err
	}
	setup.Log = e.log
	writer, err := spec.Writer.NewWriter(e.registry, setup)
	if err != nil {
		return err
	}
	kept := ""
	if keeper, ok := writer.(plugins.Keeper); ok {
		kept = keeper.Keeps()
	}
	if err := writer.Close(); err != nil || kept == "" {
		return err
	}
	problem := fault.New(fault.CodeCheckpoint, "begin run "+run+" from scratch", fmt.Errorf("%s would be there twice", kept))
	problem.Hint = fmt.Sprintf("nothing was changed; weft resume %s goes on behind them, or take them out and submit the job under a new --run-id", run)
	return problem
}

// forget takes away what the run has made in its target and not committed.
func (e *env) forget(ctx context.Context, folder checkpoint.Folder, run string, spec *job.Spec, generation int64) (err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, targetDeadline, fmt.Errorf("the target did not answer within %s", targetDeadline))
	defer cancel()
	plan, err := folder.Plan(ctx)
	if errors.Is(err, checkpoint.ErrCorrupt) || errors.Is(err, fs.ErrNotExist) {
		plan, err = &job.Plan{}, nil // what the run made bears its name, whatever the plan was
	}
	if err != nil {
		return err
	}
	setup, err := spec.Setup(run, plan.Columns, plan.StartLocation)
	if err != nil {
		return err
	}
	setup.Log = e.log
	writer, err := spec.Writer.NewWriter(e.registry, setup)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, writer.Close()) }()
	committer, ok := writer.(plugins.Committer)
	if !ok {
		e.log.Warn("the target keeps what it got: it cannot take rows back", "run", run, "plugin", spec.Writer.Plugin)
		return nil
	}
	if err := committer.Fence(ctx, generation, nil); err != nil {
		return fmt.Errorf("fence target: %w", err)
	}
	if err := committer.Abort(ctx); err != nil {
		return fmt.Errorf("take away what it made in its target: %w", err)
	}
	return nil
}
