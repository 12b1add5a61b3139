package sched

import (
	"fmt"
	"slices"

	"weft/internal/job"
	"weft/internal/umbilical"
	"weft/plugins"
)

// current returns the split and its running attempt that a stamp speaks for, or
// nil if the stamp is stale.
func (m *Machine) current(st umbilical.Stamp) (*split, *attempt) {
	s := m.byID[st.Split]
	if s == nil || s.attempt == nil || st.Run != m.config.Run || st.Generation != s.attempt.generation ||
		st.Attempt != s.attempt.number || st.Container != s.attempt.container {
		return nil, nil
	}
	s.attempt.heard = m.now
	m.hearContainer(st.Container)
	return s, s.attempt
}

func (m *Machine) wants(ev Wants) {
	if ev.Run != m.config.Run || !m.hearContainer(ev.Container) && !m.gathering() {
		m.emit(Leave{ID: ev.ID})
		return
	}
	m.parked = append(m.parked, parked{id: ev.ID, want: ev.Want, since: m.now})
}

// serve answers the calls of Next that can be answered.
func (m *Machine) serve() {
	waiting := m.parked
	m.parked = nil
	for _, p := range waiting {
		c := m.containers[p.want.Container]
		switch s := m.nextSplit(); {
		case m.phase == finished && m.ending.Why.Reason == plugins.ReasonFenced:
			m.parked = append(m.parked, p) // a successor will answer
		case c == nil && !m.gathering() || c != nil && c.leaving || m.directive("") != umbilical.GoOn:
			m.emit(Leave{ID: p.id})
		case m.phase == running && s != nil && m.running() < m.config.Slots:
			m.assign(p, s)
		case m.now.Sub(p.since) >= m.config.Poll:
			m.emit(Wait{ID: p.id})
		default:
			m.parked = append(m.parked, p)
		}
	}
}

// sharers is the number of slots that have or will have work.
func (m *Machine) sharers() int { return min(m.open(), m.config.Slots) }

// open is the number of unfinished splits.
func (m *Machine) open() int {
	n := 0
	for _, s := range m.splits {
		if !s.Done {
			n++
		}
	}
	return n
}

// nextSplit returns the first split that may be given out now.
func (m *Machine) nextSplit() *split {
	for _, s := range m.splits {
		if !s.Done && s.attempt == nil && !s.journalling && !m.now.Before(s.notBefore) {
			return s
		}
	}
	return nil
}

func (m *Machine) assign(p parked, s *split) {
	s.Attempts++
	s.attempt = &attempt{generation: m.config.Generation, number: s.Attempts, container: p.want.Container,
		heard: m.now, since: m.now}
	m.emit(Assign{ID: p.id, Split: s.ID, Attempt: s.Attempts, From: s.From, Sequence: s.Next, Sharers: m.sharers()})
}

func (m *Machine) reported(ev Reported) {
	s, a := m.current(ev.Stamp)
	if s == nil && m.claimable(ev.Stamp) {
		m.claim(ev)
		m.emit(Instruct{ID: ev.ID, Directive: umbilical.GoOn, Sharers: m.config.Slots})
		return
	}
	if s == nil {
		m.emit(Instruct{ID: ev.ID, Directive: umbilical.Stop})
		return
	}
	// A report that crossed with the acceptance of its unit would count it
	// twice.
	if ev.Unit >= s.Next {
		a.live = ev.Counters
	}
	if ev.Dirty != nil {
		a.dirty, a.sample = ev.Dirty, ev.Sample
	}
	m.checkLimit()
	m.emit(Instruct{ID: ev.ID, Directive: m.directive(ev.Container), Sharers: m.sharers()})
}

func (m *Machine) offered(ev Offered) {
	s, _ := m.current(ev.Stamp)
	u := ev.Manifest
	switch {
	case s == nil && m.claimable(ev.Stamp), s != nil && m.phase == fencing:
		m.emit(Judge{ID: ev.ID, Verdict: umbilical.NotYet}) // who goes on is being settled
	case s == nil || u.Split != s.ID || m.phase != running && m.phase != draining:
		m.emit(Judge{ID: ev.ID, Verdict: umbilical.Fenced})
	case u.Sequence < s.Next: // its answer was lost
		m.emit(Judge{ID: ev.ID, Verdict: umbilical.Accepted})
	case u.Sequence > s.Next, s.Done, !u.Counters.Conserved():
		m.emit(Judge{ID: ev.ID, Verdict: umbilical.Fenced})
		m.failed(s, fmt.Sprintf("attempt %d offered unit %d, %+v, where unit %d was due",
			s.attempt.number, u.Sequence, u.Counters, s.Next))
	case s.journalling:
		s.offers = append(s.offers, ev.ID)
	case !m.inWindow():
		m.emit(Judge{ID: ev.ID, Verdict: umbilical.NotYet})
	default:
		s.journalling = true
		s.offers = []uint64{ev.ID}
		m.emit(Accept{Manifest: u})
		s.pending = u
	}
}

func (m *Machine) journalled(ev Journalled) {
	s := m.byID[ev.Split]
	if s == nil || !s.journalling || ev.Sequence != s.pending.Sequence {
		return
	}
	u := s.pending
	s.journalling, s.pending = false, plugins.Manifest{}
	s.Next, s.From, s.Done = u.Sequence+1, u.Position, u.Last
	s.Counters.Add(u.Counters)
	m.accepted.Add(u.Counters)
	s.lost, m.barren = 0, 0
	if s.attempt != nil {
		s.attempt.live = plugins.Counters{}
		s.attempt.heard, s.attempt.since = m.now, m.now
	}
	for _, id := range s.offers {
		m.emit(Judge{ID: id, Verdict: umbilical.Accepted})
	}
	s.offers = nil
	m.checkLimit()
}

func (m *Machine) ended(ev Ended) {
	s, a := m.current(ev.Stamp)
	if s == nil {
		m.leave(ev.Stamp)
		m.emit(Instruct{ID: ev.ID, Directive: umbilical.Stop})
		return
	}
	if ev.Dirty == nil { // what it reported before
		ev.Dirty, ev.Sample = a.dirty, a.sample
	}
	m.top.add(ev.Dirty, ev.Sample)
	s.attempt = nil
	switch {
	case ev.Outcome == umbilical.OutcomeFailed && ev.Class == plugins.Fatal:
		s.cause = ev.Cause
		m.give(job.StateFailed, Why{Reason: ev.Reason, Cause: fmt.Sprintf("split %d: %s", s.ID, ev.Cause), Hint: ev.Hint},
			m.config.DrainDeadline)
	case ev.Outcome == umbilical.OutcomeFailed && ev.Class == plugins.Lost:
		s.attempt = a
		m.lost(s, ev.Cause)
	case ev.Outcome == umbilical.OutcomeFailed:
		s.attempt = a
		m.failedFor(s, Why{Reason: ev.Reason, Cause: ev.Cause, Hint: ev.Hint})
	case ev.Outcome == umbilical.OutcomeDone && !s.Done:
		s.attempt = a
		m.failed(s, "the attempt says done, its last unit was never accepted")
	}
	m.emit(Instruct{ID: ev.ID, Directive: m.directive(ev.Container), Sharers: m.sharers()})
}

// failed ends an attempt that its container took along.
func (m *Machine) failed(s *split, cause string) {
	m.failedFor(s, Why{Reason: job.ReasonAttempts, Cause: cause})
}

func (m *Machine) failedFor(s *split, why Why) {
	number := s.attempt.number
	s.attempt = nil
	if s.Done {
		return
	}
	s.Failures++
	s.lost, s.cause = 0, why.Cause
	m.rest(s)
	m.emit(Spend{Split: s.ID, Attempt: number, Cause: why.Cause})
	if s.Failures >= m.config.MaxAttempts {
		why.Cause = fmt.Sprintf("split %d failed %d times, the last time: %s", s.ID, s.Failures, why.Cause)
		m.give(job.StateFailed, why, m.config.DrainDeadline)
	}
}

// lost ends an attempt whose container or peer went away: not its fault, unless
// it happens again and again.
func (m *Machine) lost(s *split, cause string) {
	if s.lost++; s.lost >= lostPerFailure {
		m.failed(s, fmt.Sprintf("lost %d times in a row, the last time: %s", s.lost, cause))
		return
	}
	s.attempt, s.cause = nil, cause
}

// rest keeps a split that failed from being given out at once again.
func (m *Machine) rest(s *split) {
	pause := m.config.RetryPause << min(s.Failures-1, 10)
	s.notBefore = m.now.Add(min(pause, maxPause))
}

// running attempts of a container, in the order of splits.
func (m *Machine) attemptsOf(container string) []*split {
	return slices.DeleteFunc(slices.Clone(m.splits), func(s *split) bool {
		return s.attempt == nil || s.attempt.container != container
	})
}
