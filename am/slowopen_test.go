package am_test

import (
	"testing"
	"time"

	"weft/internal/fsys"
	"weft/internal/fsys/faulty"
	"weft/internal/fsys/mem"
)

// A master that waits for HDFS before it has begun keeps the ResourceManager informed: else it would be taken for dead.
func TestHeartbeatsWhileTheJournalIsOpened(t *testing.T) {
	bubble(func(t *testing.T) {
		world := bigWorld()
		fs := faulty.Wrap(mem.New(mem.Options{Leases: true}).Client())
		l := newLife(t, world, world.Spec(1), fs)
		beats := 0
		fs.Add(faulty.Rule{Kinds: []faulty.Kind{faulty.CreateExclusive}, Name: "gen-*", Nth: 1, Err: fsys.ErrUnavailable, Do: func() {
			before := l.host.beats()
			<-time.NewTimer(time.Minute).C // of the bubble's clock
			beats = l.host.beats() - before
		}})
		if _, err := l.run(t.Context()); err == nil {
			t.Error("the fault was not made")
		}
		if beats < 30 {
			t.Errorf("%d heartbeats in a minute of waiting", beats)
		}
	})(t)
}
