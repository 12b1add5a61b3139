package checkpoint

import "weft/plugins"

// Commit is the write-ahead commit plan: what makes the output of a run
// visible. It is put in place once; whoever finds it applies it, from the
// beginning, and never turns back.
type Commit struct {
	// Generation made the plan.
	Generation int64 `json:"generation"`
	// Counters and Hash are those of the whole output.
	Counters plugins.Counters `json:"counters"`
	Hash     uint64           `json:"hash"`
	// Ops are the target's operations, in their order.
	Ops []plugins.Op `json:"ops"`
	// Location, if not empty, is where the next incremental run starts; it is
	// set after the operations.
	Location string `json:"location,omitempty"`
}
