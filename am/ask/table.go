package ask

import (
	"maps"
	"slices"

	"weft/yarnrpc/amrm"
	"weft/yarnrpc/record"
	"weft/yarnrpc/yarnid"
)

// table mirrors what the ResourceManager believes, so that only differences are
// sent. It is pure: no I/O, no clock.
type table struct {
	size     record.Resource
	priority int32
	label    string

	known    int                       // containers it thinks are still asked for
	fresh    bool                      // it has restarted and knows nothing
	released map[yarnid.Container]bool // given back, their end not seen yet
	excluded []string                  // hosts it was told to avoid
}

// change is one heartbeat's wish in YARN's terms.
type change struct {
	containers int
	release    []yarnid.Container
	exclude    []string
	progress   float32
}

// request says what differs from what the ResourceManager knows.
func (t *table) request(c change) amrm.Request {
	r := amrm.Request{Release: c.release, BlacklistAdd: c.exclude, Progress: c.progress}
	if c.containers != t.known || t.fresh {
		r.Asks = []amrm.Ask{{Priority: t.priority, Name: amrm.Anywhere, Resource: t.size,
			Count: int32(c.containers), Label: t.label}}
	}
	if t.fresh {
		again := slices.SortedFunc(maps.Keys(t.released), yarnid.Compare)
		r.Release = append(again, c.release...)
		r.BlacklistAdd = slices.Concat(t.excluded, c.exclude)
	}
	return r
}

// answered takes over what the answered request made the ResourceManager
// believe: a grant lowers its count.
func (t *table) answered(c change, resp *amrm.Response) {
	t.known, t.fresh = max(c.containers-len(resp.Granted), 0), false
	if t.released == nil {
		t.released = map[yarnid.Container]bool{}
	}
	for _, id := range c.release {
		t.released[id] = true
	}
	t.excluded = append(t.excluded, c.exclude...)
	for _, ended := range resp.Completed {
		delete(t.released, ended.ID)
	}
}

// forget is for a ResourceManager that restarted.
func (t *table) forget() { t.fresh, t.known = true, 0 }
