package plugintest

import (
	"fmt"
	"runtime"
	"time"
)

// leakPatience is how long goroutines may take to end after Close.
const leakPatience = 3 * time.Second

// leaks runs use twice, the first time to let drivers start what they share
// for good, and says whether goroutines of the second run are left.
func leaks(use func() error) error {
	if err := use(); err != nil {
		return err
	}
	before := settled()
	if err := use(); err != nil {
		return err
	}
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(leakPatience); runtime.NumGoroutine() > before; <-tick.C {
		if time.Now().After(deadline) {
			buf := make([]byte, 64<<10)
			return fmt.Errorf("%d goroutines more than before, %s after Close:\n%s",
				runtime.NumGoroutine()-before, leakPatience, buf[:runtime.Stack(buf, true)])
		}
	}
	return nil
}

// settled is the number of goroutines once it has not changed for a while: what
// earlier tests left to end must not be taken for what is there for good.
func settled() int {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	n := runtime.NumGoroutine()
	for calm := 0; calm < 6; calm++ {
		<-tick.C
		if now := runtime.NumGoroutine(); now != n {
			n, calm = now, 0
		}
	}
	return n
}
