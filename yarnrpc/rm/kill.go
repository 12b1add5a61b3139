package rm

import (
	"context"
	"fmt"
	"time"

	"weft/yarnrpc/internal/pb"
	"weft/yarnrpc/record"
	"weft/yarnrpc/yarnid"
)

// killPoll is the pause between two requests to kill, as Java's client has it.
const killPoll = 200 * time.Millisecond

// Kill ends an application and waits until the ResourceManager says that it is over, or ctx ends. diagnostics appear in
// its report; empty leaves YARN's own. Killing what has ended is no error. The ApplicationMaster's process may live a
// little longer: it gets SIGTERM, then SIGKILL.
func (c *Client) Kill(ctx context.Context, id yarnid.Application, diagnostics string) error {
	req := &pb.KillApplicationRequestProto{ApplicationId: record.ApplicationID(id), Diagnostics: optional(diagnostics)}
	for {
		var resp pb.KillApplicationResponseProto
		if err := c.call.Call(ctx, "forceKillApplication", req, &resp); err != nil {
			return err
		}
		if resp.GetIsKillCompleted() {
			return nil
		}
		if err := pause(ctx, killPoll); err != nil {
			return fmt.Errorf("wait for the end of %v: %w", id, err)
		}
	}
}
