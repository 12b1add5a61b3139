// Package launch starts and stops the containers of a run on their nodes.
//
// It is am.Launcher on YARN.
//
// Guarantees: a container gets its own key and nothing else that is secret to
// the application; starting one twice is the same as once; every call has a
// deadline.
//
// Nothing is decided here: which grants to start comes from am/sched.
//
//	launcher := launch.New(nodes, launch.Options{Launch: like, Key: keyOf})
//	master := am.New(am.Options{Launcher: launcher, ...})
package launch

import (
	"context"
	"fmt"
	"sync"
	"time"

	"weft/am"
	"weft/internal/hadoop"
	"weft/yarnrpc/record"
	"weft/yarnrpc/token"
	"weft/yarnrpc/yarnid"
)

// startDeadline bounds one start or stop: a node that does not answer for so
// long is treated as bad, and its container is asked for elsewhere.
const startDeadline = 30 * time.Second

// Nodes is what the launcher needs of *nm.Client.
type Nodes interface {
	// Start hands a granted container to its node.
	Start(ctx context.Context, grant record.Container, launch record.LaunchContext) error
	// Stop ends containers on a node.
	Stop(ctx context.Context, at yarnid.Node, ids ...yarnid.Container) (map[yarnid.Container]error, error)
}

// Options say what is started.
type Options struct {
	// Launch describes every container but for its size and key.
	Launch hadoop.Launch
	// Key returns the container's key.
	Key func(container string) []byte
	// Tokens are handed to every container alike: the first container on a
	// node decides with which tokens logs are uploaded there.
	Tokens *token.Credentials
}

// Launcher starts containers. Its methods may be called by many goroutines.
type Launcher struct {
	nodes Nodes
	opts  Options

	mu      sync.Mutex
	started map[string]record.Container // where each one lies, by id
}

var _ am.Launcher = (*Launcher)(nil)

// New returns a launcher.
func New(nodes Nodes, o Options) *Launcher {
	return &Launcher{nodes: nodes, opts: o, started: map[string]record.Container{}}
}

// Start implements am.Launcher: it returns when the node has taken the
// container, before its process runs.
func (l *Launcher) Start(ctx context.Context, g am.Grant) error {
	grant, ok := g.Opaque.(record.Container)
	if !ok {
		return fmt.Errorf("start container %s: the grant was not made by YARN", g.ID)
	}
	l.mu.Lock()
	l.started[g.ID] = grant
	l.mu.Unlock()
	ctx, cancel := deadline(ctx, grant)
	defer cancel()
	return l.nodes.Start(ctx, grant, l.context(grant))
}

// Stop implements am.Launcher.
func (l *Launcher) Stop(ctx context.Context, id string) error {
	l.mu.Lock()
	grant, ok := l.started[id]
	l.mu.Unlock()
	if !ok {
		return nil // never started here, so there is nothing to stop
	}
	ctx, cancel := deadline(ctx, grant)
	defer cancel()
	failed, err := l.nodes.Stop(ctx, grant.Node, grant.ID)
	if err != nil {
		return err
	}
	return failed[grant.ID]
}

func deadline(ctx context.Context, grant record.Container) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, startDeadline, fmt.Errorf("node %v did not answer within %s", grant.Node, startDeadline))
}

func (l *Launcher) context(grant record.Container) record.LaunchContext {
	credentials := &token.Credentials{}
	if l.opts.Tokens != nil {
		credentials = l.opts.Tokens.Without(token.KindAMRM)
		delete(credentials.Secrets, hadoop.SecretMaster)
	}
	credentials.SetSecret(hadoop.SecretContainer, l.opts.Key(grant.ID.String()))
	launch := l.opts.Launch
	launch.Role = hadoop.RoleContainer
	launch.MemoryMiB = grant.Resource.MemoryMB
	launch.Credentials = credentials
	return launch.Context()
}
