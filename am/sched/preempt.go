package sched

import (
	"slices"
	"time"
)

// preempting empties the containers that the ResourceManager wants back: their
// attempts seal what they have and end, and then the containers leave by
// themselves. Where the choice is ours, those go first whose unit is youngest:
// it costs least to move again, if it cannot be sealed in time.
func (m *Machine) preempting(ev Preempting) {
	for _, id := range ev.Strict {
		if c := m.containers[id]; c != nil {
			c.leaving = true
		}
	}
	wanted := 0
	for _, id := range ev.Negotiable {
		if c := m.containers[id]; c != nil && !c.leaving {
			wanted++
		}
	}
	for _, c := range m.youngest()[:wanted] {
		c.leaving = true
	}
}

// youngest returns the containers that stay, idle ones first, then by the age of
// the oldest unit in each.
func (m *Machine) youngest() []*container {
	var staying []*container
	began := map[string]time.Time{}
	for _, id := range m.order {
		if c := m.containers[id]; !c.leaving {
			staying = append(staying, c)
			began[id] = m.now.Add(time.Nanosecond) // idle
		}
	}
	for _, s := range m.splits {
		if a := s.attempt; a != nil && a.since.Before(began[a.container]) {
			began[a.container] = a.since
		}
	}
	slices.SortStableFunc(staying, func(a, b *container) int { return began[b.id].Compare(began[a.id]) })
	return staying
}
