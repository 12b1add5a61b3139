package fault

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"weft/test/cluster"
)

// A node falls silent while its containers live on: the work is done again on another node, and what the old containers
// still do is not seen.
func TestF08LostNode(t *testing.T) {
	d := start(t, setting{channels: 2, slots: 1, rowsPerSecond: 800})
	living := d.weft.Containers(t, d.Rig, d.app, 2)
	lost := otherNode(t, d.Hadoop, d.master(t).Node)
	if !slices.ContainsFunc(living, func(c cluster.Container) bool { return c.Node == lost }) {
		t.Fatalf("no container on %s: %v", lost, living)
	}
	if err := d.Hadoop.Kill(lost); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { comeBack(t, d.Hadoop, lost) })
	if err := d.Hadoop.WaitNode(t.Context(), lost, "LOST"); err != nil {
		t.Fatal(err)
	}
	result := d.succeeded(t)
	if result.Attempts <= result.Splits {
		t.Errorf("%d splits in %d attempts: nothing was lost", result.Splits, result.Attempts)
	}
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

// A NodeManager dies and comes back before its node is taken for lost: it finds its containers alive, and nobody notices.
func TestF08NodeManagerRestarts(t *testing.T) {
	h := pair(t)
	d := startOn(t, h, &program, slowRows, setting{channels: 2, slots: 1, rowsPerSecond: 1500})
	living := d.weft.Containers(t, d.Rig, d.app, 2)
	d.journalled(t, 2)
	restart(t, h, living[0].Node)
	d.undisturbed(t)
}

// The node of the ApplicationMaster is lost with all that runs on it: the next ApplicationMaster starts on another node.
func TestF09NodeOfTheMasterIsLost(t *testing.T) {
	d := start(t, setting{channels: 2, slots: 1, rowsPerSecond: 800})
	d.journalled(t, 2)
	lost := d.master(t).Node
	if err := d.Hadoop.Kill(lost); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { comeBack(t, d.Hadoop, lost) })
	all, err := d.Hadoop.Containers()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range all {
		if c.Node != lost {
			continue
		}
		if err := c.Kill(); err != nil {
			t.Fatal(err)
		}
	}
	if result := d.succeeded(t); result.AMAttempts != 2 {
		t.Errorf("%d ApplicationMasters, want 2", result.AMAttempts)
	}
}

// comeBack starts a NodeManager that was killed, and waits until its node is in use again.
func comeBack(t *testing.T, h *cluster.Hadoop, nm cluster.Daemon) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	if err := errors.Join(h.Start(ctx, nm), h.WaitNode(ctx, nm, "RUNNING")); err != nil {
		t.Error(err)
	}
}
