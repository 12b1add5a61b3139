package cluster

import (
	"fmt"
	"time"
)

// maxNodeManagers and maxDataNodes are how many fit into one block of ports.
const (
	maxNodeManagers = 8
	maxDataNodes    = 4
)

// HadoopOptions says what StartHadoop starts. The zero value is one NodeManager and a cluster as most clusters come.
type HadoopOptions struct {
	// NodeManagers is their number, 1 to 8; 0 means 1.
	NodeManagers int
	// DataNodes is their number, 1 to 4; 0 means 1. A dead one is taken for dead after 14 s.
	DataNodes int
	// HA starts a second NameNode, which reads the edits of the first from a folder that both share, and a second
	// ResourceManager with the same state store. The first of each is active; Activate changes that, and nothing else
	// does: there is no automatic failover.
	HA bool
	// MemoryEnforced makes the NodeManagers poll the memory of containers and kill those above their physical or
	// virtual (2.1 times the physical) limit: yarn.nodemanager.resource.memory.enforced=false, where "enforced"
	// means by cgroups. Without it nothing is killed, which is what a stock Hadoop 3.3 or 3.4 does.
	MemoryEnforced bool
	// NodeMemoryMB and NodeVCores are what each NodeManager offers; not compared with the hardware. 0 means 8192 and 16.
	NodeMemoryMB, NodeVCores int
	// NodeExpiry is the silence after which the ResourceManager takes a node for lost; 0 means 30 s, enough for a
	// NodeManager to be killed and started again with its containers kept, which takes 4 s on an idle machine and
	// 15 s on a crowded one. Tests of node loss want 3 s.
	NodeExpiry time.Duration
	// AMExpiry is the silence after which the ResourceManager gives up an app attempt; it runs from the launch on until
	// the ApplicationMaster registers. 0 means 60 s.
	AMExpiry time.Duration
	// CoreSite, HDFSSite, YarnSite and Scheduler are properties for all daemons and clients; they win over everything else.
	CoreSite, HDFSSite, YarnSite, Scheduler map[string]string
}

// defaulted fills in what is zero and refuses what is out of range.
func (o HadoopOptions) defaulted() (HadoopOptions, error) {
	setZero(&o.NodeManagers, 1)
	setZero(&o.DataNodes, 1)
	setZero(&o.NodeMemoryMB, 8192)
	setZero(&o.NodeVCores, 16)
	setZero(&o.NodeExpiry, 30*time.Second)
	setZero(&o.AMExpiry, 60*time.Second)
	if o.NodeManagers < 0 || o.NodeManagers > maxNodeManagers {
		return o, fmt.Errorf("start hadoop: %d NodeManagers asked for, possible are 1 to %d", o.NodeManagers, maxNodeManagers)
	}
	if o.DataNodes < 0 || o.DataNodes > maxDataNodes {
		return o, fmt.Errorf("start hadoop: %d DataNodes asked for, possible are 1 to %d", o.DataNodes, maxDataNodes)
	}
	return o, nil
}

func setZero[T comparable](v *T, def T) {
	var zero T
	if *v == zero {
		*v = def
	}
}
