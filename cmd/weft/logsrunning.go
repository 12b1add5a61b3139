package main

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"net/http"
	"slices"
	"time"

	"weft/internal/applog"
	"weft/internal/fault"
	"weft/yarnrpc/record"
	"weft/yarnrpc/yarnid"
)

// Deadlines of the web service of a NodeManager: to connect and begin to answer,
// and for all logs of one container.
const (
	nodeAnswer   = 10 * time.Second
	nodeDeadline = 5 * time.Minute
)

// located is a container and the web service of its node; empty if nobody says.
type located struct {
	id   yarnid.Container
	node string
}

// runningLogs prints the logs of the containers of a run that lives: those that
// run, and the masters of app attempts that have ended.
func (s *session) runningLogs(ctx context.Context, f *found, printer *logPrinter) error {
	list, err := s.containers(ctx, f)
	if err != nil {
		return err
	}
	if only := printer.filter.container; only != "" {
		list = slices.DeleteFunc(list, func(l located) bool { return l.id.String() != only })
		if len(list) == 0 {
			id, err := yarnid.ParseContainer(only)
			if err != nil {
				return fault.New(fault.CodeUsage, "--container "+only, err)
			}
			list = []located{{id: id}}
		}
	}
	client := nodeClient()
	defer client.CloseIdleConnections()
	var last error
	for _, l := range list {
		if err := s.containerLogs(ctx, client, l, printer); err != nil {
			s.env.log.Warn("logs of a container are missing", "err", err)
			last = err
		}
	}
	if last != nil && printer.seen == 0 {
		return fault.New(fault.CodeNotFound, "logs of "+f.application(), last)
	}
	return nil
}

// containers lists what may have logs, in the order of their ids.
func (s *session) containers(ctx context.Context, f *found) ([]located, error) {
	attempts, err := s.yarn.Attempts(ctx, f.report.ID)
	if err != nil {
		return nil, fmt.Errorf("list app attempts of %s: %w", f.application(), err)
	}
	var list []located
	for _, attempt := range attempts {
		running, err := s.yarn.Containers(ctx, attempt.ID)
		if err != nil {
			return nil, fmt.Errorf("list containers of %v: %w", attempt.ID, err)
		}
		for _, c := range running {
			list = append(list, located{id: c.ID, node: c.NodeHTTP})
		}
		known := slices.ContainsFunc(list, func(l located) bool { return l.id == attempt.Master })
		if !known && attempt.Master != (yarnid.Container{}) {
			list = append(list, located{id: attempt.Master})
		}
	}
	slices.SortFunc(list, func(a, b located) int {
		return cmp.Or(cmp.Compare(a.id.Attempt.Number, b.id.Attempt.Number), cmp.Compare(a.id.ID, b.id.ID))
	})
	return list, nil
}

// containerLogs prints the logs of one container. If nobody says where it is,
// the nodes are asked one after the other.
func (s *session) containerLogs(ctx context.Context, client *http.Client, l located, printer *logPrinter) error {
	ctx, cancel := context.WithTimeoutCause(ctx, nodeDeadline, fmt.Errorf("not read within %s", nodeDeadline))
	defer cancel()
	if l.node != "" {
		return applog.Running(ctx, client, l.node, l.id.String(), printer.visit)
	}
	nodes, err := s.yarn.Nodes(ctx, record.NodeRunning)
	if err != nil {
		return fmt.Errorf("list nodes: %w", err)
	}
	last := fmt.Errorf("no node has %v", l.id)
	for _, node := range nodes {
		address := s.cluster.Conf.WebScheme() + "://" + node.HTTP
		if last = applog.Running(ctx, client, address, l.id.String(), printer.visit); last == nil {
			return nil
		}
	}
	return last
}

func nodeClient() *http.Client {
	return &http.Client{Transport: &http.Transport{
		DialContext:           (&net.Dialer{Timeout: nodeAnswer}).DialContext,
		ResponseHeaderTimeout: nodeAnswer, TLSHandshakeTimeout: nodeAnswer}}
}
