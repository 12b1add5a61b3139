package main

import (
	"context"

	"weft/internal/checkpoint"
	"weft/internal/hadoop"
)

// cluster opens the cluster that the environment names. The caller closes it.
func (e *env) cluster() (*hadoop.Cluster, error) {
	return hadoop.Open(hadoop.Options{Env: e.lookup, Log: e.log})
}

// staged opens the staging folder: its URI, and where runs lie in it.
func staged(ctx context.Context, c *hadoop.Cluster, location string) (string, checkpoint.Root, error) {
	uri, err := c.Staging(location)
	if err != nil {
		return "", checkpoint.Root{}, err
	}
	fs, name, err := c.Files.Open(ctx, uri)
	if err != nil {
		return "", checkpoint.Root{}, err
	}
	return uri, checkpoint.Root{FS: fs, Dir: name}, nil
}
