package view

import (
	"weft/internal/job"
	"weft/internal/umbilical"
	"weft/plugins"
)

// Action is something to be done. The set is closed.
type Action interface{ action() }

// Admit hands a call for work to the scheduler.
type Admit struct {
	ID   uint64
	Want umbilical.Want
}

// Answer answers a call for work: ask again, attach, or leave.
type Answer struct {
	ID        uint64
	Directive umbilical.Directive
	Snapshot  *plugins.Snapshot
}

// Acquire takes the snapshot; Gate.Acquired must follow.
type Acquire struct{}

// Release ends what Acquire holds; Gate.Released must follow.
type Release struct{}

// Ask says how many containers are really missing.
type Ask struct{ Containers int }

// Taken says that the snapshot is taken and counts: to be journalled before any
// unit is.
type Taken struct{ Held job.HeldSnapshot }

// Degraded says that the rest of the run is read without the snapshot.
type Degraded struct{ Cause string }

// Fail ends the run.
type Fail struct{ Err error }

func (Admit) action()    {}
func (Answer) action()   {}
func (Acquire) action()  {}
func (Release) action()  {}
func (Ask) action()      {}
func (Taken) action()    {}
func (Degraded) action() {}
func (Fail) action()     {}
