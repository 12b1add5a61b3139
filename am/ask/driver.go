package ask

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"weft/yarnrpc"
	"weft/yarnrpc/amrm"
	"weft/yarnrpc/record"
	"weft/yarnrpc/token"
	"weft/yarnrpc/yarnid"
)

// ErrOver says that this app attempt has lost its right to act: another one is
// current, or the application was killed. Stop, and change nothing.
var ErrOver = errors.New("this app attempt is no longer the current one")

// Protocol is what the driver needs of *amrm.Client.
type Protocol interface {
	// Register announces the ApplicationMaster.
	Register(ctx context.Context, r amrm.Registration) (*amrm.Registered, error)
	// Allocate is one heartbeat.
	Allocate(ctx context.Context, r amrm.Request) (*amrm.Response, error)
	// Finish unregisters.
	Finish(ctx context.Context, f amrm.Finish) error
}

var _ Protocol = (*amrm.Client)(nil)

// Options say what is asked for.
type Options struct {
	// Resource is the size of every container.
	Resource record.Resource
	// Priority of the asks; they all have the same.
	Priority int32
	// Label is the node label expression; empty for the queue's default.
	Label string
	// Registration is what the ApplicationMaster tells about itself.
	Registration amrm.Registration
	// OnToken takes the token that opens a node, before any grant on that
	// node is returned.
	OnToken func(node yarnid.Node, t token.Token)
}

// Wish is what the caller wants at a heartbeat.
type Wish struct {
	// Containers is the number still missing, absolute.
	Containers int
	// Release are containers to give back; say each once.
	Release []yarnid.Container
	// Exclude are the hosts to get no containers on, the whole list.
	Exclude []string
	// Progress from 0 to 1, shown in YARN's reports.
	Progress float32
}

// News is what an answer brought; each thing is said once.
type News struct {
	// Granted are new containers.
	Granted []record.Container
	// Ended are containers that are over; perhaps some never seen here.
	Ended []record.ContainerStatus
	// Previous are containers of earlier app attempts.
	Previous []record.Container
	// Preempt are containers that the scheduler will take back.
	Preempt []yarnid.Container
	// Resynced says that the ResourceManager had restarted.
	Resynced bool
}

// Driver is one app attempt's heartbeat. Register, Heartbeat and Finish must
// not overlap; LastAnswer may be called at any time.
type Driver struct {
	client Protocol
	opts   Options
	table  table

	mu         sync.Mutex
	lastAnswer time.Time
}

// New returns a driver over the client.
func New(client Protocol, o Options) *Driver {
	return &Driver{client: client, opts: o, table: table{opts: o}}
}

// Register announces the ApplicationMaster; it comes first.
func (d *Driver) Register(ctx context.Context) (*amrm.Registered, error) {
	registered, err := d.client.Register(ctx, d.opts.Registration)
	if err != nil {
		return nil, fmt.Errorf("register with the resource manager: %w", over(err))
	}
	d.answered()
	d.tokens(registered.NMTokens)
	return registered, nil
}

// Heartbeat sends what changed and returns the news. Errors other than ErrOver
// mean that the ResourceManager was not reached in time or refused the ask
// (yarnrpc.ErrBadRequest); nothing is lost, the next heartbeat says it again.
func (d *Driver) Heartbeat(ctx context.Context, w Wish) (News, error) {
	d.table.wish(w)
	resp, err := d.client.Allocate(ctx, d.table.request())
	resynced := errors.Is(err, yarnrpc.ErrResync)
	if resynced {
		resp, err = d.resync(ctx)
	}
	if err != nil {
		return News{}, fmt.Errorf("heartbeat to the resource manager: %w", over(err))
	}
	d.answered()
	d.tokens(resp.NMTokens)
	d.table.sent(resp)
	return News{Granted: resp.Granted, Ended: resp.Completed, Previous: resp.Previous,
		Preempt: preempted(resp.Preempt), Resynced: resynced}, nil
}

// resync introduces this ApplicationMaster to a ResourceManager that restarted
// and says everything again.
func (d *Driver) resync(ctx context.Context) (*amrm.Response, error) {
	if _, err := d.Register(ctx); err != nil {
		return nil, err
	}
	d.table.forget()
	return d.client.Allocate(ctx, d.table.request())
}

// Finish unregisters and returns when the ResourceManager has stored it.
func (d *Driver) Finish(ctx context.Context, f amrm.Finish) error {
	err := d.client.Finish(ctx, f)
	if errors.Is(err, yarnrpc.ErrResync) {
		if _, err = d.Register(ctx); err == nil {
			err = d.client.Finish(ctx, f)
		}
	}
	if err != nil {
		return fmt.Errorf("unregister from the resource manager: %w", over(err))
	}
	return nil
}

// LastAnswer is when the ResourceManager last answered; zero before Register.
// time.Since of it uses the monotonic clock.
func (d *Driver) LastAnswer() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.lastAnswer
}

func (d *Driver) answered() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lastAnswer = time.Now()
}

func (d *Driver) tokens(list []amrm.NMToken) {
	if d.opts.OnToken == nil {
		return
	}
	for _, t := range list {
		d.opts.OnToken(t.Node, t.Token)
	}
}

// over puts ErrOver in front of the errors after which this attempt must stop.
func over(err error) error {
	for _, end := range []error{yarnrpc.ErrAttemptOver, yarnrpc.ErrInvalidToken, yarnrpc.ErrOutOfStep} {
		if errors.Is(err, end) {
			return fmt.Errorf("%w: %w", ErrOver, err)
		}
	}
	return err
}

func preempted(p *amrm.Preemption) []yarnid.Container {
	if p == nil {
		return nil
	}
	return slices.Concat(p.Strict, p.Negotiable)
}
