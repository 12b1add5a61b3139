package plugins

import (
	"context"
	"time"
)

// Reader reads one split at a time. A value is used for many splits, one
// after the other: Open, Read until io.EOF, Open again; at last Close.
type Reader interface {
	// Open starts reading split just after from; the zero Position is the
	// start of the split. ctx covers opening only.
	Open(ctx context.Context, split Split, from Position) error
	// Read appends up to b.MaxRows rows to the emptied batch b, and sets
	// b.Position to the place after them. Rows refused for their own content
	// go to b.Refused, rows the job filters are counted. A batch without
	// rows is legal (all refused). io.EOF itself, with nothing in b, says that
	// the split is exhausted; an error that only wraps io.EOF, as that of a
	// lost connection may, is a failure like any other.
	Read(ctx context.Context, b *Batch) error
	// Close frees everything. It may be called at any time, twice, and
	// without Open.
	Close() error
}

// Describer tells the columns that the reader will deliver: the job's list
// matched against the source, with names and types resolved. Every reader
// whose columns are not fully said by the job has it. Called once per run;
// the result is part of the plan and comes back in Setup.Columns.
type Describer interface {
	Describe(ctx context.Context) ([]Column, error)
}

// Splitter cuts the source into about want splits (more if that balances
// better, fewer if there is no cheap way to cut). With the same config and
// the same source it gives the same splits with the same ids. Called once per
// run. A reader without it has a single split.
type Splitter interface {
	Splits(ctx context.Context, want int) ([]Split, error)
}

// Incrementer is a reader that can read only what was added since the last
// run. Until fixes the upper end (inclusive) of this run before Splits is
// called; the run's commit stores it as the next run's Setup.StartLocation.
// ok is false if the job is not incremental.
type Incrementer interface {
	Until(ctx context.Context) (location string, ok bool, err error)
}

// Checker looks, before anything is touched, at whether the job can work:
// reach, rights, schema, space. It has no side effects and reports all it
// finds, good and bad. Readers and writers may have it.
type Checker interface {
	Check(ctx context.Context) []Finding
}

// Pauser is a reader whose source must not be kept waiting amid a split, such as
// a server that cuts off who does not take the rows it sends. The engine calls
// Pause when nobody has called Read for Patience after Open or the last Read; a
// reader whose own Read finds out that it was left alone for longer does the
// same by itself.
type Pauser interface {
	// Patience is how long the open split may be left alone; 0 is for ever. It
	// is asked after each Open.
	Patience() time.Duration
	// Pause ends what the source would be kept waiting with. The split stays
	// open: the next Read goes on with the next row. It may be called between
	// any two Reads, also twice in a row. An error is as one of Read.
	Pause(ctx context.Context) error
}

// Explainer is a reader that can say how it will read a split, in its
// system's own words: the SQL of a database. `weft plan` shows it. It needs
// Setup.Columns and does no I/O.
type Explainer interface {
	Explain(split Split) (string, error)
}
