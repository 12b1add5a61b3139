package am

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Patience of a spec that says nothing, and the pause between two looks at
// whether the ResourceManager has answered.
const (
	defaultPatience = 10 * time.Minute
	windowPause     = 100 * time.Millisecond
)

// patience is how long this master waits for HDFS or the ResourceManager to come
// back: timeout.cluster.
func (m *Master) patience() time.Duration {
	if d := time.Duration(m.o.Spec.Setting.Timeout.Cluster); d > 0 {
		return d
	}
	return defaultPatience
}

// awaitWindow returns when the ResourceManager has answered recently enough to
// be sure that this is still its current master. A commit that may not begin or
// go on waits: all it needs is done, and may not be lost for a restart of the
// ResourceManager.
func (m *Master) awaitWindow(ctx context.Context) error {
	err := m.heart.current()
	if err == nil || errors.Is(err, ErrNotCurrent) {
		return err
	}
	limit := m.patience()
	m.o.Log.Warn("the commit waits for the ResourceManager", "limit", limit, "err", err)
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("it did not answer within %s (timeout.cluster)", limit))
	defer cancel()
	ticker := time.NewTicker(windowPause)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return fmt.Errorf("%w: %w", err, context.Cause(ctx))
		}
		if err = m.heart.current(); err == nil || errors.Is(err, ErrNotCurrent) {
			return err
		}
	}
}
