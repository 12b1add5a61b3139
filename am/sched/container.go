package sched

import (
	"fmt"
	"slices"

	"weft/internal/job"
	"weft/yarnrpc/record"
)

// blame says whose fault the end of a container is.
type blame uint8

const (
	nobody   blame = iota // preempted, or a clean exit: nothing counts
	bad                   // lost: counts when it happens again and again
	attempts              // its attempts failed, and its node is suspect
)

// blameFor knows the exit statuses of YARN that are nobody's fault.
func blameFor(exit int) blame {
	switch status := record.ExitStatus(exit); {
	case status == 0, status == record.ExitPreempted:
		return nobody
	case status.WentAway():
		return bad
	}
	return attempts
}

// hearContainer notes a sign of life; false if there is no such container.
func (m *Machine) hearContainer(id string) bool {
	c := m.containers[id]
	if c != nil {
		c.heard = m.now
	}
	return c != nil
}

func (m *Machine) granted(ev Granted) {
	if m.containers[ev.Container] != nil {
		return
	}
	m.asked = max(m.asked-1, 0)
	if m.needed() <= m.alive() {
		m.emit(Release{Container: ev.Container})
		return
	}
	m.containers[ev.Container] = &container{id: ev.Container, node: ev.Node, granted: m.now}
	m.order = append(m.order, ev.Container)
	m.emit(Launch(ev))
}

// alive counts the containers that do or will take work.
func (m *Machine) alive() int {
	n := 0
	for _, c := range m.containers {
		if !c.leaving {
			n++
		}
	}
	return n
}

// needed is the number of containers that the unfinished splits can keep busy.
func (m *Machine) needed() int {
	if m.phase != running {
		return 0
	}
	return (m.sharers() + m.config.SlotsPerContainer - 1) / m.config.SlotsPerContainer
}

// wish says how many containers are missing, when that has changed.
func (m *Machine) wish() {
	missing := max(m.needed()-m.alive(), 0)
	if missing != m.asked {
		m.asked = missing
		m.emit(Ask{Containers: missing})
	}
}

func (m *Machine) startFailed(ev StartFailed) {
	m.end(ev.Container, attempts, "start: "+ev.Cause)
}

func (m *Machine) gone(ev Gone) {
	cause := fmt.Sprintf("exit status %d", ev.Exit)
	if ev.Cause != "" {
		cause += ": " + ev.Cause
	}
	m.end(ev.Container, blameFor(ev.Exit), cause)
}

// end takes a container off the books, and its attempts with it.
func (m *Machine) end(id string, b blame, cause string) {
	c := m.containers[id]
	if c == nil {
		return
	}
	m.forget(id)
	cause = fmt.Sprintf("container %s on %s: %s", id, c.node, cause)
	for _, s := range m.attemptsOf(id) {
		switch {
		case b == nobody:
			s.attempt, s.cause = nil, cause
		case b == bad:
			m.lost(s, cause)
		default:
			m.failed(s, cause)
		}
	}
	if b == attempts {
		m.blameNode(c.node, cause)
	}
}

func (m *Machine) forget(id string) {
	delete(m.containers, id)
	m.order = slices.DeleteFunc(m.order, func(other string) bool { return other == id })
}

// stop ends a container.
func (m *Machine) stop(c *container) {
	if c.kept {
		m.emit(GiveBack{Container: c.id})
		return
	}
	m.emit(Stop{Container: c.id})
}

// blameNode counts a container that failed against its node, and against the
// run: containers that fail before any work is done would go on for ever.
func (m *Machine) blameNode(node, cause string) {
	m.nodes[node]++
	if m.nodes[node] == nodeFailures && len(m.excluded) < maxExcluded {
		m.excluded[node] = true
		m.emit(Exclude{Node: node})
	}
	if m.barren++; m.barren >= barrenContainers {
		m.give(job.StateFailed, Why{Reason: job.ReasonAttempts,
			Cause: fmt.Sprintf("%d containers failed one after the other, the last one: %s", m.barren, cause)}, 0)
	}
}

// watchContainers stops those that never came or fell silent.
func (m *Machine) watchContainers() {
	for _, id := range slices.Clone(m.order) {
		c := m.containers[id]
		switch {
		case c.heard.IsZero() && !c.kept && m.now.Sub(c.granted) > m.config.StartDeadline:
			m.stop(c)
			m.end(id, attempts, fmt.Sprintf("no sign of life within %s", m.config.StartDeadline))
		case !c.heard.IsZero() && m.now.Sub(c.heard) > 2*m.config.Lease:
			m.stop(c)
			m.end(id, bad, fmt.Sprintf("silent for %s", 2*m.config.Lease))
		}
	}
}
