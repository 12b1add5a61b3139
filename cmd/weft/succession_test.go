package main

import (
	"bytes"
	"testing"

	"weft/am/tracker"
)

// Who follows a run hears once of each ApplicationMaster that took over where it began; the first one is no news.
func TestSuccessionsAreTold(t *testing.T) {
	var out bytes.Buffer
	shown := 0
	show := (&successions{w: &out, block: &liveBlock{w: &out}}).before(func(tracker.Snapshot) { shown++ })
	for _, s := range []tracker.Snapshot{{}, {Attempt: 1}, {Attempt: 1, Beginning: "a"}, {Attempt: 2}, {Attempt: 2, Beginning: "b"},
		{Attempt: 2, Beginning: "b"}, {Attempt: 3, Beginning: "c"}} {
		show(s)
	}
	const want = "ApplicationMaster restarted: b\nApplicationMaster restarted: c\n"
	if out.String() != want || shown != 7 {
		t.Errorf("told %q, showed %d times; want %q and 7", out.String(), shown, want)
	}
}
