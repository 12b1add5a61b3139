package fault

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"weft/test/cluster"
	"weft/test/cluster/dataset"
	"weft/test/rig"
)

var errNotSaid = errors.New("no log says so")

// said waits until a container of the run has logged a text.
func (d *slow) said(t *testing.T, text string) {
	t.Helper()
	d.weft.Until(t, time.Minute, "a log that says "+text, func(context.Context) error {
		if !strings.Contains(d.logs(t), text) {
			return errNotSaid
		}
		return nil
	})
}

// A container hangs for longer than its lease and comes back: another attempt has its split by then, and what it still has
// counts for nothing.
func TestF02FrozenContainer(t *testing.T) {
	t.Parallel()
	d := start(t, setting{channels: 2, slots: 1, rowsPerSecond: 800})
	d.attempt(t, 2)
	frozen := d.weft.Containers(t, d.Rig, d.app, 2)
	first := frozen[0].ID
	frozen = slices.DeleteFunc(frozen, func(c cluster.Container) bool { return c.ID != first })
	for _, c := range frozen {
		if err := c.Pause(); err != nil {
			t.Fatal(err)
		}
	}
	d.attempt(t, 3) // the lease is 30 s
	resume(t, frozen)
	d.said(t, "outcome=stopped")
	if result := d.succeeded(t); result.Attempts != result.Splits+1 {
		t.Errorf("%d splits in %d attempts, want one more", result.Splits, result.Attempts)
	}
}

// Two attempts of one split have both sealed the same unit: the first one hangs before it can offer it, the second one takes
// the split over. One of the two is accepted, the other one is told that it is fenced.
func TestF34TwoAttemptsOfOneSplit(t *testing.T) {
	t.Parallel()
	h, points := shared.Pair(t), pointed.PointsFor(t)
	r := rig.New(t, h, shared.MariaDB(t), &pointed)
	const offer = "container.offer.unit.before"
	points.Stop(t, offer, 1)
	d := begin(t, r, r.Table(t, dataset.Wide(), slowRows), setting{channels: 2, slots: 1, rowsPerSecond: 800})
	points.AwaitHit(t, d.weft, offer)
	all := d.weft.Containers(t, r, d.app, 2)
	d.attempt(t, 3)
	resume(t, all)
	d.said(t, "outcome=stopped") // because it is fenced, or was told so when it reported
	if result := d.succeeded(t); result.Attempts != result.Splits+1 {
		t.Errorf("%d splits in %d attempts, want one more", result.Splits, result.Attempts)
	}
}
