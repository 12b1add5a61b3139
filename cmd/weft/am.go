package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"github.com/spf13/cobra"

	"weft/am"
	"weft/am/ask"
	"weft/am/launch"
	"weft/am/plan"
	"weft/am/web"
	"weft/container"
	"weft/internal/hadoop"
	"weft/internal/job"
	"weft/internal/umbilical"
	"weft/yarnrpc"
	"weft/yarnrpc/amrm"
	"weft/yarnrpc/hadoopconf"
	"weft/yarnrpc/nm"
	"weft/yarnrpc/record"
)

// newMasterCommand is the hidden verb of the ApplicationMaster.
func newMasterCommand(e *env) *cobra.Command {
	return newProcessCommand(e, hadoop.RoleMaster, "Coordinate a run", func(ctx context.Context, p *process) error {
		container.LimitMemory(p.memoryMiB << 20)
		return p.coordinate(ctx)
	})
}

// coordinate runs the master. A signal means that YARN takes the container
// away: the process then ends without unregistering, so that the next app
// attempt goes on with the run. The master is left as it is, neither told nor
// waited for: one that saw its context or its connections end would take that
// for the end of the run, and write and unregister so.
func (p *process) coordinate(ctx context.Context) error {
	ended := make(chan error, 1) // one value
	go func() { ended <- p.master(context.WithoutCancel(ctx)) }()
	select {
	case err := <-ended:
		return errors.Join(err, p.close())
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// station holds what the master speaks through.
type station struct {
	desk     *umbilical.Desk
	calls    net.Listener // of the umbilical
	pages    net.Listener // of the status page
	server   *umbilical.Server
	rm       *amrm.Client
	nodes    *nm.Client
	driver   *ask.Driver
	launcher *launch.Launcher
	size     plan.Size
}

func (p *process) master(ctx context.Context) error {
	var master *am.Master
	s, err := p.station(ctx, func() any { return master.Snapshot() })
	if err != nil {
		return err
	}
	tracking := "http://" + s.pages.Addr().String()
	dirty, err := p.env.dirty()
	if err != nil {
		return err
	}
	master = am.New(am.Options{Run: p.run, Spec: p.spec, Registry: p.env.registry, Root: p.root, Desk: s.desk,
		Resources: s.driver, Launcher: s.launcher, Owner: p.id.String(), SlotsPerContainer: s.size.SlotsPerContainer,
		Registration: am.Registration{Address: s.calls.Addr().String(), TrackingURL: tracking},
		Application:  p.id.Attempt.App.String(), Dirty: dirty, Log: p.env.log})

	serving, stop := context.WithCancel(ctx)
	calls, pages := make(chan error, 1), make(chan error, 1) // one value each
	go func() { calls <- s.server.Serve(serving, s.calls) }()
	go func() { pages <- web.Serve(serving, s.pages, p.proxy(), master.Snapshot) }()
	done, watched := context.WithCancel(ctx)
	watch := watchRun(done, master, p.spec.Setting)
	result, err := master.Run(ctx)
	watch()
	watched()
	stop()
	err = errors.Join(err, <-calls, <-pages, s.nodes.Close(), s.rm.Close())
	if err == nil && result.State != job.StateSucceeded {
		p.env.log.Error("the run ended", "state", result.State, "err", result.Cause)
	}
	return err
}

func (p *process) station(ctx context.Context, status func() any) (*station, error) {
	secret, err := p.secret(hadoop.SecretMaster)
	if err != nil {
		return nil, err
	}
	s := &station{desk: umbilical.NewDesk(), nodes: nm.New(yarnrpc.Options{Logger: p.env.log}),
		size: plan.SizeOf(p.spec.Setting, p.spec.Setting.Channel)}
	if err := s.listen(p); err != nil {
		return nil, err
	}
	if s.server, err = p.umbilical(ctx, s.desk, secret, status); err != nil {
		return nil, err
	}
	addresses, err := p.cluster.Conf.ResourceManagers(hadoopconf.Scheduler)
	if err != nil {
		return nil, err
	}
	if s.rm, err = amrm.New(yarnrpc.Options{Addresses: addresses, Logger: p.env.log}, p.credentials); err != nil {
		return nil, err
	}
	binary, _ := p.env.lookup(hadoop.EnvBinary)
	files, err := p.cluster.LocalResources(ctx, binary, p.uri)
	if err != nil {
		return nil, err
	}
	s.driver = ask.New(s.rm, ask.Options{Host: hostOf(s.calls), OnToken: s.nodes.SetToken, Label: p.spec.Setting.YARN.NodeLabel,
		Resource: record.Resource{MemoryMB: int64(s.size.ContainerMiB), VCores: int32(s.size.VCores)}})
	s.launcher = launch.New(s.nodes, launch.Options{Tokens: p.credentials,
		Launch: hadoop.Launch{Run: p.uri, Binary: binary, User: p.cluster.User, Files: files,
			Patience: time.Duration(p.spec.Setting.Timeout.Cluster)},
		Key: func(container string) []byte { return umbilical.ContainerKey(secret, container) }})
	return s, nil
}

// listen opens both ports on the node's own address: the name under which its
// NodeManager is known is one that every other node can reach.
func (s *station) listen(p *process) (err error) {
	host, ok := p.env.lookup("NM_HOST")
	if !ok {
		if host, err = os.Hostname(); err != nil {
			return fmt.Errorf("find the node's name: %w", err)
		}
	}
	if s.calls, err = net.Listen("tcp", net.JoinHostPort(host, "0")); err != nil {
		return fmt.Errorf("listen for containers: %w", err)
	}
	if s.pages, err = net.Listen("tcp", net.JoinHostPort(host, "0")); err != nil {
		return fmt.Errorf("listen for the status page: %w", err)
	}
	return nil
}

func hostOf(l net.Listener) string {
	host, _, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		return ""
	}
	return host
}

func (p *process) umbilical(ctx context.Context, desk *umbilical.Desk, secret []byte, status func() any) (*umbilical.Server, error) {
	runKey, err := p.folder.Key(ctx)
	if err != nil {
		return nil, fmt.Errorf("read key of the run: %w", err)
	}
	return umbilical.NewServer(umbilical.ServerOptions{Link: desk, Status: status, Log: p.env.log,
		Key: func(name string) ([]byte, bool) {
			if name == umbilical.ClientName {
				return umbilical.ClientKey(runKey), true
			}
			return umbilical.ContainerKey(secret, name), true
		}})
}
