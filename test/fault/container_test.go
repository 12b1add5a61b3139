package fault

import (
	"context"
	"errors"
	"fmt"
	"path"
	"testing"
	"time"
)

var errNoAttempt = errors.New("no folder")

// attempts is the folder in which each attempt of the first generation has one, while the target does not exist.
func (d *slow) attempts() string { return path.Dir(d.target) + "/.weft-" + d.run + "/g1" }

// attempt waits until the n-th attempt has made its folder.
func (d *slow) attempt(t *testing.T, n int) {
	t.Helper()
	d.weft.Until(t, time.Minute, fmt.Sprintf("folder of attempt %d", n), func(ctx context.Context) error {
		entries, err := d.Entries(ctx, d.attempts())
		if err == nil && len(entries) < n {
			err = errNoAttempt
		}
		return err
	})
}

// Containers die by SIGKILL at random moments, one of them three times at most.
func TestF01KilledContainers(t *testing.T) {
	random := newRandom(t)
	d := start(t, setting{channels: 4, slots: 2, rowsPerSecond: 1500})
	killed := 0
	for range 3 {
		living := d.weft.Containers(t, d.Rig, d.app, 1)
		moment := time.NewTimer(time.Duration(random.Int64N(int64(1500 * time.Millisecond))))
		<-moment.C
		if err := living[random.IntN(len(living))].Kill(); err != nil {
			t.Fatal(err)
		}
		killed++
	}
	result := d.succeeded(t)
	t.Logf("%d containers killed: %d splits in %d attempts", killed, result.Splits, result.Attempts)
	if result.Attempts <= result.Splits {
		t.Errorf("%d splits in %d attempts: no kill hit an attempt", result.Splits, result.Attempts)
	}
}

// A split whose containers die while they move it fails the run at the fourth time, and the run says why.
func TestF01EveryAttemptKilled(t *testing.T) {
	d := start(t, setting{channels: 1, slots: 1, rowsPerSecond: 500})
	for n := 1; n <= 4; n++ {
		d.attempt(t, n)
		for _, c := range d.weft.Containers(t, d.Rig, d.app, 1) {
			if err := c.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	d.failed(t, 1, "error[E7008]", "137")
}

// Every container dies as soon as it is seen, mostly before it has done anything: the run gives up, and says why.
func TestF01EveryContainerKilled(t *testing.T) {
	d := start(t, setting{channels: 1, slots: 1, rowsPerSecond: 500})
	var dead []string
	for !d.weft.Ended() && len(dead) < 30 {
		living, _, err := d.Containers(d.app)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range living {
			if err := c.Kill(); err != nil {
				t.Fatal(err)
			}
			if len(dead) == 0 || dead[len(dead)-1] != c.ID {
				dead = append(dead, c.ID)
			}
		}
	}
	t.Logf("%d containers killed: %v", len(dead), dead)
	d.failed(t, 1, "error[E7008]", "137")
}
