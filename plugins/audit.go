package plugins

import "context"

// Auditor is a Committer whose target can tell whether what was accepted in it
// is still there. The ApplicationMaster of a run that goes on asks before it
// hands out work, unless the commit has begun: moving the rest of a table whose
// first half somebody has removed helps nobody.
type Auditor interface {
	// Audit returns an error of ReasonGone that names what is missing of the
	// accepted units, or of what Prepare made. It changes nothing.
	Audit(ctx context.Context, units []Manifest) error
}

// Keeper is a Committer that cannot take back what its attempts sealed: rows
// that were committed to a table look like all others there.
type Keeper interface {
	// Keeps says what of the run stays in the target after Abort and would be
	// there twice after a new start; "" if nothing. It does no I/O.
	Keeps() string
}
