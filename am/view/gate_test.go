package view

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"weft/internal/job"
	"weft/internal/umbilical"
	"weft/plugins"
)

// script drives a gate and writes down what it answers.
type script struct {
	t    *testing.T
	gate Gate
	now  time.Time
	ids  uint64
}

func begin(t *testing.T, o Options) *script {
	s := &script{t: t, now: time.Unix(1000, 0)}
	s.gate.Begin(o)
	return s
}

func (s *script) wants(container string, slot int, token, refused string) []Action {
	s.ids++
	return s.gate.Wants(s.now, s.ids, umbilical.Want{Container: container, Slot: slot, Snapshot: token, Refused: refused})
}

func (s *script) after(d time.Duration) []Action {
	s.now = s.now.Add(d)
	return s.gate.Tick(s.now)
}

// expect compares actions, whatever their order, with words such as
// "attach 1" and "admit 2".
func (s *script) expect(got []Action, want ...string) {
	s.t.Helper()
	left := append([]string(nil), want...)
	for _, a := range got {
		text := textOf(a)
		at := -1
		for i, w := range left {
			if w == text {
				at = i
			}
		}
		if at < 0 {
			s.t.Errorf("got %q, want of %q", text, want)
			continue
		}
		left = append(left[:at], left[at+1:]...)
	}
	if len(left) > 0 {
		s.t.Errorf("missing %q in %v", left, got)
	}
}

func textOf(a Action) string {
	switch a := a.(type) {
	case Admit:
		return fmt.Sprintf("admit %d", a.ID)
	case Answer:
		return fmt.Sprintf("%s %d", a.Directive, a.ID)
	case Ask:
		return fmt.Sprintf("ask %d", a.Containers)
	case Taken:
		return fmt.Sprintf("taken %s by %d", a.Held.Token, len(a.Held.Slots))
	case Degraded:
		return "degraded"
	case Fail:
		return "fail " + string(plugins.ReasonOf(a.Err))
	}
	return strings.ToLower(strings.TrimPrefix(fmt.Sprintf("%T", a), "view."))
}

var barrier = plugins.Snapshot{Token: "t1", Point: "binlog 4711"}

// taken brings a gate of two slots to where both have the snapshot.
func taken(t *testing.T, o Options) *script {
	t.Helper()
	o.Slots = 2
	s := begin(t, o)
	s.gate.Ask(3)
	s.expect(s.wants("a", 0, "", ""))
	s.expect(s.wants("a", 1, "", ""), "acquire")
	s.expect(s.gate.Acquired(s.now, barrier, nil), "attach 1", "attach 2")
	s.expect(s.wants("a", 0, "t1", ""))
	s.expect(s.wants("a", 1, "t1", ""), "release")
	s.expect(s.gate.Released(s.now, nil), "taken t1 by 2", "ask 0", "admit 3", "admit 4")
	return s
}

func TestNobodyWaitsWithoutASnapshot(t *testing.T) {
	var g Gate
	s := &script{t: t}
	s.expect(g.Wants(s.now, 7, umbilical.Want{}), "admit 7")
	if g.Ask(5) != 5 || g.Snapshot() != nil {
		t.Error("the zero gate changes something")
	}
}

func TestBarrierThenWork(t *testing.T) {
	s := taken(t, Options{Loss: job.LossFail})
	if s.gate.Ask(2) != 0 {
		t.Error("containers are asked for that could not attach")
	}
	s.expect(s.wants("b", 0, "", ""), "stop 5")
	s.expect(s.wants("a", 0, "t1", ""), "admit 6")
	if kept, point, _ := s.gate.Outcome(); !kept || point != "binlog 4711" {
		t.Errorf("outcome %t %q", kept, point)
	}
}

// Who attaches after the lock is gone sees another moment, whatever its token.
func TestLateComerIsNotTrusted(t *testing.T) {
	s := begin(t, Options{Slots: 2, Loss: job.LossFail})
	s.wants("a", 0, "", "")
	s.wants("b", 0, "", "")
	s.gate.Acquired(s.now, barrier, nil)
	s.expect(s.wants("a", 0, "t1", ""))
	s.expect(s.after(5*time.Second), "release")
	s.expect(s.wants("b", 0, "t1", "")) // attached after the unlock, perhaps
	s.expect(s.gate.Released(s.now, nil), "taken t1 by 1", "ask 0", "admit 3", "stop 4")
	s.expect(s.wants("b", 0, "t1", ""), "stop 5")
}

func TestWhoWaitsIsAnsweredInTime(t *testing.T) {
	s := begin(t, Options{Slots: 2, Loss: job.LossFail})
	s.expect(s.wants("a", 0, "", ""))
	s.expect(s.after(10*time.Second), "hold 1")
	s.expect(s.wants("a", 0, "", ""))
	s.expect(s.after(50*time.Second), "acquire", "hold 2") // enough of waiting for the other
}

func TestLockThatCannotBeHadFailsTheRun(t *testing.T) {
	s := begin(t, Options{Slots: 1, Loss: job.LossDegrade})
	s.expect(s.wants("a", 0, "", ""), "acquire")
	err := &plugins.Error{Class: plugins.Fatal, Reason: plugins.ReasonPermission, Err: errors.New("no RELOAD")}
	s.expect(s.gate.Acquired(s.now, plugins.Snapshot{}, err), "fail permission", "stop 1")
}

func TestLockThatWasLostFailsTheRun(t *testing.T) {
	s := begin(t, Options{Slots: 1, Loss: job.LossFail})
	s.wants("a", 0, "", "")
	s.gate.Acquired(s.now, barrier, nil)
	s.expect(s.wants("a", 0, "t1", ""), "release")
	s.expect(s.gate.Released(s.now, &plugins.Error{Reason: plugins.ReasonSnapshotLost, Err: errors.New("gone")}),
		"fail snapshot lost", "stop 2")
}

func TestNobodyCouldAttach(t *testing.T) {
	s := begin(t, Options{Slots: 1, Loss: job.LossFail})
	for try := range triesToAttach + 1 {
		s.expect(s.wants("a", try, "", ""), "acquire")
		s.gate.Acquired(s.now, barrier, nil)
		s.expect(s.wants("a", try, "", "refused"), "release", fmt.Sprintf("stop %d", s.ids))
		if got := s.gate.Released(s.now, nil); try == triesToAttach {
			s.expect(got, "fail snapshot lost")
		} else {
			s.expect(got)
		}
	}
}

func TestLossOfOneIsNotLossOfAll(t *testing.T) {
	for _, loss := range []job.SnapshotLoss{job.LossFail, job.LossDegrade} {
		s := taken(t, Options{Loss: loss})
		s.expect(s.wants("a", 0, "", ""), "stop 5") // its connection is gone
		s.expect(s.wants("a", 1, "t1", ""), "admit 6")
		got := s.gate.Gone(s.now, "a")
		if loss == job.LossFail {
			s.expect(got, "fail snapshot lost")
			continue
		}
		s.expect(got, "degraded", "ask 3")
		s.expect(s.wants("b", 0, "", ""), "admit 7")
		if kept, _, why := s.gate.Outcome(); kept || why == "" || s.gate.Snapshot() != nil {
			t.Error("the loss is not said")
		}
	}
}

// At the end of a run the slots leave one after the other.
func TestLeavingAtTheEndIsNoLoss(t *testing.T) {
	s := taken(t, Options{Loss: job.LossFail})
	s.gate.Done()
	s.expect(s.gate.Gone(s.now, "a"))
	if kept, _, _ := s.gate.Outcome(); !kept {
		t.Error("the snapshot counts as lost")
	}
}

func TestLateSnapshotIsJoinedByWhoeverComes(t *testing.T) {
	s := begin(t, Options{Slots: 1, Loss: job.LossFail})
	late := plugins.Snapshot{Token: "p1", Late: true}
	s.expect(s.wants("a", 0, "", ""), "acquire")
	s.expect(s.gate.Acquired(s.now, late, nil), "taken p1 by 0", "attach 1")
	s.expect(s.wants("a", 0, "p1", ""), "admit 2")
	s.expect(s.gate.Gone(s.now, "a")) // others may still join
	s.expect(s.wants("b", 0, "", ""), "attach 3")
	s.expect(s.wants("b", 0, "", "refused"))
	for range refusalsInARow - 2 {
		s.expect(s.after(time.Second), fmt.Sprintf("attach %d", s.ids))
		s.expect(s.wants("b", 0, "", "refused"))
	}
	s.expect(s.after(time.Second), fmt.Sprintf("attach %d", s.ids))
	s.expect(s.wants("b", 0, "", "refused"), fmt.Sprintf("stop %d", s.ids+0), "fail snapshot lost")
}

func TestNextGenerationWithoutSurvivors(t *testing.T) {
	earlier := &job.HeldSnapshot{Snapshot: barrier, Slots: []job.SlotID{{Container: "a"}}}
	s := begin(t, Options{Slots: 2, Loss: job.LossDegrade, Earlier: earlier})
	s.expect(s.gate.Adopt(s.now, nil), "degraded", "ask 0")
	s.expect(s.wants("b", 0, "", ""), "admit 1")
	s = begin(t, Options{Slots: 2, Loss: job.LossFail, Earlier: earlier})
	s.expect(s.gate.Adopt(s.now, nil), "fail snapshot lost")
}

func TestSurvivorsKeepTheSnapshot(t *testing.T) {
	earlier := &job.HeldSnapshot{Snapshot: barrier, Slots: []job.SlotID{{Container: "a"}, {Container: "c"}}}
	s := begin(t, Options{Slots: 2, Loss: job.LossFail, Earlier: earlier})
	s.expect(s.wants("a", 0, "t1", ""), "admit 1") // before anybody knows that it is there
	s.expect(s.gate.Adopt(s.now, []string{"a"}))
	s.expect(s.wants("a", 0, "t1", ""), "admit 2")
	s.expect(s.wants("a", 1, "t1", ""), "stop 3") // was never confirmed
	s.expect(s.wants("b", 0, "", ""), "stop 4")
	s.expect(s.gate.Gone(s.now, "a"), "fail snapshot lost")
}
