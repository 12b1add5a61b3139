// Package tracker turns what the scheduler and the reports say into what people
// ask: how far is it, how fast, which side waits for which, when will it end.
//
// A Tracker is fed by the master, with a sched.Status at each tick and with each
// report, and gives a Snapshot: plain data with stable JSON keys, the same for
// the progress line, `--progress json` and /api/v1/status.
//
// Percent counts finished splits by their estimated rows, and of running ones
// the rows moved so far. It never says 100 before all splits are done. Rates are
// those of the last ten seconds.
//
//	t := tracker.New(tracker.Snapshot{RunID: "r1", Job: "orders"}, time.Now())
//	t.Report(progress)
//	snapshot := t.Observe(time.Now(), "RUNNING", machine.Status())
package tracker

import (
	"time"

	"weft/am/sched"
	"weft/internal/umbilical"
	"weft/plugins"
)

// window is how far back rates look.
const window = 10 * time.Second

// Snapshot is the state of a run at one moment.
type Snapshot struct {
	RunID string `json:"run_id"`
	Job   string `json:"job"`
	State string `json:"state"`
	// Percent is 0 to 100; -1 while it cannot be estimated.
	Percent float64 `json:"percent"`
	// Splits of the plan, those done and those running.
	Splits        int `json:"splits"`
	SplitsDone    int `json:"splits_done"`
	SplitsRunning int `json:"splits_running"`
	Containers    int `json:"containers"`
	// The counters are of accepted units and of those being moved.
	plugins.Counters
	// DirtyLimit is the largest tolerated number of dirty rows; -1 for none.
	DirtyLimit int64 `json:"dirty_limit"`
	// The rates are rows and source bytes a second.
	RowsPerSecond  float64 `json:"rows_per_second"`
	BytesPerSecond float64 `json:"bytes_per_second"`
	// The waits are the share of time that readers waited for writers, and
	// writers for readers, in percent; Bottleneck is "reader" or "writer",
	// the one that is waited for, or empty.
	ReaderWait float64 `json:"reader_wait_percent"`
	WriterWait float64 `json:"writer_wait_percent"`
	Bottleneck string  `json:"bottleneck"`
	// ETASeconds is the estimated rest; -1 if unknown.
	ETASeconds int64 `json:"eta_seconds"`
	// Attempt is the generation.
	Attempt int64 `json:"attempt"`
	// Beginning says where this generation began, and why; empty until it is
	// known.
	Beginning string `json:"beginning"`
	// Elapsed is the time since this generation began, in seconds.
	ElapsedSeconds float64 `json:"elapsed_seconds"`
	// Detail is each split; left out of progress lines.
	Detail []Split `json:"splits_detail,omitempty"`
}

// Split is one split of a Snapshot.
type Split struct {
	ID        int    `json:"id"`
	State     string `json:"state"`
	Attempt   int    `json:"attempt"`
	Container string `json:"container,omitempty"`
	Failures  int    `json:"failures,omitempty"`
	Cause     string `json:"cause,omitempty"`
	plugins.Counters
}

// Tracker follows one run. It belongs to the master's goroutine.
type Tracker struct {
	begin   Snapshot // what never changes
	start   time.Time
	samples []sample
	waits   map[int]wait // by split, of running attempts
	done    wait         // of ended ones
}

// sample is one point of the curve of progress.
type sample struct {
	at      time.Time
	c       plugins.Counters
	percent float64
	waits   wait
}

// wait adds up how long both sides waited.
type wait struct {
	attempt        int
	reader, writer time.Duration
}

// New returns a Tracker. fixed carries RunID, Job, Attempt and DirtyLimit.
func New(fixed Snapshot, now time.Time) *Tracker {
	return &Tracker{begin: fixed, start: now, waits: map[int]wait{}}
}

// Report takes in how long the sides of an attempt have waited.
func (t *Tracker) Report(p umbilical.Progress) {
	old := t.waits[p.Split]
	if old.attempt != p.Attempt {
		t.done.reader += old.reader
		t.done.writer += old.writer
	}
	t.waits[p.Split] = wait{attempt: p.Attempt, reader: p.ReaderWait, writer: p.WriterWait}
}

// Observe returns the snapshot of this moment. state is the run's state in
// words; now must not go back.
func (t *Tracker) Observe(now time.Time, state string, s sched.Status) Snapshot {
	snap := t.begin
	snap.State, snap.Containers = state, s.Containers
	snap.Counters = s.Accepted
	snap.Add(s.Live)
	snap.Splits = len(s.Splits)
	snap.ElapsedSeconds = now.Sub(t.start).Seconds()
	for _, split := range s.Splits {
		switch split.State {
		case "done":
			snap.SplitsDone++
		case "running":
			snap.SplitsRunning++
		}
		snap.Detail = append(snap.Detail, Split{ID: split.ID, State: split.State, Attempt: split.Attempt,
			Container: split.Container, Failures: split.Failures, Cause: split.Cause, Counters: split.Counters})
	}
	snap.Percent = percent(s.Splits)
	t.rates(&snap, now)
	return snap
}

// percent estimates how much is moved. Splits without an estimate weigh what
// the others weigh on the average.
func percent(splits []sched.SplitStatus) float64 {
	if len(splits) == 0 {
		return -1
	}
	var known, sum int64
	for _, s := range splits {
		if s.Weight >= 0 {
			known++
			sum += s.Weight
		}
	}
	average := 1.0
	if known > 0 && sum > 0 {
		average = float64(sum) / float64(known)
	}
	var total, moved float64
	open := false
	for _, s := range splits {
		weight := average
		if s.Weight >= 0 {
			weight = max(float64(s.Weight), average/1000)
		}
		total += weight
		switch {
		case s.State == "done":
			moved += weight
		case s.Weight > 0:
			open = true
			moved += min(float64(s.Counters.RowsRead), 0.99*weight)
		default:
			open = true
		}
	}
	if open {
		if known == 0 && moved == 0 {
			return -1
		}
		return min(100*moved/total, 99.9)
	}
	return 100
}

// rates fills in what needs two moments.
func (t *Tracker) rates(snap *Snapshot, now time.Time) {
	here := sample{at: now, c: snap.Counters, percent: snap.Percent, waits: t.done}
	for _, w := range t.waits {
		here.waits.reader += w.reader
		here.waits.writer += w.writer
	}
	t.samples = append(t.samples, here)
	for len(t.samples) > 2 && now.Sub(t.samples[1].at) >= window {
		t.samples = t.samples[1:]
	}
	from := sample{at: t.start}
	if len(t.samples) > 1 {
		from = t.samples[0]
	}
	snap.ETASeconds = -1
	seconds := now.Sub(from.at).Seconds()
	if seconds <= 0 {
		return
	}
	// A redone unit takes its live rows back: no negative rates.
	snap.RowsPerSecond = max(float64(here.c.RowsRead-from.c.RowsRead)/seconds, 0)
	snap.BytesPerSecond = max(float64(here.c.BytesRead-from.c.BytesRead)/seconds, 0)
	slots := float64(max(snap.SplitsRunning, 1))
	snap.ReaderWait = share(here.waits.reader-from.waits.reader, seconds*slots)
	snap.WriterWait = share(here.waits.writer-from.waits.writer, seconds*slots)
	switch {
	case snap.WriterWait > snap.ReaderWait+10:
		snap.Bottleneck = "reader"
	case snap.ReaderWait > snap.WriterWait+10:
		snap.Bottleneck = "writer"
	}
	if speed := (here.percent - max(from.percent, 0)) / seconds; here.percent >= 0 && speed > 0 {
		snap.ETASeconds = int64((100-here.percent)/speed + 0.5)
	}
}

func share(d time.Duration, seconds float64) float64 {
	return min(max(100*d.Seconds()/seconds, 0), 100)
}
