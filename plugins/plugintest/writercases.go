package plugintest

import (
	"context"
	"errors"
	"fmt"
	"reflect"

	"weft/plugins"
)

func sighted(s *Writer) bool { return !s.Blind }

// writerCases are the sentences of the contract about writers.
var writerCases = []named[*Writer]{
	{"keeps NULLs and extremes of each kind", keepsValues, nil},
	{"Write does not keep the batch", manyBatches, nil},
	{"refused rows are named and all others written", namesRefused, func(s *Writer) bool { return s.Refused != nil }},
	{"Seal describes the unit", describesUnit, nil},
	{"Seal of an empty unit", sealsEmpty, nil},
	{"what is sealed survives", sealedSurvives, sighted},
	{"what is not sealed leaves no trace", unsealedVanishes, sighted},
	{"nothing is visible before the commit", hiddenUntilCommit, func(s *Writer) bool { return sighted(s) && !s.VisibleAtSeal }},
	{"only accepted units become visible", onlyAccepted, func(s *Writer) bool { return sighted(s) && !s.VisibleAtSeal }},
	{"what the target holds is told at Open", toldAtOpen, nil},
	{"one value writes attempts one after the other", rewrites, nil},
	{"Close at any time, twice and without Open", writerCloses, nil},
	{"ended context comes back from Write and Seal", writeCancelled, nil},
	{"size of the unit begins anew after Seal", sizeOfUnit, nil},
	{"map is stable and has a column for each", mapsAll, nil},
	{"check has no side effects", checkWriter, nil},
	{"prepare and fence may be repeated", preparesAgain, nil},
	{"plan changes nothing and says the same again", plansAgain, nil},
	{"commit interrupted after each operation is finished by a successor", commitInterrupted, nil},
	{"fence stops writes of earlier generations", fenceStops, func(s *Writer) bool { return sighted(s) }},
	{"adopted attempts go on after the fence", adoptedGoOn, nil},
	{"abort removes what attempts left", aborts, func(s *Writer) bool { return sighted(s) && !s.VisibleAtSeal }},
	{"a unit reads back as it was written", readsBackUnits, nil},
	{"Close leaves no goroutine", writerLeaks, nil},
}

// keepsValues writes one batch in which every column has had every extreme.
func keepsValues(ctx context.Context, s *Writer) error {
	return s.onRun(ctx, func(r *run) error {
		u, err := r.unitOf(ctx, 0, 1, 130)
		if err != nil {
			return err
		}
		return r.ends(ctx, u)
	})
}

func manyBatches(ctx context.Context, s *Writer) error {
	return s.onRun(ctx, func(r *run) (err error) {
		at, err := r.open(ctx, 1, 0, 1)
		if err != nil {
			return err
		}
		defer closing(&err, at.w)
		b := plugins.NewBatch(s.Columns)
		for range 8 {
			b.Reset(s.Columns)
			for range 17 {
				appendRow(b, s.Columns, r.next)
				r.next++
			}
			if err := at.writeBatch(ctx, b); err != nil {
				return err
			}
		}
		u, err := at.seal(ctx, true)
		if err != nil {
			return err
		}
		return r.ends(ctx, u)
	})
}

func namesRefused(ctx context.Context, s *Writer) error {
	return s.onRun(ctx, func(r *run) (err error) {
		at, err := r.open(ctx, 1, 0, 1)
		if err != nil {
			return err
		}
		defer closing(&err, at.w)
		b := plugins.NewBatch(s.Columns)
		bad := map[int]bool{0: true, 5: true, 6: true, 9: true}
		for i := range 10 {
			if bad[i] {
				s.Refused(b, r.next)
			} else {
				appendRow(b, s.Columns, r.next)
			}
			r.next++
		}
		rows, err := Rows(b)
		if err != nil {
			return err
		}
		if err := s.refuses(ctx, at.w, b, bad); err != nil {
			return err
		}
		for i, row := range rows {
			if !bad[i] {
				at.note([]string{row})
			}
		}
		// The writer goes on after a refusal, and after one of all rows.
		b.Reset(s.Columns)
		s.Refused(b, r.next)
		r.next++
		if err := s.refuses(ctx, at.w, b, map[int]bool{0: true}); err != nil {
			return err
		}
		if err := at.write(ctx, 3); err != nil {
			return err
		}
		u, err := at.seal(ctx, true)
		if err != nil {
			return err
		}
		return r.ends(ctx, u)
	})
}

// refuses writes a batch of which the writer has to refuse the bad rows, and
// looks whether their originals can still be shown.
func (s *Writer) refuses(ctx context.Context, w plugins.Writer, b *plugins.Batch, bad map[int]bool) error {
	originals := make([]string, b.Rows)
	for i := range originals {
		originals[i] = plugins.RawOf(s.Columns, b.Columns, i)
	}
	err := w.Write(ctx, b)
	if err := checkRefused(err, bad); err != nil {
		return err
	}
	var refused *plugins.RowErrors
	errors.As(err, &refused)
	for _, row := range refused.Rows {
		raw := row.Raw
		if raw == "" { // then the writer has not changed it
			raw = plugins.RawOf(s.Columns, b.Columns, row.Index)
		}
		if raw != originals[row.Index] {
			return fmt.Errorf("refused row %d is shown as\n%s, the reader delivered\n%s", row.Index, raw, originals[row.Index])
		}
	}
	return nil
}

func checkRefused(err error, bad map[int]bool) error {
	var refused *plugins.RowErrors
	if !errors.As(err, &refused) {
		return fmt.Errorf("write with %d rows to refuse: error %v, want *plugins.RowErrors", len(bad), err)
	}
	last := -1
	for _, row := range refused.Rows {
		switch {
		case row.Index <= last:
			return fmt.Errorf("row %d refused after row %d; indices must ascend", row.Index, last)
		case !bad[row.Index]:
			return fmt.Errorf("row %d refused without reason: %s: %s", row.Index, row.Code, row.Cause)
		case row.Code == "" || row.Cause == "":
			return fmt.Errorf("row %d refused without code or cause: %+v", row.Index, row)
		}
		last = row.Index
	}
	if len(refused.Rows) != len(bad) {
		return fmt.Errorf("%d rows refused, want %d", len(refused.Rows), len(bad))
	}
	return nil
}

func describesUnit(ctx context.Context, s *Writer) error {
	return s.onRun(ctx, func(r *run) (err error) {
		at, err := r.open(ctx, 1, 3, 2)
		if err != nil {
			return err
		}
		defer closing(&err, at.w)
		for range 3 {
			if err := at.write(ctx, 5); err != nil {
				return err
			}
			at.unit.Hash, at.unit.DirtyFile = 42, "dirty"
			want := at.unit
			u, err := at.seal(ctx, false)
			if err != nil {
				return err
			}
			if err := checkManifest(u.manifest, at.a, want); err != nil {
				return err
			}
		}
		return nil
	})
}

// checkManifest holds a manifest against the unit it describes.
func checkManifest(m plugins.Manifest, a plugins.Attempt, u plugins.Unit) error {
	if m.Split != a.Split.ID || m.Number != a.Number || m.Generation != a.Generation {
		return fmt.Errorf("manifest of split %d, attempt %d, generation %d, want %d, %d, %d",
			m.Split, m.Number, m.Generation, a.Split.ID, a.Number, a.Generation)
	}
	if m.Counters.BytesWritten < 0 {
		return fmt.Errorf("manifest with %d bytes written", m.Counters.BytesWritten)
	}
	got := m.Unit
	got.Counters.BytesWritten = u.Counters.BytesWritten
	got.Counters.RowsFiltered += got.Counters.RowsWritten - u.Counters.RowsWritten // ignored duplicates
	got.Counters.RowsWritten, u.Counters.RowsFiltered = u.Counters.RowsWritten, got.Counters.RowsFiltered
	if got != u {
		return fmt.Errorf("manifest of unit\n%+v, want\n%+v", got, u)
	}
	if len(m.Files) == 0 {
		return nil
	}
	var rows int64
	for _, f := range m.Files {
		if f.Path == "" || f.Bytes < 0 {
			return fmt.Errorf("manifest names the file %+v", f)
		}
		rows += f.Rows
	}
	if rows != u.Counters.RowsWritten {
		return fmt.Errorf("files of %d rows in a unit of %d", rows, u.Counters.RowsWritten)
	}
	return nil
}

func sealsEmpty(ctx context.Context, s *Writer) error {
	return s.onRun(ctx, func(r *run) (err error) {
		at, err := r.open(ctx, 1, 0, 1)
		if err != nil {
			return err
		}
		defer closing(&err, at.w)
		var units []sealed
		for _, n := range []int{0, 4, 0} {
			if n > 0 {
				if err := at.write(ctx, n); err != nil {
					return err
				}
			}
			u, err := at.seal(ctx, len(units) == 2)
			if err != nil {
				return err
			}
			units = append(units, u)
		}
		return r.ends(ctx, units...)
	})
}

func toldAtOpen(ctx context.Context, s *Writer) error {
	return s.onRun(ctx, func(r *run) error {
		first, err := r.unitOf(ctx, 0, 1, 3)
		if err != nil {
			return err
		}
		w, err := r.target.New()
		if err != nil {
			return err
		}
		defer closing(&err, w)
		a := plugins.Attempt{Run: runID, Generation: 1, Number: 2, Split: plugins.Split{ID: 0}, Columns: s.Columns, Target: r.columns}
		held, err := w.Open(ctx, a)
		if err != nil {
			return fmt.Errorf("open a second attempt: %w", err)
		}
		if held != nil && !reflect.DeepEqual(*held, first.manifest) {
			return fmt.Errorf("the target holds\n%+v, sealed was\n%+v", *held, first.manifest)
		}
		a.Split.ID, a.Number = 1, 1
		if held, err = w.Open(ctx, a); err != nil || held != nil {
			return fmt.Errorf("open another split: held %+v, error %v, want none", held, err)
		}
		return nil
	})
}

func rewrites(ctx context.Context, s *Writer) error {
	return s.onRun(ctx, func(r *run) (err error) {
		at, err := r.open(ctx, 1, 0, 1)
		if err != nil {
			return err
		}
		defer closing(&err, at.w)
		var units []sealed
		for split := range 3 {
			if split > 0 {
				at.a.Split.ID = split
				at.unit, at.rows = plugins.Unit{}, nil
				if _, err := at.w.Open(ctx, at.a); err != nil {
					return fmt.Errorf("open split %d with the same value: %w", split, err)
				}
			}
			if err := at.write(ctx, 6); err != nil {
				return err
			}
			u, err := at.seal(ctx, true)
			if err != nil {
				return err
			}
			units = append(units, u)
		}
		return r.ends(ctx, units...)
	})
}

func writerCloses(ctx context.Context, s *Writer) error {
	return s.onRun(ctx, func(r *run) error {
		w, err := r.target.New()
		if err != nil {
			return err
		}
		if err := closeTwice(w); err != nil {
			return fmt.Errorf("without Open: %w", err)
		}
		for when, rows := range map[string]int{"after Open": 0, "after a Write": 3, "after Seal": -1} {
			at, err := r.open(ctx, 1, 0, 1)
			if err != nil {
				return fmt.Errorf("%s: %w", when, err)
			}
			if rows > 0 {
				err = at.write(ctx, rows)
			}
			if rows < 0 {
				_, err = at.seal(ctx, true)
			}
			if err := errors.Join(err, closeTwice(at.w)); err != nil {
				return fmt.Errorf("%s: %w", when, err)
			}
		}
		return nil
	})
}

func writeCancelled(ctx context.Context, s *Writer) error {
	ended, cancel := context.WithCancel(ctx)
	cancel()
	return s.onRun(ctx, func(r *run) error {
		calls := map[string]func(at *attempt) error{
			"write": func(at *attempt) error { return at.write(ended, 5) },
			"seal":  func(at *attempt) error { _, err := at.seal(ended, true); return err },
		}
		split := 0
		for name, call := range calls {
			at, err := r.open(ctx, 1, split, 1)
			if err != nil {
				return err
			}
			split++
			if err := at.write(ctx, 2); err != nil {
				return errors.Join(err, at.w.Close())
			}
			err = call(at)
			if cerr := at.w.Close(); cerr != nil {
				return fmt.Errorf("close after a cancelled %s: %w", name, cerr)
			}
			if !errors.Is(err, context.Canceled) {
				return fmt.Errorf("%s under an ended context: error %v, want %w", name, err, context.Canceled)
			}
		}
		return r.shows(ctx)
	})
}

func sizeOfUnit(ctx context.Context, s *Writer) error {
	return s.onRun(ctx, func(r *run) (err error) {
		at, err := r.open(ctx, 1, 0, 1)
		if err != nil {
			return err
		}
		defer closing(&err, at.w)
		sizer, ok := at.w.(plugins.Sizer)
		if !ok {
			return nil
		}
		for unit := range 2 {
			if got := sizer.UnitBytes(); got != 0 {
				return fmt.Errorf("unit %d begins with %d bytes", unit, got)
			}
			if err := at.write(ctx, 50); err != nil {
				return err
			}
			if got := sizer.UnitBytes(); got < 0 {
				return fmt.Errorf("unit %d has %d bytes", unit, got)
			}
			if _, err := at.seal(ctx, false); err != nil {
				return err
			}
		}
		return nil
	})
}

func mapsAll(ctx context.Context, s *Writer) error {
	return s.onRun(ctx, func(r *run) error {
		if len(r.columns) != len(s.Columns) {
			return fmt.Errorf("%d columns mapped to %d", len(s.Columns), len(r.columns))
		}
		mapper, ok := r.control.(plugins.Mapper)
		if !ok {
			return nil
		}
		again, _, err := mapper.Map(ctx, s.Columns)
		if err != nil {
			return err
		}
		if !reflect.DeepEqual(again, r.columns) {
			return fmt.Errorf("mapped to\n%+v, then to\n%+v", r.columns, again)
		}
		_, err = plugins.NewBatchConverter(s.Columns, r.columns, nil)
		return err
	})
}

func checkWriter(ctx context.Context, s *Writer) (err error) {
	target, err := s.NewTarget()
	if err != nil {
		return err
	}
	if target.Close != nil {
		defer func() { err = errors.Join(err, target.Close()) }()
	}
	w, err := target.New()
	if err != nil {
		return err
	}
	if err := errors.Join(check(ctx, w), check(ctx, w), w.Close()); err != nil {
		return err
	}
	return (&run{s: s, target: target}).shows(ctx)
}

func writerLeaks(ctx context.Context, s *Writer) error {
	return leaks(func() error {
		return s.onRun(ctx, func(r *run) error {
			_, err := r.unitOf(ctx, 0, 1, 3)
			return err
		})
	})
}
