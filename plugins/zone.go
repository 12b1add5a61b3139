package plugins

import "time"

// zoneClock turns instants into the wall clock of a zone and back. It keeps
// the last interval of constant offset that it met: neighbouring rows are
// close in time, and asking package time costs more than the rest of the
// conversion. Not safe for concurrent use.
type zoneClock struct {
	zone *time.Location
	// from and until bound the instants, in microseconds, at which offset
	// holds; from is included, until is not. Equal while nothing is known.
	from, until int64
	offset      int64
}

// Far ends of time, for intervals without a bound; a day from the ends of
// int64, so that offsets can be added.
const (
	farPast   = -1<<63 + 2*microsPerDay
	farFuture = 1<<63 - 1 - 2*microsPerDay
)

// wall returns what a clock in the zone shows at the instant.
func (z *zoneClock) wall(instant int64) int64 {
	if instant < z.from || instant >= z.until {
		z.find(instant)
	}
	return instant + z.offset
}

// instant returns when a clock in the zone shows wall. A wall time that occurs
// twice means the first; ok is false for one that is skipped.
func (z *zoneClock) instant(wall int64) (instant int64, ok bool) {
	// A day after its start, no wall time of an interval can belong to the
	// interval before it as well.
	if t := wall - z.offset; t >= z.from+microsPerDay && t < z.until {
		return t, true
	}
	if wall < farPast+microsPerDay || wall > farFuture-microsPerDay {
		return 0, false
	}
	// The instant lies within a day of the wall time, whatever the offset:
	// walk the intervals of those two days from the first on.
	for z.find(wall - microsPerDay); ; z.find(z.until) {
		t := wall - z.offset
		if t >= z.from && t < z.until {
			return t, true
		}
		if z.until > wall+microsPerDay {
			return 0, false
		}
	}
}

// find moves to the interval that holds the instant.
func (z *zoneClock) find(instant int64) {
	t := time.UnixMicro(instant).In(z.zone)
	_, seconds := t.Zone()
	z.offset = int64(seconds) * microsPerSecond
	z.from, z.until = farPast, farFuture
	start, end := t.ZoneBounds()
	if !start.IsZero() {
		z.from = start.UnixMicro()
	}
	if !end.IsZero() {
		z.until = end.UnixMicro()
	}
	if z.until <= instant {
		// For years beyond the zone file package time works from its rule,
		// and lets the last interval of a leap year end a day early. No rule
		// changes the offset there.
		z.until = instant + 15*60*microsPerSecond
	}
}
