package yarntest

import (
	"slices"

	"google.golang.org/protobuf/proto"

	"weft/yarnrpc/hrpc"
	"weft/yarnrpc/internal/pb"
	"weft/yarnrpc/record"
)

// allocate answers allocate, by the rules of ApplicationMasterService: an unregistered master must resync, a repeated
// response id gets the cached answer, any other but the newest is refused, and what is refused changes nothing.
func (r *RM) allocate(caller string, req hrpc.Request) (proto.Message, error) {
	var m pb.AllocateRequestProto
	if err := decode(req, &m); err != nil {
		return nil, err
	}
	app, err := r.callerApp(caller)
	if err != nil {
		return nil, err
	}
	for _, id := range m.Release {
		r.release(record.FromContainerID(id))
	}
	var resp *pb.AllocateResponseProto
	r.update(func() { resp, err = r.heartbeat(app, &m) })
	return resp, err
}

// heartbeat is allocate under the lock.
func (r *RM) heartbeat(app *App, m *pb.AllocateRequestProto) (*pb.AllocateResponseProto, error) {
	s := app.sched
	switch {
	case app.state.Ended():
		return &pb.AllocateResponseProto{ResponseId: m.ResponseId}, nil
	case !s.registered:
		return nil, yarnException("ApplicationMasterNotRegisteredException", "AM is not registered for known application attempt: %v or RM had restarted after AM registered. AM should re-register.", app.id)
	case s.last != nil && (m.GetResponseId()+1)&0x7fffffff == s.responseID:
		return s.last, nil
	case m.GetResponseId() != s.responseID:
		return nil, yarnException("InvalidApplicationMasterRequestException", "Invalid responseId in AllocateRequest from application attempt: %v, expect responseId to be %d, but get %d", app.id, s.responseID, m.GetResponseId())
	}
	for _, ask := range m.Ask {
		if size := record.FromResource(ask.GetCapability()); !size.Fits(r.max) {
			return nil, yarnException("InvalidResourceRequestException", "Invalid resource request, requested resource type=[memory-mb] < 0 or greater than maximum allowed allocation. Requested resource=%v", size)
		}
	}
	r.takeAsks(s, m)
	app.progress = m.GetProgress()
	if m.TrackingUrl != nil {
		app.tracking = m.GetTrackingUrl()
	}
	s.responseID = (s.responseID + 1) & 0x7fffffff
	s.unacked = s.completed // what the last answer delivered is acknowledged by this call
	resp := &pb.AllocateResponseProto{
		ResponseId: proto.Int32(s.responseID), CompletedContainerStatuses: s.completed, UpdatedNodes: s.updated, Preempt: s.preempt,
		ContainersFromPreviousAttempts: s.previous, NumClusterNodes: proto.Int32(int32(len(r.nodes))), Limit: r.max.Proto(),
	}
	s.completed, s.updated, s.preempt, s.previous = nil, nil, nil, nil
	for _, c := range r.grant(app) {
		resp.AllocatedContainers = append(resp.AllocatedContainers, c)
		if t := r.nmToken(app, c.GetNodeId()); t != nil {
			resp.NmTokens = append(resp.NmTokens, t)
		}
	}
	if r.nextKey != 0 && app.connKey != r.nextKey {
		resp.AmRmToken = app.amrmToken(r.nextKey).Proto()
	}
	s.last = resp
	return resp, nil
}

// takeAsks replaces what was asked: counts are absolute.
func (r *RM) takeAsks(s *schedule, m *pb.AllocateRequestProto) {
	for _, ask := range m.Ask {
		key := askKey{ask.GetPriority().GetPriority(), ask.GetAllocationRequestId()}
		if s.asks[key] == nil {
			s.asks[key] = map[string]*pb.ResourceRequestProto{}
		}
		s.asks[key][ask.GetResourceName()] = ask
	}
	for _, h := range m.GetBlacklistRequest().GetBlacklistAdditions() {
		s.blacklist[h] = true
	}
	for _, h := range m.GetBlacklistRequest().GetBlacklistRemovals() {
		delete(s.blacklist, h)
	}
}

// grant gives out what is asked for as far as the nodes have room. Hosts asked for by name come first; others only if
// the ask for anywhere is relaxed.
func (r *RM) grant(app *App) []*pb.ContainerProto {
	var out []*pb.ContainerProto
	keys := make([]askKey, 0, len(app.sched.asks))
	for key := range app.sched.asks {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(a, b askKey) int { return int(a.priority - b.priority) })
	for _, key := range keys {
		byName := app.sched.asks[key]
		anywhere := byName["*"]
		for anywhere.GetNumContainers() > 0 {
			n := r.pick(app, byName)
			if n == nil {
				break
			}
			out = append(out, n.grant(app, key, anywhere))
			for _, name := range []string{"*", n.id.Host, rack} {
				if ask := byName[name]; ask.GetNumContainers() > 0 {
					ask.NumContainers = proto.Int32(ask.GetNumContainers() - 1)
				}
			}
		}
	}
	return out
}

// pick chooses a node with room: one asked for by its host, else, if allowed, the one with most room.
func (r *RM) pick(app *App, byName map[string]*pb.ResourceRequestProto) *NM {
	var best *NM
	size := rounded(record.FromResource(byName["*"].GetCapability()))
	for _, n := range r.nodes {
		if app.sched.blacklist[n.id.Host] || app.sched.blacklist[n.id.String()] || !n.hasRoom(size) {
			continue
		}
		if byName[n.id.Host].GetNumContainers() > 0 {
			return n
		}
		if best == nil || n.freeMB > best.freeMB {
			best = n
		}
	}
	if !byName["*"].GetRelaxLocality() {
		return nil
	}
	return best
}

// rounded is what the scheduler makes of a size.
func rounded(size record.Resource) record.Resource {
	size.MemoryMB = (size.MemoryMB + minimumMB - 1) / minimumMB * minimumMB
	size.VCores = max(size.VCores, 1)
	return size
}
