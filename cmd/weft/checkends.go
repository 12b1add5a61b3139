package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"time"

	"weft/am/plan"
	"weft/internal/fault"
	"weft/internal/fsys"
	"weft/internal/hadoop"
	"weft/internal/job"
	"weft/plugins"
	"weft/yarnrpc/hadoopconf"
	"weft/yarnrpc/rm"
)

// within runs one part of a check under a deadline and names it when it
// passes.
func (c *checking) within(ctx context.Context, subject string, limit job.Duration, fn func(context.Context) error) {
	bound := time.Duration(limit)
	part, cancel := context.WithTimeout(ctx, bound)
	defer cancel()
	err := fn(part)
	if err != nil && part.Err() != nil && ctx.Err() == nil {
		c.add(plugins.Fail, fault.CodeDeadline, subject, fmt.Sprintf("no answer within %v (timeout.call): %v", bound, err), "")
		return
	}
	if err != nil {
		c.failure(subject, err)
	}
}

func (c *checking) reader(ctx context.Context, open *job.Spec, setup plugins.Setup) {
	c.within(ctx, "reader", open.Setting.Timeout.Call, func(ctx context.Context) error {
		reader, err := open.Reader.NewReader(c.env.registry, setup)
		if err != nil {
			return err
		}
		c.ask(ctx, "reader", reader)
		return reader.Close()
	})
}

func (c *checking) writer(ctx context.Context, open *job.Spec, setup plugins.Setup) {
	c.within(ctx, "writer", open.Setting.Timeout.Call, func(ctx context.Context) error {
		writer, err := open.Writer.NewWriter(c.env.registry, setup)
		if err != nil {
			return err
		}
		c.ask(ctx, "writer", writer)
		return writer.Close()
	})
}

// ask calls the Checker of a reader or writer.
func (c *checking) ask(ctx context.Context, subject string, end any) {
	checker, ok := end.(plugins.Checker)
	if !ok {
		c.add(plugins.Note, "", subject, "has nothing to check", "")
		return
	}
	for _, f := range checker.Check(ctx) {
		c.finding(subject, f)
	}
}

// mapping plans without running: columns of both ends, and splits.
func (c *checking) mapping(ctx context.Context, open *job.Spec) {
	c.within(ctx, "plan", open.Setting.Timeout.Call, func(ctx context.Context) error {
		made, err := plan.Make(ctx, plan.Options{Spec: open, Run: "check", Registry: c.env.registry, Log: c.env.log})
		if err != nil {
			return err
		}
		for _, f := range made.Findings {
			c.finding("plan", f)
		}
		c.add(plugins.OK, "", "plan", fmt.Sprintf("%d columns, %d splits", len(made.Plan.Columns), len(made.Plan.Splits)), "")
		return nil
	})
}

// theCluster asks the ResourceManager for nodes, queue and the largest
// container, and HDFS for the staging folder. Without a Hadoop configuration it
// says so.
func (c *checking) theCluster(ctx context.Context, open *job.Spec) {
	cluster, err := c.env.cluster()
	if errors.Is(err, hadoopconf.ErrNotConfigured) && !c.env.files.named() {
		c.add(plugins.Note, "", "cluster", "no Hadoop configuration: the job can be run here, and not be submitted", "set HADOOP_CONF_DIR")
		return
	}
	if err != nil {
		c.failure("cluster", err)
		return
	}
	limit := open.Setting.Timeout.Call
	c.within(ctx, "yarn", limit, func(ctx context.Context) error { return c.yarn(ctx, cluster, open) })
	c.within(ctx, "staging", limit, func(ctx context.Context) error {
		return c.staging(ctx, cluster, open.Setting.YARN.Staging)
	})
	if err := cluster.Close(); err != nil {
		c.failure("cluster", err)
	}
}

func (c *checking) yarn(ctx context.Context, cluster *hadoop.Cluster, open *job.Spec) error {
	client, err := cluster.RM()
	if err != nil {
		return err
	}
	err = c.askManager(ctx, client, open)
	return errors.Join(err, client.Close())
}

func (c *checking) askManager(ctx context.Context, client *rm.Client, open *job.Spec) error {
	nodes, err := client.Metrics(ctx)
	if err != nil {
		return err
	}
	if nodes.Active == 0 {
		c.add(plugins.Warn, "", "yarn", fmt.Sprintf("%s has no active node: a run would wait", client.Address()), "")
	} else {
		c.add(plugins.OK, "", "yarn", fmt.Sprintf("%s has %d active nodes", client.Address(), nodes.Active), "")
	}
	if err := c.queue(ctx, client, open.Setting.YARN.Queue); err != nil {
		return err
	}
	largest, err := client.NewApplication(ctx)
	if err != nil {
		return err
	}
	size := plan.SizeOf(open.Setting, open.Setting.Channel)
	need := max(size.ContainerMiB, size.MasterMiB)
	text := fmt.Sprintf("containers of %d MiB and %d vcores, the cluster allows %d MiB and %d vcores",
		need, size.VCores, largest.Max.MemoryMB, largest.Max.VCores)
	if int64(need) > largest.Max.MemoryMB || size.VCores > int(largest.Max.VCores) {
		c.add(plugins.Fail, fault.CodeBadRequest, "yarn", text, "set yarn.slots, yarn.containerMemoryMiB or yarn.masterMemoryMiB lower")
		return nil
	}
	c.add(plugins.OK, "", "yarn", text, "")
	return nil
}

func (c *checking) queue(ctx context.Context, client *rm.Client, name string) error {
	queue, there, err := client.Queue(ctx, name)
	switch {
	case err != nil:
		return err
	case !there:
		c.add(plugins.Fail, fault.CodeBadRequest, "yarn", fmt.Sprintf("queue %q does not exist", name), "set yarn.queue")
	case queue.State != rm.QueueRunning:
		c.add(plugins.Fail, fault.CodeBadRequest, "yarn", fmt.Sprintf("queue %q takes no applications: it is stopped or draining", name), "")
	case len(queue.Children) > 0:
		c.add(plugins.Fail, fault.CodeBadRequest, "yarn", fmt.Sprintf("queue %q has queues below it and takes no applications", name), "set yarn.queue to one of them")
	default:
		c.add(plugins.OK, "", "yarn", fmt.Sprintf("queue %q takes applications", name), "")
	}
	return nil
}

// staging looks at the folder that runs will be kept in, or at the nearest
// one above that exists.
func (c *checking) staging(ctx context.Context, cluster *hadoop.Cluster, location string) error {
	uri, err := cluster.Staging(location)
	if err != nil {
		return err
	}
	store, name, err := cluster.Files.Open(ctx, uri)
	if err != nil {
		return err
	}
	for dir := name; ; dir = path.Dir(dir) {
		info, err := store.Stat(ctx, dir)
		switch {
		case errors.Is(err, fs.ErrNotExist) && dir != "/":
			continue
		case err != nil:
			return err
		case !info.Dir:
			return fault.New(fault.CodeConfig, "staging folder "+uri, fmt.Errorf("%s: %w", dir, fsys.ErrNotDir))
		case dir == name:
			c.add(plugins.OK, "", "staging", uri+" is there", "")
		default:
			c.add(plugins.OK, "", "staging", fmt.Sprintf("%s will be made in %s", uri, dir), "")
		}
		return nil
	}
}
