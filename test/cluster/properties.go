package cluster

import (
	"strconv"
	"time"
)

// layout is all that the configuration of one Hadoop depends on.
type layout struct {
	dir  string
	ends endpoints
	opts HadoopOptions
}

// confDirs returns the content of every configuration folder by its name: one per daemon, and "client".
// A daemon has the common properties plus its own; a client has the common ones only.
func (l layout) confDirs() map[string]confDir {
	client := confDir{
		core: l.core(), hdfs: l.hdfs(), yarn: l.yarn(), scheduler: l.scheduler(), logLevel: "WARN",
	}
	all := map[string]confDir{"client": client}
	daemon := client
	daemon.logLevel = "INFO"
	for i := range l.ends.nns {
		nn := daemon
		nn.hdfs = daemon.hdfs.with(l.nameNode(i), l.opts.HDFSSite)
		all[string(l.named(nameNode, i))] = nn
	}
	for i := range l.ends.rms {
		rm := daemon
		rm.yarn = daemon.yarn.with(l.resourceManager(i), l.opts.YarnSite)
		all[string(l.named(resourceManager, i))] = rm
	}
	for i := range l.ends.dns {
		dn := daemon
		dn.hdfs = daemon.hdfs.with(l.dataNode(i), l.opts.HDFSSite)
		all[string(DataNodeNo(i+1))] = dn
	}
	for i := range l.ends.nms {
		nm := daemon
		nm.yarn = daemon.yarn.with(l.nodeManager(i), l.opts.YarnSite)
		all[string(NodeManager(i+1))] = nm
	}
	return all
}

// named is the daemon of that kind with that index.
func (l layout) named(k kind, i int) Daemon {
	for _, d := range l.ends.all() {
		if d.kind() == k && d.index() == i {
			return d
		}
	}
	return ""
}

func (l layout) core() props {
	return props{
		"fs.defaultFS":                      "hdfs://" + l.nameservice(),
		"hadoop.tmp.dir":                    l.dir + "/tmp",
		"ipc.client.connect.max.retries":    "3",
		"ipc.client.connect.retry.interval": "200",
	}.with(l.opts.CoreSite)
}

// hdfs: no fsync of the edit log (safe against SIGKILL, not against power loss), small blocks allowed, and no wait after
// safe mode, so that a NameNode is back within seconds.
func (l layout) hdfs() props {
	return props{
		"dfs.replication":                                      "1",
		"dfs.namenode.rpc-bind-host":                           "127.0.0.1",
		"dfs.namenode.acls.enabled":                            "true",
		"dfs.heartbeat.interval":                               "1",
		"dfs.namenode.safemode.extension":                      "0",
		"dfs.namenode.safemode.min.datanodes":                  "1",
		"dfs.namenode.heartbeat.recheck-interval":              "2000",
		"dfs.namenode.fs-limits.min-block-size":                "4096",
		"dfs.namenode.edits.noeditlogchannelflush":             "true",
		"dfs.namenode.datanode.registration.ip-hostname-check": "false",
	}.with(l.nameAddresses(), l.opts.HDFSSite)
}

func (l layout) dataNode(i int) props {
	ports := l.ends.dns[i]
	return props{
		"dfs.datanode.data.dir":     "file://" + l.dir + "/" + string(DataNodeNo(i+1)),
		"dfs.datanode.address":      "127.0.0.1:" + strconv.Itoa(ports.data),
		"dfs.datanode.ipc.address":  "127.0.0.1:" + strconv.Itoa(ports.ipc),
		"dfs.datanode.http.address": "127.0.0.1:" + strconv.Itoa(ports.http),
	}
}

// yarn: the ResourceManager's own memory (a state store on the local disk, work preserved over its
// restart), the addresses and, from yarnNodes, what all NodeManagers share.
func (l layout) yarn() props {
	return props{
		"yarn.resourcemanager.scheduler.class":                             "org.apache.hadoop.yarn.server.resourcemanager.scheduler.capacity.CapacityScheduler",
		"yarn.scheduler.minimum-allocation-mb":                             "128",
		"yarn.scheduler.maximum-allocation-mb":                             strconv.Itoa(l.opts.NodeMemoryMB),
		"yarn.scheduler.maximum-allocation-vcores":                         strconv.Itoa(l.opts.NodeVCores),
		"yarn.resourcemanager.am.max-attempts":                             "4",
		"yarn.resourcemanager.recovery.enabled":                            "true",
		"yarn.resourcemanager.store.class":                                 "org.apache.hadoop.yarn.server.resourcemanager.recovery.FileSystemRMStateStore",
		"yarn.resourcemanager.fs.state-store.uri":                          "file://" + l.dir + "/rmstore",
		"yarn.resourcemanager.work-preserving-recovery.scheduling-wait-ms": "0",
		"yarn.resourcemanager.nodemanagers.heartbeat-interval-ms":          "100",
		"yarn.resourcemanager.connect.retry-interval.ms":                   "250",
		"yarn.nm.liveness-monitor.expiry-interval-ms":                      millis(l.opts.NodeExpiry),
		"yarn.am.liveness-monitor.expiry-interval-ms":                      millis(l.opts.AMExpiry),
		"yarn.node-attribute.fs-store.root-dir":                            "file://" + l.dir + "/node-attribute",
		"yarn.node-labels.fs-store.root-dir":                               "file://" + l.dir + "/node-labels",
	}.with(l.managerAddresses(), l.yarnNodes(), l.opts.YarnSite)
}

func (l layout) yarnNodes() props {
	return props{
		"yarn.log-aggregation-enable":                                                   "true",
		"yarn.nodemanager.remote-app-log-dir":                                           "/tmp/logs",
		"yarn.nodemanager.resource.memory-mb":                                           strconv.Itoa(l.opts.NodeMemoryMB),
		"yarn.nodemanager.resource.cpu-vcores":                                          strconv.Itoa(l.opts.NodeVCores),
		"yarn.nodemanager.resource.memory.enforced":                                     strconv.FormatBool(!l.opts.MemoryEnforced),
		"yarn.nodemanager.pmem-check-enabled":                                           "true",
		"yarn.nodemanager.vmem-check-enabled":                                           "true",
		"yarn.nodemanager.resource-monitor.interval-ms":                                 "500",
		"yarn.nodemanager.sleep-delay-before-sigkill.ms":                                "2000",
		"yarn.nodemanager.delete.debug-delay-sec":                                       "0",
		"yarn.nodemanager.recovery.enabled":                                             "true",
		"yarn.nodemanager.recovery.supervised":                                          "true",
		"yarn.nodemanager.disk-health-checker.max-disk-utilization-per-disk-percentage": "100",
	}
}

func (l layout) nodeManager(i int) props {
	ports, name := l.ends.nms[i], string(NodeManager(i+1))
	return props{
		"yarn.nodemanager.hostname":                  "localhost",
		"yarn.nodemanager.address":                   addr(ports.rpc),
		"yarn.nodemanager.localizer.address":         addr(ports.localizer),
		"yarn.nodemanager.webapp.address":            addr(ports.web),
		"yarn.nodemanager.collector-service.address": addr(ports.collector),
		"yarn.nodemanager.local-dirs":                l.dir + "/" + name + "-local",
		"yarn.nodemanager.log-dirs":                  l.dir + "/" + name + "-logs",
		"yarn.nodemanager.recovery.dir":              l.dir + "/" + name + "-recovery",
	}
}

// scheduler: two queues, each of which may take the whole cluster, for one user and for ApplicationMasters too.
func (l layout) scheduler() props {
	p := props{
		"yarn.scheduler.capacity.root.queues":                        DefaultQueue + "," + SecondQueue,
		"yarn.scheduler.capacity.root." + DefaultQueue + ".capacity": "70",
		"yarn.scheduler.capacity.root." + SecondQueue + ".capacity":  "30",
		"yarn.scheduler.capacity.maximum-am-resource-percent":        "1.0",
		"yarn.scheduler.capacity.resource-calculator":                "org.apache.hadoop.yarn.util.resource.DominantResourceCalculator",
		"yarn.scheduler.capacity.node-locality-delay":                "-1",
	}
	for _, q := range []string{DefaultQueue, SecondQueue} {
		p["yarn.scheduler.capacity.root."+q+".maximum-capacity"] = "100"
		p["yarn.scheduler.capacity.root."+q+".user-limit-factor"] = "100"
		p["yarn.scheduler.capacity.root."+q+".maximum-am-resource-percent"] = "1.0"
	}
	return p.with(l.opts.Scheduler)
}

func millis(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }
