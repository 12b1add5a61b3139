// Package launch starts and stops the containers of a run on their nodes.
//
// Guarantees: a container gets its own key and nothing else that is secret to
// the application; starting one twice is the same as once; a grant that can
// never be started gives ErrRefused, so that it is released and not tried again.
//
// Nothing is decided here: which grants to start comes from am/sched.
//
//	launcher := launch.New(nodes, launch.Options{Launch: like, Key: keyOf})
//	err := launcher.Start(ctx, grant)
package launch

import (
	"context"
	"errors"
	"fmt"
	"time"

	"weft/internal/hadoop"
	"weft/yarnrpc"
	"weft/yarnrpc/record"
	"weft/yarnrpc/token"
	"weft/yarnrpc/yarnid"
)

// ErrRefused says that the node will never start this container.
var ErrRefused = errors.New("the node refuses the container for good")

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
}

// New returns a launcher.
func New(nodes Nodes, o Options) *Launcher { return &Launcher{nodes: nodes, opts: o} }

// Start starts a granted container and returns when its node has taken it.
func (l *Launcher) Start(ctx context.Context, grant record.Container) error {
	ctx, cancel := context.WithTimeoutCause(ctx, startDeadline, fmt.Errorf("node %v did not answer within %s", grant.Node, startDeadline))
	defer cancel()
	err := l.nodes.Start(ctx, grant, l.context(grant))
	if errors.Is(err, yarnrpc.ErrContainerRefused) {
		return fmt.Errorf("%w: %w", ErrRefused, err)
	}
	return err
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

// Stop asks a node to end a container; one that is gone already is fine.
func (l *Launcher) Stop(ctx context.Context, node yarnid.Node, id yarnid.Container) error {
	ctx, cancel := context.WithTimeoutCause(ctx, startDeadline, fmt.Errorf("node %v did not answer within %s", node, startDeadline))
	defer cancel()
	failed, err := l.nodes.Stop(ctx, node, id)
	if err != nil {
		return err
	}
	return failed[id]
}
