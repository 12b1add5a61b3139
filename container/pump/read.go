package pump

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"weft/plugins"
)

// feed is the reading half of a cycle: it owns the reader until its run method
// returns.
//
// Batches go round: free -> Read -> full -> (the writing half) -> free. full is
// closed by run, after err is set; free is never closed.
type feed struct {
	o       *Options
	waits   *waits
	watch   *watch
	from    plugins.Position // where the cycle starts
	careful int64            // batches of one row up to this many rows

	free chan *plugins.Batch
	full chan *plugins.Batch
	err  error // why full was closed: errEnd at the end of the split

	over bool // the writing side has seen full closed

	idle     []*plugins.Batch // taken from free, not in use
	underWay int              // batches sent and not yet back
	bytes    int64            // of the batches under way
	rows     int64            // delivered in this cycle
	began    bool             // a batch was delivered
	pause    pauser
	pauser   plugins.Pauser // the open reader, if it can pause
	patience time.Duration  // how long it may be left alone; 0 for ever
}

func newFeed(o *Options, w *waits, watch *watch) *feed {
	f := &feed{o: o, waits: w, watch: watch,
		free:  make(chan *plugins.Batch, o.Batches),
		full:  make(chan *plugins.Batch, o.Batches),
		pause: pauser{first: o.RetryPause, most: o.Retries}}
	for range o.Batches {
		f.idle = append(f.idle, &plugins.Batch{})
	}
	return f
}

// errEnd says that the reader has told the end of its split, with io.EOF itself.
// Errors that only wrap io.EOF are those of a connection that ended: taking one
// for the end of the split would lose the rest of its rows, so nothing but
// identity counts, and this value never wraps.
var errEnd = errors.New("end of the split")

// run reads until the split is exhausted, ctx ends or an error is final.
func (f *feed) run(ctx context.Context) {
	defer close(f.full)
	at := f.from
	for {
		err := f.readFrom(ctx, &at)
		if err == errEnd {
			f.err = err
			return
		}
		err = errors.Join(err, f.o.Ends.GiveUpReader(err))
		if plugins.ClassOf(err) != plugins.Transient || ctx.Err() != nil || !f.canReopen(at) {
			f.err = err
			return
		}
		f.o.Log.Warn("reader interrupted", "split", f.o.Task.Split.ID, "err", err)
		f.watch.enter(&f.watch.reader, retrying)
		if err := f.pause.wait(ctx, err); err != nil {
			f.err = err
			return
		}
	}
}

// canReopen says that reading can go on at a position without repeating rows.
func (f *feed) canReopen(at plugins.Position) bool { return !f.began || at != "" }

// readFrom opens the reader and reads; *at follows the rows delivered. It returns
// why it stopped: errEnd at the end of the split.
func (f *feed) readFrom(ctx context.Context, at *plugins.Position) error {
	reader, err := f.o.Ends.Reader(ctx)
	if err != nil {
		return err
	}
	split := f.o.Task.Split
	f.watch.reader.closing(reader.Close)
	f.watch.enter(&f.watch.reader, opening)
	if err := guard(func() error { return reader.Open(ctx, split, *at) }); err != nil {
		return fmt.Errorf("open %s: %w", split, err)
	}
	f.watch.progress(&f.watch.reader)
	f.setPatience(reader)
	for {
		b, err := f.take(ctx)
		if err != nil {
			return err
		}
		if err := f.fill(ctx, reader, b); err != nil {
			f.idle = append(f.idle, b)
			return err
		}
		*at = b.Position
		f.send(b)
	}
}

// fill reads one batch and waits for the time it is allowed to take.
func (f *feed) fill(ctx context.Context, reader plugins.Reader, b *plugins.Batch) error {
	f.shape(b)
	split := f.o.Task.Split
	f.watch.enter(&f.watch.reader, reading)
	switch err := guard(func() error { return reader.Read(ctx, b) }); {
	case err == io.EOF && b.RowsRead() == 0:
		return f.settle(ctx)
	case err == io.EOF:
		return broken("read %s: io.EOF together with %d rows", split, b.RowsRead())
	case err != nil:
		return fmt.Errorf("read %s: %w", split, err)
	}
	f.pause.progress()
	f.watch.progress(&f.watch.reader)
	return f.rest(ctx, f.o.Limiter.Book(b.BytesRead, b.RowsRead()))
}

// settle ends the split when the time is over that its last batch is allowed to
// take; the reader has nothing more to keep awake.
func (f *feed) settle(ctx context.Context) error {
	owed := f.o.Limiter.Owed()
	if owed <= 0 {
		return errEnd
	}
	f.watch.enter(&f.watch.reader, limited)
	timer := time.NewTimer(owed)
	defer timer.Stop()
	select {
	case <-timer.C:
		return errEnd
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (f *feed) send(b *plugins.Batch) {
	f.began = true
	f.rows += int64(b.Rows)
	f.underWay++
	f.bytes += b.BytesRead
	f.full <- b // never blocks: it has room for all batches
}

// shape empties a batch and sets its limits.
func (f *feed) shape(b *plugins.Batch) {
	b.Reset(f.o.Task.Columns)
	b.MaxRows, b.MaxBytes = f.o.Limiter.Batch(f.o.BatchRows, f.o.BatchBytes)
	if f.rows < f.careful {
		b.MaxRows = 1
	}
}

// take returns a batch to fill, once there is one and the budget allows it.
func (f *feed) take(ctx context.Context) (*plugins.Batch, error) {
	for f.back(); len(f.idle) == 0 || f.underWay > 0 && f.bytes >= f.o.BudgetBytes; f.back() {
		if err := f.awaitRoom(ctx); err != nil {
			return nil, err
		}
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	b := f.idle[len(f.idle)-1]
	f.idle = f.idle[:len(f.idle)-1]
	return b, nil
}

// back takes in every batch that has come back.
func (f *feed) back() {
	for {
		select {
		case b := <-f.free:
			f.accept(b)
		default:
			return
		}
	}
}

func (f *feed) accept(b *plugins.Batch) {
	f.idle = append(f.idle, b)
	f.underWay--
	f.bytes -= b.BytesRead
}

// got notes on the writing side that full was closed.
func (f *feed) got(b *plugins.Batch, ok bool) *plugins.Batch {
	f.over = f.over || !ok
	return b
}

// ended says, on the writing side, that no batch will come any more; err tells
// why.
func (f *feed) ended() bool { return f.over }
