package e2e

import (
	"testing"

	"weft/test/cluster/dataset"
)

// Every type of column, NULLs and hostile texts, with more slots than one container has.
func TestWideTable(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	table, target := r.Table(t, dataset.Wide(), 50_000), r.Target(t)
	got := r.Weft(t, "submit", table.Job(target, 4, nil).File(t), "-o", "json")
	result := r.Succeeded(t, got, target, table.Rows)
	table.Equal(t, r.Folder(target))
	if result.Hash == "" || result.Verify != "checksum" || result.Guarantee != "exactly-once" || result.AMAttempts != 1 {
		t.Errorf("result %+v", result)
	}
	if result.Splits < 2 || result.Attempts != result.Splits {
		t.Errorf("%d splits in %d attempts", result.Splits, result.Attempts)
	}
}
