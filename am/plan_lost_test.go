package am_test

import (
	"context"
	"errors"
	"testing"

	"weft/internal/fsys/mem"
	"weft/internal/job"
	"weft/plugins"
)

// A journal without its plan is an error that names itself: a new plan would
// give the splits another meaning. Nothing is removed.
func TestLostPlanIsNoNewBeginning(t *testing.T) {
	bubble(func(t *testing.T) {
		store := mem.New(mem.Options{})
		world := bigWorld()
		world.BeforeOp = func(_ context.Context, op plugins.Op) error {
			return &plugins.Error{Class: plugins.Permanent, Err: errors.New("not today")}
		}
		if result, err := newLife(t, world, world.Spec(2), store.Client()).run(t.Context()); err != nil || result.State != job.StateFailed {
			t.Fatalf("the first life: %+v, %v", result, err)
		}
		if err := store.Client().Remove(t.Context(), "/weft/runs/r1/plan.json"); err != nil {
			t.Fatal(err)
		}
		reads := 0
		world.BeforeOp, world.BeforeRow = nil, func(context.Context, int64) error { reads++; return nil }
		result, err := newLife(t, world, world.Spec(2), store.Client()).run(t.Context())
		if err != nil || result.State != job.StateFailed || result.Reason != job.ReasonCheckpoint || result.Hint == "" || reads > 0 {
			t.Errorf("without its plan the run ended %+v, %v, after %d rows", result, err, reads)
		}
		if _, err := store.Client().Stat(t.Context(), "/out/.weft-r1"); err != nil {
			t.Errorf("what was accepted is gone: %v", err)
		}
	})(t)
}
