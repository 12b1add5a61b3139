package cluster

import (
	"fmt"
	"os"
	"path/filepath"
)

// hiveLayout says where a Hive works and listens.
type hiveLayout struct {
	dir       string
	db        string // Derby's folder
	metastore int    // port
	server    int    // port of HiveServer2; 0 for none
	defaultFS string
	warehouse string
}

// write makes the configuration folder and those that Hive expects.
func (l hiveLayout) write() error {
	for _, name := range []string{"conf", "tmp", "log", "scratch"} {
		if err := os.MkdirAll(filepath.Join(l.dir, name), 0o755); err != nil {
			return fmt.Errorf("make folder %s: %w", name, err)
		}
	}
	if err := os.Chmod(filepath.Join(l.dir, "scratch"), 0o777); err != nil { // HiveServer2 insists
		return err
	}
	files := map[string]string{
		"hive-site.xml":      l.hive().xml(),
		"metastore-site.xml": l.hive().xml(),
		"core-site.xml":      l.core().xml(),
		"log4j2.properties":  hiveLog4j,
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(l.dir, "conf", name), []byte(text), 0o644); err != nil {
			return fmt.Errorf("write configuration: %w", err)
		}
	}
	return nil
}

func (l hiveLayout) core() props {
	return props{
		"fs.defaultFS": l.defaultFS, "hadoop.tmp.dir": l.dir + "/tmp", "mapreduce.framework.name": "local",
		"mapreduce.jobtracker.staging.root.dir": l.dir + "/tmp/staging", "mapreduce.task.io.sort.mb": "8",
		"mapreduce.local.map.tasks.maximum": "2",
	}
}

// expressions is the class that filters partitions by conditions of a query. Hive's own comes with HiveServer2; a
// metastore alone has only one that refuses them.
func (l hiveLayout) expressions() string {
	if l.server == 0 {
		return "org.apache.hadoop.hive.metastore.DefaultPartitionExpressionProxy"
	}
	return "org.apache.hadoop.hive.ql.optimizer.ppr.PartitionExpressionForMetastore"
}

// hive is hive-site.xml and metastore-site.xml: one metastore on embedded Derby without housekeeping, one HiveServer2
// that runs queries inside its own JVM.
func (l hiveLayout) hive() props {
	return props{
		"hive.metastore.uris": fmt.Sprintf("thrift://127.0.0.1:%d", l.metastore), "metastore.thrift.uris": fmt.Sprintf("thrift://127.0.0.1:%d", l.metastore),
		"javax.jdo.option.ConnectionURL":        "jdbc:derby:" + l.db + ";create=true",
		"javax.jdo.option.ConnectionDriverName": "org.apache.derby.jdbc.EmbeddedDriver",
		"metastore.warehouse.dir":               l.warehouse, "metastore.warehouse.external.dir": l.warehouse + "-ext",
		"hive.metastore.warehouse.external.dir": l.warehouse + "-ext",
		"metastore.thrift.bind.host":            "127.0.0.1", "metastore.thrift.port": fmt.Sprint(l.metastore),
		"metastore.schema.verification": "true", "datanucleus.schema.autoCreateAll": "false",
		"metastore.expression.proxy":       l.expressions(),
		"metastore.task.threads.always":    "org.apache.hadoop.hive.metastore.events.EventCleanerTask",
		"metastore.compactor.initiator.on": "false", "metastore.compactor.cleaner.on": "false", "hive.compactor.initiator.on": "false",
		"metastore.housekeeping.threads.on": "false", "metastore.event.db.notification.api.auth": "false",
		"metastore.stats.auto.analyze": "none", "metastore.server.min.threads": "2", "metastore.server.max.threads": "50",
		"metastore.create.as.acid": "false", "hive.metastore.client.capability.check": "false",

		"hive.server2.thrift.bind.host": "127.0.0.1", "hive.server2.thrift.port": fmt.Sprint(l.server),
		"hive.server2.webui.port": "-1", "hive.server2.authentication": "NOSASL", "hive.server2.enable.doAs": "false",
		"hive.server2.transport.mode": "binary", "hive.server2.thrift.min.worker.threads": "2",
		"hive.server2.materializedviews.registry.impl": "DUMMY", "hive.server2.tez.initialize.default.sessions": "false",
		"hive.server2.logging.operation.enabled": "false", "hive.server2.session.hook": "",
		"hive.execution.engine": "mr", "mapreduce.framework.name": "local", "hive.exec.counters.pull.interval": "50",
		"hive.support.concurrency": "false", "hive.txn.manager": "org.apache.hadoop.hive.ql.lockmgr.DummyTxnManager",
		"hive.security.authorization.enabled": "false", "hive.stats.autogather": "false", "hive.stats.column.autogather": "false",
		"hive.fetch.task.conversion": "more", "hive.fetch.task.aggr": "true", "hive.exec.submit.local.task.via.child": "false",
		"hive.auto.convert.join": "false", "hive.exec.scratchdir": l.dir + "/scratch", "hive.exec.local.scratchdir": l.dir + "/tmp",
		"hive.downloaded.resources.dir": l.dir + "/tmp/res", "hive.querylog.location": l.dir + "/tmp",
		"hive.scheduled.queries.executor.enabled": "false", "hive.notification.event.poll.interval": "0s",
		"hive.query.results.cache.enabled": "false", "hive.strict.managed.tables": "false", "hive.create.as.insert.only": "false",
	}
}

// hiveLog4j sends everything to standard error, which is the log file of the process.
const hiveLog4j = `status = WARN
appenders = console
appender.console.type = Console
appender.console.name = console
appender.console.target = SYSTEM_ERR
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d{ISO8601} %p %c{1}: %m%n
rootLogger.level = INFO
rootLogger.appenderRefs = console
rootLogger.appenderRef.console.ref = console
logger.dn.name = DataNucleus
logger.dn.level = ERROR
`
