package memtest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"

	"weft/plugins"
)

// Database is a target whose transactions take rows and the split's checkpoint
// together, as those of a real one do: a world with one writes there instead of
// into files. The zero value is ready.
//
//	seal:  generation, attempt and sequence of the split's checkpoint as expected?
//	       -> rows and checkpoint, both or neither
type Database struct {
	// OnCommit, if not nil, is asked in every transaction: before keeps it
	// from being done, after loses the answer of one that is done.
	OnCommit func() (before, after error)

	mu          sync.Mutex
	rows        map[int64]int
	checkpoints map[int]checkpoint
	generation  int64
	ended       bool
}

// checkpoint is the row of a split.
type checkpoint struct {
	generation int64
	attempt    int
	held       *plugins.Manifest
}

func (c checkpoint) of(a plugins.Attempt) bool {
	return c.generation == a.Generation && c.attempt == a.Number
}

func (c checkpoint) before(a plugins.Attempt) bool {
	return c.generation < a.Generation || c.generation == a.Generation && c.attempt < a.Number
}

// dbWriter writes one attempt into the database.
type dbWriter struct {
	w       *World
	attempt plugins.Attempt
	rows    []int64
}

var (
	_ plugins.Writer    = (*dbWriter)(nil)
	_ plugins.Committer = (*dbWriter)(nil)
)

func refuse(format string, args ...any) error {
	return &plugins.Error{Class: plugins.Permanent, Reason: plugins.ReasonFenced, Err: fmt.Errorf(format, args...)}
}

// Open implements plugins.Writer.
func (d *dbWriter) Open(_ context.Context, a plugins.Attempt) (*plugins.Manifest, error) {
	d.attempt, d.rows = a, nil
	db := d.w.Database
	db.mu.Lock()
	defer db.mu.Unlock()
	c, there := db.checkpoints[a.Split.ID]
	switch {
	case db.ended:
		return nil, refuse("open %s: the run has ended", a.Split)
	case there && c.of(a):
	case db.generation > a.Generation:
		return nil, refuse("open %s: generation %d holds the run", a.Split, db.generation)
	case there && !c.before(a):
		return nil, refuse("open %s: attempt %d of generation %d has it", a.Split, c.attempt, c.generation)
	}
	if db.checkpoints == nil {
		db.checkpoints = make(map[int]checkpoint)
	}
	db.checkpoints[a.Split.ID] = checkpoint{a.Generation, a.Number, c.held}
	return c.held, nil
}

// Write implements plugins.Writer.
func (d *dbWriter) Write(ctx context.Context, b *plugins.Batch) error {
	for i := range b.Rows {
		id := b.Columns[0].Ints[i]
		if d.w.BeforeWrite != nil {
			if err := d.w.BeforeWrite(ctx, id); err != nil {
				return err
			}
		}
		d.rows = append(d.rows, id)
	}
	return nil
}

// Seal implements plugins.Writer.
func (d *dbWriter) Seal(ctx context.Context, u plugins.Unit) (plugins.Manifest, error) {
	if d.w.BeforeSeal != nil {
		if err := d.w.BeforeSeal(ctx, u); err != nil {
			return plugins.Manifest{}, err
		}
	}
	m := plugins.ManifestOf(d.attempt, u)
	if err := d.w.Database.commit(d.attempt, m, d.rows); err != nil {
		return plugins.Manifest{}, err
	}
	d.rows = nil
	return m, nil
}

func (db *Database) commit(a plugins.Attempt, m plugins.Manifest, rows []int64) error {
	var before, after error
	if db.OnCommit != nil {
		before, after = db.OnCommit()
	}
	if before != nil {
		return before
	}
	db.mu.Lock()
	defer db.mu.Unlock()
	c := db.checkpoints[a.Split.ID]
	next := 0
	if c.held != nil {
		next = c.held.Sequence + 1
	}
	if db.ended || !c.of(a) || m.Sequence != next {
		return refuse("seal unit %d of %s: the checkpoint is at unit %d of attempt %d of generation %d",
			m.Sequence, a.Split, next, c.attempt, c.generation)
	}
	if db.rows == nil {
		db.rows = make(map[int64]int)
	}
	for _, id := range rows {
		db.rows[id]++
	}
	c.held = &m
	db.checkpoints[a.Split.ID] = c
	return after
}

// written returns how often each row is there.
func (db *Database) written() map[int64]int {
	db.mu.Lock()
	defer db.mu.Unlock()
	return maps.Clone(db.rows)
}

// Close implements plugins.Writer.
func (d *dbWriter) Close() error { return nil }

// Prepare implements plugins.Committer.
func (d *dbWriter) Prepare(context.Context) error { d.w.Prepared.Add(1); return nil }

// Fence implements plugins.Committer.
func (d *dbWriter) Fence(_ context.Context, generation int64, adopted []plugins.Attempt) error {
	db := d.w.Database
	db.mu.Lock()
	defer db.mu.Unlock()
	if db.generation > generation {
		return refuse("fence generation %d: generation %d holds the run", generation, db.generation)
	}
	db.generation = generation
	kept := make(map[int]bool)
	for _, a := range adopted {
		c, there := db.checkpoints[a.Split.ID]
		if there && !c.of(a) && !c.before(a) {
			continue
		}
		if db.checkpoints == nil {
			db.checkpoints = make(map[int]checkpoint)
		}
		db.checkpoints[a.Split.ID] = checkpoint{a.Generation, a.Number, c.held}
		kept[a.Split.ID] = true
	}
	for id, c := range db.checkpoints {
		if !kept[id] {
			db.checkpoints[id] = checkpoint{generation, 0, c.held}
		}
	}
	return nil
}

// Plan implements plugins.Committer.
func (d *dbWriter) Plan(context.Context, []plugins.Manifest) ([]plugins.Op, error) {
	return []plugins.Op{{Do: "forget", Label: "forget the run's checkpoints"}}, nil
}

// Apply implements plugins.Committer.
func (d *dbWriter) Apply(_ context.Context, op plugins.Op) error {
	if op.Do != "forget" {
		return errors.New("apply: " + op.Do)
	}
	db := d.w.Database
	db.mu.Lock()
	defer db.mu.Unlock()
	db.ended, db.checkpoints = true, nil
	return nil
}

// Abort implements plugins.Committer.
func (d *dbWriter) Abort(context.Context) error { return nil }
