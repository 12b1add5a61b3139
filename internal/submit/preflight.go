package submit

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"weft/plugins"
	"weft/yarnrpc/record"
	"weft/yarnrpc/rm"
)

// ResourceManager is what submitting needs of *rm.Client before the
// application exists.
type ResourceManager interface {
	// Queue describes a queue; false if there is none of that name.
	Queue(ctx context.Context, name string) (rm.Queue, bool, error)
	// Metrics counts the nodes.
	Metrics(ctx context.Context) (rm.Metrics, error)
}

// Wants are the demands of a run on the cluster.
type Wants struct {
	// Queue to run in.
	Queue string
	// Label is the node label expression; empty for the queue's default.
	Label string
	// Master and Container are the sizes asked for.
	Master, Container record.Resource
	// Max is the cluster's largest container (rm.NewApplication).
	Max record.Resource
}

// Preflight finds everything about the cluster that would make it refuse the
// run or leave it waiting for ever. The error is about reaching the
// ResourceManager only.
func Preflight(ctx context.Context, cluster ResourceManager, w Wants) ([]plugins.Finding, error) {
	var findings []plugins.Finding
	queue, err := checkQueue(ctx, cluster, w)
	if err != nil {
		return nil, err
	}
	findings = append(findings, queue...)
	findings = append(findings, checkSize("am.memory", "the ApplicationMaster's container", w.Master, w.Max)...)
	findings = append(findings, checkSize("container.memory", "a container", w.Container, w.Max)...)
	metrics, err := cluster.Metrics(ctx)
	if err != nil {
		return nil, fmt.Errorf("ask for cluster metrics: %w", err)
	}
	if metrics.Active == 0 {
		findings = append(findings, plugins.Finding{Severity: plugins.Warn,
			Text: fmt.Sprintf("none of the cluster's %d nodes is active: the run would wait", metrics.Nodes),
			Hint: "see `yarn node -list -all` for why"})
	}
	return findings, nil
}

func checkQueue(ctx context.Context, cluster ResourceManager, w Wants) ([]plugins.Finding, error) {
	queue, found, err := cluster.Queue(ctx, w.Queue)
	if err != nil {
		return nil, fmt.Errorf("ask for queue %s: %w", w.Queue, err)
	}
	fail := func(text, hint string) []plugins.Finding {
		return []plugins.Finding{{Severity: plugins.Fail, Reason: plugins.ReasonNotFound, Key: "queue", Text: text, Hint: hint}}
	}
	switch {
	case !found:
		names := leaves(ctx, cluster)
		hint := ""
		if len(names) > 0 {
			hint = "queues that take applications: " + strings.Join(names, ", ")
		}
		return fail(fmt.Sprintf("queue %q does not exist", w.Queue), hint), nil
	case queue.State != rm.QueueRunning:
		return fail(fmt.Sprintf("queue %q takes no applications: it is stopped or draining", w.Queue), ""), nil
	case len(queue.Children) > 0:
		return fail(fmt.Sprintf("queue %q holds other queues and takes no applications itself", w.Queue),
			"name one of its leaves"), nil
	case w.Label != "" && !slices.Contains(queue.Labels, "*") && !slices.Contains(queue.Labels, w.Label):
		return fail(fmt.Sprintf("queue %q may not use nodes labelled %q", w.Queue, w.Label),
			"labels it may use: "+strings.Join(queue.Labels, ", ")), nil
	}
	return nil, nil
}

// leaves names the queues an application could be submitted to; nil if they
// cannot be found out.
func leaves(ctx context.Context, cluster ResourceManager) []string {
	root, found, err := cluster.Queue(ctx, "root")
	if err != nil || !found {
		return nil
	}
	var names []string
	var walk func(q rm.Queue)
	walk = func(q rm.Queue) {
		if len(q.Children) == 0 && q.State == rm.QueueRunning {
			names = append(names, q.Name)
		}
		for _, child := range q.Children {
			walk(child)
		}
	}
	walk(root)
	slices.Sort(names)
	return names
}

func checkSize(key, what string, want, limit record.Resource) []plugins.Finding {
	if want.Fits(limit) {
		return nil
	}
	return []plugins.Finding{{Severity: plugins.Fail, Reason: plugins.ReasonConfig, Key: key,
		Text: fmt.Sprintf("%s of %v is larger than this cluster allows, %v", what, want, limit),
		Hint: "ask for less memory or fewer slots per container"}}
}
