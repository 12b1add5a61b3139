package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"weft/internal/hadoop"
	"weft/internal/submit"
	"weft/yarnrpc/rm"
)

// session is a verb's line to the cluster.
type session struct {
	env     *env
	cluster *hadoop.Cluster
	yarn    *rm.Client
}

func (e *env) openSession() (*session, error) { return e.openSessionFor(hadoop.Patience) }

// openSessionFor is openSession for somebody who waits that long for servers.
func (e *env) openSessionFor(patience time.Duration) (*session, error) {
	cluster, err := e.clusterFor(patience)
	if err != nil {
		return nil, err
	}
	yarn, err := cluster.RM()
	if err != nil {
		return nil, errors.Join(err, cluster.Close())
	}
	return &session{env: e, cluster: cluster, yarn: yarn}, nil
}

func (s *session) close() error { return errors.Join(s.yarn.Close(), s.cluster.Close()) }

// applicationOf returns the newest application of a run of this user, or nil if
// YARN knows none. Run ids are a user's own, as the staging folder is.
func (s *session) applicationOf(ctx context.Context, run string, states []rm.State) (*rm.Report, error) {
	list, err := s.yarn.Applications(ctx, rm.Filter{Types: []string{submit.ApplicationType},
		Tags: []string{submit.RunTag(run)}, States: states, Users: []string{s.cluster.User}})
	if err != nil {
		return nil, fmt.Errorf("look for the run's application: %w", err)
	}
	if len(list) == 0 {
		return nil, nil
	}
	newest := slices.MaxFunc(list, func(a, b rm.Report) int { return a.Started.Compare(b.Started) })
	return &newest, nil
}

// runOf returns the run id in an application's tags; empty if there is none.
func runOf(r *rm.Report) string {
	for _, tag := range r.Tags {
		if run, ok := strings.CutPrefix(tag, submit.RunTag("")); ok {
			return run
		}
	}
	return ""
}

// reportPause is the pause between two looks at an application.
const reportPause = 300 * time.Millisecond
