package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// cacheDir returns the folder in which everything that is costly to get lies between runs: jars, unpacked servers,
// initialised data folders. It may be deleted at any time when no test runs.
func cacheDir() (string, error) {
	base, err := os.UserCacheDir()
	if err != nil { // no HOME: a folder that the next run finds again
		base = filepath.Join(os.TempDir(), fmt.Sprintf("weft-cache-%d", os.Getuid()))
	}
	dir := filepath.Join(base, "weft-test")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("make cache folder: %w", err)
	}
	return dir, nil
}

// prepared returns the cache folder name below cache after making sure, once over all processes, that build has filled it.
// build gets a fresh folder beside it that becomes name by a rename, so a half-made folder is never seen.
func prepared(ctx context.Context, cache, name string, limit time.Duration, build func(ctx context.Context, dir string) error) (string, error) {
	dir := filepath.Join(cache, name)
	if isDir(dir) {
		return dir, nil
	}
	l, err := lock(ctx, dir+".lock", limit)
	if err != nil {
		return "", err
	}
	defer l.Close()
	if isDir(dir) { // the holder before us made it
		return dir, nil
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	fresh := dir + ".new"
	if err := errors.Join(os.RemoveAll(fresh), os.MkdirAll(fresh, 0o755)); err != nil {
		return "", fmt.Errorf("prepare %s: %w", name, err)
	}
	if err := build(ctx, fresh); err != nil {
		return "", fmt.Errorf("prepare %s (limit %s): %w", name, limit, errors.Join(err, os.RemoveAll(fresh)))
	}
	if err := os.Rename(fresh, dir); err != nil {
		return "", fmt.Errorf("prepare %s: %w", name, err)
	}
	return dir, nil
}

func isDir(path string) bool {
	st, err := os.Stat(path)
	return err == nil && st.IsDir()
}
