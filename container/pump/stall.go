package pump

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"weft/plugins"
)

// stallGrace is how long a call may go on after its context was cancelled before
// its end is closed under it.
const stallGrace = 30 * time.Second

// looksPerStall is how often the watchdog looks within the time of a stall.
const looksPerStall = 20

// activity is what one half of a pump is doing.
type activity int32

const (
	working activity = iota
	opening
	reading
	writing
	sealing
	rereading
	settingAside
	awaitingRoom
	awaitingRows
	awaitingAnswer
	limited
	held
	retrying
)

// String says it to people.
func (a activity) String() string {
	names := [...]string{"working", "in Open", "in Read", "in Write", "in Seal", "reading a unit back", "writing dirty rows",
		"waiting for a batch that the writer is done with", "waiting for rows of the reader", "waiting for the master's answer",
		"waiting for the speed limit", "held by the master", "pausing after an error"}
	if int(a) < len(names) {
		return names[a]
	}
	return fmt.Sprintf("activity(%d)", int32(a))
}

// excused says that waiting so is nobody's stall: others watch over it.
func (a activity) excused() bool { return a >= awaitingAnswer }

// half is one half of a pump as the watchdog sees it.
type half struct {
	now   atomic.Int32 // activity
	since atomic.Int64 // ns since the watch began
	end   atomic.Pointer[func() error]
}

// watch finds out that nothing moves any more. It begins with the attempt.
//
//	no batch read or written, nothing sealed for limit, and neither half waits
//	for the master, the speed limit or a retry
//	   -> say what waits for what, cancel what is under way (transient)
//	   -> still there after stallGrace: close the end that hangs
type watch struct {
	limit          time.Duration
	start          time.Time
	moved          atomic.Int64 // when something moved last, ns since start
	reader, writer half
}

func newWatch(limit time.Duration) *watch { return &watch{limit: limit, start: time.Now()} }

// enter notes what a half does from now on. Time that was excused is over with
// it, and the count begins anew.
func (w *watch) enter(h *half, a activity) {
	now := int64(time.Since(w.start))
	if activity(h.now.Load()).excused() {
		w.moved.Store(now)
	}
	h.since.Store(now)
	h.now.Store(int32(a))
}

// progress notes that something moved.
func (w *watch) progress(h *half) {
	w.moved.Store(int64(time.Since(w.start)))
	w.enter(h, working)
}

// stalled says for how long nothing has moved, if that is too long.
func (w *watch) stalled() (time.Duration, bool) {
	if activity(w.reader.now.Load()).excused() || activity(w.writer.now.Load()).excused() {
		return 0, false
	}
	still := time.Since(w.start) - time.Duration(w.moved.Load())
	return still, still > w.limit
}

// say describes a half.
func (w *watch) say(h *half) string {
	since := time.Since(w.start) - time.Duration(h.since.Load())
	return fmt.Sprintf("%s since %s", activity(h.now.Load()), since.Round(time.Millisecond))
}

// closing has a half closed by end if it hangs.
func (h *half) closing(end func() error) { h.end.Store(&end) }

// hangs says that the half is inside of a plugin.
func (h *half) hangs() bool {
	a := activity(h.now.Load())
	return a >= opening && a <= rereading
}

// watchOver looks until ctx ends. When nothing moves it calls breakOff, and if
// over is not closed soon after, it closes the ends that hang.
func (p *pump) watchOver(ctx context.Context, f *feed, breakOff context.CancelCauseFunc, over <-chan struct{}) {
	ticker := time.NewTicker(max(p.watch.limit/looksPerStall, time.Millisecond))
	defer ticker.Stop()
	for {
		select {
		case <-over:
			return
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		still, stalled := p.watch.stalled()
		if !stalled {
			continue
		}
		reader, writer := p.watch.say(&p.watch.reader), p.watch.say(&p.watch.writer)
		p.o.Log.Error("nothing moves", "split", p.stamp.Split, "for", still.Round(time.Millisecond),
			"reader", reader, "writer", writer, "batches_full", len(f.full), "batches_free", len(f.free))
		breakOff(&plugins.Error{Class: plugins.Transient, Reason: plugins.ReasonTimeout, Op: "move " + p.o.Task.Split.String(),
			Hint: "stallAfter says how long nothing may move",
			Err:  fmt.Errorf("nothing moved for %s: the reader was %s, the writer was %s", still.Round(time.Millisecond), reader, writer)})
		p.closeWhatHangs(over)
		return
	}
}

// closeWhatHangs closes the ends that did not heed their context.
func (p *pump) closeWhatHangs(over <-chan struct{}) {
	timer := time.NewTimer(stallGrace)
	defer timer.Stop()
	select {
	case <-over:
		return
	case <-timer.C:
	}
	for _, h := range []*half{&p.watch.reader, &p.watch.writer} {
		if end := h.end.Load(); end != nil && h.hangs() {
			p.o.Log.Error("closed under a call that did not end", "split", p.stamp.Split, "doing", p.watch.say(h), "err", guard(*end))
		}
	}
}
