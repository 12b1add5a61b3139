package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"weft/am/dirtytable"
	"weft/internal/fault"
	"weft/internal/job"
	"weft/internal/metastore"
	"weft/plugins"
)

// dirtyPlace asks whether dirty rows can be put where the job wants them. They
// are put there at the end, and then it is tried again: what does not answer now
// is a warning.
func (c *checking) dirtyPlace(ctx context.Context, open *job.Spec) {
	d := open.Setting.Dirty
	if !d.Wanted() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, time.Duration(open.Setting.Timeout.Call))
	defer cancel()
	const subject = "dirty"
	if err := c.askDirty(ctx, d); err != nil {
		c.add(plugins.Warn, fault.Of(err).Code, subject, fmt.Sprintf("dirty rows cannot be laid out at the moment: %v", err), "")
		return
	}
	c.add(plugins.OK, "", subject, dirtyText(d), "")
}

func (c *checking) askDirty(ctx context.Context, d job.Dirty) error {
	for location, settings := range map[string]map[string]string{d.Location: nil, d.Path: d.HadoopConfig} {
		if location == "" {
			continue
		}
		files, _, err := c.env.openAnywhere(ctx, location, settings)
		if err != nil {
			return err
		}
		if _, err := files.Stat(ctx, "/"); err != nil {
			return err
		}
	}
	if d.Location == "" || d.Metastore == "" {
		return nil
	}
	database, _, err := dirtytable.SplitName(d.Table)
	if err != nil {
		return err
	}
	client, err := metastore.New(metastore.Options{URIs: []string{d.Metastore}})
	if err != nil {
		return err
	}
	_, err = client.Database(ctx, database)
	return errors.Join(err, client.Close())
}
