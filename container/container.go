// Package container is the process that moves rows: a number of slots, each of
// which asks the ApplicationMaster for a task, moves that split (package pump),
// says how it ended, and asks again, until it is told to leave.
//
// It knows nothing of YARN. It is given a link, the spec and the run folder, and
// returns when there is no more work for it, when no master of the run was there
// for longer than the lease, or when ctx ends. A master that dies is not noticed
// otherwise: its successor answers the same calls. It decides nothing: what to move, from where,
// and whether a unit counts, is the master's to say.
//
// Memory: Options.MemoryBytes is the container's size. The Go runtime is told to
// stay below four fifths of it, and each slot's rows under way are bounded. Little
// is alive at any time, some megabytes a slot, so that garbage is let grow to twice
// that before it is collected, unless the variable GOGC says otherwise.
//
//	err := container.Run(ctx, container.Options{ID: id, Slots: 2, Link: link, Spec: spec, ...})
package container

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"os"
	"runtime/debug"
	"time"

	"golang.org/x/sync/errgroup"

	"weft/container/limit"
	"weft/container/pump"
	"weft/internal/checkpoint"
	"weft/internal/dirty"
	"weft/internal/job"
	"weft/internal/umbilical"
	"weft/plugins"
)

// Options say what a container is made of. Fields without a stated default are
// needed.
type Options struct {
	// ID is the container's id, Run the run id.
	ID, Run string
	// Slots is the number of splits moved at the same time.
	Slots int
	// Link leads to the master.
	Link umbilical.Link
	// Spec is the job, Registry finds its plugins.
	Spec     *job.Spec
	Registry *plugins.Registry
	// Folder is the run folder, for dirty rows and the plan.
	Folder checkpoint.Folder
	// MemoryBytes is the container's size; 0 sets no limit.
	MemoryBytes int64
	// Lease and ReportEvery override the pump's defaults, for tests.
	Lease, ReportEvery time.Duration
	// Log takes life events; default none.
	Log *slog.Logger
}

// memoryShare is the part of a container that Go may use: stacks, the binary
// and what the kernel holds for it take the rest.
const memoryShare = 0.8

// LimitMemory keeps this process inside a container of so many bytes, and
// returns the limit in bytes that held before. The ApplicationMaster's process
// calls it too.
func LimitMemory(containerBytes int64) (before int64) {
	return debug.SetMemoryLimit(int64(memoryShare * float64(containerBytes)))
}

// garbagePercent is how much garbage there may be for what is alive. The library
// that writes to HDFS leaves 2.5 bytes for each byte written; at Go's own 100
// collecting them takes a fifth of the work of a table on its way there.
const garbagePercent = 200

// Run works until there is no more work. Whatever happened to single tasks has
// been told to the master; an error is about the container as a whole.
func Run(ctx context.Context, o Options) error {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.MemoryBytes > 0 {
		before := LimitMemory(o.MemoryBytes)
		defer debug.SetMemoryLimit(before)
	}
	if os.Getenv("GOGC") == "" {
		before := debug.SetGCPercent(garbagePercent)
		defer debug.SetGCPercent(before)
	}
	g, ctx := errgroup.WithContext(ctx)
	for i := range o.Slots {
		s := &slot{o: &o, number: i}
		g.Go(func() error { return s.run(ctx) })
	}
	return g.Wait()
}

// slot moves one split at a time.
type slot struct {
	o       *Options
	number  int
	ends    *pump.Ends
	limiter *limit.Limiter
	refused string // why the snapshot could not be joined
}

func (s *slot) run(ctx context.Context) (err error) {
	s.limiter = limit.New(limit.Rate{})
	defer func() {
		if s.ends != nil {
			err = errors.Join(err, s.ends.Close())
		}
	}()
	for {
		a, err := s.next(ctx)
		switch {
		case errors.Is(err, umbilical.ErrClosed):
			return nil
		case err != nil:
			return err
		case a.Directive == umbilical.Stop:
			return nil
		case a.Directive == umbilical.Attach && a.Snapshot != nil:
			if err := s.attach(ctx, a.Snapshot); err != nil {
				return err
			}
			continue
		case a.Task == nil:
			continue
		}
		if err := s.move(ctx, a); err != nil {
			return err
		}
	}
}

// next asks for work; while nobody answers it asks again for the length of the
// lease.
func (s *slot) next(ctx context.Context) (umbilical.Assignment, error) {
	want := s.want()
	var a umbilical.Assignment
	err := s.insist(ctx, func() (err error) { a, err = s.o.Link.Next(ctx, want); return err })
	return a, err
}

// insist calls until there is an answer, at most for the length of the lease.
func (s *slot) insist(ctx context.Context, call func() error) error {
	lease := s.o.Lease
	if lease <= 0 {
		lease = umbilical.DefaultLease
	}
	start := time.Now()
	for {
		err := call()
		switch {
		case err == nil, errors.Is(err, umbilical.ErrClosed):
			return err
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case time.Since(start) > lease:
			return fmt.Errorf("no answer from the master for %s: %w", lease, err)
		}
		timer := time.NewTimer(lease / 30)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
		}
	}
}

// move moves one split and says how that ended.
func (s *slot) move(ctx context.Context, a umbilical.Assignment) error {
	if s.ends == nil {
		if err := s.open(ctx); err != nil {
			return err
		}
	}
	if err := s.ends.Expect(a.Snapshot); err != nil {
		s.o.Log.Debug("close a reader", "err", err) // it was read to its end
	}
	s.limiter.Set(limit.Rate(a.Limits))
	log := s.o.Log.With("task", a.Task.Split.ID, "attempt", a.Task.Number, "container", s.o.ID)
	setting := s.o.Spec.Setting
	ending := pump.Run(ctx, pump.Options{
		Task: *a.Task, Container: s.o.ID, Ends: s.ends, Link: s.o.Link,
		Dirty:   dirty.New(s.o.Folder.FS, s.o.Folder.DirtyDir(), a.Task.Attempt),
		Limiter: s.limiter, UnitBytes: orMax(setting.UnitBytes), UnitInterval: interval(setting),
		Checksum: setting.Verify != job.VerifyOff, Reread: setting.Verify == job.VerifyChecksum, MaxDirty: setting.ErrorLimit.Record,
		StallAfter: time.Duration(setting.StallAfter), Lease: s.o.Lease, ReportEvery: s.o.ReportEvery, Log: log,
	})
	level := slog.LevelDebug
	if ending.Outcome != umbilical.OutcomeDone {
		level = slog.LevelInfo
	}
	log.Log(ctx, level, "attempt ended", "outcome", ending.Outcome, "cause", ending.Cause)
	err := s.insist(ctx, func() error { _, err := s.o.Link.Done(ctx, ending); return err })
	if errors.Is(err, umbilical.ErrClosed) {
		return nil // next finds out
	}
	return err
}

// open makes the slot's ends with what the plan says.
func (s *slot) open(ctx context.Context) error {
	plan, err := s.o.Folder.Plan(ctx)
	if err != nil {
		return fmt.Errorf("read plan: %w", err)
	}
	setup, err := s.o.Spec.Setup(s.o.Run, plan.Columns, plan.StartLocation)
	if err != nil {
		return err
	}
	setup.Log = s.o.Log
	s.ends = &pump.Ends{
		NewReader: func() (plugins.Reader, error) { return s.o.Spec.Reader.NewReader(s.o.Registry, setup) },
		NewWriter: func() (plugins.Writer, error) { return s.o.Spec.Writer.NewWriter(s.o.Registry, setup) },
	}
	return nil
}

// orMax makes 0 the largest size: no seal for size.
func orMax(bytes int64) int64 {
	if bytes <= 0 {
		return math.MaxInt64
	}
	return bytes
}

// interval is the age at which a unit is sealed; 0 in the spec is no such age.
func interval(s job.Setting) time.Duration {
	if s.UnitInterval <= 0 {
		return math.MaxInt64
	}
	return time.Duration(s.UnitInterval)
}
