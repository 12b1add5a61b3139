package pump

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"weft/internal/umbilical"
	"weft/plugins"
)

// maxRedos bounds how often one unit is redone for panics.
const maxRedos = 64

// pump is one attempt on its way. Everything but live, waits, orders and
// lastHeard belongs to the goroutine of Run.
type pump struct {
	o      Options
	stamp  umbilical.Stamp
	start  time.Time
	cancel context.CancelCauseFunc // ends the attempt from outside, with a cause

	live      live
	waits     waits
	orders    orders
	lastHeard atomic.Int64  // since start, in ns
	nudge     chan struct{} // asks the reporter to report at once; room for one

	writer    plugins.Writer
	from      plugins.Position // after the newest sealed unit
	sequence  int              // of the unit being moved
	unit      unit
	verdict   chan error   // of the unit offered last; nil if settled
	asking    chan offered // units to be offered; room for one
	watch     *watch
	leftDirty string // closed dirty file of a unit that Seal did not seal
	dirtyRows int64  // of the whole attempt
	careful   careful
	pause     pauser
	hashes    []uint64
	age       *time.Timer // fires when the unit is UnitInterval old
}

// unit is what is known of the unit being moved.
type unit struct {
	counters plugins.Counters
	hash     uint64
	rows     int64 // rows handed to the writer, the ones it refused included
	position plugins.Position
	aged     bool
}

// careful says how to redo a unit after a panic. The rows are counted from 0
// among those that reach the writer in this unit.
type careful struct {
	until int64            // batches of one row up to here
	skip  map[int64]string // these panicked on their own: dirty, and why
	redos int
}

// Run moves the attempt's rows until the split is exhausted, or it has to end
// early, and says how it ended. The caller passes that on with Link.Done. The
// ends stay open for the slot's next task unless something was wrong with them.
func Run(ctx context.Context, o Options) umbilical.Ending {
	p := &pump{o: o.withDefaults(), start: time.Now(), nudge: make(chan struct{}, 1),
		from: o.Task.From, sequence: o.Task.Sequence, asking: make(chan offered, 1)}
	p.watch = newWatch(p.o.StallAfter)
	p.orders.changed = make(chan struct{}, 1)
	p.stamp = umbilical.Stamp{Run: o.Task.Run, Generation: o.Task.Generation, Container: o.Container,
		Split: o.Task.Split.ID, Attempt: o.Task.Number}
	p.pause = pauser{first: p.o.RetryPause, most: p.o.Retries}
	p.age = time.NewTimer(p.o.UnitInterval)
	defer p.age.Stop()
	p.live.begin(p.place())
	p.live.settle()

	ctx, p.cancel = context.WithCancelCause(ctx)
	var talking sync.WaitGroup
	talking.Go(func() { p.report(ctx) })
	talking.Go(func() { p.askAll(ctx) })
	ending := endingOf(ctx, p.move(ctx))
	p.cancel(nil)
	talking.Wait()
	ending.Stamp = p.stamp
	ending.Dirty, ending.Sample = p.live.reasons()
	return ending
}

// move runs cycles, each from the newest seal on, until one ends for good.
func (p *pump) move(ctx context.Context) error {
	for {
		err := p.cycle(ctx)
		if err == nil {
			return nil
		}
		if errors.Is(err, errDrained) {
			return errors.Join(err, p.o.Ends.GiveUpReader(err)) // it stands amid a split
		}
		p.giveUp(err)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		switch {
		case isPanic(err):
			err = p.planRedo(err)
		case plugins.ClassOf(err) == plugins.Transient:
			p.o.Log.Warn("unit redone", "split", p.stamp.Split, "unit", p.sequence, "err", err)
			err = p.pause.wait(ctx, err)
		}
		if err != nil {
			// The units sealed before are good whatever happened since.
			return errors.Join(err, p.settle(ctx))
		}
	}
}

// cycle opens both ends after the newest seal and moves rows until the split is
// exhausted, the attempt is drained, an error ends it, or nothing moves any more.
//
// Only what the ends do is under the watchdog: a unit sealed in a cycle that
// stalled later is still offered.
func (p *pump) cycle(ctx context.Context) error {
	p.watch.progress(&p.watch.reader)
	p.watch.progress(&p.watch.writer)
	f := newFeed(&p.o, &p.waits, p.watch)
	work, breakOff := context.WithCancelCause(ctx)
	over := make(chan struct{}) // closed when no call is under way
	var watching sync.WaitGroup
	watching.Go(func() { p.watchOver(ctx, f, breakOff, over) })
	err := p.moveOn(work, f)
	close(over)
	watching.Wait()
	stall := context.Cause(work)
	breakOff(nil)
	if err != nil && stall != nil && ctx.Err() == nil {
		return stall
	}
	return err
}

// moveOn is a cycle without its watchdog.
func (p *pump) moveOn(ctx context.Context, f *feed) error {
	last, err := p.open(ctx)
	if err != nil {
		return err
	}
	if last {
		return p.settle(ctx)
	}
	f.from, f.careful = p.from, p.careful.until
	reading, stop := context.WithCancel(ctx)
	var reader sync.WaitGroup
	reader.Go(func() { f.run(reading) })
	err = p.write(ctx, f)
	stop()
	reader.Wait()
	return err
}

// open opens the writer and takes up what the target itself holds. last says
// that the split has ended with that.
func (p *pump) open(ctx context.Context) (last bool, err error) {
	p.begin()
	if p.verdict == nil {
		p.live.settle()
	}
	if p.writer, err = p.o.Ends.Writer(); err != nil {
		return false, err
	}
	p.watch.writer.closing(p.writer.Close)
	p.watch.enter(&p.watch.writer, opening)
	var held *plugins.Manifest
	err = guard(func() (err error) { held, err = p.writer.Open(ctx, p.o.Task.Attempt); return err })
	if err != nil {
		return false, fmt.Errorf("open writer for %s: %w", p.o.Task.Split, err)
	}
	p.watch.progress(&p.watch.writer)
	if held != nil && held.Sequence > p.sequence {
		return false, broken("open writer for %s: the target holds unit %d, the journal awaits %d",
			p.o.Task.Split, held.Sequence, p.sequence)
	}
	if held != nil && held.Sequence == p.sequence {
		if err := p.settle(ctx); err != nil {
			return false, err
		}
		p.advance(held.Unit)
		p.offer(*held)
		return held.Last, nil
	}
	if p.leftDirty != "" {
		err = p.o.Dirty.Remove(ctx, p.leftDirty)
		p.leftDirty = ""
	}
	return false, err
}

// begin starts an empty unit.
func (p *pump) begin() {
	p.unit = unit{position: p.from}
	p.age.Reset(p.o.UnitInterval)
	p.live.begin(p.place())
}

// place is where the unit being moved begins.
func (p *pump) place() umbilical.Place { return umbilical.Place{Unit: p.sequence, From: p.from} }

// giveUp closes both ends and so gives up what is not sealed. Errors of closing
// what is broken are logged: err is the one that counts.
func (p *pump) giveUp(err error) {
	ctx := context.Background() // the attempt's own may have ended
	closing := errors.Join(p.o.Ends.GiveUp(err), p.o.Dirty.Abort(ctx))
	if closing != nil {
		p.o.Log.Debug("close after an error", "split", p.stamp.Split, "err", err, "closing", closing)
	}
	p.writer = nil
}

// planRedo decides how to redo the unit after a panic. One in a batch of many
// rows leads to batches of one row up to its end; one on a single row in that
// mode makes the row dirty; anything else cannot be pinned down.
func (p *pump) planRedo(err error) error {
	c := &p.careful
	c.redos++
	p.o.Log.Error("panic in a plugin", "split", p.stamp.Split, "unit", p.sequence, "err", err, "stack", stackOf(err))
	var inWrite *writePanic
	switch {
	case c.redos > maxRedos:
		return fmt.Errorf("redone %d times: %w", maxRedos, err)
	case errors.As(err, &inWrite) && inWrite.rows == 1 && inWrite.row < c.until:
		if c.skip == nil {
			c.skip = make(map[int64]string)
		}
		c.skip[inWrite.row] = poison(err)
	case errors.As(err, &inWrite):
		c.until = max(c.until, inWrite.row+int64(inWrite.rows))
	case c.redos > 1:
		return err
	default:
		c.until = max(c.until, p.unit.rows+int64(p.o.BatchRows))
	}
	return nil
}
