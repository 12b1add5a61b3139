package e2e

import (
	"fmt"
	"testing"

	"weft/test/cluster"
	"weft/test/rig"
)

// The NodeManagers of the shared cluster look twice a second at the physical and the virtual memory of every container and
// kill those above their size, Go's reserved address space included: none is, whatever the size of the rows.
func TestTrap22_MemoryStaysInContainer(t *testing.T) {
	t.Parallel()
	staysInContainer(t, newRig(t))
}

// The same where nobody looks at the memory of containers, as Hadoop 3.3 and later do when cgroups enforce it.
func TestTrap22_MemoryWithoutPolling(t *testing.T) {
	t.Parallel()
	h, err := cluster.StartHadoop(t.Context(), cluster.HadoopOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	})
	staysInContainer(t, rig.New(t, h, shared.MariaDB(t), &program))
}

func staysInContainer(t *testing.T, r *rig.Rig) {
	t.Helper()
	for _, tt := range []struct {
		name, create, fill string
		rows               int64
	}{
		{"narrow", "CREATE TABLE orders (id INT PRIMARY KEY, v CHAR(4))",
			"INSERT INTO orders SELECT seq, RIGHT(HEX(seq), 4) FROM seq_1_to_400000", 400_000},
		{"huge", "CREATE TABLE orders (id INT PRIMARY KEY, v LONGTEXT)",
			fmt.Sprintf("INSERT INTO orders SELECT seq, REPEAT(CONCAT('%s', CHAR(64 + seq)), 2500000) FROM seq_1_to_12", "中"), 12},
	} {
		t.Run(tt.name, func(t *testing.T) {
			schema, pool := r.Schema(t)
			table, target := r.Named(schema, "orders", tt.rows, pool), r.Target(t)
			table.Exec(t, tt.create, tt.fill)
			job := table.Job(target, 2, nil)
			result := r.Succeeded(t, r.Weft(t, "submit", job.File(t), "-o", "json"), target, tt.rows)
			table.Equal(t, r.Folder(target))
			if result.Attempts != result.Splits || result.AMAttempts != 1 {
				t.Errorf("%d splits in %d attempts, %d ApplicationMasters", result.Splits, result.Attempts, result.AMAttempts)
			}
		})
	}
}

// A row above maxRowBytes is dirty, not the end of the container.
func TestRowTooLarge(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	schema, pool := r.Schema(t)
	table, target := r.Named(schema, "orders", 10, pool), r.Target(t)
	table.Exec(t, "CREATE TABLE orders (id INT PRIMARY KEY, v LONGTEXT)",
		"INSERT INTO orders SELECT seq, REPEAT('x', IF(seq = 5, 3000000, 10)) FROM seq_1_to_10")
	job := table.Job(target, 1, nil)
	job.Setting["maxRowBytes"], job.Setting["errorLimit"] = 2_000_000, rig.Params{"record": 1}
	got := r.Weft(t, "submit", job.File(t), "-o", "json")
	got.Want(t, 0)
	if result := got.Result(t); result.RowsRead != 10 || result.RowsWritten != 9 || result.RowsDirty != 1 {
		t.Errorf("result %+v", result)
	}
	job.Setting["errorLimit"] = rig.Params{"record": 0}
	job.Writer.Parameter["path"] = target + "2"
	r.Weft(t, "submit", job.File(t)).Want(t, 3, "error[E4001]")
	r.Nothing(t, target+"2")
}
