package hdfs

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"weft/internal/fsys"
	"weft/internal/fsys/faulty"
	"weft/internal/fsys/mem"
	"weft/plugins"

	"github.com/google/go-cmp/cmp"
)

// journal is what of a run is durable outside the target: accepted units and
// the commit plan.
type journal struct {
	prepared   bool
	accepted   []plugins.Manifest
	plan       []plugins.Op
	generation int64
	attempts   int
}

// process is one incarnation of a whole run on its own view of the store:
// master and containers in one.
type process struct {
	*world
	config  *WriterConfig
	fs      fsys.FS
	retries int
}

// run does what is left of the run: two splits of two units each.
func (p *process) run(ctx context.Context, j *journal) error {
	j.generation++
	master, err := newWriter(p.config, setup(), connectTo(p.fs))
	if err != nil {
		return err
	}
	steps := []func() error{
		func() error {
			if j.prepared {
				return nil
			}
			err := master.Prepare(ctx)
			j.prepared = err == nil
			return err
		},
		func() error { return master.Fence(ctx, j.generation, nil) },
		func() error { return p.split(ctx, j, 0) },
		func() error { return p.split(ctx, j, 1) },
		func() error {
			if j.plan != nil {
				return nil
			}
			plan, err := master.Plan(ctx, j.accepted)
			j.plan = plan
			return err
		},
	}
	for _, step := range steps {
		if err := p.insist(step); err != nil {
			return err
		}
	}
	for _, op := range j.plan {
		if err := p.insist(func() error { return master.Apply(ctx, op) }); err != nil {
			return fmt.Errorf("%s: %w", op.Do, err)
		}
	}
	return nil
}

// insist repeats a step whose error allows it.
func (p *process) insist(step func() error) error {
	err := step()
	for range p.retries {
		if err == nil || plugins.ClassOf(err) == plugins.Fatal || errors.Is(err, errDied) {
			return err
		}
		err = step()
	}
	return err
}

// split moves the units of a split that are not accepted yet, in a new attempt.
func (p *process) split(ctx context.Context, j *journal, split int) error {
	done := 0
	for _, m := range j.accepted {
		if m.Split == split {
			done++
		}
	}
	if done == 2 {
		return nil
	}
	j.attempts++
	w, err := newWriter(p.config, setup(), connectTo(p.fs))
	if err != nil {
		return err
	}
	defer func() { _ = w.Close() }() // a dead process cannot close, and need not
	a := p.attempt(w, split, j.attempts)
	a.Generation = j.generation
	if _, err := w.Open(ctx, a); err != nil {
		return err
	}
	for sequence := done; sequence < 2; sequence++ {
		from := split*4 + sequence*2
		if err := w.Write(ctx, batch(from, fmt.Sprint("n", from), nil)); err != nil {
			return err
		}
		m, err := w.Seal(ctx, plugins.Unit{Sequence: sequence})
		if err != nil {
			return err
		}
		j.accepted = append(j.accepted, m)
	}
	return nil
}

var errDied = errors.New("the process died")

// A whole run dies at each of its durable operations, before and after it; a
// successor finishes it. The rows are there once, whatever happened.
func TestRunSurvivesEveryCrash(t *testing.T) {
	for name, target := range targets() {
		t.Run(name, func(t *testing.T) {
			golden := faulty.Wrap(target.world(t).fs)
			p := target.process(&world{t: t, fs: golden}, golden)
			if err := p.run(t.Context(), &journal{}); err != nil {
				t.Fatal(err)
			}
			if golden.Durable() < 15 {
				t.Fatalf("only %d durable operations: the test would see little", golden.Durable())
			}
			for k := 1; k <= golden.Durable(); k++ {
				for _, when := range []faulty.When{faulty.Before, faulty.After} {
					w, j := target.world(t), &journal{}
					victim := w.fs.(*mem.FS).Client()
					f := faulty.Wrap(victim, faulty.Rule{DurableNth: k, When: when, Err: errDied, Dead: true, Do: victim.Crash})
					if err := target.process(w, f).run(t.Context(), j); !errors.Is(err, errDied) {
						t.Fatalf("crash at %d: the run ended with %v", k, err)
					}
					if err := target.process(w, w.fs).run(t.Context(), j); err != nil {
						t.Fatalf("crash at %d (%v): the successor failed: %v", k, when, err)
					}
					w.expect(target.want, fmt.Sprintf("crash at %d (%v)", k, when))
				}
			}
		})
	}
}

// The answer of each durable operation is lost in turn: it took place, or not,
// and nobody knows.
func TestRunSurvivesLostAnswers(t *testing.T) {
	for name, target := range targets() {
		t.Run(name, func(t *testing.T) {
			golden := faulty.Wrap(target.world(t).fs)
			if err := target.process(&world{t: t, fs: golden}, golden).run(t.Context(), &journal{}); err != nil {
				t.Fatal(err)
			}
			for k := 1; k <= golden.Durable(); k++ {
				for _, when := range []faulty.When{faulty.Before, faulty.After} {
					w := target.world(t)
					f := faulty.Wrap(w.fs, faulty.Rule{DurableNth: k, When: when, Err: fsys.ErrOutcomeUnknown})
					p := target.process(w, f)
					p.retries = 2
					if err := p.run(t.Context(), &journal{}); err != nil {
						t.Fatalf("answer %d lost (%v): %v", k, when, err)
					}
					w.expect(target.want, fmt.Sprintf("answer %d lost (%v)", k, when))
				}
			}
		})
	}
}

func (w *world) expect(want []string, what string) {
	w.t.Helper()
	if diff := cmp.Diff(want, w.rows("/t/out")); diff != "" {
		w.t.Fatalf("%s, rows (-want +got):\n%s", what, diff)
	}
}

// A close whose answer was lost is looked up, not taken for failed.
func TestLostAnswerOfCloseIsReadBack(t *testing.T) {
	w := newWorld(t)
	c := w.config("/t/out", nil)
	w.begin(w.writer(c))
	f := faulty.Wrap(w.fs, faulty.Rule{Kinds: []faulty.Kind{faulty.Close}, When: faulty.After, Err: fsys.ErrOutcomeUnknown})
	wr := w.writerOn(f, c)
	if _, err := wr.Open(t.Context(), w.attempt(wr, 0, 1)); err != nil {
		t.Fatal(err)
	}
	if m := w.unit(wr, 0, 0); len(m.Files) != 1 || m.Files[0].Rows != 2 {
		t.Errorf("manifest %+v", m)
	}
}

func TestNoSpaceIsFatalAndSaysWhatToDo(t *testing.T) {
	w := newWorld(t)
	c := w.config("/t/out", nil)
	w.begin(w.writer(c))
	f := faulty.Wrap(w.fs, faulty.Rule{Kinds: []faulty.Kind{faulty.Write}, Err: fsys.ErrNoSpace})
	wr := w.writerOn(f, c)
	if _, err := wr.Open(t.Context(), w.attempt(wr, 0, 1)); err != nil {
		t.Fatal(err)
	}
	if err := wr.Write(t.Context(), batch(0, "x")); err != nil {
		t.Fatal(err)
	}
	_, err := wr.Seal(t.Context(), plugins.Unit{})
	var classed *plugins.Error
	if !errors.As(err, &classed) || classed.Class != plugins.Fatal || classed.Reason != plugins.ReasonSpace || classed.Hint == "" {
		t.Errorf("Seal on a full disk: %v; want fatal, space, with a hint", err)
	}
}
