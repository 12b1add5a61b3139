package pump

import (
	"context"
	"errors"
	"fmt"

	"weft/internal/faultpoint"
	"weft/internal/umbilical"
	"weft/plugins"
)

// seal ends the unit: its dirty file is closed, the answer for the unit before
// is awaited, the writer seals, and the manifest is offered to the master while
// the next unit is already being moved.
func (p *pump) seal(ctx context.Context, last bool) error {
	if err := p.settle(ctx); err != nil {
		return err
	}
	name, err := p.o.Dirty.Close()
	if err != nil {
		return err
	}
	p.leftDirty = name
	u := plugins.Unit{Sequence: p.sequence, Position: p.unit.position, Last: last,
		Counters: p.unit.counters, Hash: p.unit.hash, DirtyFile: name}
	if !u.Counters.Conserved() {
		return broken("seal unit %d of %s: %+v: rows appeared or vanished", u.Sequence, p.o.Task.Split, u.Counters)
	}
	p.watch.enter(&p.watch.writer, sealing)
	var m plugins.Manifest
	err = guard(func() (err error) { m, err = p.writer.Seal(ctx, u); return err })
	if err != nil {
		return fmt.Errorf("seal unit %d of %s: %w", u.Sequence, p.o.Task.Split, err)
	}
	if err := checkManifest(p.o.Task.Attempt, u, m); err != nil {
		return err
	}
	p.watch.enter(&p.watch.writer, rereading)
	if err := p.reread(ctx, m); err != nil {
		return err
	}
	p.watch.progress(&p.watch.writer)
	p.pause.progress()
	p.advance(u)
	p.offer(m)
	return nil
}

// checkManifest refuses a manifest that does not describe the unit.
func checkManifest(a plugins.Attempt, u plugins.Unit, m plugins.Manifest) error {
	switch {
	case m.Split != a.Split.ID || m.Number != a.Number || m.Generation != a.Generation,
		m.Sequence != u.Sequence || m.Position != u.Position || m.Last != u.Last,
		m.Hash != u.Hash || m.DirtyFile != u.DirtyFile:
		return broken("seal unit %d of %s: the writer describes another unit: %+v", u.Sequence, a.Split, m)
	case m.Counters.RowsRead != u.Counters.RowsRead || !m.Counters.Conserved():
		return broken("seal unit %d of %s: rows appeared or vanished: %+v, not %+v",
			u.Sequence, a.Split, m.Counters, u.Counters)
	}
	return nil
}

// advance goes on behind a sealed unit.
func (p *pump) advance(u plugins.Unit) {
	p.from, p.sequence = u.Position, u.Sequence+1
	p.leftDirty = ""
	p.careful = careful{}
	p.begin()
}

// offer asks the master to accept a sealed unit; settle waits for the answer.
func (p *pump) offer(m plugins.Manifest) {
	p.verdict = make(chan error, 1)
	p.asking <- offered{m, p.verdict} // never blocks: the one before is settled
}

// offered is a sealed unit on its way to the master.
type offered struct {
	manifest plugins.Manifest
	verdict  chan<- error // gets one value
}

// askAll offers what is sealed, one unit after the other, until ctx ends.
func (p *pump) askAll(ctx context.Context) {
	for {
		select {
		case o := <-p.asking:
			o.verdict <- p.ask(ctx, o.manifest)
		case <-ctx.Done():
			return
		}
	}
}

// settle waits for the answer for the unit offered last.
func (p *pump) settle(ctx context.Context) error {
	if p.verdict == nil {
		return nil
	}
	p.watch.enter(&p.watch.writer, awaitingAnswer)
	defer p.watch.enter(&p.watch.writer, working)
	select {
	case err := <-p.verdict:
		p.verdict = nil
		if err == nil {
			p.live.settle()
		}
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// ask offers a unit until the master has said yes or no. Errors of the link are
// borne until the lease ends: the reporter watches over that.
func (p *pump) ask(ctx context.Context, m plugins.Manifest) error {
	faultpoint.At("offer.unit.before")
	for {
		verdict, err := p.o.Link.Sealed(ctx, umbilical.Sealed{Stamp: p.stamp, Manifest: m})
		switch {
		case errors.Is(err, umbilical.ErrClosed):
			p.cancel(errStopped)
		case err == nil:
			p.heard()
		}
		switch {
		case err == nil && verdict == umbilical.Accepted:
			faultpoint.At("offer.unit.after")
			return nil
		case err == nil && verdict == umbilical.Fenced:
			p.cancel(errFenced)
			return errFenced
		}
		if err := sleep(ctx, p.o.RetryPause); err != nil {
			return err
		}
	}
}

// drain ends the attempt early: what was moved is sealed, if reading can go on
// behind it. If it cannot, the unit is given up, but its dirty rows stay
// readable in their closed file.
func (p *pump) drain(ctx context.Context) error {
	if p.unit.counters.RowsRead > 0 && p.unit.position != "" {
		if err := p.seal(ctx, false); err != nil {
			return err
		}
	}
	if err := p.settle(ctx); err != nil {
		return err
	}
	if p.unit.counters.RowsRead > 0 {
		if _, err := p.o.Dirty.Close(); err != nil {
			return err
		}
		if err := p.o.Ends.DropWriter(); err != nil {
			return fmt.Errorf("close writer: %w", err)
		}
	}
	return errDrained
}
