package faulty

import (
	"errors"
	"io/fs"
	"path"
	"slices"
)

// Kind names an operation.
type Kind string

// The operations of a file system and of its files.
const (
	Open            Kind = "open"
	List            Kind = "list"
	Stat            Kind = "stat"
	Create          Kind = "create"
	CreateExclusive Kind = "create exclusive"
	Mkdir           Kind = "mkdir"
	Rename          Kind = "rename"
	RenameNoReplace Kind = "rename no replace"
	Remove          Kind = "remove"
	RemoveAll       Kind = "remove all"
	RecoverLease    Kind = "recover lease"
	IsClosed        Kind = "is closed"
	Space           Kind = "space"
	Lock            Kind = "lock"
	Read            Kind = "read"
	Write           Kind = "write"
	Sync            Kind = "sync"
	Close           Kind = "close" // of a file open for writing; closing a reader never fails
)

// Op is one operation about to be done.
type Op struct {
	Kind Kind
	Name string // the file or directory; of a rename the old name
	To   string // of a rename the new name
	// Durable counts the operations that change what a crash leaves behind, from
	// 1; 0 for all others. Creates, mkdir, renames, removals and RecoverLease are
	// durable, Close of a written file, and Sync where it is durable.
	Durable int
}

// When says on which side of the operation the fault lies.
type When int

// The two sides of an operation.
const (
	Before When = iota // it is not done
	After              // it is done, and the caller is told otherwise
)

// ErrInjected is the error of rules without one of their own.
var ErrInjected = errors.New("injected fault")

// Rule makes operations fail. All conditions that are set must hold.
type Rule struct {
	Kinds []Kind // any of these; empty: every kind
	// Name is a pattern of path.Match for the last element of the name, or, when
	// it starts with a slash, for the whole name; "" matches all.
	Name  string
	Match func(Op) bool // asked last; nil matches all

	Nth        int // only the Nth operation that matches, from 1; 0: every one
	DurableNth int // only the operation with this Op.Durable; 0: any

	When When
	Err  error  // nil: ErrInjected
	Dead bool   // from then on every operation fails with Err: the process died
	Do   func() // called when the rule fires, before the error is returned

	seen int // matches so far
}

// fires tells whether the rule applies to this operation, and counts it.
func (r *Rule) fires(op Op) bool {
	if len(r.Kinds) > 0 && !slices.Contains(r.Kinds, op.Kind) {
		return false
	}
	if r.Name != "" && !matches(r.Name, op.Name) {
		return false
	}
	if r.DurableNth > 0 && r.DurableNth != op.Durable {
		return false
	}
	if r.Match != nil && !r.Match(op) {
		return false
	}
	r.seen++
	return r.Nth == 0 || r.Nth == r.seen
}

func matches(pattern, name string) bool {
	if pattern[0] != '/' {
		name = path.Base(name)
	}
	ok, err := path.Match(pattern, name)
	return err == nil && ok
}

func (r *Rule) err() error {
	if r.Err == nil {
		return ErrInjected
	}
	return r.Err
}

func wrap(op Op, err error) error {
	return &fs.PathError{Op: string(op.Kind), Path: op.Name, Err: err}
}
