package sched

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"weft/internal/job"
	"weft/plugins"
)

// live adds up the counters of the units being moved.
func (m *Machine) live() plugins.Counters {
	var sum plugins.Counters
	for _, s := range m.splits {
		if s.attempt != nil {
			sum.Add(s.attempt.live)
		}
	}
	return sum
}

// checkLimit gives the run up when there are too many dirty rows, those of
// running attempts included.
func (m *Machine) checkLimit() {
	if m.phase != running {
		return
	}
	sum := m.accepted
	sum.Add(m.live())
	if text := exceeded(m.config.Limit, sum, m.allDone()); text != "" {
		// What is known of the rows is added at the end: attempts that drain
		// still tell.
		m.give(job.StateFailed, Why{Reason: job.ReasonErrorLimit, Cause: text}, m.config.DrainDeadline)
	}
}

// exceeded says which limit does not hold; "" if all do.
//
// A share of the rows read counts from minSample rows on, and at the end. The
// old dialects keep their rules: percentage 0 of FlinkX fails at the first
// dirty row, and DataX looks at it only at the end.
func exceeded(limit job.ErrorLimit, c plugins.Counters, end bool) string {
	if limit.Record >= 0 && c.RowsDirty > limit.Record {
		return fmt.Sprintf("%d dirty rows, more than errorLimit.record %d", c.RowsDirty, limit.Record)
	}
	if limit.Percentage < 0 || c.RowsDirty == 0 {
		return ""
	}
	enough := end || c.RowsRead >= minSample || limit.Percentage == 0
	if limit.Dialect == plugins.DialectDataX {
		enough = end
	}
	share := 100 * float64(c.RowsDirty) / float64(max(c.RowsRead, 1))
	if !enough || share <= limit.Percentage {
		return ""
	}
	return fmt.Sprintf("%d of %d rows are dirty (%.4g %%), more than errorLimit.percentage %g",
		c.RowsDirty, c.RowsRead, share, limit.Percentage)
}

// reasons count dirty rows by code, with one example.
type reasons struct {
	codes  map[plugins.RowCode]int64
	sample string
}

func (r *reasons) add(codes map[plugins.RowCode]int64, sample string) {
	if len(codes) > 0 && r.codes == nil {
		r.codes = map[plugins.RowCode]int64{}
	}
	for code, n := range codes {
		r.codes[code] += n
	}
	if r.sample == "" {
		r.sample = sample
	}
}

// reasons adds up those of ended and of running attempts.
func (m *Machine) reasons() *reasons {
	all := &reasons{}
	all.add(m.top.codes, m.top.sample)
	for _, s := range m.splits {
		if s.attempt != nil {
			all.add(s.attempt.dirty, s.attempt.sample)
		}
	}
	return all
}

// Dirty returns how many dirty rows this generation has seen by their code, and
// one of them in words. The rows of attempts that were redone count each time.
func (m *Machine) Dirty() (map[plugins.RowCode]int64, string) {
	all := m.reasons()
	return all.codes, all.sample
}

// String names the five most frequent codes: "; overflow 3, null 1; for example ...".
func (r *reasons) String() string {
	if len(r.codes) == 0 {
		return ""
	}
	codes := slices.SortedFunc(maps.Keys(r.codes), func(a, b plugins.RowCode) int {
		return cmp.Or(cmp.Compare(r.codes[b], r.codes[a]), cmp.Compare(a, b))
	})
	var parts []string
	for _, code := range codes[:min(len(codes), 5)] {
		parts = append(parts, fmt.Sprintf("%s %d", code, r.codes[code]))
	}
	text := "; " + strings.Join(parts, ", ")
	if r.sample != "" {
		text += "; for example " + r.sample
	}
	return text
}
