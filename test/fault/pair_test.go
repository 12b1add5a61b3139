package fault

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"weft/test/cluster"
	"weft/test/cluster/dataset"
	"weft/test/rig"
)

// startOn is start on a Hadoop that the test chooses.
func startOn(t *testing.T, h *cluster.Hadoop, p *rig.Program, rows int64, s setting) *slow {
	t.Helper()
	r := rig.New(t, h, shared.MariaDB(t), p)
	return begin(t, r, r.Table(t, dataset.Wide(), rows), s)
}

// pair is the shared pair of masters; after the test all of its daemons live, and the first of each kind is active.
func pair(t *testing.T) *cluster.Hadoop {
	t.Helper()
	h := shared.Pair(t)
	t.Cleanup(func() { mend(t, h, cluster.NameNode, cluster.ResourceManager) })
	return h
}

// mend starts what is dead, and makes the masters active that shall be.
func mend(t *testing.T, h *cluster.Hadoop, active ...cluster.Daemon) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	all := append([]cluster.Daemon{cluster.NameNode, cluster.SecondNameNode, cluster.ResourceManager, cluster.SecondResourceManager}, h.NMs...)
	for _, d := range all {
		if h.Pid(d) != 0 {
			continue
		}
		if err := h.Start(ctx, d); err != nil {
			t.Error(err)
		}
	}
	for _, d := range active {
		if err := h.Activate(ctx, d); err != nil {
			t.Error(err)
		}
	}
	if err := h.WaitReady(ctx); err != nil {
		t.Error(err)
	}
}

// restart kills a daemon and starts it again.
func restart(t *testing.T, h *cluster.Hadoop, d cluster.Daemon) {
	t.Helper()
	if err := h.Kill(d); err != nil {
		t.Fatal(err)
	}
	revive(t, h, d)
}

// revive starts a daemon that was killed.
func revive(t *testing.T, h *cluster.Hadoop, d cluster.Daemon) {
	t.Helper()
	if err := h.Start(t.Context(), d); err != nil {
		t.Fatal(err)
	}
}

// takeOver kills the active one of a pair, makes the other active, and starts the dead one again as standby.
func takeOver(t *testing.T, h *cluster.Hadoop, from, to cluster.Daemon) {
	t.Helper()
	if err := h.Kill(from); err != nil {
		t.Fatal(err)
	}
	activate(t, h, to)
	revive(t, h, from)
}

func activate(t *testing.T, h *cluster.Hadoop, d cluster.Daemon) {
	t.Helper()
	if err := h.Activate(t.Context(), d); err != nil {
		t.Fatal(err)
	}
}

// folder is the run folder.
func (d *slow) folder() string { return "/user/" + d.Hadoop.Superuser() + "/.weft/runs/" + d.run }

// journalled waits until the living generation has written at least n files of its journal.
func (d *slow) journalled(t *testing.T, n int) {
	t.Helper()
	d.weft.Until(t, time.Minute, fmt.Sprintf("%d files in the journal", n), func(ctx context.Context) error {
		have, err := d.journal(ctx)
		if err == nil && have < n {
			err = fmt.Errorf("it has %d", have)
		}
		return err
	})
}

func (d *slow) journal(ctx context.Context) (int, error) {
	entries, err := d.Entries(ctx, d.folder())
	if err != nil {
		return 0, err
	}
	files := 0
	for _, e := range entries {
		if !strings.HasPrefix(e.Name, "live-") {
			continue
		}
		names, err := d.Entries(ctx, d.folder()+"/"+e.Name)
		if err != nil {
			return 0, err
		}
		files += len(names)
	}
	return files, nil
}

// undisturbed is succeeded for a fault that costs no attempt and no ApplicationMaster.
func (d *slow) undisturbed(t *testing.T) rig.Result {
	t.Helper()
	result := d.succeeded(t)
	if result.AMAttempts != 1 || result.Attempts != result.Splits {
		t.Errorf("%d splits in %d attempts under %d ApplicationMasters: want one of each", result.Splits, result.Attempts, result.AMAttempts)
	}
	return result
}

// pass lets some time go by.
func pass(d time.Duration) { <-time.NewTimer(d).C }
