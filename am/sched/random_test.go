package sched

import (
	"math/rand/v2"
	"testing"
	"time"

	"weft/internal/job"
	"weft/internal/umbilical"
	"weft/plugins"
)

// TestAnyEventInAnyState steps the machine with events in no sensible order and
// checks what must hold whatever happens.
func TestAnyEventInAnyState(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	for run := range uint64(300) {
		w := &wild{t: t, rng: rand.New(rand.NewPCG(seed, run)), accepted: map[[2]int]bool{}, now: time.Unix(0, 0)}
		w.run()
		if t.Failed() {
			t.Fatalf("seed %d, run %d", seed, run)
		}
	}
}

// wild plays one random life.
type wild struct {
	t        *testing.T
	rng      *rand.Rand
	m        *Machine
	now      time.Time
	id       uint64
	answered map[uint64]bool
	accepted map[[2]int]bool // journalled units
	queue    []Journalled
	finished int
	adopted  int
	fenced   bool
	commits  int
}

func (w *wild) run() {
	w.answered = map[uint64]bool{}
	w.m = New(Config{Run: "r", Generation: 2, Slots: 1 + w.rng.IntN(4), SlotsPerContainer: 1 + w.rng.IntN(3),
		Limit: job.ErrorLimit{Record: int64(w.rng.IntN(3)) - 1, Percentage: -1}})
	for range 400 {
		w.now = w.now.Add(time.Duration(w.rng.IntN(4000)) * time.Millisecond)
		ev := w.event()
		if _, ok := ev.(Fenced); ok && w.adopted > 0 {
			w.fenced = true
		}
		for _, e := range w.m.Step(w.now, ev) {
			w.check(e)
		}
	}
}

func (w *wild) stamp() umbilical.Stamp {
	st := umbilical.Stamp{Run: "r", Generation: 1 + w.rng.Int64N(2), Container: w.container(), Split: w.rng.IntN(4), Attempt: 1 + w.rng.IntN(3)}
	if s := w.m.byID[st.Split]; s != nil && s.attempt != nil && w.rng.IntN(8) > 0 {
		st.Attempt, st.Container, st.Generation = s.attempt.number, s.attempt.container, s.attempt.generation
	}
	return st
}

func (w *wild) container() string { return string(rune('a' + w.rng.IntN(6))) }

func (w *wild) counters() plugins.Counters {
	read, dirty := int64(w.rng.IntN(20)), int64(0)
	if w.rng.IntN(30) == 0 {
		dirty = min(1, read)
	}
	return plugins.Counters{RowsRead: read, RowsDirty: dirty, RowsWritten: read - dirty}
}

func (w *wild) event() Event {
	w.id++
	switch n := w.rng.IntN(100); {
	case n < 4:
		return Kept{Container: w.container(), Node: "n"}
	case n < 8:
		return Planned{Splits: []Start{{ID: 0}, {ID: 1, Next: 1, From: "p"}, {ID: 2}}}
	case n < 11:
		return Fenced{}
	case n < 20:
		return Granted{Container: w.container(), Node: "n"}
	case n < 40:
		return Wants{ID: w.id, Want: umbilical.Want{Run: "r", Container: w.container()}}
	case n < 45:
		at := umbilical.Place{Unit: w.rng.IntN(2)}
		if at.Unit == 1 {
			at.From = "p"
		}
		return Reported{ID: w.id, Progress: umbilical.Progress{Stamp: w.stamp(), Place: at, Accepted: at, Counters: w.counters()}}
	case n < 65:
		return w.offer()
	case n < 80 && len(w.queue) > 0:
		ev := w.queue[0]
		w.queue = w.queue[1:]
		return ev
	case n < 84:
		outcomes := []umbilical.Outcome{umbilical.OutcomeDone, umbilical.OutcomeDrained, umbilical.OutcomeFailed, umbilical.OutcomeStopped}
		return Ended{ID: w.id, Ending: umbilical.Ending{Stamp: w.stamp(), Outcome: outcomes[w.rng.IntN(4)], Class: plugins.Class(w.rng.IntN(3))}}
	case n < 86:
		return Gone{Container: w.container(), Exit: []int{0, 1, -100, -102, 137}[w.rng.IntN(5)]}
	case n < 97:
		return Contact{}
	case n < 98:
		return []Event{Committed{}, CommitFailed{}, StartFailed{Container: w.container()},
			Preempting{Strict: []string{w.container()}, Negotiable: []string{w.container()}}}[w.rng.IntN(4)]
	case n < 99 && w.rng.IntN(20) == 0:
		return []Event{Kill{}, Broken{}}[w.rng.IntN(2)]
	}
	return Tick{}
}

func (w *wild) offer() Event {
	st := w.stamp()
	unit := w.rng.IntN(3)
	if s := w.m.byID[st.Split]; s != nil {
		unit = s.Next
	}
	return Offered{ID: w.id, Sealed: umbilical.Sealed{Stamp: st, Manifest: plugins.Manifest{Split: st.Split,
		Unit: plugins.Unit{Sequence: unit, Last: w.rng.IntN(3) == 0, Counters: w.counters()}}}}
}

func (w *wild) check(e Effect) {
	switch e := e.(type) {
	case Assign:
		w.answer(e.ID)
		if s := w.m.byID[e.Split]; s.Done || s.journalling {
			w.t.Errorf("split %d given out while done (%t) or being journalled (%t)", e.Split, s.Done, s.journalling)
		}
		if !w.fenced {
			w.t.Error("work is given out before the targets are fenced")
		}
	case Adopt:
		if w.adopted++; w.adopted > 1 {
			w.t.Error("adopted twice")
		}
		seen := map[int]bool{}
		for _, id := range e.Attempts {
			if id.Generation != 1 || seen[id.Split] {
				w.t.Errorf("adopted %v", e.Attempts)
			}
			seen[id.Split] = true
		}
	case Wait:
		w.answer(e.ID)
	case Leave:
		w.answer(e.ID)
	case Instruct:
		w.answer(e.ID)
	case Judge:
		w.answer(e.ID)
	case Accept:
		if !w.fenced && w.m.phase != draining {
			w.t.Error("a unit is accepted before the targets are fenced")
		}
		key := [2]int{e.Manifest.Split, e.Manifest.Sequence}
		if w.accepted[key] {
			w.t.Errorf("unit %v is journalled twice", key)
		}
		w.accepted[key] = true
		w.queue = append(w.queue, Journalled{Split: key[0], Sequence: key[1]})
	case Commit:
		if w.commits++; w.commits > 1 || len(w.queue) > 0 {
			w.t.Errorf("commit number %d, with %d units not yet journalled", w.commits, len(w.queue))
		}
	case Finish:
		if w.finished++; w.finished > 1 {
			w.t.Error("finished twice")
		}
	}
	if n := w.m.running(); n > w.m.config.Slots {
		w.t.Errorf("%d attempts run in %d slots", n, w.m.config.Slots)
	}
}

func (w *wild) answer(id uint64) {
	if w.answered[id] {
		w.t.Errorf("call %d answered twice", id)
	}
	w.answered[id] = true
}
