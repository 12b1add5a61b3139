package pump

import (
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"weft/internal/umbilical"
	"weft/plugins"
)

// waits add up how long each side waited for the other, in nanoseconds.
type waits struct {
	reader atomic.Int64 // the reader for an empty batch: the writer is slower
	writer atomic.Int64 // the writer for a full batch: the reader is slower
}

// live is what the writing half tells the reporter. The mutex is taken once a
// batch.
type live struct {
	mu       sync.Mutex
	place    umbilical.Place // where the unit begins
	accepted umbilical.Place // see umbilical.Progress
	counters plugins.Counters
	dirty    map[plugins.RowCode]int64
	sample   string
}

// begin goes on with the unit that begins at a place. Place and counters change
// together, so that no report mixes two units.
func (l *live) begin(at umbilical.Place) {
	l.mu.Lock()
	l.place, l.counters = at, plugins.Counters{}
	l.mu.Unlock()
}

// settle notes that all units before the one being moved are accepted.
func (l *live) settle() {
	l.mu.Lock()
	l.accepted = l.place
	l.mu.Unlock()
}

// count replaces the counters of the unit.
func (l *live) count(c plugins.Counters) {
	l.mu.Lock()
	l.counters = c
	l.mu.Unlock()
}

// refuse counts one dirty row of the attempt; the first one is the sample.
func (l *live) refuse(code plugins.RowCode, sample func() string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.dirty == nil {
		l.dirty = make(map[plugins.RowCode]int64)
	}
	l.dirty[code]++
	if l.sample == "" {
		l.sample = sample()
	}
}

// reasons returns a copy of the codes counted, and the sample.
func (l *live) reasons() (map[plugins.RowCode]int64, string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return maps.Clone(l.dirty), l.sample
}

// progress is the report of this moment.
func (p *pump) progress() umbilical.Progress {
	codes, sample := p.live.reasons()
	p.live.mu.Lock()
	defer p.live.mu.Unlock()
	return umbilical.Progress{Stamp: p.stamp, Place: p.live.place, Accepted: p.live.accepted, Counters: p.live.counters,
		ReaderWait: time.Duration(p.waits.reader.Load()), WriterWait: time.Duration(p.waits.writer.Load()),
		Dirty: codes, Sample: sample}
}
