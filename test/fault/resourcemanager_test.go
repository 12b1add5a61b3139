package fault

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"weft/test/cluster"
)

// The ResourceManager dies in mid-run and comes back: nobody but the client notices.
func TestF10ResourceManagerRestarts(t *testing.T) {
	d := start(t, setting{channels: 2, slots: 1, rowsPerSecond: 1500})
	d.journalled(t, 3)
	restart(t, d.Hadoop, cluster.ResourceManager)
	d.undisturbed(t)
}

// The ResourceManager is away when everything is moved: no unit is accepted and no commit begun until it answers.
func TestF10ResourceManagerAwayAtTheCommit(t *testing.T) {
	d := start(t, setting{channels: 2, slots: 1, rowsPerSecond: 800})
	d.journalled(t, 2)
	if err := d.Hadoop.Kill(cluster.ResourceManager); err != nil {
		t.Fatal(err)
	}
	pass(12 * time.Second) // it may be silent for 10
	before, err := d.journal(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	pass(5 * time.Second) // all rows are read by now
	after, err := d.journal(t.Context())
	if err != nil || after != before {
		t.Errorf("the journal grew from %d to %d files while the ResourceManager was silent, %v", before, after, err)
	}
	if slices.Contains(d.Names(t, d.folder()), "commit.json") {
		t.Error("the commit has begun while the ResourceManager was silent")
	}
	d.Nothing(t, d.target)
	revive(t, d.Hadoop, cluster.ResourceManager)
	d.undisturbed(t)
}

// The ResourceManagers take turns, by request and by death.
func TestF11ResourceManagersFailOver(t *testing.T) {
	h := pair(t)
	d := startOn(t, h, &program, 20_000, setting{channels: 2, slots: 1, rowsPerSecond: 1500})
	d.journalled(t, 2)
	activate(t, h, cluster.SecondResourceManager)
	d.journalled(t, 5)
	takeOver(t, h, cluster.SecondResourceManager, cluster.ResourceManager)
	d.journalled(t, 8)
	activate(t, h, cluster.SecondResourceManager)
	d.undisturbed(t)
}

// The ResourceManager comes back without its memory: the client cannot tell how the run ends, and says so; what was accepted
// is kept, and the same command goes on with it.
func TestF12ResourceManagerForgets(t *testing.T) {
	d := start(t, setting{channels: 2, slots: 1, rowsPerSecond: 1000})
	d.journalled(t, 3)
	if err := d.Hadoop.Kill(cluster.ResourceManager); err != nil {
		t.Fatal(err)
	}
	store := filepath.Join(d.Hadoop.WorkDir(), "rmstore")
	if err := os.RemoveAll(store); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(store, 0o755); err != nil {
		t.Fatal(err)
	}
	revive(t, d.Hadoop, cluster.ResourceManager)
	d.weft.Wait(t).Want(t, 8, d.app, "lost the application", "weft resume "+d.run)
	d.Gone(t, d.app)
	d.Nothing(t, d.target)
	first := d.app
	if err := d.Hadoop.WaitReady(t.Context()); err != nil {
		t.Fatal(err)
	}
	d.weft = d.Start(t, d.call())
	result := d.succeeded(t)
	if result.ApplicationID == first || result.AMAttempts != 2 {
		t.Errorf("application %s after %s, %d ApplicationMasters, want 2", result.ApplicationID, first, result.AMAttempts)
	}
}
