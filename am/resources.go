package am

import (
	"context"
	"errors"

	"weft/internal/job"
)

// ErrNotCurrent is what Resources returns, wrapped, when the ResourceManager
// says that this app attempt is over. The master then stops without changing
// anything: no result, no Finish.
var ErrNotCurrent = errors.New("this app attempt is not the current one")

// Registration is what the ApplicationMaster tells about itself.
type Registration struct {
	// Address is host:port of the umbilical; empty in one process.
	Address string
	// TrackingURL is the status page; empty without one.
	TrackingURL string
}

// Wish is what a heartbeat asks for.
type Wish struct {
	// Containers is how many are missing, absolutely.
	Containers int
	// Release are granted containers that are not wanted, Exclude are nodes
	// to avoid, each told once.
	Release, Exclude []string
	// Progress is 0 to 1.
	Progress float64
}

// Grant is a container given.
type Grant struct {
	// ID is the container's id, Node where it lies.
	ID, Node string
	// Opaque is what the Launcher needs beside that, such as YARN's container
	// and its token.
	Opaque any
}

// Gone is a container that has ended, with YARN's exit status.
type Gone struct {
	ID          string
	Exit        int
	Diagnostics string
}

// News is what a heartbeat brought.
type News struct {
	Granted []Grant
	Gone    []Gone
	// Kept are containers of earlier app attempts that live on. The first
	// answer has all that are known by then.
	Kept []Grant
	// Strict are containers that will be taken away, Negotiable ones that
	// will be unless as many others end.
	Strict, Negotiable []string
}

// Final is how the application ends for the ResourceManager.
type Final struct {
	State job.State
	// Diagnostics has the cause in its first line.
	Diagnostics string
	TrackingURL string
}

// Resources is the ResourceManager as the master sees it. The calls come one
// after the other. An answer, even an empty one, means that the
// ResourceManager takes this master for the current one; an error that wraps
// ErrNotCurrent, that it does not; any other, that nobody answered.
type Resources interface {
	// Register is called once, before anything else.
	Register(ctx context.Context, r Registration) error
	// Heartbeat is called about once a second, and soon after a wish changed.
	Heartbeat(ctx context.Context, w Wish) (News, error)
	// Finish ends the application; it returns when that is acknowledged.
	Finish(ctx context.Context, f Final) error
}

// Launcher starts and stops containers. Both calls may be made by many
// goroutines at once. The end of a container is told by Resources, not here.
type Launcher interface {
	// Start starts a granted container and returns before it has done
	// anything.
	Start(ctx context.Context, g Grant) error
	// Stop ends a container; one that has ended already is fine.
	Stop(ctx context.Context, id string) error
}
