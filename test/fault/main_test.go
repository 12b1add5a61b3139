package fault

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"weft/test/cluster"
	"weft/test/cluster/dataset"
	"weft/test/rig"
)

// shared holds the servers of all tests of this package. A node that is silent for 3 s is lost; one node has room for two
// containers, so that those of a run with three lie on both; nobody looks at memory, as on a cluster that comes out of the box.
var shared = cluster.Shared{Options: cluster.HadoopOptions{NodeManagers: 2, NodeMemoryMB: 2048, NodeExpiry: 3 * time.Second}}

// program is weft as the tests of this package call it.
var program rig.Program

// pointed is the same with fault points.
var pointed = rig.Program{Points: true}

func TestMain(m *testing.M) {
	code := shared.Run(m)
	if err := errors.Join(program.Close(), pointed.Close()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func newRig(t *testing.T) *rig.Rig {
	t.Helper()
	return rig.New(t, shared.Hadoop(t), shared.MariaDB(t), &program)
}

// newRandom logs its seed.
func newRandom(t *testing.T) *rand.Rand {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv("WEFT_SEED"); text != "" {
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		seed = n
	}
	t.Logf("WEFT_SEED=%d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}

// slow is a run that takes some seconds, in small units, so that there is something to lose and something to keep.
type slow struct {
	*rig.Rig
	table  *rig.Table
	target string
	run    string
	weft   *rig.Running
	app    string
	file   string
}

// setting is what a slow run differs in.
type setting struct {
	channels, slots int
	rowsPerSecond   int
	writer          rig.Params
	cluster         string // timeout.cluster
	am              rig.Params
	run             string // the run id; "" for one made of the schema
}

const slowRows = 12_000

// start submits a slow run and waits until YARN has it.
func start(t *testing.T, s setting) *slow {
	t.Helper()
	r := newRig(t)
	return begin(t, r, r.Table(t, dataset.Wide(), slowRows), s)
}

// begin is start with a table that is there.
func begin(t *testing.T, r *rig.Rig, table *rig.Table, s setting) *slow {
	t.Helper()
	d := &slow{Rig: r, table: table, target: r.Target(t), run: "run-" + table.Schema}
	if s.run != "" {
		d.run = s.run
	}
	job := table.Job(d.target, s.channels, s.writer)
	job.Setting["speed"] = rig.Params{"channel": s.channels, "record": s.rowsPerSecond}
	job.Setting["unitBytes"] = 300_000
	job.Setting["yarn"] = rig.Params{"slots": s.slots}
	if s.cluster != "" {
		job.Setting["timeout"] = rig.Params{"cluster": s.cluster}
	}
	if s.am != nil {
		job.Setting["am"] = s.am
	}
	d.file = job.File(t)
	d.weft = d.Start(t, d.call())
	d.app = d.weft.Application(t, r, d.run)
	return d
}

func (d *slow) call() rig.Call {
	return rig.Call{Args: []string{"submit", d.file, "--run-id", d.run, "-o", "json"}}
}

// succeeded is the oracle.
func (d *slow) succeeded(t *testing.T) rig.Result {
	t.Helper()
	result := d.Succeeded(t, d.weft.Wait(t), d.target, d.table.Rows)
	d.table.Equal(t, d.Folder(d.target))
	return result
}

// failed wants a failure that shows nothing.
func (d *slow) failed(t *testing.T, code int, texts ...string) {
	t.Helper()
	got := d.weft.Wait(t)
	got.Want(t, code, texts...)
	d.Gone(t, d.app)
	d.Nothing(t, d.target)
	if app := d.App(t, d.app); app.FinalStatus != "FAILED" {
		t.Errorf("YARN says %+v", app)
	}
}
