package plugins

import (
	"context"
	"encoding/json"
)

// Writer writes one attempt at a time. A value is used for many attempts, one
// after the other: Open, Write and Seal in turn, Open again; at last Close.
type Writer interface {
	// Open prepares to write the attempt's rows. held is the newest unit of
	// this split that the target itself holds (a database's checkpoint row),
	// or nil: where it says more than the journal, it wins.
	Open(ctx context.Context, a Attempt) (held *Manifest, err error)
	// Write takes the batch's rows. It may buffer, but must not keep b or
	// its memory. It may change values in place to what it really writes
	// (conversion, a replacement policy): the rows left in b after Write are
	// what is hashed. *RowErrors names refused rows by index, and has the
	// original of those that were changed; all others are then written.
	Write(ctx context.Context, b *Batch) error
	// Seal makes every row written since the last seal survive this process
	// and describes them; the next Write starts a new unit. A unit without
	// rows is legal. For a file writer Seal closes files; for a database it
	// is the COMMIT of rows and checkpoint row together.
	Seal(ctx context.Context, u Unit) (Manifest, error)
	// Close frees everything; what was not sealed leaves no trace that
	// anybody could read. It may be called at any time, twice, and without
	// Open.
	Close() error
}

// Sizer is a writer that can tell how large the unit being written has become,
// in bytes of the target; the engine seals by it (unit size). A writer without
// it is sealed by the bytes read.
type Sizer interface {
	UnitBytes() int64
}

// Mapper fixes the target's columns for the source's: one for each, in their
// order. A writer without it takes the source's columns as they are.
// Findings tell what is lossy or impossible.
type Mapper interface {
	Map(ctx context.Context, source []Column) (target []Column, findings []Finding, err error)
}

// Committer is the run-level side of a writer: what happens once, before the
// first and after the last split, and how other generations are kept out. The
// ApplicationMaster calls it, on a Writer value that it never opens.
//
// It has five methods because they are the five steps of one protocol and
// none makes sense without the others.
type Committer interface {
	// Prepare makes what all attempts need (preSql, staging folder or table)
	// and may be repeated.
	Prepare(ctx context.Context) error
	// Fence makes writes of generations before this one fail, those of the
	// adopted attempts excepted. Called before any work is handed out, in every
	// generation: also in one that finds the commit done and cleaned up.
	Fence(ctx context.Context, generation int64, adopted []Attempt) error
	// Plan lists the operations that make the output of the accepted units
	// visible. It changes nothing. The list is written ahead, whole.
	Plan(ctx context.Context, units []Manifest) ([]Op, error)
	// Apply does one operation of the plan. It may be repeated, by a
	// successor too, and finds out by itself that it is already done.
	Apply(ctx context.Context, op Op) error
	// Abort removes what attempts of this run left. It is legal only while
	// no commit plan exists.
	Abort(ctx context.Context) error
}

// Op is one idempotent operation of a commit plan: data, so that it can be
// written ahead and repeated by a successor.
type Op struct {
	// Do names the operation, such as "rename".
	Do string `json:"do"`
	// Label says it to people: "rename a/part-0 to b/part-0".
	Label string `json:"label"`
	// Output names what becomes visible by it, for the summary of the run: a
	// folder, a table. Empty for operations that only help.
	Output string `json:"output,omitempty"`
	// Data is the plugin's own description.
	Data json.RawMessage `json:"data,omitempty"`
}
