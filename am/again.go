package am

import (
	"context"
	"time"

	"weft/plugins"
)

// How often, and after which first pause, doubled each time, what may be repeated
// is done again when a source or target fails for the moment: a connection that
// was reset or idle for too long, a server that restarts.
const (
	planTries = 4
	planPause = 500 * time.Millisecond
)

// again makes a call that may be repeated until it works, fails for good, or has
// failed planTries times.
func (m *Master) again(ctx context.Context, what string, call func() error) error {
	pause := planPause
	for try := 1; ; try++ {
		err := call()
		if err == nil || plugins.ClassOf(err) != plugins.Transient || try == planTries || ctx.Err() != nil {
			return err
		}
		m.o.Log.Warn(what+" failed for the moment", "try", try, "err", err)
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return err
		}
		pause *= 2
	}
}
