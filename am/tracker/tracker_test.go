package tracker

import (
	"testing"
	"time"

	"weft/am/sched"
	"weft/internal/umbilical"
	"weft/plugins"
)

func splitOf(state string, weight, read int64) sched.SplitStatus {
	return sched.SplitStatus{State: state, Weight: weight, Counters: plugins.Counters{RowsRead: read, RowsWritten: read}}
}

func TestPercent(t *testing.T) {
	for name, c := range map[string]struct {
		splits []sched.SplitStatus
		want   float64
	}{
		"no plan yet":            {nil, -1},
		"nothing known":          {[]sched.SplitStatus{splitOf("running", -1, 50), splitOf("waiting", -1, 0)}, -1},
		"one of two, no weights": {[]sched.SplitStatus{splitOf("done", -1, 50), splitOf("running", -1, 9)}, 50},
		"by weight":              {[]sched.SplitStatus{splitOf("done", 300, 300), splitOf("running", 100, 50)}, 87.5},
		"estimate too low":       {[]sched.SplitStatus{splitOf("running", 100, 5000)}, 99},
		"unknown beside known":   {[]sched.SplitStatus{splitOf("done", 100, 100), splitOf("waiting", -1, 0)}, 50},
		"all done":               {[]sched.SplitStatus{splitOf("done", 100, 7), splitOf("done", 0, 0)}, 100},
		"empty splits":           {[]sched.SplitStatus{splitOf("done", 0, 0), splitOf("waiting", 0, 0)}, 50},
	} {
		if got := percent(c.splits); got != c.want {
			t.Errorf("%s: %v %%, want %v", name, got, c.want)
		}
	}
}

func TestRatesAndRest(t *testing.T) {
	start := time.Unix(1000, 0)
	tr := New(Snapshot{RunID: "r", Attempt: 2, DirtyLimit: 7}, start)
	at := func(seconds int, rows int64) Snapshot {
		c := plugins.Counters{RowsRead: rows, RowsWritten: rows, BytesRead: rows * 100}
		tr.Report(umbilical.Progress{Stamp: umbilical.Stamp{Split: 0, Attempt: 1},
			WriterWait: time.Duration(seconds) * 800 * time.Millisecond, ReaderWait: time.Duration(seconds) * 50 * time.Millisecond})
		return tr.Observe(start.Add(time.Duration(seconds)*time.Second), "RUNNING", sched.Status{Live: c,
			Splits: []sched.SplitStatus{{State: "running", Weight: 100_000, Counters: c}}})
	}
	for s := range 21 {
		at(s, int64(s)*1000)
	}
	snap := at(21, 21_000)
	if snap.RowsPerSecond != 1000 || snap.BytesPerSecond != 100_000 {
		t.Errorf("%v rows/s %v bytes/s, want 1000 and 100000", snap.RowsPerSecond, snap.BytesPerSecond)
	}
	if snap.ETASeconds != 79 || snap.Percent != 21 {
		t.Errorf("%v %% with %d s to go, want 21 and 79", snap.Percent, snap.ETASeconds)
	}
	if snap.Bottleneck != "reader" || snap.WriterWait < 79 || snap.WriterWait > 81 || snap.ReaderWait < 4 || snap.ReaderWait > 6 {
		t.Errorf("reader waits %v %%, writer %v %%, so the %q is slow; want 5, 80, reader", snap.ReaderWait, snap.WriterWait, snap.Bottleneck)
	}
	if snap.Attempt != 2 || snap.DirtyLimit != 7 || snap.SplitsRunning != 1 {
		t.Errorf("snapshot %+v", snap)
	}
	// A rate is that of the last ten seconds, and never below zero.
	if snap = at(31, 21_000); snap.RowsPerSecond > 10 {
		t.Errorf("%v rows/s ten seconds after the last row", snap.RowsPerSecond)
	}
	if snap = at(32, 5000); snap.RowsPerSecond != 0 {
		t.Errorf("%v rows/s after a unit was given up", snap.RowsPerSecond)
	}
}
