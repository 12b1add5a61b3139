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
	excluded []string                  // hosts that the master wants to avoid
	avoided  []string                  // hosts it was told to avoid
	nodes    int                       // of the cluster; 0 while unknown
}

// change is one heartbeat's wish in YARN's terms.
type change struct {
	containers int
	release    []yarnid.Container
	exclude    []string
	progress   float32
}

// suspicious is the share of a cluster's nodes, one of so many, from which on
// exclusions are believed to be the job's fault and no longer asked for:
// otherwise no node might be left, and the run would wait for ever. MapReduce's
// job.node-blacklisting.ignore-threshold-node-percent is 33, too.
const suspicious = 3

// avoid returns the hosts that the ResourceManager shall avoid.
func (t *table) avoid(c change) []string {
	all := slices.Concat(t.excluded, c.exclude)
	if t.nodes > 0 && suspicious*len(all) >= t.nodes {
		return nil
	}
	return all
}

// without returns the hosts of list that are not among others.
func without(list, others []string) []string {
	var left []string
	for _, host := range list {
		if !slices.Contains(others, host) {
			left = append(left, host)
		}
	}
	return left
}

// request says what differs from what the ResourceManager knows.
func (t *table) request(c change) amrm.Request {
	avoid := t.avoid(c)
	r := amrm.Request{Release: c.release, BlacklistAdd: without(avoid, t.avoided),
		BlacklistRemove: without(t.avoided, avoid), Progress: c.progress}
	if c.containers != t.known || t.fresh {
		r.Asks = []amrm.Ask{{Priority: t.priority, Name: amrm.Anywhere, Resource: t.size,
			Count: int32(c.containers), Label: t.label}}
	}
	if t.fresh {
		again := slices.SortedFunc(maps.Keys(t.released), yarnid.Compare)
		r.Release = append(again, c.release...)
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
	t.avoided = t.avoid(c)
	t.excluded = append(t.excluded, c.exclude...)
	t.nodes = int(resp.ClusterNodes)
	for _, ended := range resp.Completed {
		delete(t.released, ended.ID)
	}
}

// forget is for a ResourceManager that restarted.
func (t *table) forget() { t.fresh, t.known, t.avoided = true, 0, nil }
