package sched

import "slices"

// Containers returns the ids of the containers on the books, in the order of
// their grants.
func (m *Machine) Containers() []string { return slices.Clone(m.order) }
