package yarntest

import (
	"slices"

	"google.golang.org/protobuf/proto"

	"weft/yarnrpc/hrpc"
	"weft/yarnrpc/internal/pb"
)

// applications answers getApplications: types, states, users and tags are looked at.
func (r *RM) applications(_ string, req hrpc.Request) (proto.Message, error) {
	var m pb.GetApplicationsRequestProto
	if err := decode(req, &m); err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	resp := &pb.GetApplicationsResponseProto{}
	for _, app := range r.apps {
		p := app.proto()
		tagged := len(m.ApplicationTags) == 0 || slices.ContainsFunc(p.ApplicationTags, func(t string) bool { return slices.Contains(m.ApplicationTags, t) })
		if tagged && among(m.ApplicationTypes, p.GetApplicationType()) && among(m.ApplicationStates, p.GetYarnApplicationState()) && among(m.Users, p.GetUser()) {
			resp.Applications = append(resp.Applications, p)
		}
	}
	return resp, nil
}

// among is the rule of filters: an empty list lets everything through.
func among[T comparable](list []T, v T) bool { return len(list) == 0 || slices.Contains(list, v) }
