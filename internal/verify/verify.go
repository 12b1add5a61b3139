package verify

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"weft/internal/job"
	"weft/plugins"
)

// Options say what to compare.
type Options struct {
	// Spec is the run's job with its secrets in clear, Plan its plan.
	Spec *job.Spec
	Run  string
	Plan *job.Plan
	// Registry finds the plugins.
	Registry *plugins.Registry
	// Units are the accepted units, in the order of splits and sequences.
	Units []plugins.Manifest
}

// Report is what was found.
type Report struct {
	// Units and Rows count what was compared, Hash is the sum over it.
	Units int    `json:"units"`
	Rows  int64  `json:"rows"`
	Hash  string `json:"hash"`
	// Mismatches are the units that differ, in their order.
	Mismatches []Mismatch `json:"mismatches"`
}

// Mismatch is one unit whose rows in the target are not those written.
type Mismatch struct {
	Split int `json:"split"`
	Unit  int `json:"unit"`
	// Written and Found count rows.
	Written int64 `json:"rows_written"`
	Found   int64 `json:"rows_found"`
	// Cause says why the unit could not be read back as a whole, if so.
	Cause string `json:"cause,omitempty"`
	// Rows are the rows that differ, at most MostRows of all units together.
	Rows []Difference `json:"rows,omitempty"`
	// Unexplained says why Rows is empty or not to be trusted.
	Unexplained string `json:"unexplained,omitempty"`
}

// Difference is a row that one side has more often than the other.
type Difference struct {
	// In is "source" for a row that the target lacks, "target" for one that
	// was never written.
	In string `json:"in"`
	// Row is the row as JSON, in the target's columns.
	Row string `json:"row"`
}

// MostRows is the number of differing rows that a report shows.
const MostRows = 20

// Run compares all units. The error is that of a target that cannot be asked at
// all; plugins.ErrNotReadable for one that cannot be read back by its nature.
func Run(ctx context.Context, o Options) (*Report, error) {
	target, err := o.target()
	if err != nil {
		return nil, err
	}
	report := &Report{Units: len(o.Units), Mismatches: []Mismatch{}}
	var mu sync.Mutex
	var sum uint64
	found := make([]*Mismatch, len(o.Units))
	group, reading := errgroup.WithContext(ctx)
	group.SetLimit(max(2, runtime.GOMAXPROCS(0)))
	for i, unit := range o.Units {
		group.Go(func() error {
			rows, hash, err := plugins.RereadHash(reading, target, unit, o.Plan.Target)
			if found[i], err = judge(unit, rows, hash, err); err != nil {
				return fmt.Errorf("read back unit %d of split %d: %w", unit.Sequence, unit.Split, err)
			}
			mu.Lock()
			defer mu.Unlock()
			report.Rows += rows
			sum += hash
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	report.Hash = fmt.Sprintf("%016x", sum)
	left := MostRows
	for i, m := range found {
		if m == nil {
			continue
		}
		if left > 0 {
			o.explain(ctx, target, i, m, left)
			left -= len(m.Rows)
		}
		report.Mismatches = append(report.Mismatches, *m)
	}
	return report, nil
}

// judge says whether a unit is what was written. A file that is gone or has
// another size is a mismatch; an error that says nothing about the target is
// returned.
func judge(unit plugins.Manifest, rows int64, hash uint64, err error) (*Mismatch, error) {
	m := &Mismatch{Split: unit.Split, Unit: unit.Sequence, Written: unit.Counters.RowsWritten, Found: rows}
	switch reason := plugins.ReasonOf(err); {
	case errors.Is(err, plugins.ErrNotReadable):
		return nil, err
	case reason == plugins.ReasonMismatch || reason == plugins.ReasonGone:
		m.Cause = err.Error()
		return m, nil
	case err != nil:
		return nil, err
	case rows == unit.Counters.RowsWritten && hash == unit.Hash:
		return nil, nil
	}
	return m, nil
}

// target makes a writer of the run that is never opened.
func (o Options) target() (plugins.Rereader, error) {
	setup, err := o.Spec.Setup(o.Run, o.Plan.Columns, o.Plan.StartLocation)
	if err != nil {
		return nil, err
	}
	writer, err := o.Spec.Writer.NewWriter(o.Registry, setup)
	if err != nil {
		return nil, err
	}
	target, ok := writer.(plugins.Rereader)
	if !ok {
		return nil, fmt.Errorf("plugin %s: %w", o.Spec.Writer.Plugin, plugins.ErrNotReadable)
	}
	return target, nil
}

// start is where the rows of unit i begin in its split.
func (o Options) start(i int) plugins.Position {
	unit := o.Units[i]
	if unit.Sequence == 0 {
		return ""
	}
	before := slices.IndexFunc(o.Units, func(m plugins.Manifest) bool {
		return m.Split == unit.Split && m.Sequence == unit.Sequence-1
	})
	if before < 0 {
		return ""
	}
	return o.Units[before].Position
}
