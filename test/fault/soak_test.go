package fault

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"sync"
	"syscall"
	"testing"
	"time"

	"weft/test/cluster"
	"weft/test/cluster/dataset"
	"weft/test/rig"
)

// soak is how long TestSoak goes on; `make soak MINUTES=60` is longer.
var soak = flag.Duration("soak", 20*time.Second, "time of TestSoak")

// soaked is the world of a soak: servers of its own, since it kills them, and writes on the source all the while.
type soaked struct {
	random   *rand.Rand
	rig      *rig.Rig
	table    *rig.Table
	survived map[string]int
	jobs     int
}

// TestSoak runs jobs of random settings one after the other, and meanwhile, every 20 to 90 seconds (a few in a short one),
// lets something die. Each job has to end with each row once.
func TestSoak(t *testing.T) {
	s := &soaked{random: newRandom(t), survived: make(map[string]int)}
	db, err := cluster.StartMariaDB(t.Context(), cluster.DatabaseOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	s.rig = rig.New(t, shared.Hadoop(t), db, &program)
	s.table = s.rig.Table(t, dataset.Wide(), 20_000)
	s.writeLoad(t)
	for end := time.Now().Add(*soak); s.jobs == 0 || time.Now().Before(end); s.jobs++ {
		t.Run(fmt.Sprint("job", s.jobs), s.job)
		if t.Failed() {
			break
		}
	}
	t.Logf("%d jobs verified, faults survived: %v", s.jobs, s.survived)
	if len(s.survived) == 0 {
		t.Error("nothing died")
	}
}

// writeLoad writes to another table of the source's schema until the test ends, whatever becomes of the server.
func (s *soaked) writeLoad(t *testing.T) {
	s.table.Exec(t, "CREATE TABLE busy (id BIGINT AUTO_INCREMENT PRIMARY KEY, v VARCHAR(200)) ENGINE=InnoDB")
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	var writing sync.WaitGroup
	writing.Go(func() {
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for ctx.Err() == nil {
			// An error is the server's being away, which is what this is about.
			_, _ = s.table.Pool.ExecContext(ctx, "INSERT INTO busy (v) VALUES (REPEAT('x', 150))")
			select {
			case <-tick.C:
			case <-ctx.Done():
			}
		}
	})
	t.Cleanup(func() { cancel(); writing.Wait() })
}

// job is one job and what dies while it runs.
func (s *soaked) job(t *testing.T) {
	r := s.random
	slots := 1 + r.IntN(2)
	set := setting{channels: 2 * slots, slots: slots, rowsPerSecond: 800 + r.IntN(1500), run: fmt.Sprintf("soak-%d-%d", time.Now().Unix(), s.jobs),
		am: rig.Params{"keepContainers": r.IntN(2) == 0}}
	d := begin(t, s.rig, s.table, set)
	masters := 0 // that were killed: an application has two
	for {
		pause := time.NewTimer(s.pause())
		if s.over(t, d, pause.C) {
			break
		}
		s.fault(t, d, &masters)
	}
	if got := d.weft.Wait(t); got.Code != 0 && masters > 1 {
		d.resume(t)
	}
	result := d.succeeded(t)
	t.Logf("%d splits in %d attempts, %d ApplicationMasters", result.Splits, result.Attempts, result.AMAttempts)
}

func (s *soaked) pause() time.Duration {
	if *soak < 5*time.Minute {
		return 2*time.Second + time.Duration(s.random.Int64N(int64(4*time.Second)))
	}
	return 20*time.Second + time.Duration(s.random.Int64N(int64(70*time.Second)))
}

// over waits for the job's end or the next fault.
func (s *soaked) over(t *testing.T, d *slow, next <-chan time.Time) bool {
	t.Helper()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		if d.weft.Ended() {
			return true
		}
		select {
		case <-next:
			return d.weft.Ended()
		case <-tick.C:
		}
	}
}

// fault lets one thing die. What is gone before it can be killed does not count.
func (s *soaked) fault(t *testing.T, d *slow, masters *int) {
	t.Helper()
	living, heads, err := d.Containers(d.app)
	if err != nil {
		t.Fatal(err)
	}
	nodes := d.Hadoop.NMs
	faults := map[string]func() error{
		"database restarted":        func() error { return d.DB.Restart(t.Context()) },
		"ResourceManager restarted": func() error { restart(t, d.Hadoop, cluster.ResourceManager); return nil },
		"NameNode restarted":        func() error { restart(t, d.Hadoop, cluster.NameNode); return nil },
		"NodeManager restarted":     func() error { restart(t, d.Hadoop, nodes[s.random.IntN(len(nodes))]); return nil },
	}
	if len(living) > 0 {
		victim := living[s.random.IntN(len(living))]
		faults["container killed"] = victim.Kill
		faults["container stopped for a while"] = func() error {
			if err := victim.Pause(); err != nil {
				return err
			}
			pass(time.Duration(s.random.Int64N(int64(5 * time.Second))))
			return victim.Resume()
		}
	}
	if len(heads) > 0 && *masters < 1 {
		faults["ApplicationMaster killed"] = func() error { *masters++; return heads[0].Kill() }
	}
	names := make([]string, 0, len(faults))
	for _, name := range faultNames {
		if faults[name] != nil {
			names = append(names, name)
		}
	}
	name := names[s.random.IntN(len(names))]
	t.Logf("%s: %s", time.Now().Format(time.TimeOnly), name)
	switch err := faults[name](); {
	case errors.Is(err, syscall.ESRCH):
	case err != nil:
		t.Fatalf("%s: %v", name, err)
	default:
		s.survived[name]++
	}
}

// faultNames is the order in which the seed picks.
var faultNames = []string{"container killed", "container stopped for a while", "ApplicationMaster killed", "database restarted",
	"ResourceManager restarted", "NameNode restarted", "NodeManager restarted"}
