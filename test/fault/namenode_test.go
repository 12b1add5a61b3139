package fault

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"weft/test/cluster"
	"weft/test/cluster/dataset"
	"weft/test/rig"
)

// The NameNodes take turns while containers write and the journal grows, by request and by death.
func TestF13NameNodesFailOver(t *testing.T) {
	h := pair(t)
	d := startOn(t, h, &program, 20_000, setting{channels: 2, slots: 1, rowsPerSecond: 1500})
	d.journalled(t, 2)
	activate(t, h, cluster.SecondNameNode)
	d.journalled(t, 5)
	takeOver(t, h, cluster.SecondNameNode, cluster.NameNode)
	d.journalled(t, 8)
	activate(t, h, cluster.SecondNameNode)
	d.undisturbed(t)
}

// The active NameNode dies between two renames of the commit.
func TestF13NameNodeFailsOverInTheCommit(t *testing.T) {
	h, points := pair(t), pointed.PointsFor(t)
	r := rig.New(t, h, shared.MariaDB(t), &pointed)
	target := r.Target(t) // exists: files become visible one by one
	if err := h.Mkdir(t.Context(), target, h.Superuser(), "755"); err != nil {
		t.Fatal(err)
	}
	const rename = "am.rename.data.before"
	points.Stop(t, rename, 2)
	d := begin(t, r, r.Table(t, dataset.Wide(), slowRows), setting{channels: 2, slots: 1, rowsPerSecond: 4000})
	points.AwaitHit(t, d.weft, rename)
	// The process may get one more request away before it stands.
	if visible := d.Visible(t, target); len(visible) < 2 || len(visible) > 3 {
		t.Errorf("the third rename is about to be made, visible is %v", visible)
	}
	_, masters, err := d.Containers(d.app)
	if err != nil || len(rig.IDs(masters)) != 1 {
		t.Fatalf("ApplicationMasters %v, %v", masters, err)
	}
	takeOver(t, h, cluster.NameNode, cluster.SecondNameNode)
	resume(t, masters)
	d.undisturbed(t)
}

// The NameNode dies and comes back.
func TestF14NameNodeRestarts(t *testing.T) {
	d := start(t, setting{channels: 2, slots: 1, rowsPerSecond: 1500})
	d.journalled(t, 2)
	restart(t, d.Hadoop, cluster.NameNode)
	d.undisturbed(t)
}

// logs are what the containers of the run have printed so far.
func (d *slow) logs(t *testing.T) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(d.Hadoop.WorkDir(), "nm*-logs", d.app, "*", "stderr"))
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(text)
	}
	return all.String()
}

// safeMode puts the NameNode into safe mode; the returned function, or the end of the test, takes it out.
func safeMode(t *testing.T, h *cluster.Hadoop) (leave func()) {
	t.Helper()
	if err := h.SafeMode(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	leave = func() {
		if err := h.SafeMode(context.WithoutCancel(t.Context()), false); err != nil {
			t.Error(err)
		}
	}
	t.Cleanup(leave)
	return leave
}

// Safe mode is waited out, and those who wait say so.
func TestF14SafeMode(t *testing.T) {
	d := start(t, setting{channels: 2, slots: 1, rowsPerSecond: 1500})
	d.journalled(t, 2)
	leave := safeMode(t, d.Hadoop)
	pass(20 * time.Second)
	if log := d.logs(t); !strings.Contains(log, "waiting for a server") || !strings.Contains(log, "safe mode") {
		t.Errorf("nobody said what is waited for:\n%s", log)
	}
	leave()
	d.undisturbed(t)
}

// Safe mode that lasts too long ends the run; what was accepted is kept, and the same command goes on with it.
func TestF14SafeModeBeyondTheDeadline(t *testing.T) {
	d := start(t, setting{channels: 2, slots: 1, rowsPerSecond: 1500, cluster: "3s"})
	d.journalled(t, 2)
	leave := safeMode(t, d.Hadoop)
	d.weft.Wait(t).Want(t, 5, "safe mode")
	leave()
	d.Gone(t, d.app)
	d.Nothing(t, d.target)
	d.weft = d.Start(t, d.call())
	if result := d.succeeded(t); result.AMAttempts < 2 {
		t.Errorf("%d ApplicationMasters, want more than one", result.AMAttempts)
	}
}

// resume lets processes go on.
func resume(t *testing.T, list []cluster.Container) {
	t.Helper()
	for _, c := range list {
		if err := c.Resume(); err != nil {
			t.Fatal(err)
		}
	}
}
