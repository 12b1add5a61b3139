package job

import "weft/plugins"

// HeldSnapshot is what the journal says of the one view of the source that a run
// reads: that it was taken, and who has it.
type HeldSnapshot struct {
	plugins.Snapshot
	// Slots have it for certain; of a Late one whoever has its token does.
	Slots []SlotID `json:"slots,omitempty"`
	// Degraded says why the run went on without; empty while it has it.
	Degraded string `json:"degraded,omitempty"`
}

// SlotID is one slot of one container.
type SlotID struct {
	Container string `json:"container"`
	Number    int    `json:"slot"`
}
