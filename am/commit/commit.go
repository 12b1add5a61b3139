// Package commit makes the output of a run visible, at once and forward only.
//
//	Committer.Plan(accepted units)           changes nothing
//	-> journal: committing                   a fenced master stops here
//	-> commit.json, put in place whole       from here on there is no way back
//	-> Committer.Apply(op), one by one       each repeatable
//	-> the next incremental run's position
//
// Whoever finds a commit.json, the same master after an error or a successor
// after a crash, applies it from the beginning; operations that are done find
// that out by themselves. A master that loses the race to put it in place
// applies the winner's.
//
// Window is asked before the plan is written and before the first operation: a
// master that cannot know whether it is still the current one does not begin.
package commit

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"slices"
	"time"

	"weft/am/bound"
	"weft/internal/checkpoint"
	"weft/internal/job"
	"weft/plugins"
)

// Tries of one operation that fails for a transient reason, and the first pause
// between them, doubled each time.
const (
	tries      = 8
	firstPause = 200 * time.Millisecond
)

// Bounds of what the target is asked: an operation may move a large table.
const (
	planDeadline  = 30 * time.Minute
	applyDeadline = time.Hour
)

// Journal is the part of a checkpoint.Store that a commit needs.
type Journal interface {
	Append(ctx context.Context, records ...checkpoint.Record) error
	Generation() int64
}

// Options say what to commit.
type Options struct {
	// Committer is the target's side; nil if the target has none.
	Committer plugins.Committer
	// Root and Folder are where positions and the commit plan lie.
	Root   checkpoint.Root
	Folder checkpoint.Folder
	// Journal is the living generation's.
	Journal Journal
	// Job is the job's name, Plan the run's plan.
	Job  string
	Plan *job.Plan
	// Units are all accepted units in the order of splits and sequences.
	Units []plugins.Manifest
	// Window returns an error while this master may not be the current one.
	Window func() error
	// Log takes each operation.
	Log *slog.Logger
}

// Run commits and returns what became visible, each output named once.
// It may be repeated after an error.
func Run(ctx context.Context, o Options) ([]string, error) {
	c, err := plan(ctx, o)
	if err != nil {
		return nil, err
	}
	if err := o.Window(); err != nil {
		return nil, fmt.Errorf("commit: %w", err)
	}
	var outputs []string
	for i, op := range c.Ops {
		if err := apply(ctx, o, op); err != nil {
			return nil, fmt.Errorf("commit operation %d of %d, %s: %w", i+1, len(c.Ops), op.Label, err)
		}
		if op.Output != "" && !slices.Contains(outputs, op.Output) {
			outputs = append(outputs, op.Output)
		}
	}
	if c.Location != "" {
		position := checkpoint.Position{Location: c.Location, Run: o.Plan.Run}
		if err := o.Root.SetPosition(ctx, o.Job, position); err != nil {
			return nil, fmt.Errorf("commit: %w", err)
		}
	}
	return outputs, nil
}

// plan returns the run's commit plan: the one that stands, or a new one.
func plan(ctx context.Context, o Options) (*checkpoint.Commit, error) {
	c, err := o.Folder.Commit(ctx)
	if !errors.Is(err, fs.ErrNotExist) {
		return c, err
	}
	c, err = draw(ctx, o)
	if err != nil {
		return nil, err
	}
	if len(c.Ops) == 0 && c.Location == "" {
		return c, nil // nothing becomes visible: nothing to roll forward either
	}
	if err := o.Window(); err != nil {
		return nil, fmt.Errorf("commit: %w", err)
	}
	if err := o.Journal.Append(ctx, checkpoint.Record{Committing: true}); err != nil {
		return nil, fmt.Errorf("commit: %w", err)
	}
	err = o.Folder.PutCommit(ctx, c)
	if err == nil {
		return c, nil
	}
	// Somebody else was faster, or the answer was lost: what stands counts.
	if standing, rerr := o.Folder.Commit(ctx); rerr == nil {
		return standing, nil
	}
	return nil, fmt.Errorf("commit: %w", err)
}

// draw makes a new plan of the accepted units.
func draw(ctx context.Context, o Options) (*checkpoint.Commit, error) {
	c := &checkpoint.Commit{Generation: o.Journal.Generation(), Location: o.Plan.Until}
	for _, u := range o.Units {
		c.Counters.Add(u.Counters)
		c.Hash += u.Hash
	}
	if !c.Counters.Conserved() {
		return nil, &plugins.Error{Class: plugins.Bug,
			Err: fmt.Errorf("commit: rows appeared or vanished: %+v", c.Counters)}
	}
	if o.Committer == nil {
		return c, nil
	}
	var ops []plugins.Op
	err := patiently(ctx, o, "plan commit", func() error {
		return bound.Call(ctx, planDeadline, "plan commit", func(ctx context.Context) (err error) {
			ops, err = o.Committer.Plan(ctx, o.Units)
			return err
		})
	})
	if err != nil {
		return nil, fmt.Errorf("plan commit: %w", err)
	}
	c.Ops = ops
	return c, nil
}

// apply does one operation.
func apply(ctx context.Context, o Options, op plugins.Op) error {
	if o.Committer == nil {
		return errors.New("the target has no commit of its own")
	}
	err := patiently(ctx, o, op.Label, func() error {
		return bound.Call(ctx, applyDeadline, op.Label, func(ctx context.Context) error { return o.Committer.Apply(ctx, op) })
	})
	if err == nil {
		o.Log.Info("committed", "op", op.Label)
	}
	return err
}

// patiently takes a step of the commit, again after transient errors: the
// connection of a target may have been idle for as long as the rows took.
func patiently(ctx context.Context, o Options, what string, step func() error) error {
	pause := firstPause
	for try := 1; ; try++ {
		err := step()
		if err == nil {
			return nil
		}
		class := plugins.ClassOf(err)
		if try == tries || ctx.Err() != nil || class != plugins.Transient && class != plugins.Lost {
			return err
		}
		o.Log.Warn("a step of the commit failed, trying again", "step", what, "err", err)
		timer := time.NewTimer(pause + rand.N(pause))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return errors.Join(err, context.Cause(ctx))
		}
		pause *= 2
	}
}
