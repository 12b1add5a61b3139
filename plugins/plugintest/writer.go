package plugintest

import (
	"context"
	"errors"
	"fmt"

	"weft/plugins"
)

// Writer describes a writer and the targets it can be tried on.
type Writer struct {
	// NewTarget returns a target that holds no rows. The suite closes it.
	NewTarget func() (*Target, error)
	// Columns are what is written: every kind the writer takes, nullable
	// where the target takes NULL. The first should be an int64 that is not
	// nullable: it then gets distinct numbers, as a key.
	Columns []plugins.Column
	// Blind says that nobody can read the target back (null, standard
	// output); Target.Visible is nil then, and only the protocol is tested.
	Blind bool
	// VisibleAtSeal says that rows are visible as soon as their unit is
	// sealed, before the commit: a database table that is written directly.
	VisibleAtSeal bool
	// Refused, if not nil, appends a row that the target must refuse, with
	// the given key.
	Refused func(b *plugins.Batch, key int)
	// Row, if not nil, says how Visible spells a row of the target, where
	// that is not the canonical text of the values written.
	Row func(canonical string) string
}

// Target is one target of its own.
type Target struct {
	// New returns a fresh writer of the target, as another process has it.
	New func() (plugins.Writer, error)
	// Visible returns the rows that a reader of the target sees, in any
	// order, as Row spells them. It must not use the writer's code.
	Visible func(ctx context.Context) ([]string, error)
	// Close, if not nil, removes the target.
	Close func() error
}

// run is one run on one target: what a case works with.
type run struct {
	s       *Writer
	target  *Target
	columns []plugins.Column // of the target, from Mapper
	// control is the writer value that the ApplicationMaster has: it is
	// never opened.
	control plugins.Writer
	next    int // the next row's number
}

// onRun prepares a run on a fresh target, as the engine does, and hands it to
// use.
func (s *Writer) onRun(ctx context.Context, use func(r *run) error) (err error) {
	target, err := s.NewTarget()
	if err != nil {
		return fmt.Errorf("new target: %w", err)
	}
	if target.Close != nil {
		defer func() { err = errors.Join(err, target.Close()) }()
	}
	control, err := target.New()
	if err != nil {
		return err
	}
	defer closing(&err, control)
	r := &run{s: s, target: target, control: control, next: 1}
	if err := r.begin(ctx, control, 1); err != nil {
		return err
	}
	return use(r)
}

// begin does what a generation does before it hands out work.
func (r *run) begin(ctx context.Context, w plugins.Writer, generation int64, adopted ...plugins.Attempt) error {
	r.columns = r.s.Columns
	if mapper, ok := w.(plugins.Mapper); ok {
		columns, findings, err := mapper.Map(ctx, r.s.Columns)
		if err != nil {
			return fmt.Errorf("map: %w", err)
		}
		for _, f := range findings {
			if f.Severity == plugins.Fail {
				return fmt.Errorf("map found: %s", f.Text)
			}
		}
		r.columns = columns
	}
	c, ok := w.(plugins.Committer)
	if !ok {
		return nil
	}
	if generation == 1 {
		if err := c.Prepare(ctx); err != nil {
			return fmt.Errorf("prepare: %w", err)
		}
	}
	if err := c.Fence(ctx, generation, adopted); err != nil {
		return fmt.Errorf("fence generation %d: %w", generation, err)
	}
	return nil
}

// attempt is one attempt of a split with its own writer value.
type attempt struct {
	run *run
	w   plugins.Writer
	a   plugins.Attempt
	// unit is the unit being written; rows are its rows so far.
	unit plugins.Unit
	rows []string
}

// runID is the run id of every run of the suite.
const runID = "plugintest"

// open opens an attempt with a fresh writer value.
func (r *run) open(ctx context.Context, generation int64, split, number int) (*attempt, error) {
	w, err := r.target.New()
	if err != nil {
		return nil, err
	}
	at := &attempt{run: r, w: w, a: plugins.Attempt{
		Run: runID, Generation: generation, Number: number,
		Split:   plugins.Split{ID: split, Label: fmt.Sprintf("part %d", split), Rows: -1},
		Columns: r.s.Columns, Target: r.columns,
	}}
	held, err := w.Open(ctx, at.a)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open attempt %d of split %d: %w", number, split, err), w.Close())
	}
	if held != nil { // it goes on behind what the target has
		at.unit.Sequence = held.Sequence + 1
	}
	return at, nil
}

// write writes n good rows in one batch, which it spoils afterwards.
func (at *attempt) write(ctx context.Context, n int) error {
	b := plugins.NewBatch(at.run.s.Columns)
	for range n {
		appendRow(b, at.run.s.Columns, at.run.next)
		at.run.next++
	}
	return at.writeBatch(ctx, b)
}

// writeBatch writes a batch whose every row must be taken.
func (at *attempt) writeBatch(ctx context.Context, b *plugins.Batch) error {
	rows, err := Rows(b)
	if err != nil {
		return err
	}
	err = at.w.Write(ctx, b)
	for _, h := range plugins.HashRows(nil, b) { // of what Write left, as the engine has it
		at.unit.Hash += h
	}
	scribble(b)
	if err != nil {
		return fmt.Errorf("write %d rows: %w", len(rows), err)
	}
	at.note(rows)
	return nil
}

// note counts rows as written.
func (at *attempt) note(rows []string) {
	at.rows = append(at.rows, rows...)
	at.unit.Counters.RowsRead += int64(len(rows))
	at.unit.Counters.RowsWritten += int64(len(rows))
	at.unit.Counters.BytesRead += 100 * int64(len(rows))
	at.unit.Position = plugins.Position(rowName(at.run.next))
}

// sealed is a sealed unit and its rows.
type sealed struct {
	manifest plugins.Manifest
	rows     []string
}

// seal seals the unit and begins the next one.
func (at *attempt) seal(ctx context.Context, last bool) (sealed, error) {
	at.unit.Last = last
	m, err := at.w.Seal(ctx, at.unit)
	if err != nil {
		return sealed{}, fmt.Errorf("seal unit %d: %w", at.unit.Sequence, err)
	}
	s := sealed{m, at.rows}
	at.unit = plugins.Unit{Sequence: at.unit.Sequence + 1, Position: at.unit.Position}
	at.rows = nil
	return s, nil
}

// unitOf opens an attempt, seals one unit of n rows and closes.
func (r *run) unitOf(ctx context.Context, split, number, n int) (s sealed, err error) {
	at, err := r.open(ctx, 1, split, number)
	if err != nil {
		return s, err
	}
	defer closing(&err, at.w)
	if err := at.write(ctx, n); err != nil {
		return s, err
	}
	return at.seal(ctx, true)
}

// commit plans and applies the commit of the units, with the writer value w.
func (r *run) commit(ctx context.Context, w plugins.Writer, units ...sealed) error {
	ops, err := plan(ctx, w, units)
	if err != nil {
		return err
	}
	return apply(ctx, w, ops)
}

func plan(ctx context.Context, w plugins.Writer, units []sealed) ([]plugins.Op, error) {
	c, ok := w.(plugins.Committer)
	if !ok {
		return nil, nil
	}
	var manifests []plugins.Manifest
	for _, u := range units {
		manifests = append(manifests, u.manifest)
	}
	ops, err := c.Plan(ctx, manifests)
	if err != nil {
		return nil, fmt.Errorf("plan the commit of %d units: %w", len(units), err)
	}
	return ops, nil
}

func apply(ctx context.Context, w plugins.Writer, ops []plugins.Op) error {
	c, ok := w.(plugins.Committer)
	if !ok {
		return nil
	}
	for i, op := range ops {
		if err := c.Apply(ctx, op); err != nil {
			return fmt.Errorf("apply operation %d of %d, %s: %w", i, len(ops), op.Label, err)
		}
	}
	return nil
}

// ends commits the units, and looks whether the target then shows them and
// nothing else.
func (r *run) ends(ctx context.Context, units ...sealed) error {
	if err := r.commit(ctx, r.control, units...); err != nil {
		return err
	}
	return r.shows(ctx, units...)
}

// shows says how the target differs from holding exactly the units' rows.
func (r *run) shows(ctx context.Context, units ...sealed) error {
	if r.s.Blind {
		return nil
	}
	got, err := r.target.Visible(ctx)
	if err != nil {
		return fmt.Errorf("read the target: %w", err)
	}
	var want []string
	for _, u := range units {
		for _, row := range u.rows {
			if r.s.Row != nil {
				row = r.s.Row(row)
			}
			want = append(want, row)
		}
	}
	if err := compareSets(got, want); err != nil {
		return fmt.Errorf("the target: %w", err)
	}
	return nil
}
