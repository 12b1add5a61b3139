package sched

import (
	"cmp"
	"slices"

	"weft/internal/job"
	"weft/internal/umbilical"
)

// Containers can outlive the ApplicationMaster. What this generation does with
// those of its predecessor:
//
//	Kept (containers)          Reported (claims), Wants (idle slots)
//	        \                  /
//	 planning -> attaching ----+---- every slot of them heard of, or Config.Attach over
//	                           v
//	                  Adopt: journalled, then the targets are fenced for all others
//	                           | Fenced
//	                           v
//	                        running
//
// A claim is adopted when three things hold: its container is one that YARN says
// was kept; no generation since has fenced the attempt; and what it stands
// behind is what the journal stands behind, so that no row comes twice and none
// is left out. Of two claims to one split the younger attempt's counts.

// claim is what an attempt of an earlier generation says of itself.
type claim struct {
	id   job.AttemptID
	over bool // it has ended; a report that comes later changes nothing
	umbilical.Progress
}

func idOf(st umbilical.Stamp) job.AttemptID {
	return job.AttemptID{Generation: st.Generation, Split: st.Split, Number: st.Attempt}
}

// gathering says that it is still open who will be adopted.
func (m *Machine) gathering() bool { return m.phase == planning || m.phase == attaching }

// claimable says that a stamp that is not current may be that of a survivor.
func (m *Machine) claimable(st umbilical.Stamp) bool {
	return m.gathering() && st.Run == m.config.Run && st.Generation < m.config.Generation
}

// kept takes in a container of an earlier app attempt. One that YARN tells of
// when the targets are fenced already has come too late.
func (m *Machine) kept(ev Kept) {
	switch {
	case m.containers[ev.Container] != nil:
	case !m.gathering():
		m.emit(GiveBack{Container: ev.Container})
	default:
		m.containers[ev.Container] = &container{id: ev.Container, node: ev.Node, granted: m.now, kept: true}
		m.order = append(m.order, ev.Container)
	}
}

// claim remembers what a survivor says; the newest report counts. What it is
// told renews its lease.
func (m *Machine) claim(ev Reported) {
	m.hearContainer(ev.Container)
	id := idOf(ev.Stamp)
	if !m.claims[id].over {
		m.claims[id] = claim{id: id, Progress: ev.Progress}
	}
}

// leave notes that an attempt which is not current has ended.
func (m *Machine) leave(st umbilical.Stamp) {
	if m.claimable(st) {
		m.claims[idOf(st)] = claim{id: idOf(st), over: true}
	}
}

// heardOfManager notes an answer of the ResourceManager. The first one says who
// was kept: waiting begins with it at the earliest.
func (m *Machine) heardOfManager() {
	if m.contact.IsZero() && m.phase == attaching {
		m.attachUntil = m.now.Add(m.config.Attach)
	}
	m.contact = m.now
}

// attach ends the wait for survivors.
func (m *Machine) attach() {
	if m.phase != attaching || m.contact.IsZero() {
		return // before the first answer it is not known who was kept
	}
	if m.now.Before(m.attachUntil) && slices.ContainsFunc(m.order, m.awaited) {
		return
	}
	m.phase = fencing
	adopted := m.adopt()
	for _, id := range slices.Clone(m.order) {
		if c := m.containers[id]; c.kept && c.heard.IsZero() && m.slotsHeard(id) == 0 {
			m.forget(id)
			m.emit(GiveBack{Container: id})
		}
	}
	m.claims = nil
	m.emit(Adopt{Attempts: adopted})
}

// awaited says that slots of a kept container have not been heard of.
func (m *Machine) awaited(id string) bool {
	return m.containers[id].kept && m.slotsHeard(id) < m.config.SlotsPerContainer
}

// slotsHeard counts the slots of a container that ask for work or move something.
func (m *Machine) slotsHeard(id string) int {
	slots := map[int]bool{}
	for _, p := range m.parked {
		if p.want.Container == id {
			slots[p.want.Slot] = true
		}
	}
	heard := len(slots)
	for _, c := range m.claims {
		if c.Container == id { // an ended one has none
			heard++
		}
	}
	return heard
}

// adopt takes over the attempts that can go on, and returns them by split.
func (m *Machine) adopt() []job.AttemptID {
	var all []claim
	for _, c := range m.claims {
		if !c.over {
			all = append(all, c)
		}
	}
	slices.SortFunc(all, func(a, b claim) int {
		return cmp.Or(cmp.Compare(a.Split, b.Split), cmp.Compare(b.Generation, a.Generation), cmp.Compare(b.Attempt, a.Attempt))
	})
	all = slices.CompactFunc(all, func(a, b claim) bool { return a.Split == b.Split }) // keeps the youngest
	var adopted []job.AttemptID
	for _, c := range all {
		s := m.byID[c.Split]
		if s == nil || m.containers[c.Container] == nil || m.running() >= m.config.Slots ||
			!m.mayGoOn(c.id) || !fits(s, c.Progress) {
			continue
		}
		s.Attempts = max(s.Attempts, c.Attempt)
		s.attempt = &attempt{generation: c.Generation, number: c.Attempt, container: c.Container,
			heard: m.now, since: m.now, dirty: c.Dirty, sample: c.Sample}
		if c.Unit >= s.Next && !s.Done {
			s.attempt.live = c.Counters
		}
		adopted = append(adopted, c.id)
	}
	return adopted
}

// mayGoOn says that no generation has fenced the attempt.
func (m *Machine) mayGoOn(id job.AttemptID) bool {
	return id.Generation >= m.fenced || slices.Contains(m.spared, id)
}

// fits says that an attempt goes on exactly where the journal ends: what it
// knows to be accepted is all that is, or the one unit that it has offered
// without an answer has been journalled.
func fits(s *split, p umbilical.Progress) bool {
	journal := umbilical.Place{Unit: s.Next, From: s.From}
	return p.Accepted == journal || p.Accepted.Unit+1 == journal.Unit && p.Place == journal
}

// targetsFenced begins the work.
func (m *Machine) targetsFenced() {
	if m.phase != fencing {
		return
	}
	m.phase = running
	m.checkLimit()
}
