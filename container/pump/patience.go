package pump

import (
	"context"
	"fmt"
	"time"

	"weft/plugins"
)

// setPatience notes how long the reader that was just opened may be left alone.
func (f *feed) setPatience(reader plugins.Reader) {
	f.pauser, f.patience = nil, 0
	if p, ok := reader.(plugins.Pauser); ok {
		f.pauser, f.patience = p, p.Patience()
	}
}

// awaitRoom waits for a batch to come back.
func (f *feed) awaitRoom(ctx context.Context) error {
	f.watch.enter(&f.watch.reader, awaitingRoom)
	start := time.Now()
	defer func() { f.waits.reader.Add(int64(time.Since(start))) }()
	over, stop := f.untilImpatient()
	defer stop()
	for {
		select {
		case b := <-f.free:
			f.accept(b)
			return nil
		case <-over:
			if err := f.pauseReader(ctx); err != nil {
				return err
			}
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// rest waits for as long as the speed limit says.
func (f *feed) rest(ctx context.Context, pause time.Duration) error {
	if pause <= 0 {
		return nil
	}
	f.watch.enter(&f.watch.reader, limited)
	timer := time.NewTimer(pause)
	defer timer.Stop()
	over, stop := f.untilImpatient()
	defer stop()
	for {
		select {
		case <-timer.C:
			f.watch.progress(&f.watch.reader)
			return nil
		case <-over:
			if err := f.pauseReader(ctx); err != nil {
				return err
			}
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// untilImpatient returns a channel that gets one value when the reader has been
// left alone for long enough; nil if it may be for ever.
func (f *feed) untilImpatient() (over <-chan time.Time, stop func() bool) {
	if f.patience <= 0 {
		return nil, func() bool { return true }
	}
	timer := time.NewTimer(f.patience)
	return timer.C, timer.Stop
}

// pauseReader lets the source off while nobody reads.
func (f *feed) pauseReader(ctx context.Context) error {
	if err := guard(func() error { return f.pauser.Pause(ctx) }); err != nil {
		return fmt.Errorf("pause %s: %w", f.o.Task.Split, err)
	}
	return nil
}
