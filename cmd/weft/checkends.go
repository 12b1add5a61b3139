package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"time"

	"weft/am/plan"
	"weft/internal/fault"
	"weft/internal/fsys"
	"weft/internal/hadoop"
	"weft/internal/job"
	"weft/internal/submit"
	"weft/plugins"
	"weft/yarnrpc/hadoopconf"
	"weft/yarnrpc/record"
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
	c.end(ctx, "reader", open, func() (io.Closer, error) { return open.Reader.NewReader(c.env.registry, setup) })
}

func (c *checking) writer(ctx context.Context, open *job.Spec, setup plugins.Setup) {
	c.end(ctx, "writer", open, func() (io.Closer, error) { return open.Writer.NewWriter(c.env.registry, setup) })
}

// end lets one end of the job look at its system.
func (c *checking) end(ctx context.Context, subject string, open *job.Spec, newEnd func() (io.Closer, error)) {
	c.within(ctx, subject, open.Setting.Timeout.Call, func(ctx context.Context) error {
		end, err := newEnd()
		if err != nil {
			return err
		}
		c.ask(ctx, subject, end)
		return end.Close()
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
		c.add(plugins.OK, "", "plan", number(len(made.Plan.Columns), "column")+", "+number(len(made.Plan.Splits), "split"), "")
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
	reserved, err := client.NewApplication(ctx)
	if err != nil {
		return err
	}
	before := len(c.lines)
	size := plan.SizeOf(open.Setting, open.Setting.Channel)
	if err := c.preflight(ctx, client, open.Setting.YARN, size, reserved.Max); err != nil {
		return err
	}
	if len(c.lines) == before {
		c.add(plugins.OK, "", "yarn", fmt.Sprintf("%s: queue %q takes applications, and the cluster containers of %d MiB",
			client.Address(), open.Setting.YARN.Queue, max(size.ContainerMiB, size.MasterMiB)), "")
	}
	return nil
}

// preflight finds what would make YARN refuse the run or leave it waiting;
// largest is its largest container.
func (c *checking) preflight(ctx context.Context, client *rm.Client, y job.YARN, size plan.Size, largest record.Resource) error {
	findings, err := submit.Preflight(ctx, client, submit.Wants{Queue: y.Queue, Label: y.NodeLabel, Max: largest,
		Master:    record.Resource{MemoryMB: int64(size.MasterMiB), VCores: 1},
		Container: record.Resource{MemoryMB: int64(size.ContainerMiB), VCores: int32(size.VCores)}})
	if err != nil {
		return err
	}
	for _, f := range findings {
		if f.Severity == plugins.Fail && (f.Key == "queue" || f.Reason == plugins.ReasonConfig) {
			c.add(f.Severity, fault.CodeBadRequest, "yarn", f.Text, f.Hint)
			continue
		}
		c.finding("yarn", f)
	}
	return nil
}

// staging looks at the folder that runs will be kept in, or at the nearest
// one above that exists.
func (c *checking) staging(ctx context.Context, cluster *hadoop.Cluster, location string) error {
	uri, root, err := staged(ctx, cluster, cluster.User, location)
	if err != nil {
		return err
	}
	for dir := root.Dir; ; dir = path.Dir(dir) {
		info, err := root.FS.Stat(ctx, dir)
		switch {
		case errors.Is(err, fs.ErrNotExist) && dir != "/":
			continue
		case err != nil:
			return err
		case !info.Dir:
			return fault.New(fault.CodeConfig, "staging folder "+uri, fmt.Errorf("%s: %w", dir, fsys.ErrNotDir))
		case dir == root.Dir:
			c.add(plugins.OK, "", "staging", uri+" is there", "")
		default:
			c.add(plugins.OK, "", "staging", fmt.Sprintf("%s will be made in %s", uri, dir), "")
		}
		return nil
	}
}
