package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"path"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"weft/internal/metastore"
	"weft/test/cluster"
	"weft/test/rig"
)

// stained is a table of which every 50th row cannot be written as text without escapes.
type stained struct {
	*rig.Rig
	table  *rig.Table
	target string
	where  string // folder of the dirty table
	job    rig.Job
}

const stainedRows, stains = 2000, 40

func newStained(t *testing.T) *stained {
	t.Helper()
	r := newRig(t)
	schema, pool := r.Schema(t)
	s := &stained{Rig: r, table: r.Named(schema, "orders", stainedRows, pool), target: r.Target(t)}
	s.where = path.Dir(s.target) + "/dirty"
	s.table.Exec(t, "CREATE TABLE orders (id INT PRIMARY KEY, note VARCHAR(60))",
		fmt.Sprintf("INSERT INTO orders SELECT seq, IF(seq %% 50 = 0, CONCAT('a', CHAR(1), 'b\\\\', CHAR(10), '中', seq), CONCAT('note ', seq)) FROM seq_1_to_%d", stainedRows))
	s.job = s.table.Job(s.target, 2, rig.Params{"onDelimiter": "dirty", "escapeCrlf": nil})
	s.job.Setting["errorLimit"] = rig.Params{"record": stains}
	return s
}

// in puts the dirty rows into a table.
func (s *stained) in(table, uri string) {
	s.job.Setting["dirty"] = rig.Params{"table": table, "location": s.where, "metastore": uri, "deadline": "10s"}
}

// place is what the result says of the dirty rows.
func place(t *testing.T, got rig.Ran) (query, hint string) {
	t.Helper()
	var r struct {
		Hint  string
		Dirty struct{ Query string }
	}
	if err := json.Unmarshal([]byte(got.Stdout), &r); err != nil {
		t.Fatal(err)
	}
	return r.Dirty.Query, r.Hint
}

// The dirty rows of a run that succeeded are rows of a Hive table, which Hive itself reads: each once, each as it was.
func TestDirtyTable(t *testing.T) {
	t.Parallel()
	s := newStained(t)
	hive := shared.Hive(t, cluster.Hive4)
	s.in("default.stained", hive.MetastoreURI())
	got := s.Weft(t, "submit", s.job.File(t), "--run-id", "stained-1", "-o", "json")
	got.Want(t, 0)
	result := got.Result(t)
	if result.RowsDirty != stains || result.RowsRead != stainedRows {
		t.Fatalf("result %+v", result)
	}
	query, _ := place(t, got)
	where := query[strings.Index(query, "FROM"):]
	rows, err := hive.Query(t.Context(), "SELECT run_id, app_id, cast(split AS string), source, position, get_json_object(pk_json, '$.id'), `column`, code, "+
		"get_json_object(raw_row_json, '$.note'), cast(ts AS string) "+where)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, row := range rows {
		id := row[5]
		if seen[id] {
			t.Errorf("row %s is there twice", id)
		}
		seen[id] = true
		if want := fmt.Sprintf("a\x01b\\\n中%s", id); row[0] != "stained-1" || row[1] != result.ApplicationID || !strings.HasPrefix(row[3], "mysql orders") ||
			!strings.Contains(row[4], ":") || row[6] != "note" || row[7] != "delimiter" || row[8] != want || len(row[9]) < 19 {
			t.Errorf("row %q, want the note %q", row, want)
		}
	}
	for id := 50; id <= stainedRows; id += 50 {
		if !seen[fmt.Sprint(id)] {
			t.Errorf("row %d is missing", id)
		}
	}
	count, err := hive.Query(t.Context(), "SELECT count(*) FROM default.stained")
	if diff := cmp.Diff([][]string{{fmt.Sprint(stains)}}, count); err != nil || diff != "" {
		t.Errorf("count: %v (-want +got):\n%s", err, diff)
	}
	if left := s.Names(t, s.where); len(left) != 1 {
		t.Errorf("%s holds %v", s.where, left)
	}
}

// A run that stops for its error limit fills the table too, and its message is the query. hive-site.xml says where the
// metastore is.
func TestDirtyTableOfAStoppedRun(t *testing.T) {
	t.Parallel()
	s := newStained(t)
	hive := shared.Hive(t, cluster.Hive4)
	s.in("default.stopped", "")
	s.job.Setting["errorLimit"] = rig.Params{"record": 3}
	got := s.Run(t, rig.Call{Args: []string{"submit", s.job.File(t), "-o", "json"}, Env: []string{"HIVE_CONF_DIR=" + hive.ConfDir}})
	got.Want(t, 3, "error[E4001]", "more than errorLimit.record 3", "delimiter ", "SELECT * FROM default.stopped WHERE dt = '", "weft dirty ")
	s.Nothing(t, s.target)
	query, hint := place(t, got)
	if !strings.HasPrefix(hint, query) {
		t.Errorf("hint %q does not begin with %q", hint, query)
	}
	rows, err := hive.Query(t.Context(), query)
	if dirty := got.Result(t).RowsDirty; err != nil || int64(len(rows)) != dirty || dirty <= 3 {
		t.Errorf("%d rows for %d dirty ones: %v", len(rows), dirty, err)
	}
}

// Hive 3's metastore takes the same table; nothing but the metastore is asked.
func TestDirtyTableInHive3(t *testing.T) {
	t.Parallel()
	s := newStained(t)
	hive := shared.Hive(t, cluster.Hive3)
	s.in("stained", hive.MetastoreURI())
	for _, id := range []string{"three-1", "three-2"} { // the second finds the table, and here the partition too
		got := s.Weft(t, "run", s.job.File(t), "--run-id", id, "-o", "json")
		got.Want(t, 0)
		s.job.Writer.Parameter["path"] = s.target + "2"
	}
	client, err := metastore.New(metastore.Options{URIs: []string{hive.MetastoreURI()}})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	table, err := client.Table(t.Context(), "default", "stained")
	if err != nil || table.Kind != metastore.External || len(table.Storage.Columns) != 11 || !strings.HasSuffix(table.Storage.Location, s.where) {
		t.Fatalf("table %+v, %v", table, err)
	}
	days := s.Names(t, s.where)
	if len(days) != 1 {
		t.Fatalf("%s holds %v", s.where, days)
	}
	day := strings.TrimPrefix(days[0], "dt=")
	part, err := client.Partition(t.Context(), "default", "stained", day, "orders")
	if err != nil || !strings.HasSuffix(part.Storage.Location, s.where+"/"+days[0]+"/job=orders") {
		t.Errorf("partition %+v, %v", part, err)
	}
}

// F38: the metastore is down at the end. The run fails with the word that nothing is lost, nothing of it is visible, and it
// goes on when the metastore is back. Not parallel: it kills a server of all.
func TestF38MetastoreDownAtTheEnd(t *testing.T) {
	s := newStained(t)
	hive := shared.Hive(t, cluster.Hive4)
	s.in("default.late", hive.MetastoreURI())
	if err := hive.Kill(); err != nil {
		t.Fatal(err)
	}
	call := rig.Call{Args: []string{"run", s.job.File(t), "--run-id", "late-1", "--state-dir", t.TempDir(), "-o", "json"}}
	got := s.Run(t, call)
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	if err := hive.Start(ctx); err != nil {
		t.Fatal(err)
	}
	got.Want(t, 5, "error[E4101]", "dirty.deadline, 10s", "connection refused", "nothing is lost", "weft resume late-1")
	s.Nothing(t, s.target)
	again := s.Run(t, call)
	again.Want(t, 0)
	query, _ := place(t, again)
	rows, err := hive.Query(ctx, query)
	if err != nil || len(rows) != stains {
		t.Errorf("%d rows: %v", len(rows), err)
	}
}

// FlinkX's own file: four columns, which a Hive table that somebody has declared over the folder shows.
func TestFlinkXDirtyFiles(t *testing.T) {
	t.Parallel()
	s := newStained(t)
	hive := shared.Hive(t, cluster.Hive4)
	old := fmt.Sprintf(`{"job": {"content": [{
	  "reader": {"name": "mysqlreader", "parameter": {"username": "test", "password": "test", "column": ["id", "note"], "splitPk": "id",
	    "connection": [{"jdbcUrl": ["%s"], "table": ["orders"]}]}},
	  "writer": {"name": "hdfswriter", "parameter": {"path": "%s", "fileName": "", "defaultFS": "DEFAULTFS", "fileType": "text", "writeMode": "append",
	    "fieldDelimiter": "\\u0001", "column": [{"name": "id", "type": "INT"}, {"name": "note", "type": "STRING"}]}}}],
	  "setting": {"speed": {"channel": 1}, "errorLimit": {"record": 100}, "dirty": {"path": "%s", "hadoopConfig": {"fs.default.name": "DEFAULTFS"}}}}}`,
		s.table.JDBC(), s.target, s.where)
	file := rig.File(t, "old.json", strings.ReplaceAll(old, "DEFAULTFS", "hdfs://"+s.Hadoop.NNAddr))
	s.Weft(t, "run", file, "-o", "json").Want(t, 0)
	rows, err := hive.Query(t.Context(),
		fmt.Sprintf("CREATE EXTERNAL TABLE four (event STRING, kind STRING, error STRING, created STRING) ROW FORMAT DELIMITED "+
			"FIELDS TERMINATED BY '\\001' STORED AS TEXTFILE LOCATION 'hdfs://%s%s'", s.Hadoop.NNAddr, s.where),
		"SELECT get_json_object(event, '$.id'), get_json_object(event, '$.note'), kind, error, created FROM four")
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != stains {
		t.Errorf("%d rows", len(rows))
	}
	for _, row := range rows {
		_, timeErr := time.Parse(time.DateTime, row[4])
		if row[1] != "a\x01b\\\n中"+row[0] || row[2] != "conversion" || !strings.HasPrefix(row[3], `"column note: delimiter: `) || timeErr != nil {
			t.Errorf("row %q", row)
		}
	}
}

// Without a metastore the files lie there, and what is printed makes the table.
func TestDirtyTableByHand(t *testing.T) {
	t.Parallel()
	s := newStained(t)
	hive := shared.Hive(t, cluster.Hive4)
	s.in("default.by_hand", "")
	got := s.Weft(t, "run", s.job.File(t), "-o", "json")
	got.Want(t, 0)
	var r struct {
		Dirty struct {
			Query      string
			Statements []string
		}
	}
	if err := json.Unmarshal([]byte(got.Stdout), &r); err != nil || len(r.Dirty.Statements) != 2 {
		t.Fatalf("statements %q, %v", r.Dirty.Statements, err)
	}
	rows, err := hive.Query(t.Context(), append(r.Dirty.Statements, r.Dirty.Query)...)
	if err != nil || len(rows) != stains {
		t.Errorf("%d rows: %v", len(rows), err)
	}
	for _, row := range rows {
		if len(row) != 13 || row[10] == "NULL" {
			t.Errorf("row %q", row)
		}
	}
}
