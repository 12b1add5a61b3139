package fault

import (
	"context"
	"fmt"
	"syscall"
	"testing"
	"time"

	"weft/test/cluster/dataset"
	"weft/test/rig"
)

// `weft run` into a table is killed (SIGKILL) whenever some more units have been committed, at whatever it does then; the next
// life of the run goes on behind them. Each row is there once.
func TestKilledIntoMySQL(t *testing.T) {
	r := rig.New(t, nil, shared.MariaDB(t), &program)
	table := r.Table(t, dataset.Wide(), 24_000) // 24 units, more than all lives wait for
	table.Exec(t, "CREATE TABLE copied LIKE orders")
	job := rig.Job{Name: "copied", Reader: table.Reader(nil), Setting: rig.Params{"speed": rig.Params{"channel": 2, "record": 8000}, "unitBytes": 100_000},
		Writer: rig.Side{Name: "mysqlwriter", Parameter: rig.Params{"username": "test", "password": "test",
			"connection": []any{rig.Params{"jdbcUrl": table.JDBC(), "table": []string{"copied"}}}}}}
	call := rig.Call{Args: []string{"run", job.File(t), "--run-id", "copied-" + table.Schema, "--state-dir", t.TempDir(), "-o", "json"}}
	random := newRandom(t)
	units := 0
	for life := range 4 {
		want := units + 1 + random.IntN(3)
		w := r.Start(t, call)
		w.Until(t, time.Minute, fmt.Sprintf("life %d to commit unit %d", life, want), func(ctx context.Context) error {
			err := table.Pool.QueryRowContext(ctx, "SELECT COALESCE(SUM(sequence + 1), 0) FROM _weft_checkpoint WHERE split >= 0").Scan(&units)
			if err == nil && units < want {
				err = fmt.Errorf("%d units", units)
			}
			return err
		})
		w.Signal(t, syscall.SIGKILL)
		w.Wait(t)
	}
	got := r.Run(t, call)
	got.Want(t, 0)
	if result := got.Result(t); result.RowsRead != table.Rows || result.RowsWritten != table.Rows {
		t.Errorf("want %d rows read and written: %+v", table.Rows, result)
	}
	var copied, equal int64
	err := table.Pool.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM copied").Scan(&copied)
	if err == nil {
		err = table.Pool.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM (SELECT * FROM orders INTERSECT ALL SELECT * FROM copied) x").Scan(&equal)
	}
	if err != nil || copied != table.Rows || equal != table.Rows {
		t.Errorf("%d rows copied, %d equal, want %d: %v", copied, equal, table.Rows, err)
	}
	var left int64
	if err := table.Pool.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM _weft_checkpoint").Scan(&left); err != nil || left != 0 {
		t.Errorf("%d checkpoints are left, %v", left, err)
	}
}
