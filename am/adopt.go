package am

import (
	"context"
	"fmt"
	"time"

	"weft/am/bound"
	"weft/am/sched"
	"weft/internal/checkpoint"
	"weft/internal/job"
	"weft/plugins"
)

// Bounds of what the target is asked for before the work: generous, since a
// preSql may delete a table, yet an end.
const (
	planDeadline    = time.Hour
	prepareDeadline = time.Hour
	fenceDeadline   = 10 * time.Minute
)

// adopt journals who goes on, fences the targets for everybody else, and says
// so; only then is work given out. A successor of this generation that finds the
// record adopts nobody whom the targets refuse.
func (m *Master) adopt(ctx context.Context, adopted []job.AttemptID) {
	err := m.journalAdopted(ctx, adopted)
	if err == nil {
		err = m.fenceTarget(ctx, adopted)
	}
	if err != nil {
		m.events.put(sched.Broken{Why: whyOf(err)})
		return
	}
	m.events.put(sched.Fenced{})
}

// journalAdopted leaves the first generation's journal alone: nobody comes
// before it.
func (m *Master) journalAdopted(ctx context.Context, adopted []job.AttemptID) error {
	generation := m.store.Generation()
	if generation == 1 {
		return nil
	}
	return m.store.Append(ctx, checkpoint.Record{Adopted: &checkpoint.Adopted{Generation: generation, Attempts: adopted}})
}

func (m *Master) fenceTarget(ctx context.Context, adopted []job.AttemptID) error {
	target, ok := m.committer.(plugins.Committer)
	if !ok {
		return nil
	}
	attempts := make([]plugins.Attempt, len(adopted))
	for i, id := range adopted {
		attempts[i] = m.attempt(id)
	}
	err := m.again(ctx, "fencing the target", func() error {
		return bound.Call(ctx, fenceDeadline, "fence target", func(ctx context.Context) error {
			return target.Fence(ctx, m.store.Generation(), attempts)
		})
	})
	if err != nil {
		return fmt.Errorf("fence target: %w", err)
	}
	return nil
}

// attempt describes an attempt to a plugin. The plan is read-only by now.
func (m *Master) attempt(id job.AttemptID) plugins.Attempt {
	return plugins.Attempt{Run: m.o.Run, Generation: id.Generation, Split: m.plan.Splits[id.Split], Number: id.Number,
		Columns: m.plan.Columns, Target: m.plan.Target}
}

// beginning says in one line from where this generation goes on, and why.
func (m *Master) beginning(adopted []job.AttemptID) string {
	generation := m.store.Generation()
	units, open, text := 0, -1, ""
	for id := range m.plan.Splits {
		list := m.units[id]
		units += len(list)
		done := len(list) > 0 && list[len(list)-1].Last
		if !done && open < 0 {
			open = id
		}
	}
	switch {
	case generation == 1:
		text = "generation 1 starts from scratch: there was no other before it"
	case units == 0:
		text = fmt.Sprintf("generation %d starts from scratch: none before it had accepted a unit", generation)
	case open < 0:
		text = fmt.Sprintf("generation %d resumes behind the last of %d accepted units: all splits are done", generation, units)
	default:
		text = fmt.Sprintf("generation %d resumes behind %d accepted units, split %d %s", generation, units, open, behind(m.units[open]))
	}
	if containers := m.machine.Status().Containers; containers > 0 {
		text += fmt.Sprintf("; %d containers with %d attempts adopted", containers, len(adopted))
	}
	return text
}

// behind names the place at which a split goes on.
func behind(units []plugins.Manifest) string {
	const most = 100 // bytes of a key that is shown
	if len(units) == 0 {
		return "at its start"
	}
	key := string(units[len(units)-1].Position)
	return fmt.Sprintf("at unit %d behind %.*s", len(units), most, key)
}
