package e2e

import (
	"net"
	"os"
	"path/filepath"
	"testing"

	"weft/test/cluster"
	"weft/test/cluster/dataset"
	"weft/test/rig"
)

// same fails the test unless two tables of one definition hold the same rows, whatever their order.
func same(t *testing.T, table *rig.Table, a, b string) {
	t.Helper()
	checksum := func(name string) (sum int64) {
		if err := table.Pool.QueryRowContext(t.Context(), "CHECKSUM TABLE "+name).Scan(new(string), &sum); err != nil {
			t.Fatal(err)
		}
		return sum
	}
	if x, y := checksum(a), checksum(b); x != y || x == 0 {
		t.Errorf("checksum %d of %s, %d of %s", x, a, y, b)
	}
}

// intoTable is the writer side for a table beside the job's own.
func intoTable(table *rig.Table, name string, more rig.Params) rig.Side {
	return rig.Side{Name: "mysqlwriter", Parameter: rig.Params{"username": "test", "password": "test",
		"connection": []any{rig.Params{"jdbcUrl": table.JDBC(), "table": []string{name}}}}.And(more)}
}

// A table with every type and every strange text, copied on YARN by several containers: byte by byte the same, in each mode.
func TestTableToTable(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	table := r.Table(t, dataset.Wide(), 5000)
	for name, more := range map[string]rig.Params{
		"loaded": nil, "inserted": {"loadData": "never"}, "staged": {"mode": "staging"}, "upserted": {"writeMode": "update"},
	} {
		table.Exec(t, "CREATE TABLE "+name+" LIKE orders")
		verb := "run"
		if name == "loaded" {
			verb = "submit"
		}
		job := rig.Job{Name: "copy", Reader: table.Reader(nil), Writer: intoTable(table, name, more),
			Setting: rig.Params{"speed": rig.Params{"channel": 2}, "unitBytes": 200_000}}
		got := r.Weft(t, verb, job.File(t), "-o", "json")
		got.Want(t, 0)
		if result := got.Result(t); result.RowsWritten != table.Rows || len(result.Outputs) != 1 {
			t.Errorf("%s: %+v", name, result)
		}
		same(t, table, "orders", name)
	}
}

// The jobs that come with the program, as their comments have them: what goes straight into a table, and what goes by way of
// text files, is the same.
func TestJobsIntoMySQL(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	table := r.Table(t, dataset.Bench(), 10)
	const definition = " (id BIGINT PRIMARY KEY, customer VARCHAR(20), amount DECIMAL(12,2), ordered DATETIME, paid TINYINT(1))"
	table.Exec(t, "CREATE TABLE direct"+definition, "CREATE TABLE quickstart"+definition, "INSERT INTO quickstart (id) VALUES (-1)")
	jobs, err := filepath.Abs("../../conf/jobs")
	if err != nil {
		t.Fatal(err)
	}
	host, port, err := net.SplitHostPort(r.DB.Addr())
	if err != nil {
		t.Fatal(err)
	}
	secret, out := filepath.Join(t.TempDir(), "pw"), t.TempDir()
	if err := os.WriteFile(secret, []byte(cluster.DatabasePassword), 0o600); err != nil {
		t.Fatal(err)
	}
	params := []string{"-p", "host=" + host, "-p", "port=" + port, "-p", "database=" + table.Schema, "-p", "user=" + cluster.DatabaseUser,
		"-p", "passwordFile=" + secret, "-p", "rows=3000"}
	run := func(job string, more ...string) {
		r.Weft(t, append(append([]string{"run", filepath.Join(jobs, job), "--progress", "none"}, params...), more...)...).Want(t, 0, "SUCCEEDED")
	}
	run("stream-to-mysql.json", "-p", "table=direct")
	run("quickstart.json", "-p", "out="+out)
	run("hdfs-to-mysql.json", "-p", "table=quickstart", "-p", "source=file://"+out+"/quickstart")
	same(t, table, "direct", "quickstart")
}
