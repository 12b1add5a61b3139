package hdfs

import (
	"context"
	"errors"
	"io/fs"

	"weft/internal/fsys"
	"weft/plugins"
)

// classed gives an error of a file system its class and reason, and the words
// for what was being done. nil stays nil, and an error that has a class keeps
// it.
func classed(op string, err error) error {
	var known *plugins.Error
	if err == nil || errors.As(err, &known) {
		return err
	}
	e := &plugins.Error{Op: op, Err: err}
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		e.Class, e.Reason = plugins.Transient, plugins.ReasonTimeout
	case errors.Is(err, fsys.ErrGaveUp):
		e.Class, e.Reason = plugins.Fatal, plugins.ReasonUnreachable
		e.Hint = "resume the run when HDFS takes calls again: what was accepted is kept"
	case errors.Is(err, fsys.ErrUnavailable):
		e.Class, e.Reason = plugins.Transient, plugins.ReasonUnreachable
	case errors.Is(err, fsys.ErrOutcomeUnknown):
		e.Class = plugins.Transient
	case errors.Is(err, fs.ErrPermission):
		e.Class, e.Reason = plugins.Fatal, plugins.ReasonPermission
	case errors.Is(err, fsys.ErrNoSpace):
		e.Class, e.Reason = plugins.Fatal, plugins.ReasonSpace
		e.Hint = "make room or raise the quota, then resume the run: what is sealed stays"
	case errors.Is(err, fsys.ErrLease):
		e.Reason = plugins.ReasonFenced
	case errors.Is(err, fsys.ErrNotDir):
		e.Class, e.Reason = plugins.Fatal, plugins.ReasonConfig
		e.Hint = "a file stands where a folder must be"
	case errors.Is(err, fs.ErrNotExist):
		e.Reason = plugins.ReasonNotFound
	case errors.Is(err, fs.ErrExist):
		e.Reason = plugins.ReasonExists
	case errors.Is(err, fsys.ErrUnsupported):
		e.Class, e.Reason = plugins.Fatal, plugins.ReasonConfig
	}
	return e
}

// fatal is an error that no attempt can get around.
func fatal(reason plugins.Reason, op, hint string, err error) error {
	return &plugins.Error{Class: plugins.Fatal, Reason: reason, Op: op, Hint: hint, Err: err}
}
