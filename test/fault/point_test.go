package fault

import (
	"fmt"
	"testing"

	"weft/test/cluster/dataset"
	"weft/test/rig"
)

// pointedRun is a table and a program whose processes can be told where to die.
type pointedRun struct {
	*rig.Rig
	points rig.Points
	table  *rig.Table
	target string
}

func newPointed(t *testing.T, rows int64) *pointedRun {
	t.Helper()
	r := rig.New(t, shared.Hadoop(t), shared.MariaDB(t), &pointed)
	return &pointedRun{Rig: r, points: pointed.PointsFor(t), table: r.Table(t, dataset.Wide(), rows), target: r.Target(t)}
}

// submit runs the job under an id of its own, with the oracle. An overwrite leaves the old files in the folder of the run,
// and nothing else.
func (p *pointedRun) submit(t *testing.T, id string, writer rig.Params) rig.Result {
	t.Helper()
	run := p.table.Schema + id
	job := p.table.Job(p.target, 2, writer)
	job.Setting["unitBytes"] = 300_000
	got := p.Run(t, rig.Call{Args: []string{"submit", job.File(t), "--run-id", run, "-o", "json"}})
	got.Want(t, 0)
	result := got.Result(t)
	if result.RowsRead != p.table.Rows || result.RowsWritten != p.table.Rows || result.RowsDirty+result.RowsFiltered != 0 {
		t.Errorf("want %d rows read and written: %+v", p.table.Rows, result)
	}
	p.table.Equal(t, p.Folder(p.target))
	p.Gone(t, result.ApplicationID)
	if left := p.Names(t, p.target+"/.weft-"+run); len(left) > 1 || len(left) == 1 && left[0] != "replaced" {
		t.Errorf("the folder of the run holds %v", left)
	}
	return result
}

// The ApplicationMaster dies in mid-commit, at a random one of its renames: those that fill the folder that becomes the
// target, the one that makes it the target, and those of an overwrite. The next one carries the plan out.
func TestF37MasterDiesInTheCommit(t *testing.T) {
	random := newRandom(t)
	p := newPointed(t, 6_000)
	places := []struct {
		point  string
		skip   int
		writer rig.Params
	}{
		{"am.rename.staged.after", random.IntN(2), nil},
		{"am.rename.data.before", 0, rig.Params{"writeMode": "overwrite"}},
		{"am.rename.replaced.after", random.IntN(2), rig.Params{"writeMode": "overwrite"}},
	}
	for i, place := range places {
		p.points.Kill(t, place.point, place.skip)
		result := p.submit(t, fmt.Sprint(i), place.writer)
		if !p.points.Hit(place.point) || result.AMAttempts != 2 {
			t.Errorf("%s, the time after %d: hit %t, %d ApplicationMasters, want 2", place.point, place.skip, p.points.Hit(place.point), result.AMAttempts)
		}
	}
}

// A container dies between the seal of a unit and its report, and between the report and the answer's arrival.
func TestF01ContainerDiesAroundASeal(t *testing.T) {
	p := newPointed(t, 6_000)
	for i, point := range []string{"container.close.staged.after", "container.offer.unit.before", "container.offer.unit.after"} {
		p.points.Kill(t, point, 0)
		result := p.submit(t, fmt.Sprint(i), rig.Params{"writeMode": "overwrite"})
		if !p.points.Hit(point) || result.Attempts <= result.Splits {
			t.Errorf("%s: hit %t, %d splits in %d attempts", point, p.points.Hit(point), result.Splits, result.Attempts)
		}
	}
}
