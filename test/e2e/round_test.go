package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"weft/test/cluster/compare"
	"weft/test/cluster/dataset"
	"weft/test/rig"
)

// From MySQL to HDFS on YARN, and from there to the local disk in one process: the same rows.
func TestThereAndBack(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	table, target, home := r.Table(t, dataset.Wide(), 5000), r.Target(t), t.TempDir()
	r.Succeeded(t, r.Weft(t, "submit", table.Job(target, 2, nil).File(t), "-o", "json"), target, table.Rows)
	back := rig.Job{Name: "back", Setting: rig.Params{"speed": rig.Params{"channel": 2}, "verify": "checksum"},
		Reader: rig.Side{Name: "hdfsreader", Parameter: rig.Params{"path": target, "fileType": "text", "fieldDelimiter": `\001`,
			"column": []string{"*"}, "escapeChar": `\`, "escapeCrlf": true}},
		Writer: rig.Text("file://"+home+"/out", nil)}
	result := r.Succeeded(t, r.Weft(t, "run", back.File(t), "-o", "json"), target, table.Rows)
	if result.ApplicationID != "" || result.State != "SUCCEEDED" {
		t.Errorf("result %+v", result)
	}
	table.Equal(t, compare.Local(home+"/out"))
	if left, err := filepath.Glob(home + "/.weft-*"); err != nil || len(left) > 0 {
		t.Errorf("%v is left, %v", left, err)
	}
}

// A CSV file of the local disk goes to HDFS, by weft run, since no container could read it.
func TestCSVToHDFS(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	target := r.Target(t)
	schema, pool := r.Schema(t)
	table := r.Named(schema, "orders", 3, pool)
	table.Exec(t, "CREATE TABLE orders (id INT PRIMARY KEY, v VARCHAR(50), w DECIMAL(6,2))",
		`INSERT INTO orders VALUES (1, 'a,b', 1.50), (2, 'line\nend "quoted"', NULL), (3, '', -0.01)`)
	file := filepath.Join(t.TempDir(), "in.csv")
	if err := os.WriteFile(file, []byte("id,v,w\n1,\"a,b\",1.50\n2,\"line\nend \"\"quoted\"\"\",\n3,\"\",-0.01\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	job := rig.Job{Name: "csv", Reader: rig.Side{Name: "csv", Parameter: rig.Params{"path": []string{"file://" + file}, "header": true,
		"column": []any{rig.Params{"name": "id", "type": "int"}, rig.Params{"name": "v", "type": "string"},
			rig.Params{"name": "w", "type": "decimal(6,2)"}}}},
		Writer: rig.Text("hdfs://"+r.Hadoop.NNAddr+target, nil), Setting: rig.Params{"verify": "checksum"}}
	r.Succeeded(t, r.Weft(t, "run", job.File(t), "-o", "json"), target, 3)
	table.Equal(t, r.Folder(target))
}

// Each run of an incremental job moves what was added since the one before, and a run without news nothing.
func TestIncrementalJob(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	table, target := r.Table(t, dataset.Bench(), 1000), r.Target(t)
	job := table.Job(target, 2, nil)
	job.Name = "incremental-" + table.Schema
	job.Reader = table.Reader(rig.Params{"increColumn": "id"})
	file := job.File(t)
	for run, want := range []int64{1000, 500, 0} {
		if run == 1 {
			table.Exec(t, fmt.Sprintf("INSERT INTO orders SELECT id + %d, user_id, status, created_at, amount, city, name, remark FROM orders WHERE id <= 500", 1000))
		}
		r.Succeeded(t, r.Weft(t, "submit", file, "-o", "json"), target, want)
		table.Equal(t, r.Folder(target))
	}
}
