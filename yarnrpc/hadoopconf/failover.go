package hadoopconf

import (
	"errors"
	"fmt"
	"math"
	"time"
)

// Failover says how long to go on trying the servers of a list.
type Failover struct {
	SleepBase time.Duration // wait after the first round; doubles from there, with jitter
	SleepMax  time.Duration // upper bound of one wait
	Attempts  int           // tries of all servers together before giving up
}

// NamenodeFailover reads dfs.client.failover.* (HdfsClientConfigKeys.Failover):
// by default 15 attempts, 500 ms to 15 s apart.
func (c *Conf) NamenodeFailover() (Failover, error) {
	base, err1 := c.Duration("dfs.client.failover.sleep.base.millis", 500*time.Millisecond, time.Millisecond)
	limit, err2 := c.Duration("dfs.client.failover.sleep.max.millis", 15*time.Second, time.Millisecond)
	n, err3 := c.Int("dfs.client.failover.max.attempts", 15)
	if err := errors.Join(err1, err2, err3); err != nil {
		return Failover{}, fmt.Errorf("namenode failover: %w", err)
	}
	return Failover{SleepBase: base, SleepMax: limit, Attempts: max(n, 1)}, nil
}

// ResourceManagerFailover reads yarn.client.failover-* and what they default to
// (org.apache.hadoop.yarn.client.RMProxy): waits of
// yarn.resourcemanager.connect.retry-interval.ms, 30 s, for
// yarn.resourcemanager.connect.max-wait.ms, 15 min in all.
func (c *Conf) ResourceManagerFailover() (Failover, error) {
	interval, err1 := c.Duration("yarn.resourcemanager.connect.retry-interval.ms", 30*time.Second, time.Millisecond)
	total, err2 := c.Duration("yarn.resourcemanager.connect.max-wait.ms", 15*time.Minute, time.Millisecond)
	base, err3 := c.Duration("yarn.client.failover-sleep-base-ms", interval, time.Millisecond)
	limit, err4 := c.Duration("yarn.client.failover-sleep-max-ms", interval, time.Millisecond)
	n, err5 := c.Int("yarn.client.failover-max-attempts", -1)
	if err := errors.Join(err1, err2, err3, err4, err5); err != nil {
		return Failover{}, fmt.Errorf("resourcemanager failover: %w", err)
	}
	switch {
	case n < 0 && total < 0: // -1: wait for ever
		n = math.MaxInt32
	case n < 0:
		n = int(total / max(base, time.Millisecond))
	}
	return Failover{SleepBase: base, SleepMax: max(base, limit), Attempts: max(n, 1)}, nil
}
