package job

import (
	"strings"

	"weft/internal/job/jsontree"
	"weft/plugins"
)

// detect finds the dialect out by the first sign that fits, and names the
// sign. A file without any is read by FlinkX's rules.
func (l *loader) detect(root *jsontree.Node) (plugins.Dialect, string) {
	if l.Dialect != "" {
		return l.Dialect, "--dialect"
	}
	if root.Get("weft") != nil {
		return plugins.DialectNative, "weft"
	}
	for _, s := range signs {
		if s.seen(root) {
			return s.dialect, s.name
		}
	}
	return plugins.DialectFlinkX, ""
}

// sign is something that only one of the old tools has.
type sign struct {
	dialect plugins.Dialect
	name    string
	seen    func(root *jsontree.Node) bool
}

// signs are looked at in this order: what DataX jobs have stands first, since
// FlinkX ignores keys it does not know, and its files carry all sorts.
var signs = []sign{
	{plugins.DialectDataX, "core", func(r *jsontree.Node) bool { return r.Get("core") != nil }},
	{plugins.DialectDataX, "speed.byte", inSetting("speed", "byte", "record")},
	{plugins.DialectDataX, "dryRun", inSetting("", "dryRun", "keyVersion")},
	{plugins.DialectDataX, "transformer", func(r *jsontree.Node) bool {
		t := r.At("job.content[0].transformer")
		return t != nil && t.Kind == jsontree.Array
	}},
	{plugins.DialectDataX, "querySql", inParameter("querySql", "haveKerberos", "csvReaderConfig")},
	{plugins.DialectDataX, "plugin name", pluginIn(dataxOnly)},
	{plugins.DialectFlinkX, "speed.bytes", inSetting("speed", "bytes", "readerChannel", "writerChannel", "rebalance")},
	{plugins.DialectFlinkX, "setting", inSetting("", "restore", "dirty", "restart", "log", "metricPluginConf")},
	{plugins.DialectFlinkX, "customSql", inParameter("customSql", "increColumn", "startLocation", "principalFile", "fullColumnName", "sliceRecordCount")},
	{plugins.DialectFlinkX, "plugin name", pluginIn(flinkxOnly)},
	{plugins.DialectFlinkX, "connectPattern", inParameter("connectPattern")},
}

func inSetting(block string, keys ...string) func(*jsontree.Node) bool {
	return func(root *jsontree.Node) bool {
		n := root.At(join("job.setting", block))
		if block == "" {
			n = root.At("job.setting")
		}
		return hasAny(n, keys)
	}
}

// inParameter looks for keys in the parameters of both sides, as deep as
// connections and Hadoop settings go.
func inParameter(keys ...string) func(*jsontree.Node) bool {
	return func(root *jsontree.Node) bool {
		for _, side := range []string{"reader", "writer"} {
			p := root.At("job.content[0]." + side + ".parameter")
			if hasAny(p, keys) || hasAny(p.Get("hadoopConfig"), keys) || hasAny(p.At("connection[0]"), keys) {
				return true
			}
		}
		return false
	}
}

func hasAny(n *jsontree.Node, keys []string) bool {
	for _, key := range keys {
		if n.Get(key) != nil {
			return true
		}
	}
	return false
}

func pluginIn(set func(string) bool) func(*jsontree.Node) bool {
	return func(root *jsontree.Node) bool {
		for _, side := range []string{"reader", "writer"} {
			n := root.At("job.content[0]." + side + ".name")
			if n != nil && set(strings.ToLower(n.Text)) {
				return true
			}
		}
		return false
	}
}

func flinkxOnly(name string) bool { return flinkxNames[name] && !dataxNames[name] }
func dataxOnly(name string) bool  { return dataxNames[name] && !flinkxNames[name] }

// nameSet makes full plugin names of stems.
func nameSet(readers, writers string) map[string]bool {
	set := make(map[string]bool)
	for stem := range strings.FieldsSeq(readers) {
		set[stem+"reader"] = true
	}
	for stem := range strings.FieldsSeq(writers) {
		set[stem+"writer"] = true
	}
	return set
}

// The plugins that FlinkX (1.8 to 1.11, and ChunJun's additions) and DataX
// ship, for telling the dialects apart and for saying "known, not supported"
// instead of "unknown".
var (
	flinkxNames = nameSet(
		`stream mysql mysqld oracle sqlserver postgresql db2 dm gbase clickhouse polardb polardbd saphana teradata
		 greenplum kingbase phoenix phoenix5 hdfs hbase hbase2 es ftp mongodb mongodboplog kudu carbondata cassandra
		 odps kafka kafka09 kafka10 kafka11 emqx restapi binlog pgwal oraclelogminer sqlservercdc elasticsearch6
		 elasticsearch7 hbase14 http doris starrocks rocketmq s3 vertica11 inceptor`,
		`stream mysql oracle sqlserver postgresql db2 dm gbase clickhouse polardb saphana teradata greenplum kingbase
		 phoenix phoenix5 hdfs hive hbase hbase2 es ftp mongodb kudu carbondata cassandra odps redis kafka kafka09
		 kafka10 kafka11 emqx restapi pulsar alluxio oss elasticsearch6 elasticsearch7 hbase14 http doris starrocks
		 rabbitmq s3 upsertkafka vertica11 iceberg hudi inceptor`)
	dataxNames = nameSet(
		`cassandra clickhouse datahub doris drds ftp gaussdb gdb hbase094x hbase11x hbase11xsql hbase20xsql hdfs
		 kingbasees loghub mongodb mysql obhbase oceanbasev10 odps opentsdb oracle oss ots otsstream postgresql rdbms
		 sqlserver starrocks stream sybase tdengine tsdb txtfile`,
		`adbmysql adbpg ads cassandra clickhouse databend datahub doris drds elasticsearch ftp gaussdb gdb hbase094x
		 hbase11x hbase11xsql hbase20xsql hdfs hologresjdbc kingbasees kudu loghub milvus mongodb mysql neo4j obhbase
		 oceanbasev10 ocs odps oracle oscar oss ots postgresql rdbms selectdb sqlserver starrocks stream sybase
		 tdengine tsdb txtfile`)
)
