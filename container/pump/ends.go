package pump

import (
	"errors"
	"fmt"
	"runtime/debug"

	"weft/plugins"
)

// Ends holds the reader and the writer of one slot. They are made when first
// needed, kept from one task to the next, so that connections live on, and
// made anew after an error. It belongs to one slot.
type Ends struct {
	// NewReader and NewWriter make the values. They do no I/O.
	NewReader func() (plugins.Reader, error)
	NewWriter func() (plugins.Writer, error)

	reader plugins.Reader
	writer plugins.Writer
}

// Reader returns the slot's reader, made if need be.
func (e *Ends) Reader() (plugins.Reader, error) {
	if e.reader != nil {
		return e.reader, nil
	}
	r, err := e.NewReader()
	if err != nil {
		return nil, fmt.Errorf("make reader: %w", err)
	}
	e.reader = r
	return r, nil
}

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
	e.reader = nil
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
