package sched

import (
	"fmt"
	"slices"
	"time"

	"weft/internal/job"
	"weft/internal/umbilical"
	"weft/plugins"
)

// Machine is the brain of the ApplicationMaster. It is not safe for concurrent
// use: one goroutine steps it.
type Machine struct {
	config Config
	now    time.Time // of the event being stepped
	out    []Effect  // its effects so far

	phase       phase
	fenced      int64           // see Planned
	spared      []job.AttemptID // see Planned
	claims      map[job.AttemptID]claim
	attachUntil time.Time // when survivors have come too late
	splits      []*split  // in the order in which they are given out
	byID        map[int]*split
	containers  map[string]*container
	order       []string // ids of containers, in the order of their grants
	parked      []parked
	asked       int              // containers asked for, as last told
	contact     time.Time        // when the ResourceManager last answered
	accepted    plugins.Counters // of all accepted units
	nodes       map[string]int   // containers that failed, by node
	excluded    map[string]bool  // nodes
	barren      int              // containers that failed since a unit was accepted
	ending      Finish           // what draining leads to
	drainUntil  time.Time        // when draining ends at the latest
	top         reasons          // dirty rows of ended attempts by code
}

// New returns a Machine in the phase of planning.
func New(c Config) *Machine {
	return &Machine{config: c.withDefaults(), phase: planning, byID: map[int]*split{},
		containers: map[string]*container{}, claims: map[job.AttemptID]claim{}, nodes: map[string]int{}, excluded: map[string]bool{}}
}

// Step takes one event in and returns what is to be done, in order. now must
// not go back.
func (m *Machine) Step(now time.Time, ev Event) []Effect {
	m.now, m.out = now, nil
	switch ev := ev.(type) {
	case Planned:
		m.planned(ev)
	case Granted:
		m.granted(ev)
	case Kept:
		m.kept(ev)
	case Fenced:
		m.targetsFenced()
	case Preempting:
		m.preempting(ev)
	case StartFailed:
		m.startFailed(ev)
	case Gone:
		m.gone(ev)
	case Wants:
		m.wants(ev)
	case Reported:
		m.reported(ev)
	case Offered:
		m.offered(ev)
	case Ended:
		m.ended(ev)
	case Journalled:
		m.journalled(ev)
	case Contact:
		m.heardOfManager()
	case Tick:
		m.tick()
	case Kill:
		m.kill(ev)
	case Broken:
		m.broken(ev)
	case Committed:
		m.committed()
	case CommitFailed:
		m.commitFailed(ev)
	}
	m.settle()
	return m.out
}

func (m *Machine) emit(e Effect) { m.out = append(m.out, e) }

// settle draws the consequences that do not depend on which event it was.
func (m *Machine) settle() {
	m.attach()
	// The attempts of done splits are about to end, and what they say of their
	// dirty rows belongs into the result.
	if m.phase == running && m.allDone() && m.running() == 0 && m.inWindow() {
		m.phase = committing
		m.emit(Commit{})
	}
	if m.phase == draining && (m.running() == 0 || !m.now.Before(m.drainUntil)) && m.quiet() {
		m.finish(m.ending)
	}
	m.serve()
	m.wish()
}

// quiet says that no unit is on its way into the journal.
func (m *Machine) quiet() bool {
	return !slices.ContainsFunc(m.splits, func(s *split) bool { return s.journalling })
}

func (m *Machine) allDone() bool { return m.open() == 0 }

func (m *Machine) running() int {
	n := 0
	for _, s := range m.splits {
		if s.attempt != nil {
			n++
		}
	}
	return n
}

// inWindow says that the ResourceManager was heard of recently enough to be
// sure that this is still its current master.
func (m *Machine) inWindow() bool { return m.now.Sub(m.contact) <= m.config.CommitWindow }

func (m *Machine) planned(ev Planned) {
	if m.phase != planning {
		return
	}
	m.phase = attaching
	m.attachUntil = m.now.Add(m.config.Attach)
	m.fenced, m.spared = ev.Fenced, ev.Spared
	for _, start := range ev.Splits {
		s := &split{Start: start}
		m.splits = append(m.splits, s)
		m.byID[s.ID] = s
		m.accepted.Add(s.Counters)
	}
	slices.SortStableFunc(m.splits, func(a, b *split) int { return int(sign(b.Weight - a.Weight)) })
	for _, s := range m.splits {
		if s.Failures >= m.config.MaxAttempts && !s.Done {
			s.Failures = m.config.MaxAttempts - 1 // resumed: one more try
		}
	}
}

func sign(n int64) int64 {
	switch {
	case n < 0:
		return -1
	case n > 0:
		return 1
	}
	return 0
}

func (m *Machine) tick() {
	for _, s := range m.splits {
		if a := s.attempt; a != nil && m.now.Sub(a.heard) > m.config.Lease {
			m.lost(s, fmt.Sprintf("container %s was silent for %s", a.container, m.config.Lease))
		}
	}
	m.watchContainers()
}

func (m *Machine) kill(ev Kill) {
	state := job.StateFailed
	if ev.Reason == job.ReasonKilled {
		state = job.StateKilled
	}
	m.give(state, Why{Reason: ev.Reason, Cause: ev.Cause}, ev.Grace)
	if m.phase == draining { // a second Kill shortens the first one's grace
		if until := m.now.Add(ev.Grace); until.Before(m.drainUntil) {
			m.drainUntil = until
		}
	}
}

// give gives the run up: attempts are drained, then it ends. The first reason
// counts. A commit that has begun goes on.
func (m *Machine) give(state job.State, why Why, grace time.Duration) {
	switch m.phase {
	case planning, attaching, fencing, running:
	default:
		return
	}
	m.phase = draining
	m.ending = Finish{State: state, Why: why}
	m.drainUntil = m.now.Add(grace)
}

// broken ends the run at once, whatever it was doing: nothing that is under way
// can be finished.
func (m *Machine) broken(ev Broken) {
	if m.phase == finished {
		return
	}
	for _, s := range m.splits {
		s.journalling = false
	}
	state := job.StateFailed
	if m.phase == draining {
		state, ev.Why = m.ending.State, m.ending.Why
	}
	m.finish(Finish{State: state, Why: ev.Why})
}

func (m *Machine) committed() {
	if m.phase == committing {
		m.finish(Finish{State: job.StateSucceeded})
	}
}

func (m *Machine) commitFailed(ev CommitFailed) {
	if m.phase == committing {
		m.finish(Finish{State: job.StateFailed, Why: ev.Why})
	}
}

func (m *Machine) finish(f Finish) {
	m.phase, m.ending = finished, f
	if f.Why.Reason == job.ReasonErrorLimit {
		f.Why.Cause += m.reasons().String()
	}
	for _, s := range m.splits {
		s.attempt = nil
	}
	m.emit(f)
}

// directive is what running attempts are told.
func (m *Machine) directive(container string) umbilical.Directive {
	switch m.phase {
	case planning, attaching, fencing, running:
		if c := m.containers[container]; c != nil && c.leaving {
			return umbilical.Drain
		}
		return umbilical.GoOn
	case draining:
		return umbilical.Drain
	}
	return umbilical.Stop
}
