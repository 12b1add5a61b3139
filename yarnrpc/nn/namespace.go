package nn

import (
	"context"
	"fmt"
	"io/fs"
	"time"

	"google.golang.org/protobuf/proto"

	"weft/yarnrpc/internal/pb"
)

// Flags of create (CreateFlagProto).
const (
	createNew       = 1
	createOverwrite = 2
	createReplicate = 128 // no erasure coding, whatever the folder's policy
)

// CreateOptions say how a file is made. Replication and BlockSizeBytes are required: see Defaults.
type CreateOptions struct {
	Perm           uint32 // octal mode, after the caller's own umask
	Holder         string // lease holder: any text that no other writer uses
	Replication    uint32 // copies of each block, from 1
	BlockSizeBytes int64  // a multiple of 512
	Overwrite      bool   // replace a file that is there; otherwise fs.ErrExist
	CreateParent   bool   // make missing folders; otherwise fs.ErrNotExist
}

// Create makes an empty file open for writing under a lease and returns its status. The caller completes it (see
// Complete), after having written its blocks (see AddBlock).
func (c *Client) Create(ctx context.Context, path string, o CreateOptions) (Status, error) {
	flags := uint32(createNew | createReplicate)
	if o.Overwrite {
		flags |= createOverwrite
	}
	req := &pb.CreateRequestProto{
		Src: &path, Masked: perm(o.Perm), ClientName: &o.Holder, CreateFlag: &flags, CreateParent: &o.CreateParent,
		Replication: &o.Replication, BlockSize: proto.Uint64(uint64(o.BlockSizeBytes)),
	}
	var resp pb.CreateResponseProto
	if err := c.on(ctx, "create", path, req, &resp); err != nil {
		return Status{}, err
	}
	if resp.Fs == nil {
		return Status{}, fmt.Errorf("create %s: name node sent no status", path)
	}
	return fromStatus(resp.Fs), nil
}

// CreateEmpty makes a file of no bytes and closes it, so that exactly one of many contenders succeeds; the others get
// fs.ErrExist. No missing folder is made.
func (c *Client) CreateEmpty(ctx context.Context, path string, o CreateOptions) error {
	o.Overwrite, o.CreateParent = false, false
	s, err := c.Create(ctx, path, o)
	if err != nil {
		return err
	}
	done, err := c.Complete(ctx, Writing{Path: path, Holder: o.Holder, FileID: s.FileID}, nil)
	if err == nil && !done {
		err = fmt.Errorf("complete %s: name node did not close an empty file", path)
	}
	return err
}

// Mkdir makes one folder. A folder that is there already is no error; without createParent a missing parent is
// fs.ErrNotExist.
func (c *Client) Mkdir(ctx context.Context, path string, mode uint32, createParent bool) error {
	var resp pb.MkdirsResponseProto
	req := &pb.MkdirsRequestProto{Src: &path, Masked: perm(mode), CreateParent: &createParent}
	if err := c.on(ctx, "mkdirs", path, req, &resp); err != nil {
		return err
	}
	if !resp.GetResult() {
		return fmt.Errorf("mkdirs %s: name node refused without a reason", path)
	}
	return nil
}

// Rename moves a file or a folder in one step (rename2). Without overwrite an existing target is fs.ErrExist; with it the
// target must be of the same kind, and an existing folder must be empty.
func (c *Client) Rename(ctx context.Context, from, to string, overwrite bool) error {
	req := &pb.Rename2RequestProto{Src: &from, Dst: &to, OverwriteDest: &overwrite}
	return c.on(ctx, "rename2", from+" to "+to, req, &pb.Rename2ResponseProto{})
}

// Delete removes a file, or a folder with all that is in it when recursive. fs.ErrNotExist if there is nothing.
func (c *Client) Delete(ctx context.Context, path string, recursive bool) error {
	var resp pb.DeleteResponseProto
	if err := c.on(ctx, "delete", path, &pb.DeleteRequestProto{Src: &path, Recursive: &recursive}, &resp); err != nil {
		return err
	}
	if !resp.GetResult() {
		return fmt.Errorf("delete %s: %w", path, fs.ErrNotExist)
	}
	return nil
}

// SetPermission sets the octal mode; the umask has no say here.
func (c *Client) SetPermission(ctx context.Context, path string, mode uint32) error {
	req := &pb.SetPermissionRequestProto{Src: &path, Permission: perm(mode)}
	return c.on(ctx, "setPermission", path, req, &pb.SetPermissionResponseProto{})
}

// SetTimes sets modification and access time, to the millisecond; a zero time leaves one as it is.
func (c *Client) SetTimes(ctx context.Context, path string, modified, accessed time.Time) error {
	req := &pb.SetTimesRequestProto{Src: &path, Mtime: millis(modified), Atime: millis(accessed)}
	return c.on(ctx, "setTimes", path, req, &pb.SetTimesResponseProto{})
}

// millis converts for setTimes, where -1 means "leave it".
func millis(t time.Time) *uint64 {
	if t.IsZero() {
		return proto.Uint64(^uint64(0))
	}
	return proto.Uint64(uint64(t.UnixMilli()))
}

func perm(mode uint32) *pb.FsPermissionProto { return &pb.FsPermissionProto{Perm: &mode} }
