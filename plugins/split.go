package plugins

import (
	"encoding/json"
	"fmt"
)

// Split is an independently readable piece of the source. Splits are made
// once per run, are part of the plan, and are never cut again.
type Split struct {
	// ID numbers the splits of a run from 0; it is part of file names.
	ID int `json:"id"`
	// Label says which rows, for people: "id >= 10 and id < 20".
	Label string `json:"label"`
	// Rows is the estimated number of rows; -1 if unknown.
	Rows int64 `json:"rows"`
	// Data is the reader's own description, opaque to everybody else.
	Data json.RawMessage `json:"data,omitempty"`
}

// String names the split in messages.
func (s Split) String() string {
	if s.Label == "" {
		return fmt.Sprintf("split %d", s.ID)
	}
	return fmt.Sprintf("split %d (%s)", s.ID, s.Label)
}

// Attempt is one try to move one split, as its writer sees it.
type Attempt struct {
	// Run is the run id.
	Run string `json:"run"`
	// Generation is the fencing number of the ApplicationMaster that gave
	// the attempt out; from 1.
	Generation int64 `json:"generation"`
	// Split is what moves.
	Split Split `json:"split"`
	// Number counts the attempts of this split in this run; from 1.
	Number int `json:"number"`
	// Columns are the batch's columns: what the reader delivers.
	Columns []Column `json:"columns"`
	// Target are the columns to write, one for each of Columns, as
	// Mapper.Map fixed them in the plan.
	Target []Column `json:"target"`
}

// Counters count the rows and bytes of a unit, a split or a run. Conservation
// law: RowsRead = RowsWritten + RowsDirty + RowsFiltered.
type Counters struct {
	RowsRead     int64 `json:"rows_read"`
	RowsWritten  int64 `json:"rows_written"`
	RowsDirty    int64 `json:"rows_dirty"`
	RowsFiltered int64 `json:"rows_filtered"`
	BytesRead    int64 `json:"bytes_read"`
	BytesWritten int64 `json:"bytes_written"`
}

// Add adds d to c.
func (c *Counters) Add(d Counters) {
	c.RowsRead += d.RowsRead
	c.RowsWritten += d.RowsWritten
	c.RowsDirty += d.RowsDirty
	c.RowsFiltered += d.RowsFiltered
	c.BytesRead += d.BytesRead
	c.BytesWritten += d.BytesWritten
}

// Conserved says that no row appeared or vanished.
func (c Counters) Conserved() bool {
	return c.RowsRead == c.RowsWritten+c.RowsDirty+c.RowsFiltered
}

// Unit is what the engine knows of the rows between two seals.
type Unit struct {
	// Sequence numbers the units of a split from 0.
	Sequence int `json:"sequence"`
	// Position is the reader's place after the unit's last row.
	Position Position `json:"position"`
	// Last says that the split ends with this unit.
	Last bool `json:"last"`
	// Counters of this unit; BytesWritten is the writer's to fill in.
	Counters Counters `json:"counters"`
	// Hash is the sum of RowHash over the rows written, modulo 2^64; 0 if
	// nobody asked for it.
	Hash uint64 `json:"hash"`
	// DirtyFile names the unit's closed file of dirty rows; empty without.
	DirtyFile string `json:"dirty_file,omitempty"`
}

// File is one sealed file of a unit.
type File struct {
	// Path is where the file lies now, invisible to readers of the target.
	Path string `json:"path"`
	// Bytes is its size on disk.
	Bytes int64 `json:"bytes"`
	// Rows is the number of rows in it.
	Rows int64 `json:"rows"`
}

// Manifest describes a sealed unit: everything the commit, a successor of the
// ApplicationMaster and a verification need. Once accepted it is journalled.
type Manifest struct {
	Unit
	// Split, Number and Generation say whose unit it is.
	Split      int   `json:"split"`
	Number     int   `json:"attempt"`
	Generation int64 `json:"generation"`
	// Files are the sealed files, in the order of their rows; empty for a
	// target that is not made of files.
	Files []File `json:"files,omitempty"`
}

// ManifestOf returns the manifest of unit u of attempt a, without files.
func ManifestOf(a Attempt, u Unit) Manifest {
	return Manifest{Unit: u, Split: a.Split.ID, Number: a.Number, Generation: a.Generation}
}
