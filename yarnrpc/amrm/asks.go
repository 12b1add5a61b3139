package amrm

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"weft/yarnrpc/record"
)

// Asks is the table of what an ApplicationMaster still wants. The ResourceManager takes counts as absolute and lowers its
// own when it grants, so the two sides stay in step only if this side lowers its counts, too, before it sends a new one;
// and everything must be sent again after a resync. The zero value is empty. It is not safe for concurrent use.
//
//	asks.Want(1, size, 4, "")             // four containers anywhere
//	resp, err := c.Allocate(ctx, amrm.Request{Asks: asks.Changes()})
//	extra := asks.Granted(resp.Granted)   // not wanted any more: release them
//	if errors.Is(err, yarnrpc.ErrResync)  { c.Register(...); asks.SendAll() }
type Asks struct {
	wanted  map[int32]*want
	changed map[int32]bool
}

// want is what is wanted at one priority: one size, since a second one would overwrite the first at the scheduler.
type want struct {
	size  record.Resource
	count int32
	label string
	// places are asks for hosts and their racks, by name; racks tells the rack of each host.
	places map[string]int32
	racks  map[string]string
	strict bool
}

// Want sets how many containers of a size are wanted anywhere, at a priority that no other size may use. label picks a
// partition; empty: the submission's. 0 cancels.
func (a *Asks) Want(priority int32, size record.Resource, count int32, label string) {
	w := a.at(priority)
	w.size, w.count, w.label = size, count, label
	w.places, w.racks, w.strict = nil, nil, false
}

// Place is a host where containers are wanted, with its rack.
type Place struct {
	Host, Rack string // as node reports name them; racks begin with a slash
	Count      int32  // containers still wanted there, absolute
}

// WantAt sets how many containers are wanted at which hosts, at a priority of their own. Strict: nowhere else; otherwise
// the scheduler may, after a while, choose another host.
func (a *Asks) WantAt(priority int32, size record.Resource, strict bool, places ...Place) {
	w := a.at(priority)
	old := w.places
	w.size, w.count, w.label, w.strict = size, 0, "", strict
	w.places, w.racks = map[string]int32{}, map[string]string{}
	for name := range old {
		w.places[name] = 0 // cancelled unless asked for again
	}
	for _, p := range places {
		w.count += p.Count
		w.places[p.Host] += p.Count
		w.places[p.Rack] += p.Count
		w.racks[p.Host] = p.Rack
	}
}

func (a *Asks) at(priority int32) *want {
	if a.wanted == nil {
		a.wanted, a.changed = map[int32]*want{}, map[int32]bool{}
	}
	if a.wanted[priority] == nil {
		a.wanted[priority] = &want{}
	}
	a.changed[priority] = true
	return a.wanted[priority]
}

// Granted lowers the table by what was granted, as the ResourceManager has done on its side, and returns the grants that
// nobody wants: they crossed a change on its way.
func (a *Asks) Granted(list []record.Container) (extra []record.Container) {
	for _, g := range list {
		w := a.wanted[g.Priority]
		if w == nil || w.count == 0 {
			extra = append(extra, g)
			continue
		}
		w.count--
		if w.places[g.Node.Host] > 0 {
			w.places[g.Node.Host]--
			w.places[w.racks[g.Node.Host]]--
		}
	}
	return extra
}

// Wanted returns how many containers are still wanted at a priority.
func (a *Asks) Wanted(priority int32) int32 {
	if w := a.wanted[priority]; w != nil {
		return w.count
	}
	return 0
}

// Changes returns what must be sent since the last time, and takes it as sent. After a heartbeat that failed call
// SendAll: sending again does no harm, counts being absolute.
func (a *Asks) Changes() []Ask {
	var out []Ask
	for _, priority := range slices.Sorted(maps.Keys(a.changed)) {
		out = append(out, a.wanted[priority].asks(priority)...)
	}
	a.changed = map[int32]bool{}
	return out
}

// SendAll makes the next Changes return everything: after a resync, or a failed heartbeat.
func (a *Asks) SendAll() {
	for priority := range a.wanted {
		a.changed[priority] = true
	}
}

// asks lists hosts and racks before Anywhere. A strict want forbids leaving the hosts at both levels above them.
func (w *want) asks(priority int32) []Ask {
	var out []Ask
	for _, name := range slices.SortedFunc(maps.Keys(w.places), placesFirst) {
		isRack := isRack(name)
		out = append(out, Ask{Priority: priority, Name: name, Resource: w.size, Count: min(w.places[name], w.count), Strict: w.strict && isRack})
	}
	return append(out, Ask{Priority: priority, Name: Anywhere, Resource: w.size, Count: w.count, Strict: w.strict, Label: w.label})
}

// placesFirst orders hosts before racks.
func placesFirst(a, b string) int {
	if isRack(a) != isRack(b) {
		return cmp.Compare(b, a) // "/" sorts before any host
	}
	return cmp.Compare(a, b)
}

// isRack tells a rack's path from a host's name.
func isRack(name string) bool { return strings.HasPrefix(name, "/") }
