package pump

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"

	"weft/plugins"
)

// Ends holds the reader and the writer of one slot. They are made when first
// needed, kept from one task to the next, so that connections live on, and
// made anew after an error. It belongs to one slot.
//
// A reader that is attached to a snapshot of the source is kept after an error,
// too, until the error says that the snapshot is lost: plugins.Snapshotter.
type Ends struct {
	// NewReader and NewWriter make the values. They do no I/O.
	NewReader func() (plugins.Reader, error)
	NewWriter func() (plugins.Writer, error)

	reader   plugins.Reader
	writer   plugins.Writer
	view     *plugins.Snapshot // what readers have to be attached to; nil for none
	attached string            // the token that reader is attached to
}

// Reader returns the slot's reader, made and attached if need be.
func (e *Ends) Reader(ctx context.Context) (plugins.Reader, error) {
	switch {
	case e.reader != nil:
		return e.reader, nil
	case e.view == nil:
		return e.makeReader()
	case !e.view.Late:
		return nil, lost(e.view, errors.New("this slot's connection is gone"))
	}
	return e.reader, e.join(ctx, *e.view)
}

func (e *Ends) makeReader() (plugins.Reader, error) {
	r, err := e.NewReader()
	if err != nil {
		return nil, fmt.Errorf("make reader: %w", err)
	}
	e.reader = r
	return r, nil
}

// Attach makes a new reader and has it join a snapshot. Its error is the
// reader's; the slot is attached to nothing then.
func (e *Ends) Attach(ctx context.Context, s plugins.Snapshot) error {
	dropped := e.DropReader()
	e.view = nil
	if err := e.join(ctx, s); err != nil {
		return errors.Join(err, dropped)
	}
	e.view = &s
	return nil
}

// join makes a reader and attaches it.
func (e *Ends) join(ctx context.Context, s plugins.Snapshot) error {
	r, err := e.makeReader()
	if err != nil {
		return err
	}
	joiner, ok := r.(plugins.Snapshotter)
	if !ok {
		return errors.Join(broken("attach to a snapshot: the reader knows none"), e.DropReader())
	}
	if err := guard(func() error { return joiner.Attach(ctx, s) }); err != nil {
		return errors.Join(fmt.Errorf("attach to the snapshot: %w", err), e.DropReader())
	}
	e.attached = s.Token
	return nil
}

// Expect says which snapshot the next task has to be read in; nil for none. What
// the slot is attached to otherwise is given up.
func (e *Ends) Expect(s *plugins.Snapshot) error {
	if e.attached != tokenOf(s) {
		e.view = s
		return e.DropReader()
	}
	e.view = s
	return nil
}

// Attached returns the token of the snapshot that the slot can read in; empty
// for none.
func (e *Ends) Attached() string {
	if e.view != nil && (e.view.Late || e.reader != nil) {
		return e.view.Token
	}
	return ""
}

func tokenOf(s *plugins.Snapshot) string {
	if s == nil {
		return ""
	}
	return s.Token
}

// lost is the error of a slot whose view of the source is gone.
func lost(s *plugins.Snapshot, err error) error {
	return &plugins.Error{Class: plugins.Lost, Reason: plugins.ReasonSnapshotLost,
		Op: "read in snapshot " + s.Token, Err: err}
}

// GiveUpReader ends the reading that err ended: the reader is closed, unless it
// is attached to a snapshot that it still has.
func (e *Ends) GiveUpReader(err error) error {
	gone := plugins.ReasonOf(err) == plugins.ReasonSnapshotLost
	if gone {
		e.view = nil
	}
	if e.attached != "" && !gone && !isPanic(err) {
		return nil
	}
	return e.DropReader()
}

// GiveUp ends the cycle that err ended: as GiveUpReader, and the writer is
// closed.
func (e *Ends) GiveUp(err error) error { return errors.Join(e.GiveUpReader(err), e.DropWriter()) }

// Writer returns the slot's writer, made if need be.
func (e *Ends) Writer() (plugins.Writer, error) {
	if e.writer != nil {
		return e.writer, nil
	}
	w, err := e.NewWriter()
	if err != nil {
		return nil, fmt.Errorf("make writer: %w", err)
	}
	e.writer = w
	return w, nil
}

// DropReader closes the reader; the next one is new. Close of a reader that is
// broken already tells nothing new, so its error is only returned to be logged.
func (e *Ends) DropReader() error {
	r := e.reader
	e.reader, e.attached = nil, ""
	if r == nil {
		return nil
	}
	return guard(r.Close)
}

// DropWriter closes the writer, and with that gives up what it has not sealed.
func (e *Ends) DropWriter() error {
	w := e.writer
	e.writer = nil
	if w == nil {
		return nil
	}
	return guard(w.Close)
}

// Close closes both. It may be called twice.
func (e *Ends) Close() error { return errors.Join(e.DropReader(), e.DropWriter()) }

// panicError is a panic of a plugin, caught.
type panicError struct {
	value any
	stack []byte
}

func (e *panicError) Error() string { return fmt.Sprintf("panic: %v", e.value) }

// guard calls into a plugin and turns a panic into an error.
func guard(call func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = &panicError{value: r, stack: debug.Stack()}
		}
	}()
	return call()
}

func isPanic(err error) bool {
	var p *panicError
	return errors.As(err, &p)
}
