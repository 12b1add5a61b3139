package nn

import (
	"context"

	"google.golang.org/protobuf/proto"

	"weft/yarnrpc/internal/pb"
)

// RecoverLease takes an open file away from whoever writes it and begins to close it; it returns true once the file is
// closed. False: the recovery of the last block runs; ask again, about once a second (see IsClosed). The former writer's
// next call for the file fails. holder is the caller's own name.
func (c *Client) RecoverLease(ctx context.Context, path, holder string) (bool, error) {
	var resp pb.RecoverLeaseResponseProto
	err := c.on(ctx, "recoverLease", path, &pb.RecoverLeaseRequestProto{Src: &path, ClientName: &holder}, &resp)
	return resp.GetResult(), err
}

// IsClosed tells whether nobody has a file open for writing.
func (c *Client) IsClosed(ctx context.Context, path string) (bool, error) {
	var resp pb.IsFileClosedResponseProto
	err := c.on(ctx, "isFileClosed", path, &pb.IsFileClosedRequestProto{Src: &path}, &resp)
	return resp.GetResult(), err
}

// RenewLease prolongs all leases of a holder. Needed every 30 s while it has files open: after 60 s without it others may
// take them.
func (c *Client) RenewLease(ctx context.Context, holder string) error {
	return c.call.Call(ctx, "renewLease", &pb.RenewLeaseRequestProto{ClientName: &holder}, &pb.RenewLeaseResponseProto{})
}

// Fsync makes the NameNode record the length of a file that is being written, so that readers see it after a crash. The
// bytes themselves must have been flushed to the DataNodes before.
func (c *Client) Fsync(ctx context.Context, path, holder string, fileID uint64, lastBlockLength int64) error {
	req := &pb.FsyncRequestProto{Src: &path, Client: &holder, LastBlockLength: proto.Int64(lastBlockLength), FileId: &fileID}
	return c.on(ctx, "fsync", path, req, &pb.FsyncResponseProto{})
}
