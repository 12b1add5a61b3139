package main

import (
	"context"
	"errors"
	"time"

	"weft/internal/checkpoint"
	"weft/internal/fault"
	"weft/internal/hadoop"
)

// cluster opens the cluster that the environment names. The caller closes it.
func (e *env) cluster() (*hadoop.Cluster, error) { return e.clusterFor(hadoop.Patience) }

// clusterFor is cluster for somebody who waits that long for its servers.
func (e *env) clusterFor(patience time.Duration) (*hadoop.Cluster, error) {
	c, err := hadoop.Open(hadoop.Options{Env: e.lookup, RetryFor: patience, Log: e.log})
	if errors.Is(err, hadoop.ErrSecured) {
		return nil, fault.New(fault.CodeClusterDenied, "", err)
	}
	return c, err
}

// staged opens the staging folder of a user: its URI, and where runs lie in it.
func staged(ctx context.Context, c *hadoop.Cluster, user, location string) (string, checkpoint.Root, error) {
	uri, err := c.Staging(user, location)
	if err != nil {
		return "", checkpoint.Root{}, err
	}
	fs, name, err := c.Files.Open(ctx, uri)
	if err != nil {
		return "", checkpoint.Root{}, err
	}
	return uri, checkpoint.Root{FS: fs, Dir: name}, nil
}
