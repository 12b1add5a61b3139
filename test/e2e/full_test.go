package e2e

import (
	"path"
	"strings"
	"testing"

	"weft/test/cluster/dataset"
	"weft/test/rig"
)

// What does not fit fails the run with a word about space; nothing of it becomes visible. With room the same run goes on.
func TestNoSpaceLeft(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	table, target := r.Table(t, dataset.Bench(), 2000), r.Target(t)
	if err := r.Hadoop.Mkdir(t.Context(), path.Dir(target), r.Hadoop.Superuser(), "755"); err != nil {
		t.Fatal(err)
	}
	r.Quota(t, path.Dir(target), 1<<20) // less than one block: the NameNode gives none
	call := rig.Call{Args: []string{"submit", table.Job(target, 1, nil).File(t), "--run-id", "full", "-o", "json"}}
	got := r.Run(t, call)
	got.Want(t, 1)
	if !strings.Contains(got.Stderr, "error[E3008]") && !strings.Contains(got.Stderr, "error[E6005]") || !strings.Contains(got.Stderr, "quota") {
		t.Errorf("no word about the quota:\n%s", got.Stderr)
	}
	r.Nothing(t, target)
	if result := got.Result(t); result.State != "FAILED" || result.RowsWritten != 0 {
		t.Errorf("result %+v", result)
	}
	r.Quota(t, path.Dir(target), 1<<40)
	r.Succeeded(t, r.Run(t, call), target, table.Rows)
	table.Equal(t, r.Folder(target))
}
