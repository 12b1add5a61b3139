package job

import "weft/plugins"

// Plan is what was made of a Spec once per run, by the first ApplicationMaster
// (or by `weft run`). It is stored as plan.json and never changed: a successor
// reads it and recomputes nothing, so that splits keep their meaning whatever
// happens to the source.
type Plan struct {
	// Run is the run id.
	Run string `json:"run"`
	// Columns are what the reader delivers, Target what the writer writes,
	// one for each.
	Columns []plugins.Column `json:"columns"`
	Target  []plugins.Column `json:"target"`
	// Splits in the order of their ids.
	Splits []plugins.Split `json:"splits"`
	// StartLocation and Until bound an incremental run: (start, until].
	// Both are empty for a job that is not incremental.
	StartLocation string `json:"start_location,omitempty"`
	Until         string `json:"until,omitempty"`
}

// Task is one attempt handed to a slot, with where it starts.
type Task struct {
	plugins.Attempt
	// From is the position of the newest accepted unit of the split.
	From plugins.Position `json:"from"`
	// Sequence is the number the next unit gets.
	Sequence int `json:"sequence"`
}
