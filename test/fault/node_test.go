package fault

import (
	"testing"

	"weft/test/cluster"
)

// A node falls silent while its containers live on: the work is done again on another node, and what the old containers
// still do is not seen.
func TestLostNode(t *testing.T) {
	d := start(t, setting{channels: 4, slots: 1, rowsPerSecond: 800})
	master := d.master(t)
	lost := otherNode(t, d.Hadoop, master.Node)
	if err := d.Hadoop.Kill(lost); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Hadoop.Start(t.Context(), lost); err != nil {
			t.Error(err)
		}
	})
	if err := d.Hadoop.WaitNode(t.Context(), lost, "LOST"); err != nil {
		t.Fatal(err)
	}
	result := d.succeeded(t)
	t.Logf("%d splits in %d attempts", result.Splits, result.Attempts)
}

func otherNode(t *testing.T, h *cluster.Hadoop, not cluster.Daemon) cluster.Daemon {
	t.Helper()
	for _, nm := range h.NMs {
		if nm != not {
			return nm
		}
	}
	t.Fatal("there is no other node")
	return ""
}
