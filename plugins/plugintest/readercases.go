package plugintest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"reflect"
	"time"

	"weft/plugins"
)

// readerCases are the sentences of the contract about readers.
var readerCases = []named[*Reader]{
	{"delivers every row once", everyRowOnce, nil},
	{"describes the columns it delivers", describes, nil},
	{"cuts the same splits again", splitsStable, nil},
	{"splits are disjoint and complete", splitsComplete, nil},
	{"reads on from each position", resumes, func(s *Reader) bool { return s.Resumes }},
	{"positions never go backwards", positionsAdvance, func(s *Reader) bool { return s.Resumes }},
	{"positions are empty if it cannot resume", positionsEmpty, func(s *Reader) bool { return !s.Resumes }},
	{"batch limits change nothing but batches", batchLimits, nil},
	{"one value reads splits one after the other", rereads, nil},
	{"ends with io.EOF and nothing else", endsWithEOF, nil},
	{"Close at any time, twice and without Open", closesAnytime, nil},
	{"ended context comes back from Read", readCancelled, nil},
	{"cancel while blocked returns promptly", readBlocked, func(s *Reader) bool { return s.Blocked != nil }},
	{"check has no side effects", checkReader, nil},
	{"Close leaves no goroutine", readerLeaks, nil},
}

func everyRowOnce(ctx context.Context, s *Reader) error {
	got, err := s.readAll(ctx, 1, usualSize)
	switch {
	case err != nil:
		return err
	case len(got.rows) != s.Rows:
		return fmt.Errorf("%d rows, want %d", len(got.rows), s.Rows)
	case got.refused != s.Refused:
		return fmt.Errorf("%d rows refused, want %d", got.refused, s.Refused)
	case s.Want != nil:
		return compareSets(got.rows, s.Want)
	}
	return nil
}

func describes(ctx context.Context, s *Reader) error {
	return s.with(func(r plugins.Reader) error {
		describer, ok := r.(plugins.Describer)
		if !ok {
			return nil
		}
		for range 2 {
			columns, err := describer.Describe(ctx)
			if err != nil {
				return fmt.Errorf("describe: %w", err)
			}
			if !reflect.DeepEqual(columns, s.Columns) {
				return fmt.Errorf("described as\n%+v, want\n%+v", columns, s.Columns)
			}
		}
		return nil
	})
}

func splitsStable(ctx context.Context, s *Reader) error {
	for _, want := range []int{1, 2, 7} {
		var first []plugins.Split
		for try := range 3 {
			err := s.with(func(r plugins.Reader) error {
				list, err := splits(ctx, r, want)
				switch {
				case err != nil:
					return err
				case try == 0:
					first = list
				case !reflect.DeepEqual(list, first):
					return fmt.Errorf("%d splits wanted: first %+v, then %+v", want, first, list)
				}
				return nil
			})
			if err != nil {
				return err
			}
		}
		for i, split := range first {
			if split.ID != i {
				return fmt.Errorf("split %d has the id %d; ids count from 0", i, split.ID)
			}
		}
	}
	return nil
}

func splitsComplete(ctx context.Context, s *Reader) error {
	want, err := s.readAll(ctx, 1, usualSize)
	if err != nil {
		return err
	}
	for _, n := range []int{2, 3, 7, 50} {
		got, err := s.readAll(ctx, n, usualSize)
		if err != nil {
			return err
		}
		if err := compareSets(got.rows, want.rows); err != nil {
			return fmt.Errorf("%d splits wanted: %w", n, err)
		}
		if got.refused != want.refused {
			return fmt.Errorf("%d splits wanted: %d rows refused, want %d", n, got.refused, want.refused)
		}
	}
	return nil
}

// maxResumes bounds the positions tried in one split.
const maxResumes = 300

func resumes(ctx context.Context, s *Reader) error {
	return s.each(ctx, func(r plugins.Reader, split plugins.Split) error {
		for _, rows := range []int{1, 7} {
			whole, err := s.read(ctx, r, split, "", size{rows, plugins.DefaultBatchBytes})
			if err != nil {
				return err
			}
			for i, m := range whole.marks {
				if i >= maxResumes && i < len(whole.marks)-1 {
					continue
				}
				if m.position == "" {
					return fmt.Errorf("no position after row %d", m.rows)
				}
				rest, err := s.read(ctx, r, split, m.position, usualSize)
				if err != nil {
					return err
				}
				if err := compareLists(rest.rows, whole.rows[m.rows:]); err != nil {
					return fmt.Errorf("from position %q, after row %d: %w", m.position, m.rows, err)
				}
				if rest.refused != whole.refused-m.refused {
					return fmt.Errorf("from position %q: %d rows refused, want %d", m.position, rest.refused, whole.refused-m.refused)
				}
			}
		}
		return nil
	})
}

func positionsAdvance(ctx context.Context, s *Reader) error {
	return s.each(ctx, func(r plugins.Reader, split plugins.Split) error {
		c, err := s.read(ctx, r, split, "", size{1, plugins.DefaultBatchBytes})
		if err != nil {
			return err
		}
		seen := map[plugins.Position]mark{}
		for _, m := range c.marks {
			before, again := seen[m.position]
			if again && (before.rows != m.rows || before.refused != m.refused) {
				return fmt.Errorf("position %q stands after row %d and after row %d", m.position, before.rows, m.rows)
			}
			seen[m.position] = m
		}
		return nil
	})
}

func positionsEmpty(ctx context.Context, s *Reader) error {
	return s.each(ctx, func(r plugins.Reader, split plugins.Split) error {
		c, err := s.read(ctx, r, split, "", size{3, plugins.DefaultBatchBytes})
		if err != nil {
			return err
		}
		for _, m := range c.marks {
			if m.position != "" {
				return fmt.Errorf("position %q after row %d, though the reader is said not to resume", m.position, m.rows)
			}
		}
		return nil
	})
}

func batchLimits(ctx context.Context, s *Reader) error {
	want, err := s.readAll(ctx, 1, usualSize)
	if err != nil {
		return err
	}
	for _, by := range []size{{1, plugins.DefaultBatchBytes}, {3, plugins.DefaultBatchBytes}, {plugins.DefaultBatchRows, 1}, {1 << 20, 1 << 30}} {
		got, err := s.readAll(ctx, 1, by)
		if err != nil {
			return err
		}
		if err := compareLists(got.rows, want.rows); err != nil {
			return fmt.Errorf("batches of %d rows or %d bytes: %w", by.rows, by.bytes, err)
		}
	}
	return nil
}

func rereads(ctx context.Context, s *Reader) error {
	return s.each(ctx, func(r plugins.Reader, split plugins.Split) error {
		want, err := s.read(ctx, r, split, "", usualSize)
		if err != nil {
			return err
		}
		// A second time after the end, a third after leaving off half-way.
		got, err := s.read(ctx, r, split, "", usualSize)
		if err != nil {
			return err
		}
		if err := compareLists(got.rows, want.rows); err != nil {
			return fmt.Errorf("opened again: %w", err)
		}
		if err := s.readOne(ctx, r, split); err != nil {
			return err
		}
		if got, err = s.read(ctx, r, split, "", usualSize); err != nil {
			return err
		}
		if err := compareLists(got.rows, want.rows); err != nil {
			return fmt.Errorf("opened again in the middle: %w", err)
		}
		return nil
	})
}

// readOne opens a split and reads one row, if there is one.
func (s *Reader) readOne(ctx context.Context, r plugins.Reader, split plugins.Split) error {
	if err := r.Open(ctx, split, ""); err != nil {
		return err
	}
	b := plugins.NewBatch(s.Columns)
	b.MaxRows = 1
	if err := r.Read(ctx, b); err != nil && err != io.EOF {
		return err
	}
	return nil
}

func endsWithEOF(ctx context.Context, s *Reader) error {
	return s.each(ctx, func(r plugins.Reader, split plugins.Split) error {
		if _, err := s.read(ctx, r, split, "", usualSize); err != nil {
			return err
		}
		b := plugins.NewBatch(s.Columns)
		if err := r.Read(ctx, b); err != io.EOF || b.RowsRead() > 0 {
			return fmt.Errorf("read after the end: %d rows, error %v, want io.EOF itself", b.RowsRead(), err)
		}
		return nil
	})
}

func closesAnytime(ctx context.Context, s *Reader) error {
	steps := map[string]func(r plugins.Reader, split plugins.Split) error{
		"without Open": func(plugins.Reader, plugins.Split) error { return nil },
		"after Open":   func(r plugins.Reader, split plugins.Split) error { return r.Open(ctx, split, "") },
		"after a Read": func(r plugins.Reader, split plugins.Split) error { return s.readOne(ctx, r, split) },
		"at the end": func(r plugins.Reader, split plugins.Split) error {
			_, err := s.read(ctx, r, split, "", usualSize)
			return err
		},
	}
	for when, step := range steps {
		err := s.each(ctx, func(_ plugins.Reader, split plugins.Split) error {
			r, err := s.New()
			if err != nil {
				return err
			}
			if err := step(r, split); err != nil {
				return errors.Join(err, r.Close())
			}
			return closeTwice(r)
		})
		if err != nil {
			return fmt.Errorf("%s: %w", when, err)
		}
	}
	return nil
}

func closeTwice(c io.Closer) error {
	for _, which := range []string{"first", "second"} {
		if err := c.Close(); err != nil {
			return fmt.Errorf("%s Close: %w", which, err)
		}
	}
	return nil
}

func readCancelled(ctx context.Context, s *Reader) error {
	return s.each(ctx, func(r plugins.Reader, split plugins.Split) error {
		ctx, cancel := context.WithCancel(ctx)
		if err := r.Open(ctx, split, ""); err != nil {
			cancel()
			return err
		}
		cancel()
		b := plugins.NewBatch(s.Columns)
		err := r.Read(ctx, b)
		if err == io.EOF || errors.Is(err, context.Canceled) {
			return nil
		}
		return fmt.Errorf("read under an ended context: %d rows, error %v, want %w", b.RowsRead(), err, context.Canceled)
	})
}

// prompt is how long a blocked call may take to return once cancelled.
const prompt = 3 * time.Second

func readBlocked(ctx context.Context, s *Reader) (err error) {
	r, split, reached, err := s.Blocked()
	if err != nil {
		return err
	}
	defer closing(&err, r)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if err := r.Open(ctx, split, ""); err != nil {
		return err
	}
	done := make(chan error, 1) // closed by nobody: one value comes
	go func() {
		var err error
		for err == nil {
			b := plugins.NewBatch(s.Columns)
			err = r.Read(ctx, b)
		}
		done <- err
	}()
	select {
	case <-reached:
	case err := <-done:
		return fmt.Errorf("read ended with %w before it blocked", err)
	case <-ctx.Done():
		return fmt.Errorf("wait for the reader to block: %w", context.Cause(ctx))
	}
	cancel()
	return within(prompt, done)
}

// within waits for the error of a cancelled call.
func within(limit time.Duration, done <-chan error) error {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case err := <-done:
		if !errors.Is(err, context.Canceled) {
			return fmt.Errorf("cancelled while blocked: error %v, want %w", err, context.Canceled)
		}
		return nil
	case <-timer.C:
		return fmt.Errorf("cancelled while blocked: nothing came back within %s", limit)
	}
}

func checkReader(ctx context.Context, s *Reader) error {
	before, err := s.readAll(ctx, 1, usualSize)
	if err != nil {
		return err
	}
	err = s.with(func(r plugins.Reader) error { return check(ctx, r) })
	if err != nil {
		return err
	}
	after, err := s.readAll(ctx, 1, usualSize)
	if err != nil {
		return err
	}
	return compareLists(after.rows, before.rows)
}

// check runs a plugin's check, if it has one, on an end where all is well.
func check(ctx context.Context, plugin any) error {
	checker, ok := plugin.(plugins.Checker)
	if !ok {
		return nil
	}
	for _, f := range checker.Check(ctx) {
		if f.Severity == plugins.Fail {
			return fmt.Errorf("check found %s: %s", f.Key, f.Text)
		}
		if f.Text == "" {
			return fmt.Errorf("a finding without text: %+v", f)
		}
	}
	return nil
}

func readerLeaks(ctx context.Context, s *Reader) error {
	return leaks(func() error {
		return s.each(ctx, func(_ plugins.Reader, split plugins.Split) error {
			return s.with(func(r plugins.Reader) error { return s.readOne(ctx, r, split) })
		})
	})
}
