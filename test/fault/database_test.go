package fault

import (
	"testing"

	"weft/test/cluster"
	"weft/test/cluster/dataset"
	"weft/test/rig"
)

// The database dies while it is read, and comes back: the attempts go on behind the last row they had.
func TestF18SourceRestarts(t *testing.T) {
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
	table := r.Table(t, dataset.Wide(), 60_000) // more than the buffers of the connections hold
	d := begin(t, r, table, setting{channels: 2, slots: 2, rowsPerSecond: 8000})
	d.attempt(t, 1)
	if err := db.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	result := d.succeeded(t)
	t.Logf("%d splits in %d attempts", result.Splits, result.Attempts)
}
