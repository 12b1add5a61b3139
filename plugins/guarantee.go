package plugins

// Guarantee is a level of delivery, as `weft plan` prints it.
type Guarantee string

// The levels.
const (
	// ExactlyOnce: after success the target holds each source row once,
	// whatever failed on the way.
	ExactlyOnce Guarantee = "exactly-once"
	// EffectivelyOnce: rows may be written again, or meet rows with their key,
	// and end in the same content: one row for each key.
	EffectivelyOnce Guarantee = "effectively-once"
	// AtLeastOnce: rows of a unit that was under way when something failed
	// may be there twice.
	AtLeastOnce Guarantee = "at-least-once"
)

// Guarantor is a writer that says which level its settings reach, and why, in a
// sentence for people. A writer without it has ExactlyOnce if it is a Committer,
// else AtLeastOnce.
type Guarantor interface {
	// Guarantee does no I/O; it may be called at any time.
	Guarantee() (level Guarantee, why string)
}
