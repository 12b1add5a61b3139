package main

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"time"

	"weft/am"
	"weft/internal/checkpoint"
	"weft/internal/fault"
	"weft/internal/fsys"
	"weft/internal/job"
	"weft/internal/umbilical"
)

// localRun is a run whose master and container are this process.
type localRun struct {
	env    *env
	root   checkpoint.Root
	id     string
	spec   *job.Spec // secrets in clear
	follow followFlags
}

func (l *localRun) folder() checkpoint.Folder { return l.root.Run(l.id) }

// begin runs a job under the run's id, or goes on with what that id stands for
// already.
func (l *localRun) begin(ctx context.Context, noAttach bool) error {
	if err := l.folder().CheckFormat(ctx); err != nil {
		return err
	}
	fresh, err := furnish(ctx, l.folder(), l.id, l.spec)
	if err != nil {
		return err
	}
	if !fresh {
		stored, err := l.env.stored(ctx, l.folder(), l.id)
		if err != nil {
			return err
		}
		if !sameSides(stored.Masked(), l.spec.Masked()) {
			return otherJob(l.id)
		}
		if noAttach {
			return notAttaching(l.id, "it exists already")
		}
	}
	return l.goOn(ctx, fresh)
}

// goOn brings a run to its end that has its folder, and tells how it ended.
func (l *localRun) goOn(ctx context.Context, fresh bool) error {
	result, err := l.folder().Result(ctx)
	switch {
	case err == nil && result.State == job.StateSucceeded:
		return l.env.conclude(ctx, result, l.follow.failOnEmpty)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return err
	}
	if err := l.tellBeginning(ctx, fresh); err != nil {
		return err
	}
	if result, err = l.work(ctx); err != nil {
		return err
	}
	return l.env.conclude(ctx, result, l.follow.failOnEmpty)
}

// tellBeginning says where the run begins, unless another process is at it.
func (l *localRun) tellBeginning(ctx context.Context, fresh bool) error {
	held, _, err := fsys.Lock(ctx, l.folder().FS, l.folder().Dir)
	if errors.Is(err, fsys.ErrLocked) {
		problem := fault.New(fault.CodeRunning, "run "+l.id, errors.New("another process is at it"))
		problem.Hint = "nothing was changed; the process that holds " + l.folder().Dir + " goes on"
		return problem
	}
	if err != nil {
		return err
	}
	err = l.env.tellBeginning(ctx, l.folder(), l.id, fresh)
	if held != nil {
		err = errors.Join(err, held.Close())
	}
	return err
}

// work runs master and container in this process.
func (l *localRun) work(ctx context.Context) (*job.Result, error) {
	changes, err := l.folder().Changes(ctx)
	if err != nil {
		return nil, err
	}
	e, spec := l.env, changes.Over(l.spec)
	log := e.log
	if !e.verbose {
		log = slog.New(e.scrub.Handler(slog.NewTextHandler(e.stderr, &slog.HandlerOptions{Level: slog.LevelWarn})))
	}
	e.files.wait(time.Duration(spec.Setting.Timeout.Cluster), log)
	dirty, err := e.dirty()
	if err != nil {
		return nil, err
	}
	desk := umbilical.NewDesk()
	host := newHost(hostOptions{run: l.id, spec: spec, registry: e.registry, folder: l.folder(), desk: desk, log: log})
	master := am.New(am.Options{Run: l.id, Spec: spec, Registry: e.registry, Root: l.root, Desk: desk,
		Resources: host, Launcher: host, SlotsPerContainer: slotsHere(spec), Owner: "weft run", Dirty: dirty, Log: log})

	// The signal asks for a clean end; the second one ends the program.
	unbroken, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	watch := watchRun(ctx, master, spec.Setting)
	show := e.follow(master, l.follow.progress)
	result, err := master.Run(unbroken)
	cancel()
	host.wait()
	show()
	watch()
	return result, err
}
