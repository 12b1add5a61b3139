package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/term"

	"weft/am/tracker"
)

// Pauses between two looks at the progress.
const (
	blockPause = 500 * time.Millisecond // a live block on a terminal
	linePause  = 10 * time.Second       // lines on a pipe
	jsonPause  = time.Second            // JSON lines
)

// follower is what a progress can be asked of: the master here, or a remote
// one's status.
type follower interface{ Snapshot() tracker.Snapshot }

// announcer is a follower that says when there is something to show for the
// first time: before that its lines would all say the same.
type announcer interface{ First() <-chan struct{} }

// follow shows progress on standard error until the returned function is
// called, which waits for the last of it.
func (e *env) follow(of follower, how string) (stop func()) {
	if how == "none" {
		return func() {}
	}
	w := e.scrub.Writer(e.stderr)
	// Progress is not worth ending a run for: what cannot be written is left out.
	pause, show := linePause, func(s tracker.Snapshot) { _, _ = io.WriteString(w, progressLine(s)+"\n") }
	block := &liveBlock{w: w}
	switch file, isFile := e.stderr.(*os.File); {
	case how == "json":
		pause, show = jsonPause, func(s tracker.Snapshot) { progressJSON(w, s) }
	case isFile && term.IsTerminal(int(file.Fd())):
		pause, show = blockPause, block.show
	}
	if how != "json" { // there it stands in each line
		show = (&successions{w: w, block: block}).before(show)
	}
	var first <-chan struct{}
	if a, ok := of.(announcer); ok {
		first = a.First()
	}
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		ticker := time.NewTicker(pause)
		defer ticker.Stop()
		for {
			select {
			case <-first:
				first = nil
				ticker.Reset(pause)
				show(of.Snapshot())
			case <-ticker.C:
				show(of.Snapshot())
			case <-done:
				return
			}
		}
	}()
	return func() {
		close(done)
		<-ended
		if how == "json" {
			show(of.Snapshot())
		}
		block.clear()
	}
}

// successions tells of each ApplicationMaster that takes over from another one
// where it begins.
type successions struct {
	w     io.Writer
	block *liveBlock
	last  int64 // newest attempt known
}

// before returns show with what there is to tell before it.
func (n *successions) before(show func(tracker.Snapshot)) func(tracker.Snapshot) {
	return func(s tracker.Snapshot) {
		if s.Attempt > n.last && s.Beginning != "" {
			if n.last > 0 {
				n.block.clear()
				_, _ = fmt.Fprintf(n.w, "ApplicationMaster restarted: %s\n", s.Beginning) // as little worth ending a run for as progress
			}
			n.last = s.Attempt
		}
		show(s)
	}
}

// progressJSON prints one line; the splits one by one are left out.
func progressJSON(w io.Writer, s tracker.Snapshot) {
	s.Detail = nil
	line, err := json.Marshal(s)
	if err != nil {
		return // cannot be: a Snapshot always has a JSON form
	}
	_, _ = w.Write(append(line, '\n')) // progress is not worth ending a run for
}

// progressLine says all in one line.
func progressLine(s tracker.Snapshot) string {
	var b strings.Builder
	b.WriteString(s.State)
	if s.Percent < 0 {
		b.WriteString(" estimating")
	} else {
		fmt.Fprintf(&b, " %.1f%%", s.Percent)
	}
	fmt.Fprintf(&b, "  splits %d/%d (%d running)  rows %s", s.SplitsDone, s.Splits, s.SplitsRunning, short(s.RowsRead))
	if s.RowsDirty > 0 {
		fmt.Fprintf(&b, " (dirty %d%s)", s.RowsDirty, ofLimit(s.DirtyLimit))
	}
	fmt.Fprintf(&b, "  %s rows/s %s/s", short(int64(s.RowsPerSecond)), shortBytes(int64(s.BytesPerSecond)))
	fmt.Fprintf(&b, "  reader wait %.0f%% writer wait %.0f%%", s.ReaderWait, s.WriterWait)
	if s.Bottleneck != "" {
		fmt.Fprintf(&b, " -> %s-bound", s.Bottleneck)
	}
	if s.ETASeconds >= 0 {
		fmt.Fprintf(&b, "  eta %s", time.Duration(s.ETASeconds)*time.Second)
	}
	fmt.Fprintf(&b, "  attempt %d", s.Attempt)
	return b.String()
}

func ofLimit(limit int64) string {
	if limit < 0 {
		return ""
	}
	return fmt.Sprintf("/%d", limit)
}

// liveBlock redraws itself on a terminal.
type liveBlock struct {
	w     io.Writer
	lines int
}

func (l *liveBlock) show(s tracker.Snapshot) {
	l.clear()
	const width = 30
	full := int(max(s.Percent, 0) / 100 * width)
	text := fmt.Sprintf("[%s%s] %s\n%s\n", strings.Repeat("#", full), strings.Repeat(".", width-full), s.RunID, progressLine(s))
	l.lines = strings.Count(text, "\n")
	_, _ = io.WriteString(l.w, text) // progress is not worth ending a run for
}

// clear takes the block away.
func (l *liveBlock) clear() {
	if l.lines > 0 {
		_, _ = fmt.Fprintf(l.w, "\x1b[%dA\x1b[J", l.lines) // nor is its removal
	}
	l.lines = 0
}

// short writes a count with three digits: 12.8M.
func short(n int64) string {
	x, unit := float64(n), ""
	for _, u := range []string{"k", "M", "G", "T"} {
		if x < 1000 {
			break
		}
		x, unit = x/1000, u
	}
	if unit == "" {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%.3g%s", x, unit)
}

// shortBytes writes a size in decimal units.
func shortBytes(n int64) string {
	if n < 1000 {
		return fmt.Sprintf("%d B", n)
	}
	text := short(n)
	return text[:len(text)-1] + " " + text[len(text)-1:] + "B"
}
