package hdfs

import (
	"context"
	"errors"
	"io/fs"

	"weft/internal/fsys"
	"weft/yarnrpc/nn"
)

// Space implements fsys.Describer: the room of the whole file system divided by
// the replication of new files, or what a quota on this very folder leaves, if
// that is less. Quotas of parents are not asked for, since the NameNode would
// count whole trees for the answer; they show when writing, as ErrNoSpace.
func (f *FS) Space(ctx context.Context, dir string) (fsys.Space, error) {
	if err := begin(ctx, "space", dir); err != nil {
		return fsys.Space{}, err
	}
	space, err := f.space(ctx, dir)
	return space, wrap(ctx, "space", dir, err, looks)
}

func (f *FS) space(ctx context.Context, dir string) (fsys.Space, error) {
	stats, err := f.nn.FSStats(ctx)
	if err != nil {
		return fsys.Space{}, err
	}
	replicas, _, err := f.layout(ctx)
	if err != nil {
		return fsys.Space{}, err
	}
	space := fsys.Space{TotalBytes: stats.CapacityBytes / int64(replicas), FreeBytes: stats.RemainingBytes / int64(replicas), FreeNames: -1}
	sum, err := f.nn.ContentSummary(ctx, dir)
	if errors.Is(err, fs.ErrPermission) { // some folder below may not be read
		return space, nil
	}
	if err != nil {
		return fsys.Space{}, err
	}
	return narrow(space, sum, int64(replicas)), nil
}

// narrow applies the quotas of a folder. Quotas count replicas, Space does not.
func narrow(s fsys.Space, sum nn.Summary, replicas int64) fsys.Space {
	if sum.SpaceQuotaBytes >= 0 {
		s.TotalBytes = min(s.TotalBytes, sum.SpaceQuotaBytes/replicas)
		s.FreeBytes = min(s.FreeBytes, max(0, sum.SpaceQuotaBytes-sum.SpaceBytes)/replicas)
	}
	if sum.NameQuota >= 0 {
		s.FreeNames = max(0, sum.NameQuota-sum.Files-sum.Dirs)
	}
	return s
}

// layout is the replication and the block size of new files.
func (f *FS) layout(ctx context.Context) (replicas int, blockBytes int64, err error) {
	replicas, blockBytes = f.opts.Replication, f.opts.BlockSizeBytes
	if replicas > 0 && blockBytes > 0 {
		return replicas, blockBytes, nil
	}
	d, err := f.serverDefaults(ctx)
	if err != nil {
		return 0, 0, err
	}
	if replicas == 0 {
		replicas = max(int(d.Replication), 1)
	}
	if blockBytes == 0 {
		blockBytes = d.BlockSizeBytes
	}
	return replicas, blockBytes, nil
}
