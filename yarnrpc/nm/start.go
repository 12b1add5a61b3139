package nm

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"weft/yarnrpc"
	"weft/yarnrpc/internal/pb"
	"weft/yarnrpc/record"
)

// Start hands a granted container and what shall run in it to its node. It returns when the node has taken the
// container, before files are fetched and the process runs: a later failure shows as a completed container.
//
// errors.Is(err, yarnrpc.ErrContainerRefused) means that this grant can never be started: its token expired or comes
// from a ResourceManager that has restarted since. Release it and ask again.
func (c *Client) Start(ctx context.Context, grant record.Container, launch record.LaunchContext) error {
	if err := launch.Check(); err != nil {
		return fmt.Errorf("start %v: %w", grant.ID, err)
	}
	lc, err := launch.Proto()
	if err != nil {
		return fmt.Errorf("start %v: %w", grant.ID, err)
	}
	call, err := c.caller(grant.Node)
	if err != nil {
		return fmt.Errorf("start %v: %w", grant.ID, err)
	}
	req := &pb.StartContainersRequestProto{StartContainerRequest: []*pb.StartContainerRequestProto{
		{ContainerLaunchContext: lc, ContainerToken: grant.Token.Proto()},
	}}
	var resp pb.StartContainersResponseProto
	if err := call.Call(ctx, "startContainers", req, &resp); err != nil {
		return fmt.Errorf("start %v: %w", grant.ID, err)
	}
	for _, err := range failures(resp.FailedRequests, "startContainers", grant.Node) { // of the one container asked for
		if !alreadyStarted(err) {
			return fmt.Errorf("start %v: %w", grant.ID, err)
		}
	}
	return nil
}

// alreadyStarted recognises a repeated start: the first one's answer was lost. There is no exception of its own for it
// (ContainerManagerImpl.startContainerInternal, NMTokenSecretManagerInNM).
func alreadyStarted(err error) bool {
	var remote *yarnrpc.RemoteError
	if !errors.As(err, &remote) {
		return false
	}
	return strings.Contains(remote.Message, "already is running on this node") ||
		strings.Contains(remote.Message, "Attempt to relaunch the same container")
}
