package nn

import (
	"context"
	"fmt"
	"io/fs"
	"time"

	"weft/yarnrpc/internal/pb"
)

// Kind is what a name stands for (HdfsFileStatusProto.FileType).
type Kind int32

// The kinds of names.
const (
	Dir     Kind = 1
	File    Kind = 2
	Symlink Kind = 3
)

// Status describes a file or folder (HdfsFileStatus).
type Status struct {
	Name           string // last element; empty when the status is of the path asked for
	Kind           Kind
	Length         int64  // bytes; of an open file, what the NameNode knows
	Perm           uint32 // octal mode with the sticky bit 01000
	Owner, Group   string
	ModTime        time.Time // to the millisecond
	AccessTime     time.Time
	Replication    uint32
	BlockSizeBytes int64
	FileID         uint64 // tells a file from a later one of the same name
	// Encrypted files lie in an encryption zone: their bytes are useless without the key server.
	Encrypted bool
	// ErasureCoding is the name of the policy of an erasure-coded file, which only a striped reader understands; empty
	// for replicated files.
	ErasureCoding string
}

// Bits of HdfsFileStatusProto.flags.
const (
	flagCrypt = 2
	flagEC    = 4
)

func fromStatus(p *pb.HdfsFileStatusProto) Status {
	s := Status{
		Name: string(p.Path), Kind: Kind(p.GetFileType()), Length: int64(p.GetLength()), Perm: p.GetPermission().GetPerm(),
		Owner: p.GetOwner(), Group: p.GetGroup(),
		ModTime: time.UnixMilli(int64(p.GetModificationTime())), AccessTime: time.UnixMilli(int64(p.GetAccessTime())),
		Replication: p.GetBlockReplication(), BlockSizeBytes: int64(p.GetBlocksize()), FileID: p.GetFileId(),
		Encrypted:     p.FileEncryptionInfo != nil || p.GetFlags()&flagCrypt != 0,
		ErasureCoding: p.GetEcPolicy().GetName(),
	}
	if s.ErasureCoding == "" && p.GetFlags()&flagEC != 0 {
		s.ErasureCoding = "unknown policy"
	}
	return s
}

// Stat describes a path; errors.Is(err, fs.ErrNotExist) if there is nothing.
func (c *Client) Stat(ctx context.Context, path string) (Status, error) {
	var resp pb.GetFileInfoResponseProto
	if err := c.on(ctx, "getFileInfo", path, &pb.GetFileInfoRequestProto{Src: &path}, &resp); err != nil {
		return Status{}, err
	}
	if resp.Fs == nil {
		return Status{}, fmt.Errorf("stat %s: %w", path, fs.ErrNotExist)
	}
	return fromStatus(resp.Fs), nil
}

// CheckAccess asks whether the caller may do all of what the bits say to a path (4 read, 2 write, 1 execute or enter): nil,
// fs.ErrPermission or fs.ErrNotExist. The NameNode takes ACLs and its authorizer (Ranger) into account.
func (c *Client) CheckAccess(ctx context.Context, path string, bits int32) error {
	req := &pb.CheckAccessRequestProto{Path: &path, Mode: &bits}
	return c.on(ctx, "checkAccess", path, req, &pb.CheckAccessResponseProto{})
}

// List describes the entries of a folder, in the NameNode's order (by name, as bytes). A file lists itself, with an
// empty name. It asks as often as needed; entries that come and go meanwhile may or may not be there.
func (c *Client) List(ctx context.Context, path string) ([]Status, error) {
	var out []Status
	no := false
	for after := []byte{}; ; {
		var resp pb.GetListingResponseProto
		if err := c.on(ctx, "getListing", path, &pb.GetListingRequestProto{Src: &path, StartAfter: after, NeedLocation: &no}, &resp); err != nil {
			return nil, err
		}
		if resp.DirList == nil {
			return nil, fmt.Errorf("list %s: %w", path, fs.ErrNotExist)
		}
		page := resp.DirList.PartialListing
		for _, p := range page {
			out = append(out, fromStatus(p))
		}
		if resp.DirList.GetRemainingEntries() == 0 || len(page) == 0 {
			return out, nil
		}
		after = page[len(page)-1].Path
	}
}

// Summary counts what lies below a path (ContentSummary).
type Summary struct {
	Bytes, Files, Dirs int64
	SpaceBytes         int64 // with replicas
	NameQuota          int64 // names allowed below the path; -1: no quota
	SpaceQuotaBytes    int64 // bytes with replicas allowed below the path; -1: no quota
}

// ContentSummary counts what lies below a path. It is expensive for large trees.
func (c *Client) ContentSummary(ctx context.Context, path string) (Summary, error) {
	var resp pb.GetContentSummaryResponseProto
	if err := c.on(ctx, "getContentSummary", path, &pb.GetContentSummaryRequestProto{Path: &path}, &resp); err != nil {
		return Summary{}, err
	}
	s := resp.GetSummary()
	return Summary{
		Bytes: int64(s.GetLength()), Files: int64(s.GetFileCount()), Dirs: int64(s.GetDirectoryCount()),
		SpaceBytes: int64(s.GetSpaceConsumed()), NameQuota: int64(s.GetQuota()), SpaceQuotaBytes: int64(s.GetSpaceQuota()),
	}, nil
}

// FSStats are the figures of the whole file system, in bytes with replicas.
type FSStats struct {
	CapacityBytes, UsedBytes, RemainingBytes int64
}

// FSStats fetches the figures of the whole file system.
func (c *Client) FSStats(ctx context.Context) (FSStats, error) {
	var resp pb.GetFsStatsResponseProto
	if err := c.call.Call(ctx, "getFsStats", &pb.GetFsStatusRequestProto{}, &resp); err != nil {
		return FSStats{}, err
	}
	return FSStats{int64(resp.GetCapacity()), int64(resp.GetUsed()), int64(resp.GetRemaining())}, nil
}

// Defaults are the server's settings for new files (FsServerDefaults).
type Defaults struct {
	BlockSizeBytes int64
	Replication    uint32
	// EncryptData: DataNodes want data transfer encrypted.
	EncryptData bool
	// TrashInterval is how long deleted files are kept in the trash; 0: trash is off.
	TrashInterval time.Duration
	// KeyProvider is the URI of the key server; empty: no encryption zones.
	KeyProvider string
}

// Defaults fetches the server's settings for new files.
func (c *Client) Defaults(ctx context.Context) (Defaults, error) {
	var resp pb.GetServerDefaultsResponseProto
	if err := c.call.Call(ctx, "getServerDefaults", &pb.GetServerDefaultsRequestProto{}, &resp); err != nil {
		return Defaults{}, err
	}
	d := resp.GetServerDefaults()
	return Defaults{
		BlockSizeBytes: int64(d.GetBlockSize()), Replication: d.GetReplication(), EncryptData: d.GetEncryptDataTransfer(),
		TrashInterval: time.Duration(d.GetTrashInterval()) * time.Minute, KeyProvider: d.GetKeyProviderUri(),
	}, nil
}
