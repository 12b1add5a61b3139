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

// A run that inserted rows straight into a table cannot begin anew: they would be there twice, so it says what is safe. One
// with a staging table can.
func TestFromScratchIntoMySQL(t *testing.T) {
	r := rig.New(t, nil, shared.MariaDB(t), &program)
	for _, tt := range []struct {
		mode    string
		allowed bool
	}{{"direct", false}, {"staging", true}} {
		t.Run(tt.mode, func(t *testing.T) {
			table := r.Table(t, dataset.Wide(), 8000)
			table.Exec(t, "CREATE TABLE copied LIKE orders")
			run, state := "scratch-"+table.Schema, t.TempDir()
			job := rig.Job{Name: "copied", Reader: table.Reader(nil), Setting: rig.Params{"speed": rig.Params{"channel": 1, "record": 4000}, "unitBytes": 100_000},
				Writer: rig.Side{Name: "mysqlwriter", Parameter: rig.Params{"username": "test", "password": "test", "mode": tt.mode,
					"connection": []any{rig.Params{"jdbcUrl": table.JDBC(), "table": []string{"copied"}}}}}}
			w := r.Start(t, rig.Call{Args: []string{"run", job.File(t), "--run-id", run, "--state-dir", state, "-o", "json"}})
			w.Until(t, time.Minute, "two units", func(ctx context.Context) error {
				var units int
				err := table.Pool.QueryRowContext(ctx, "SELECT COALESCE(SUM(sequence + 1), 0) FROM _weft_checkpoint WHERE split >= 0").Scan(&units)
				if err == nil && units < 2 {
					err = fmt.Errorf("%d units", units)
				}
				return err
			})
			w.Signal(t, syscall.SIGKILL)
			w.Wait(t)
			if !tt.allowed {
				r.Weft(t, "resume", run, "--state-dir", state, "--from-scratch").Want(t, 1, "error[E7009]", "twice", "nothing was changed", "weft resume "+run)
				r.Weft(t, "resume", run, "--state-dir", state).Want(t, 0)
			} else {
				r.Weft(t, "resume", run, "--state-dir", state, "--from-scratch").Want(t, 0, "begins from scratch")
			}
			var copied, equal int64
			err := table.Pool.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM copied").Scan(&copied)
			if err == nil {
				err = table.Pool.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM (SELECT * FROM orders INTERSECT ALL SELECT * FROM copied) x").Scan(&equal)
			}
			if err != nil || copied != table.Rows || equal != table.Rows {
				t.Errorf("%d rows copied, %d equal, want %d: %v", copied, equal, table.Rows, err)
			}
		})
	}
}
