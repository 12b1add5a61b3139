package e2e

import (
	"strings"
	"testing"

	"weft/test/cluster/compare"
	"weft/test/cluster/dataset"
	"weft/test/rig"
)

// flinkX is a job with every key that FlinkX 1.10 documents for these two plugins, as its manual arranges them.
const flinkX = `{
  "job": {
    "content": [{
      "reader": {
        "parameter": {
          "username": "test", "password": "test",
          "connection": [{"jdbcUrl": ["JDBC"], "table": ["orders"]}],
          "column": [
            {"name": "id", "type": "bigint", "key": "id"},
            {"name": "user_id", "type": "int"},
            {"name": "created_at", "type": "datetime"},
            {"name": "amount", "type": "decimal"},
            {"name": "name", "type": "varchar"}
          ],
          "where": "id > 10", "splitPk": "id", "customSql": "",
          "queryTimeOut": 1000, "fetchSize": 1024, "requestAccumulatorInterval": 2
        },
        "name": "mysqlreader"
      },
      "writer": {
        "parameter": {
          "path": "TARGET", "fileName": "pt=1",
          "defaultFS": "DEFAULTFS",
          "hadoopConfig": {"dfs.client.use.datanode.hostname": "false", "fs.defaultFS": "DEFAULTFS"},
          "column": [
            {"name": "col1", "index": 0, "type": "BIGINT"},
            {"name": "col2", "index": 1, "type": "INT"},
            {"name": "col3", "index": 2, "type": "TIMESTAMP"},
            {"name": "col4", "index": 3, "type": "DECIMAL(12,2)"},
            {"name": "col5", "index": 4, "type": "STRING"}
          ],
          "fieldDelimiter": "\\u0001", "fileType": "text", "compress": "gzip", "encoding": "utf-8",
          "maxFileSize": 1073741824, "nextCheckRows": 20000, "rowGroupSIze": 134217728, "writeMode": "overwrite"
        },
        "name": "hdfswriter"
      }
    }],
    "setting": {
      "speed": {"channel": 2, "bytes": 0, "readerChannel": 1, "writerChannel": 1},
      "errorLimit": {"record": 0, "percentage": 0.0},
      "dirty": {"path": "/tmp", "hadoopConfig": {"fs.default.name": "DEFAULTFS"}},
      "restore": {"maxRowNumForCheckpoint": 0, "isRestore": false, "restoreColumnName": "", "restoreColumnIndex": 0},
      "restart": {"strategy": "NoRestart"},
      "log": {"isLogger": false, "level": "debug", "path": "", "pattern": ""}
    }
  }
}`

// dataX is a job as the manuals of DataX's mysqlreader and hdfswriter show them, with two tables of equal structure.
const dataX = `{
    "core": {"transport": {"channel": {"speed": {"byte": 10485760}}}},
    "job": {
        "setting": {"speed": {"channel": 3, "byte": 10485760}, "errorLimit": {"record": 0, "percentage": 0.02}},
        "content": [{
            "reader": {
                "name": "mysqlreader",
                "parameter": {
                    "username": "test", "password": "test",
                    "column": ["id", "user_id", "created_at", "amount", "name"],
                    "splitPk": "id", "where": "",
                    "connection": [{"table": ["part_[0-1]"], "jdbcUrl": ["jdbc:mysql://bad_ip:3306/database", "JDBC"]}]
                }
            },
            "writer": {
                "name": "hdfswriter",
                "parameter": {
                    "defaultFS": "DEFAULTFS", "fileType": "text", "path": "TARGET", "fileName": "orders",
                    "column": [
                        {"name": "id", "type": "BIGINT"}, {"name": "user_id", "type": "INT"},
                        {"name": "created_at", "type": "TIMESTAMP"}, {"name": "amount", "type": "STRING"},
                        {"name": "name", "type": "VARCHAR"}
                    ],
                    "writeMode": "append", "fieldDelimiter": "\t", "compress": "NONE"
                }
            }
        }]
    }
}`

// unchanged puts the test's addresses into an old job.
func unchanged(t *testing.T, r *rig.Rig, table *rig.Table, job, target string) string {
	t.Helper()
	return rig.File(t, "old.json", strings.NewReplacer("JDBC", table.JDBC(), "TARGET", target,
		"DEFAULTFS", "hdfs://"+r.Hadoop.NNAddr).Replace(job))
}

var oldColumns = []string{"id", "user_id", "created_at", "amount", "name"}

func TestFlinkXJob(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	table, target := r.Table(t, dataset.Bench(), 3000), r.Target(t)
	got := r.Weft(t, "submit", unchanged(t, r, table, flinkX, target), "-o", "json")
	r.Succeeded(t, got, target, table.Rows-10)
	table.Compare(t, compare.Options{Folder: r.Folder(target + "/pt=1"), Columns: oldColumns, Where: "id > 10", Delimiter: "\x01"})
}

func TestDataXJob(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	table, target := r.Table(t, dataset.Bench(), 3000), r.Target(t)
	table.Exec(t, "CREATE TABLE part_0 LIKE orders", "CREATE TABLE part_1 LIKE orders",
		"INSERT INTO part_0 SELECT * FROM orders WHERE id % 3 = 0", "INSERT INTO part_1 SELECT * FROM orders WHERE id % 3 <> 0")
	got := r.Weft(t, "submit", unchanged(t, r, table, dataX, target), "-o", "json")
	r.Succeeded(t, got, target, table.Rows)
	table.Compare(t, compare.Options{Folder: r.Folder(target), Columns: oldColumns, Delimiter: "\t"})
	for _, name := range r.Names(t, target) {
		if !strings.HasPrefix(name, "orders") {
			t.Errorf("%s does not begin with fileName", name)
		}
	}
}
