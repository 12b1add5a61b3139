package fault

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"weft/test/cluster"
	"weft/test/cluster/dataset"
	"weft/test/rig"
)

// adoptRows last long enough for a master to die and another one to take over.
const adoptRows = 24_000

// handled counts the rows that the database server has read so far, for whomever.
func handled(t *testing.T, table *rig.Table) int64 {
	t.Helper()
	rows, err := table.Pool.QueryContext(t.Context(),
		"SHOW GLOBAL STATUS WHERE Variable_name IN ('Handler_read_next', 'Handler_read_key', 'Handler_read_rnd_next')")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var sum int64
	for rows.Next() {
		var name string
		var n int64
		if err := rows.Scan(&name, &n); err != nil {
			t.Fatal(err)
		}
		sum += n
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return sum
}

// live is what `weft status` prints of a run that its ApplicationMaster tells about.
type live struct {
	Source    string `json:"source"`
	Attempt   int64  `json:"attempt"`
	Beginning string `json:"beginning"`
	Running   int    `json:"splits_running"`
	Done      int    `json:"splits_done"`
}

// works waits until the ApplicationMaster of a generation says that so many splits are moved under it.
func (d *slow) works(t *testing.T, generation int64, splits int) live {
	t.Helper()
	var got live
	d.weft.Until(t, time.Minute, fmt.Sprintf("work under generation %d", generation), func(context.Context) error {
		ran := d.Run(t, rig.Call{Args: []string{"status", d.run, "-o", "json"}, Beside: true})
		got = live{}
		if err := json.Unmarshal([]byte(ran.Stdout), &got); err != nil {
			return err
		}
		if got.Source != "master" || got.Attempt < generation || got.Running < splits {
			return fmt.Errorf("status says %+v", got)
		}
		return nil
	})
	return got
}

// deposed kills the ApplicationMaster when its run has begun to move, and returns how long after the start of the next one
// work went on.
func (d *slow) deposed(t *testing.T) (live, time.Duration) {
	t.Helper()
	d.works(t, 1, 2)
	d.journalled(t, 4)
	master := d.master(t)
	if err := master.Kill(); err != nil {
		t.Fatal(err)
	}
	d.weft.Until(t, time.Minute, "the next ApplicationMaster", func(context.Context) error {
		_, masters, err := d.Containers(d.app)
		for _, m := range masters {
			if m.ID != master.ID {
				return err
			}
		}
		return errors.Join(err, errNoMaster)
	})
	began := time.Now()
	return d.works(t, 2, 1), time.Since(began)
}

// The containers outlive their ApplicationMaster: the next one takes them over with what they are doing. No row is read
// twice.
func TestF04KeptContainers(t *testing.T) {
	r := newRig(t)
	table := r.Table(t, dataset.Wide(), adoptRows)
	before := handled(t, table)
	d := begin(t, r, table, setting{channels: 2, slots: 1, rowsPerSecond: 1500})
	containers := rig.IDs(d.weft.Containers(t, r, d.app, 2))
	status, took := d.deposed(t)
	after := rig.IDs(d.weft.Containers(t, r, d.app, 2))
	result := d.finished(t)
	read := handled(t, table) - before
	t.Logf("work went on %s after the start of the next ApplicationMaster; %q; the server read %d rows for %d; %d splits in %d attempts",
		took.Round(10*time.Millisecond), status.Beginning, read, table.Rows, result.Splits, result.Attempts)
	if read > table.Rows+table.Rows/20 {
		t.Errorf("the server read %d rows for a table of %d: some were read twice", read, table.Rows)
	}
	if result.Attempts != result.Splits {
		t.Errorf("%d splits in %d attempts: want one each", result.Splits, result.Attempts)
	}
	if len(after) != 2 || after[0] != containers[0] || after[1] != containers[1] {
		t.Errorf("containers %v, before the death %v", after, containers)
	}
	d.table.Equal(t, d.Folder(d.target))
}

// Without keeping, the containers go with their ApplicationMaster, and new ones repeat at most a unit for each slot.
func TestF04NewContainers(t *testing.T) {
	r := newRig(t)
	table := r.Table(t, dataset.Wide(), adoptRows)
	d := begin(t, r, table, setting{channels: 2, slots: 1, rowsPerSecond: 1500, am: rig.Params{"keepContainers": false}})
	containers := rig.IDs(d.weft.Containers(t, r, d.app, 2))
	status, took := d.deposed(t)
	if after := rig.IDs(d.weft.Containers(t, r, d.app, 1)); slices.Contains(after, containers[0]) || slices.Contains(after, containers[1]) {
		t.Errorf("containers %v, before the death %v: want others", after, containers)
	}
	result := d.finished(t)
	t.Logf("work went on %s after the start of the next ApplicationMaster; %q; %d splits in %d attempts",
		took.Round(10*time.Millisecond), status.Beginning, result.Splits, result.Attempts)
	if result.Attempts > result.Splits+2 {
		t.Errorf("%d splits in %d attempts: more than one was repeated in a slot", result.Splits, result.Attempts)
	}
	d.table.Equal(t, d.Folder(d.target))
}

// finished is succeeded but for the comparison, which reads the table itself.
func (d *slow) finished(t *testing.T) rig.Result {
	t.Helper()
	result := d.Succeeded(t, d.weft.Wait(t), d.target, d.table.Rows)
	if result.AMAttempts != 2 {
		t.Errorf("%d ApplicationMasters, want 2", result.AMAttempts)
	}
	return result
}

// Split brain: the ApplicationMaster hangs on a node that falls silent, YARN starts another one, and the first wakes up in
// the middle of its work. It finds out that it is not the run's any more, changes nothing, and ends.
func TestF06SplitBrain(t *testing.T) {
	r := newRig(t)
	table := r.Table(t, dataset.Wide(), adoptRows)
	d := begin(t, r, table, setting{channels: 2, slots: 1, rowsPerSecond: 1000})
	d.works(t, 1, 2)
	d.journalled(t, 4)
	master := d.master(t)
	if err := master.Pause(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := master.Kill(); err != nil { // does nothing unless the test failed
			t.Error(err)
		}
	})
	if err := d.Hadoop.Kill(master.Node); err != nil {
		t.Fatal(err)
	}
	d.back(t, master.Node)
	status := d.works(t, 2, 1)
	d.wakes(t, master)
	result := d.finished(t)
	t.Logf("%q; %d splits in %d attempts", status.Beginning, result.Splits, result.Attempts)
	d.table.Equal(t, d.Folder(d.target))
}

// wakes lets a paused ApplicationMaster go on, and wants it to end by itself.
func (d *slow) wakes(t *testing.T, master cluster.Container) {
	t.Helper()
	if err := master.Resume(); err != nil {
		t.Fatal(err)
	}
	err := cluster.Await(t.Context(), time.Minute, "the old ApplicationMaster ends by itself", func(context.Context) error {
		_, masters, err := d.Containers(d.app)
		for _, m := range masters {
			if m.ID == master.ID {
				return errors.New("it lives")
			}
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// The same in mid-commit: the old ApplicationMaster hangs between two renames, the other one commits, and the old one wakes
// up to a target that is done.
func TestF06SplitBrainInMidCommit(t *testing.T) {
	r := rig.New(t, shared.Hadoop(t), shared.MariaDB(t), &pointed)
	points := pointed.PointsFor(t)
	const rename = "am.rename.staged.before"
	points.Stop(t, rename, 3)
	d := begin(t, r, r.Table(t, dataset.Wide(), slowRows), setting{channels: 2, slots: 1, rowsPerSecond: 6000})
	points.AwaitHit(t, d.weft, rename)
	_, masters, err := d.Containers(d.app)
	masters = slices.DeleteFunc(masters, shell)
	if err != nil || len(masters) != 1 {
		t.Fatalf("ApplicationMasters %v, %v; want one", masters, err)
	}
	t.Cleanup(func() {
		if err := masters[0].Kill(); err != nil { // does nothing unless the test failed
			t.Error(err)
		}
	})
	if err := d.Hadoop.Kill(masters[0].Node); err != nil {
		t.Fatal(err)
	}
	d.back(t, masters[0].Node)
	d.weft.Wait(t)
	d.table.Equal(t, d.Folder(d.target))
	d.wakes(t, masters[0])
	d.finished(t)
	d.table.Equal(t, d.Folder(d.target))
}

// back starts a node again when the test is over.
func (d *slow) back(t *testing.T, node cluster.Daemon) {
	t.Helper()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
		defer cancel()
		if err := errors.Join(d.Hadoop.Start(ctx, node), d.Hadoop.WaitNode(ctx, node, "RUNNING")); err != nil {
			t.Error(err)
		}
	})
}
