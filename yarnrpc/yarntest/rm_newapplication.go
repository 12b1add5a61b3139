package yarntest

import (
	"google.golang.org/protobuf/proto"

	"weft/yarnrpc/hrpc"
	"weft/yarnrpc/internal/pb"
	"weft/yarnrpc/record"
)

// newApplication answers getNewApplication.
func (r *RM) newApplication(string, hrpc.Request) (proto.Message, error) {
	resp := &pb.GetNewApplicationResponseProto{MaximumCapability: r.max.Proto()}
	r.update(func() { resp.ApplicationId = record.ApplicationID(r.newApp().id) })
	return resp, nil
}
