package e2e

import (
	"context"
	"errors"
	"syscall"
	"testing"
	"time"

	"weft/test/cluster/dataset"
	"weft/test/rig"
)

var signals = []struct {
	name   string
	signal syscall.Signal
	code   int
}{
	{"term", syscall.SIGTERM, 143},
	{"int", syscall.SIGINT, 130},
}

var errStillThere = errors.New("the application goes on")

// A signal kills the application; nothing of the run is to be seen.
func TestSignals(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	table := r.Table(t, dataset.Bench(), 3000)
	for _, tt := range signals {
		target, run := r.Target(t)+tt.name, "signal-"+tt.name
		job := table.Job(target, 1, nil)
		job.Setting["speed"] = rig.Params{"channel": 1, "record": 50}
		w := r.Start(t, rig.Call{Args: []string{"submit", job.File(t), "--run-id", run}})
		app := w.Application(t, r, run)
		w.Containers(t, r, app, 1)
		w.Signal(t, tt.signal)
		got := w.Wait(t)
		got.Want(t, tt.code, app)
		w.Until(t, 10*time.Second, "end of "+app, func(context.Context) error {
			if r.App(t, app).State != "KILLED" {
				return errStillThere
			}
			return nil
		})
		r.Gone(t, app)
		r.Nothing(t, target)
	}
}
