package view

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"weft/internal/job"
	"weft/internal/umbilical"
	"weft/plugins"
)

// Options say how to gather. Zero durations get the defaults named here.
type Options struct {
	// Slots is how many slots have work and are worth waiting for.
	Slots int
	// Loss is what becomes of the run when the snapshot is lost.
	Loss job.SnapshotLoss
	// Gather is how long is waited for more slots after the first has come;
	// default 60 s. Hold is how long the source may be held; default 5 s.
	// Poll is how long a call waits unanswered; default 10 s.
	Gather, Hold, Poll time.Duration
	// Earlier is the snapshot that an earlier generation took, if units were
	// accepted that were read in it; else nil.
	Earlier *job.HeldSnapshot
}

// phase is where the gate stands; see the diagram in the package comment.
type phase uint8

const (
	off phase = iota
	waiting
	acquiring
	attaching
	releasing
	opened
)

// call is a call for work that waits for its answer.
type call struct {
	id    uint64
	want  umbilical.Want
	since time.Time
}

// refusalsInARow of a Late snapshot, with nobody attached, mean that it is lost.
const refusalsInARow = 5

// triesToAttach is how often the snapshot is taken anew when nobody could join.
const triesToAttach = 2

// retryPause is how long a slot that could not join a Late snapshot rests.
const retryPause = time.Second

// Gate is the state. One goroutine uses it: the master's loop. The zero Gate
// lets everybody pass.
type Gate struct {
	o        Options
	phase    phase
	snapshot plugins.Snapshot
	parked   map[job.SlotID]call
	told     map[job.SlotID]bool // to attach, and not heard of since
	attached map[job.SlotID]bool
	adopted  map[string]bool // containers of an earlier generation that have a Late one
	tries    int             // how often nobody could attach
	first    time.Time       // when the first slot came
	until    time.Time       // the end of attaching
	refused  int             // in a row
	refusal  string          // the newest
	asked    int             // containers the scheduler wants
	degraded string
	done     bool // nothing is left to be read
	out      []Action
}

// Begin closes the gate until there is a snapshot. With Options.Earlier the gate
// opens for whoever still has that one; call Adopt next.
func (g *Gate) Begin(o Options) {
	set := func(v *time.Duration, d time.Duration) {
		if *v <= 0 {
			*v = d
		}
	}
	set(&o.Gather, time.Minute)
	set(&o.Hold, 5*time.Second)
	set(&o.Poll, 10*time.Second)
	g.o, g.phase = o, waiting
	g.parked, g.told, g.attached, g.adopted = map[job.SlotID]call{}, map[job.SlotID]bool{}, map[job.SlotID]bool{}, map[string]bool{}
	if o.Earlier != nil {
		g.snapshot, g.phase = o.Earlier.Snapshot, opened
		for _, s := range o.Earlier.Slots { // until Adopt says who is still there
			g.attached[s] = true
		}
	}
}

// Adopt names the containers that outlived the earlier generation, and with them
// perhaps their snapshot. It is called once after Begin with Options.Earlier.
func (g *Gate) Adopt(now time.Time, containers []string) []Action {
	return g.step(now, func() {
		late := g.snapshot.Late
		g.snapshot.Late = false // who held it is gone
		maps.DeleteFunc(g.attached, func(s job.SlotID, _ bool) bool { return !slices.Contains(containers, s.Container) })
		for _, c := range containers {
			if late {
				g.adopted[c] = true
			}
		}
	})
}

// Done says that all splits are done: whoever leaves from now on loses nothing.
func (g *Gate) Done() { g.done = true }

// Outcome says which consistency was kept, the name of the moment if there is
// one, and why the rest was read later, if it was.
func (g *Gate) Outcome() (snapshot bool, point, degraded string) {
	return g.phase == opened, g.snapshot.Point, g.degraded
}

// Snapshot is what tasks given out now are read in; nil for none.
func (g *Gate) Snapshot() *plugins.Snapshot {
	if g.phase != opened {
		return nil
	}
	s := g.snapshot
	return &s
}

// Ask takes the scheduler's wish for containers and returns the one to pass on:
// containers that come too late to attach are of no use.
func (g *Gate) Ask(containers int) int {
	g.asked = containers
	if g.phase == opened && !g.snapshot.Late || g.phase == releasing {
		return 0
	}
	return containers
}

// Wants takes in a call for work.
func (g *Gate) Wants(now time.Time, id uint64, w umbilical.Want) []Action {
	return g.step(now, func() { g.wants(call{id: id, want: w, since: now}) })
}

// Gone takes in the end of a container.
func (g *Gate) Gone(now time.Time, container string) []Action {
	return g.step(now, func() {
		delete(g.adopted, container)
		for _, list := range []map[job.SlotID]bool{g.told, g.attached} {
			for s := range list {
				if s.Container == container {
					delete(list, s)
				}
			}
		}
		for s := range g.parked {
			if s.Container == container {
				delete(g.parked, s)
			}
		}
	})
}

// Tick takes in that time has passed.
func (g *Gate) Tick(now time.Time) []Action { return g.step(now, func() {}) }

// Acquired takes in how Acquire went.
func (g *Gate) Acquired(now time.Time, s plugins.Snapshot, err error) []Action {
	return g.step(now, func() {
		switch {
		case g.phase != acquiring:
		case err != nil:
			g.fail(fmt.Errorf("take the snapshot: %w", err))
		case s.Late:
			g.snapshot, g.phase = s, opened
			g.emit(Taken{job.HeldSnapshot{Snapshot: s}})
			g.unpark()
		default:
			g.snapshot, g.phase, g.until = s, attaching, now.Add(g.o.Hold)
			g.unpark()
		}
	})
}

// Released takes in how Release went.
func (g *Gate) Released(now time.Time, err error) []Action {
	return g.step(now, func() {
		switch {
		case g.phase != releasing:
		case err != nil:
			g.fail(fmt.Errorf("take the snapshot: %w", err))
		case len(g.attached) == 0 && g.tries < triesToAttach:
			g.tries++
			g.phase, g.first, g.told = waiting, time.Time{}, map[job.SlotID]bool{}
			g.unpark()
		case len(g.attached) == 0:
			g.fail(&plugins.Error{Class: plugins.Transient, Reason: plugins.ReasonSnapshotLost, Op: "take the snapshot",
				Err: fmt.Errorf("no slot could join it within %s: %s", g.o.Hold, orNone(g.refusal))})
		default:
			g.phase = opened
			g.emit(Taken{job.HeldSnapshot{Snapshot: g.snapshot, Slots: g.holders()}})
			g.emit(Ask{Containers: g.Ask(g.asked)})
			g.unpark()
		}
	})
}

// holders lists the slots that have the snapshot, in order.
func (g *Gate) holders() []job.SlotID {
	return slices.SortedFunc(maps.Keys(g.attached), func(a, b job.SlotID) int {
		return cmp.Or(strings.Compare(a.Container, b.Container), a.Number-b.Number)
	})
}

func orNone(text string) string {
	if text == "" {
		return "no answer"
	}
	return text
}

func (g *Gate) emit(a Action) { g.out = append(g.out, a) }

// step does something and draws the consequences.
func (g *Gate) step(now time.Time, do func()) []Action {
	g.out = nil
	do()
	g.settle(now)
	return g.out
}

// settle draws the consequences that do not depend on what has happened.
func (g *Gate) settle(now time.Time) {
	switch g.phase {
	case waiting:
		if n := len(g.parked); n > 0 && (n >= g.o.Slots || now.Sub(g.first) >= g.o.Gather) {
			g.phase = acquiring
			g.emit(Acquire{})
		}
	case attaching:
		if len(g.told) == 0 || !now.Before(g.until) {
			g.phase = releasing
			g.emit(Release{})
		}
	case opened:
		g.checkLost()
	}
	for s, c := range g.parked {
		wait := g.o.Poll
		if g.phase == opened {
			wait = retryPause
		}
		if now.Sub(c.since) >= wait {
			delete(g.parked, s)
			g.again(s, c)
		}
	}
}

// again answers a call that has waited long enough.
func (g *Gate) again(s job.SlotID, c call) {
	if g.phase == opened && !g.attached[s] {
		g.emit(Answer{ID: c.id, Directive: umbilical.Attach, Snapshot: g.Snapshot()})
		return
	}
	g.emit(Answer{ID: c.id, Directive: umbilical.Hold})
}

// checkLost ends the snapshot when nobody has it any more.
func (g *Gate) checkLost() {
	if g.done || len(g.attached)+len(g.adopted) > 0 || g.snapshot.Late && g.refused < refusalsInARow {
		return
	}
	cause := "no slot has it any more"
	if g.o.Earlier != nil {
		cause = "it ended with the ApplicationMaster that took it, or with its containers"
	}
	if g.refusal != "" {
		cause += ": " + g.refusal
	}
	if g.o.Loss != job.LossDegrade {
		g.fail(&plugins.Error{Class: plugins.Lost, Reason: plugins.ReasonSnapshotLost, Op: "read in one snapshot",
			Hint: "begin anew with `weft resume --from-scratch`; onSnapshotLoss: degrade lets a run go on without",
			Err:  errors.New(cause)})
		return
	}
	g.phase, g.degraded = off, cause
	g.emit(Degraded{Cause: cause})
	g.emit(Ask{Containers: g.asked})
	g.unpark()
}

// fail ends the run; whoever waits is told to leave.
func (g *Gate) fail(err error) {
	g.phase = off
	g.emit(Fail{Err: err})
	for s, c := range g.parked {
		delete(g.parked, s)
		g.emit(Answer{ID: c.id, Directive: umbilical.Stop})
	}
}

// unpark looks at every parked call anew.
func (g *Gate) unpark() {
	calls := g.parked
	g.parked = map[job.SlotID]call{}
	for _, c := range calls {
		g.wants(c)
	}
}

// wants decides about one call.
func (g *Gate) wants(c call) {
	s := job.SlotID{Container: c.want.Container, Number: c.want.Slot}
	has := c.want.Snapshot != "" && c.want.Snapshot == g.snapshot.Token
	switch g.phase {
	case off:
		g.emit(Admit{ID: c.id, Want: c.want})
	case waiting, acquiring:
		if len(g.parked) == 0 && g.first.IsZero() {
			g.first = c.since
		}
		g.parked[s] = c
	case attaching:
		g.wantsAmid(s, c, has)
	case releasing:
		g.parked[s] = c // who has it only now may have come after the release
	case opened:
		g.wantsOpen(s, c, has)
	}
}

// wantsAmid is a call while the source is held.
func (g *Gate) wantsAmid(s job.SlotID, c call, has bool) {
	switch {
	case has:
		delete(g.told, s)
		g.attached[s] = true
		g.parked[s] = c
	case g.told[s]:
		delete(g.told, s)
		g.refusal = c.want.Refused
		g.emit(Answer{ID: c.id, Directive: umbilical.Stop})
	default:
		g.told[s] = true
		g.emit(Answer{ID: c.id, Directive: umbilical.Attach, Snapshot: &g.snapshot})
	}
}

// wantsOpen is a call once the snapshot is taken.
func (g *Gate) wantsOpen(s job.SlotID, c call, has bool) {
	if has && (g.snapshot.Late || g.attached[s] || g.adopted[s.Container]) {
		g.attached[s], g.refused = true, 0
		g.emit(Admit{ID: c.id, Want: c.want})
		return
	}
	delete(g.attached, s)
	if c.want.Refused != "" {
		g.refused++
		g.refusal = c.want.Refused
	}
	switch {
	case !g.snapshot.Late:
		g.emit(Answer{ID: c.id, Directive: umbilical.Stop})
	case c.want.Refused == "":
		g.emit(Answer{ID: c.id, Directive: umbilical.Attach, Snapshot: g.Snapshot()})
	case g.refused < refusalsInARow:
		g.parked[s] = c
	default:
		g.emit(Answer{ID: c.id, Directive: umbilical.Stop})
	}
}
