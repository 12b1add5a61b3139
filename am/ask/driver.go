package ask

import (
	"context"
	"errors"
	"fmt"

	"weft/am"
	"weft/internal/job"
	"weft/yarnrpc"
	"weft/yarnrpc/amrm"
	"weft/yarnrpc/record"
	"weft/yarnrpc/token"
	"weft/yarnrpc/yarnid"
)

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
	// Host is shown in YARN's reports.
	Host string
	// OnToken takes the token that opens a node, before any grant on that
	// node is returned.
	OnToken func(node yarnid.Node, t token.Token)
}

// Driver is one app attempt's heartbeat.
type Driver struct {
	client Protocol
	opts   Options
	table  table
	told   amrm.Registration // what a restarted ResourceManager is told again
	kept   []am.Grant        // of earlier app attempts, not told yet
}

var _ am.Resources = (*Driver)(nil)

// New returns a driver over the client.
func New(client Protocol, o Options) *Driver {
	return &Driver{client: client, opts: o, table: table{size: o.Resource, priority: o.Priority, label: o.Label}}
}

// Register implements am.Resources.
func (d *Driver) Register(ctx context.Context, r am.Registration) error {
	d.told = amrm.Registration{Host: d.opts.Host, RPCPort: -1, TrackingURL: r.TrackingURL}
	return d.register(ctx)
}

func (d *Driver) register(ctx context.Context) error {
	registered, err := d.client.Register(ctx, d.told)
	if err != nil {
		return fmt.Errorf("register with the resource manager: %w", over(err))
	}
	d.tokens(registered.NMTokens)
	d.keep(registered.Previous)
	return nil
}

// Heartbeat implements am.Resources. What an unanswered heartbeat was to say is
// not remembered: the master says it again.
func (d *Driver) Heartbeat(ctx context.Context, w am.Wish) (am.News, error) {
	c, err := changeOf(w)
	if err != nil {
		return am.News{}, err
	}
	resp, err := d.client.Allocate(ctx, d.table.request(c))
	if errors.Is(err, yarnrpc.ErrResync) {
		resp, err = d.resync(ctx, c)
	}
	if err != nil {
		return am.News{}, fmt.Errorf("heartbeat to the resource manager: %w", over(err))
	}
	d.tokens(resp.NMTokens)
	d.table.answered(c, resp)
	d.keep(resp.Previous)
	news := newsOf(resp)
	news.Kept, d.kept = d.kept, nil
	return news, nil
}

// resync introduces this ApplicationMaster to a ResourceManager that restarted
// and says everything again.
func (d *Driver) resync(ctx context.Context, c change) (*amrm.Response, error) {
	if err := d.register(ctx); err != nil {
		return nil, err
	}
	d.table.forget()
	return d.client.Allocate(ctx, d.table.request(c))
}

// Finish implements am.Resources. It returns when the ResourceManager has
// stored the end.
func (d *Driver) Finish(ctx context.Context, f am.Final) error {
	end := amrm.Finish{Status: statusOf(f.State), Diagnostics: f.Diagnostics, TrackingURL: f.TrackingURL}
	err := d.client.Finish(ctx, end)
	if errors.Is(err, yarnrpc.ErrResync) {
		if err = d.register(ctx); err == nil {
			err = d.client.Finish(ctx, end)
		}
	}
	if err != nil {
		return fmt.Errorf("unregister from the resource manager: %w", over(err))
	}
	return nil
}

// keep remembers containers of earlier app attempts for the next news.
func (d *Driver) keep(list []record.Container) {
	for _, c := range list {
		d.kept = append(d.kept, am.Grant{ID: c.ID.String(), Node: c.Node.Host, Opaque: c})
	}
}

func (d *Driver) tokens(list []amrm.NMToken) {
	if d.opts.OnToken == nil {
		return
	}
	for _, t := range list {
		d.opts.OnToken(t.Node, t.Token)
	}
}

// over marks the errors after which this app attempt must stop.
func over(err error) error {
	for _, end := range []error{yarnrpc.ErrAttemptOver, yarnrpc.ErrInvalidToken, yarnrpc.ErrOutOfStep} {
		if errors.Is(err, end) {
			return fmt.Errorf("%w: %w", am.ErrNotCurrent, err)
		}
	}
	return err
}

func changeOf(w am.Wish) (change, error) {
	c := change{containers: max(w.Containers, 0), exclude: w.Exclude, progress: float32(w.Progress)}
	for _, text := range w.Release {
		id, err := yarnid.ParseContainer(text)
		if err != nil {
			return change{}, fmt.Errorf("release container: %w", err)
		}
		c.release = append(c.release, id)
	}
	return c, nil
}

func newsOf(resp *amrm.Response) am.News {
	var news am.News
	for _, grant := range resp.Granted {
		news.Granted = append(news.Granted, am.Grant{ID: grant.ID.String(), Node: grant.Node.Host, Opaque: grant})
	}
	for _, ended := range resp.Completed {
		news.Gone = append(news.Gone, am.Gone{ID: ended.ID.String(), Exit: int(ended.Exit), Diagnostics: ended.Diagnostics})
	}
	if p := resp.Preempt; p != nil {
		news.Strict, news.Negotiable = names(p.Strict), names(p.Negotiable)
	}
	return news
}

func names(list []yarnid.Container) []string {
	var all []string
	for _, id := range list {
		all = append(all, id.String())
	}
	return all
}

func statusOf(s job.State) record.FinalStatus {
	switch s {
	case job.StateSucceeded:
		return record.FinalSucceeded
	case job.StateKilled:
		return record.FinalKilled
	}
	return record.FinalFailed
}
