package mysql

import (
	"encoding/json"
	"strings"
	"testing"

	"weft/internal/sqlwrite"
	"weft/plugins"
)

// Jobs of FlinkX and DataX are taken as they stand.
func TestWriterConfigOfOldJobs(t *testing.T) {
	for name, text := range map[string]string{
		"flinkx": `{"username": "u", "password": "p", "connection": [{"jdbcUrl": "jdbc:mysql://h:3306/d?useSSL=false", "table": ["t"]}],
			"preSql": ["truncate table t;"], "postSql": ["select 1;"], "writeMode": "update", "updateKey": {"key": ["id"]}, "batchSize": 1024,
			"column": ["id", {"name": "v", "type": "varchar"}]}`,
		"datax": `{"writeMode": "update", "username": "u", "password": "p", "column": ["id", "v"], "session": ["set session sql_mode='ANSI'"],
			"preSql": ["delete from @table"], "connection": [{"jdbcUrl": "jdbc:mysql://h:3306/d", "table": ["t"]}], "batchSize": 2048, "batchByteSize": 33554432}`,
	} {
		c := newWriterConfig().(*WriterConfig)
		if err := json.Unmarshal([]byte(text), c); err != nil {
			t.Fatal(err)
		}
		for _, f := range c.Validate() {
			if f.Severity >= plugins.Warn {
				t.Errorf("%s: %s: %s", name, f.Key, f.Text)
			}
		}
		if c.mode != sqlwrite.Upsert || !c.ExactlyOnce || len(c.PreSQL) != 1 {
			t.Errorf("%s: %+v", name, c)
		}
		if _, err := NewWriter(c, plugins.Setup{Run: "r"}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWriterConfigRefused(t *testing.T) {
	const good = `"username": "u", "url": "jdbc:mysql://h/d", "table": "t"`
	for text, want := range map[string]string{
		`{"username": "u", "table": "t"}`:                                   "no server is named",
		`{"username": "u", "url": "jdbc:mysql://h/d"}`:                      "no table is named",
		`{"username": "u", "url": "jdbc:mysql://h/d", "table": ["a", "b"]}`: "2 tables are named",
		`{` + good + `, "writeMode": "merge"}`:                              "is none of insert",
		`{` + good + `, "mode": "swap"}`:                                    "is none of direct, staging",
		`{` + good + `, "loadData": "always"}`:                              "is none of auto, never",
		`{` + good + `, "batchSize": 0}`:                                    "is no number of rows",
		`{` + good + `, "batchSize": 200001}`:                               "is no number of rows",
		`{` + good + `, "mode": "staging", "exactlyOnce": false}`:           "needs the checkpoints",
		`{` + good + `, "column": [{"name": "a", "value": "1"}]}`:           "not in the writer's",
		`{` + good + `, "tls": {"mode": "maybe"}}`:                          "is none of off",
		`{` + good + `, "queryTimeOut": -1}`:                                "is no number of seconds",
		`{` + good + `, "checkpointTable": ""}`:                             "is no name of a table",
		`{"username": "u", "connection": [{"jdbcUrl": "jdbc:mysql://h/d", "table": ["t"]}, {"jdbcUrl": "jdbc:mysql://i/d", "table": ["t"]}]}`: "2 servers are named",
	} {
		c := newWriterConfig().(*WriterConfig)
		if err := json.Unmarshal([]byte(text), c); err != nil {
			t.Fatal(err)
		}
		var said []string
		for _, f := range c.Validate() {
			if f.Severity == plugins.Fail {
				said = append(said, f.Text)
			}
		}
		if got := strings.Join(said, "; "); !strings.Contains(got, want) {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}
