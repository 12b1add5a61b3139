package ask

import (
	"slices"

	"weft/yarnrpc/amrm"
	"weft/yarnrpc/yarnid"
)

// table mirrors what the ResourceManager believes, so that only differences are
// sent. It is pure: no I/O, no clock.
type table struct {
	opts Options

	wanted int // containers still missing, as last wished
	known  int // what the ResourceManager thinks is outstanding
	fresh  bool

	release  []yarnid.Container // not yet confirmed as ended
	unsent   []yarnid.Container // of release: not yet sent
	excluded []string           // wished
	told     []string           // the exclusions the ResourceManager knows
	progress float32
}

func (t *table) wish(w Wish) {
	t.wanted, t.progress = max(w.Containers, 0), w.Progress
	t.release = append(t.release, w.Release...)
	t.unsent = append(t.unsent, w.Release...)
	t.excluded = slices.Clone(w.Exclude)
}

// request says what differs.
func (t *table) request() amrm.Request {
	r := amrm.Request{Release: t.unsent, Progress: t.progress}
	if t.wanted != t.known || t.fresh {
		r.Asks = []amrm.Ask{{Priority: t.opts.Priority, Name: amrm.Anywhere, Resource: t.opts.Resource,
			Count: int32(t.wanted), Label: t.opts.Label}}
	}
	r.BlacklistAdd = missing(t.excluded, t.told)
	r.BlacklistRemove = missing(t.told, t.excluded)
	return r
}

// sent takes over what the answered request made the ResourceManager believe.
func (t *table) sent(resp *amrm.Response) {
	t.known, t.fresh = t.wanted, false
	t.known = max(t.known-len(resp.Granted), 0)
	t.unsent = nil
	t.told = slices.Clone(t.excluded)
	for _, ended := range resp.Completed {
		t.release = slices.DeleteFunc(t.release, func(id yarnid.Container) bool { return id == ended.ID })
	}
}

// forget is for a ResourceManager that restarted and knows nothing any more.
func (t *table) forget() {
	t.fresh, t.known, t.told = true, 0, nil
	t.unsent = slices.Clone(t.release)
}

// missing lists what is in a and not in b.
func missing(a, b []string) []string {
	var out []string
	for _, x := range a {
		if !slices.Contains(b, x) {
			out = append(out, x)
		}
	}
	return out
}
