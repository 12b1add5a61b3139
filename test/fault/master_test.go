package fault

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"weft/test/cluster"
)

var errNoMaster = errors.New("no ApplicationMaster lives")

// shell says that a process is the shell in which YARN starts a container, and not the program in it.
func shell(c cluster.Container) bool { return strings.HasSuffix(c.Args[0], "bash") }

// master waits until an ApplicationMaster lives that is none of those, with containers at work.
func (d *slow) master(t *testing.T, without ...string) cluster.Container {
	t.Helper()
	var found cluster.Container
	d.weft.Until(t, time.Minute, "ApplicationMaster of "+d.app, func(context.Context) error {
		living, masters, err := d.Containers(d.app)
		if err != nil {
			return err
		}
		masters = slices.DeleteFunc(masters, func(c cluster.Container) bool { return shell(c) || slices.Contains(without, c.ID) })
		if len(masters) == 0 || len(living) == 0 {
			return errNoMaster
		}
		found = masters[0]
		return nil
	})
	return found
}

// The next app attempt reads the journal and goes on.
func TestF04KilledMaster(t *testing.T) {
	random := newRandom(t)
	d := start(t, setting{channels: 2, slots: 1, rowsPerSecond: 1500})
	master := d.master(t)
	<-time.NewTimer(time.Duration(random.Int64N(int64(4 * time.Second)))).C
	if err := master.Kill(); err != nil {
		t.Fatal(err)
	}
	if result := d.succeeded(t); result.AMAttempts != 2 {
		t.Errorf("%d ApplicationMasters, want 2", result.AMAttempts)
	}
}

// When YARN gives up, weft resume takes the run up again where it stopped.
func TestF07EveryMasterKilled(t *testing.T) {
	d := start(t, setting{channels: 2, slots: 1, rowsPerSecond: 1500})
	var dead []string
	for range 2 {
		master := d.master(t, dead...)
		dead = append(dead, master.ID)
		if err := master.Kill(); err != nil {
			t.Fatal(err)
		}
	}
	d.failed(t, 1, d.app, "weft resume "+d.run)
	first := d.app
	d.resume(t)
	// The second one may have died before it counted.
	if result := d.succeeded(t); result.ApplicationID == first || result.AMAttempts < 2 || result.AMAttempts > 3 {
		t.Errorf("application %s after %s, %d ApplicationMasters, want 3", result.ApplicationID, first, result.AMAttempts)
	}
}
