package yarntest

import (
	"testing"
	"time"
)

// Until polls until cond is true. It fails the test, naming what, after 20 s. It is for things that nobody announces;
// see RM.Await for the state of the ResourceManager.
func Until(t testing.TB, what string, cond func() bool) {
	t.Helper()
	limit := time.NewTimer(awaitLimit)
	defer limit.Stop()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !cond() {
		select {
		case <-tick.C:
		case <-limit.C:
			t.Fatalf("waited %v for %s", awaitLimit, what)
		}
	}
}
