package sched

import (
	"time"

	"weft/internal/job"
)

// Config is what a Machine goes by. Zero fields get the defaults named here.
type Config struct {
	// Run and Generation are what every stamp must say.
	Run        string
	Generation int64
	// Slots is the number of splits moved at the same time, over all
	// containers; SlotsPerContainer how many one container has.
	Slots, SlotsPerContainer int
	// MaxAttempts is how often one split may fail; default 4.
	MaxAttempts int
	// Limit says how many dirty rows are too many.
	Limit job.ErrorLimit
	// Lease is how long an attempt may be silent; default 30 s.
	Lease time.Duration
	// CommitWindow is how long the ResourceManager may be silent before no
	// unit is accepted and no commit begun; default 10 s.
	CommitWindow time.Duration
	// RetryPause is how long a split rests after its first failure, doubled
	// after each; default 500 ms, at most 30 s.
	RetryPause time.Duration
	// StartDeadline is how long a container may take from grant to its first
	// call; default 10 min, in which YARN localizes files.
	StartDeadline time.Duration
	// DrainDeadline is how long attempts may take to seal and end when the
	// run fails; default 60 s.
	DrainDeadline time.Duration
	// Attach is how long is waited for containers that outlived an earlier
	// app attempt; default 8 s. A survivor looks for the new master each second,
	// and behind a connection that hangs each five seconds.
	Attach time.Duration
	// Poll is how long a call of Next waits without work; default 10 s.
	Poll time.Duration
}

// CommitWindow is the default of Config.CommitWindow.
const CommitWindow = 10 * time.Second

// Further bounds that nobody had to change yet.
const (
	// lostPerFailure lost attempts in a row count as one failed.
	lostPerFailure = 5
	// nodeFailures containers failing on a node exclude it, and at most
	// maxExcluded nodes are.
	nodeFailures = 3
	maxExcluded  = 8
	// barrenContainers failing one after the other, without a unit accepted
	// between them, end the run.
	barrenContainers = 8
	// minSample is the number of rows read before a share of them means
	// anything.
	minSample = 10_000
	maxPause  = 30 * time.Second
)

func (c Config) withDefaults() Config {
	set := func(v *time.Duration, d time.Duration) {
		if *v <= 0 {
			*v = d
		}
	}
	set(&c.Lease, 30*time.Second)
	set(&c.CommitWindow, CommitWindow)
	set(&c.RetryPause, 500*time.Millisecond)
	set(&c.StartDeadline, 10*time.Minute)
	set(&c.DrainDeadline, time.Minute)
	set(&c.Attach, 8*time.Second)
	set(&c.Poll, 10*time.Second)
	c.Slots = max(c.Slots, 1)
	c.SlotsPerContainer = max(c.SlotsPerContainer, 1)
	if c.MaxAttempts <= 0 {
		c.MaxAttempts = 4
	}
	return c
}
