package sched

import "slices"

// Containers returns the ids of the containers on the books, in the order of
// their grants.
func (m *Machine) Containers() []string { return slices.Clone(m.order) }

// AllRead says that the splits are known and all of them are done.
func (m *Machine) AllRead() bool { return m.phase != planning && m.allDone() }
