package checkpoint

import (
	"errors"
	"maps"
	"slices"

	"weft/internal/job"
	"weft/plugins"
)

// Errors of this package; test with errors.Is.
var (
	// ErrFenced: another generation has taken over. Whoever sees it stops
	// without changing anything.
	ErrFenced = errors.New("fenced: another generation has taken over")
	// ErrCorrupt: a file holds what no process of weft writes there, dead or
	// alive. Somebody has to look at it.
	ErrCorrupt error = &plugins.Error{Class: plugins.Fatal, Reason: job.ReasonCheckpoint, Err: errors.New("corrupt"),
		Hint: "nothing was changed; weft resume RUN --from-scratch moves it aside and begins anew, and a new --run-id leaves it as it is"}
)

// Record is one entry of the journal: exactly one field is set.
type Record struct {
	// Unit is an accepted unit.
	Unit *plugins.Manifest `json:"unit,omitempty"`
	// Failure is an attempt that failed and counts.
	Failure *Failed `json:"failure,omitempty"`
	// Prepared says that the target has been prepared, once for the run.
	Prepared bool `json:"prepared,omitempty"`
	// Committing says that the run has begun to commit.
	Committing bool `json:"committing,omitempty"`
	// Snapshot is the one view of the source that the run reads, when it is
	// taken and when it is given up.
	Snapshot *job.HeldSnapshot `json:"snapshot,omitempty"`
	// Adopted are the attempts that a generation took over.
	Adopted *Adopted `json:"adopted,omitempty"`
}

// Failed is an attempt that spent one of its split's tries.
type Failed struct {
	Split  int    `json:"split"`
	Number int    `json:"attempt"`
	Cause  string `json:"cause"`
}

// State is what the journal says of a run.
type State struct {
	// Generations counts the incarnations of the ApplicationMaster, this one
	// included.
	Generations int64
	// Splits holds what is known of each split that was ever given out, by
	// id.
	Splits map[int]*SplitState
	// Prepared says that the target was prepared, Committing that a generation
	// had begun to commit.
	Prepared, Committing bool
	// Snapshot is the newest that was taken or given up; nil for none.
	Snapshot *job.HeldSnapshot
	// Adopted is what the newest generation adopted that may have fenced the
	// targets; its Generation is 0 if none has.
	Adopted Adopted
}

// SplitState is what the journal says of one split.
type SplitState struct {
	// Units are the accepted ones; element i has sequence i.
	Units []plugins.Manifest
	// Attempts is the highest number known of, Failures counts the ones that
	// failed. A number may be given out again by a later generation; the two
	// together are unique.
	Attempts int
	Failures int
	// Cause is the newest failure in words.
	Cause string
}

// Done says that the split's last unit is accepted.
func (s *SplitState) Done() bool { return len(s.Units) > 0 && s.Units[len(s.Units)-1].Last }

// Units returns all accepted units in the order of splits 0 to splits-1.
func (s *State) Units(splits int) []plugins.Manifest {
	var all []plugins.Manifest
	for id := range splits {
		if split := s.Splits[id]; split != nil {
			all = append(all, split.Units...)
		}
	}
	return all
}

// records returns the state as records, from which apply makes it again.
func (s *State) records() []Record {
	var all []Record
	for _, id := range slices.Sorted(maps.Keys(s.Splits)) {
		split := s.Splits[id]
		for i := range split.Units {
			all = append(all, Record{Unit: &split.Units[i]})
		}
		for range split.Failures {
			all = append(all, Record{Failure: &Failed{Split: id, Number: split.Attempts, Cause: split.Cause}})
		}
	}
	if s.Prepared {
		all = append(all, Record{Prepared: true})
	}
	if s.Committing {
		all = append(all, Record{Committing: true})
	}
	if s.Snapshot != nil {
		all = append(all, Record{Snapshot: s.Snapshot})
	}
	if s.Adopted.Generation > 0 {
		all = append(all, Record{Adopted: &s.Adopted})
	}
	return all
}

func (s *State) split(id int) *SplitState {
	if s.Splits[id] == nil {
		s.Splits[id] = &SplitState{}
	}
	return s.Splits[id]
}

// apply takes one record in. A unit that does not follow its predecessor means
// that a record is missing.
func (s *State) apply(r Record) error {
	switch {
	case r.Unit != nil:
		split := s.split(r.Unit.Split)
		if r.Unit.Sequence != len(split.Units) || split.Done() {
			return errors.New("a unit does not follow the one before it")
		}
		split.Units = append(split.Units, *r.Unit)
		split.Attempts = max(split.Attempts, r.Unit.Number)
	case r.Failure != nil:
		split := s.split(r.Failure.Split)
		split.Failures++
		split.Cause = r.Failure.Cause
		split.Attempts = max(split.Attempts, r.Failure.Number)
	case r.Prepared:
		s.Prepared = true
	case r.Committing:
		s.Committing = true
	case r.Snapshot != nil:
		s.Snapshot = r.Snapshot
	case r.Adopted != nil:
		s.adopt(*r.Adopted)
	}
	return nil
}
