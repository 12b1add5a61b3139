package nm

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"weft/yarnrpc"
	"weft/yarnrpc/internal/pb"
	"weft/yarnrpc/record"
	"weft/yarnrpc/yarnid"
)

// Stop ends containers on a node: SIGTERM, then SIGKILL after a quarter of a second by default. It returns before they
// have ended. The map holds an error for each container that could not be stopped; one that is gone already is not there.
func (c *Client) Stop(ctx context.Context, at yarnid.Node, ids ...yarnid.Container) (map[yarnid.Container]error, error) {
	call, err := c.caller(at)
	if err != nil {
		return nil, err
	}
	var resp pb.StopContainersResponseProto
	if err := call.Call(ctx, "stopContainers", &pb.StopContainersRequestProto{ContainerId: record.ContainerIDs(ids)}, &resp); err != nil {
		return nil, fmt.Errorf("stop containers on %v: %w", at, err)
	}
	failed := failures(resp.FailedRequests, "stopContainers", at)
	for id, err := range failed {
		if gone(err) {
			delete(failed, id)
		}
	}
	return failed, nil
}

// gone recognises the refusal for a container that has ended already, which has no exception of its own
// (ContainerManagerImpl.authorizeGetAndStopContainerRequest, handleStoppedContainer).
func gone(err error) bool {
	var remote *yarnrpc.RemoteError
	return errors.As(err, &remote) && (strings.Contains(remote.Message, "is not handled by this NodeManager") ||
		strings.Contains(remote.Message, "was recently stopped on node manager"))
}

// Statuses asks a node how containers do. The map holds an error for each container that the node does not know (any
// more).
func (c *Client) Statuses(ctx context.Context, at yarnid.Node, ids ...yarnid.Container) ([]record.ContainerStatus, map[yarnid.Container]error, error) {
	call, err := c.caller(at)
	if err != nil {
		return nil, nil, err
	}
	var resp pb.GetContainerStatusesResponseProto
	if err := call.Call(ctx, "getContainerStatuses", &pb.GetContainerStatusesRequestProto{ContainerId: record.ContainerIDs(ids)}, &resp); err != nil {
		return nil, nil, fmt.Errorf("ask for containers on %v: %w", at, err)
	}
	return record.FromContainerStatuses(resp.Status), failures(resp.FailedRequests, "getContainerStatuses", at), nil
}

// Status asks a node how one container does.
func (c *Client) Status(ctx context.Context, at yarnid.Node, id yarnid.Container) (record.ContainerStatus, error) {
	list, failed, err := c.Statuses(ctx, at, id)
	if err != nil {
		return record.ContainerStatus{}, err
	}
	if err := failed[id]; err != nil {
		return record.ContainerStatus{}, fmt.Errorf("ask for %v: %w", id, err)
	}
	for _, s := range list {
		if s.ID == id {
			return s, nil
		}
	}
	return record.ContainerStatus{}, fmt.Errorf("ask for %v: node %v did not answer for it", id, at)
}

// failures turns the refusals inside an answer into errors by container.
func failures(list []*pb.ContainerExceptionMapProto, method string, at yarnid.Node) map[yarnid.Container]error {
	if len(list) == 0 {
		return nil
	}
	out := make(map[yarnid.Container]error, len(list))
	for _, f := range list {
		x := f.GetException()
		out[record.FromContainerID(f.GetContainerId())] = yarnrpc.NewRemoteError(x.GetClassName(), x.GetMessage(), method, at.String(), false)
	}
	return out
}
