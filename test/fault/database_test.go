package fault

import (
	"testing"

	"weft/test/cluster"
	"weft/test/cluster/dataset"
	"weft/test/rig"
)

// The database dies while it is read, and comes back: the splits are tried again from their last unit.
func TestDatabaseRestarted(t *testing.T) {
	db, err := cluster.StartMariaDB(t.Context(), cluster.DatabaseOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	r := rig.New(t, shared.Hadoop(t), db, &program)
	table := r.Table(t, dataset.Wide(), slowRows)
	d := begin(t, r, table, setting{channels: 2, slots: 2, rowsPerSecond: 1500})
	d.attempt(t, 1)
	if err := db.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	if result := d.succeeded(t); result.Attempts <= result.Splits {
		t.Errorf("%d splits in %d attempts: nobody noticed", result.Splits, result.Attempts)
	}
}
