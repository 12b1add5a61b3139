package nn

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"time"

	"google.golang.org/protobuf/proto"

	"weft/yarnrpc/internal/pb"
	"weft/yarnrpc/token"
)

// Block names one block of a file (ExtendedBlock).
type Block struct {
	Pool  string // block pool of the nameservice
	ID    uint64
	Stamp uint64 // generation stamp: changes each time its pipeline is rebuilt
	Bytes int64  // length so far
}

// String names the block as Hadoop's logs do.
func (b Block) String() string { return fmt.Sprintf("%s:blk_%d_%d", b.Pool, int64(b.ID), b.Stamp) }

// Proto converts to the wire form (ExtendedBlockProto).
func (b Block) Proto() *pb.ExtendedBlockProto {
	return &pb.ExtendedBlockProto{PoolId: &b.Pool, BlockId: &b.ID, GenerationStamp: &b.Stamp, NumBytes: proto.Uint64(uint64(b.Bytes))}
}

func blockOf(p *pb.ExtendedBlockProto) Block {
	return Block{Pool: p.GetPoolId(), ID: p.GetBlockId(), Stamp: p.GetGenerationStamp(), Bytes: int64(p.GetNumBytes())}
}

// Node is a DataNode (DatanodeID).
type Node struct {
	IP, Host, UUID                              string
	DataPort, InfoPort, IPCPort, InfoSecurePort uint32
	Rack                                        string // network location; "" if unknown
}

// String is the address by which DataNodes name one another.
func (n Node) String() string { return n.Address(false) }

// Address is where the node takes blocks: by its IP, or by its host name (dfs.client.use.datanode.hostname).
func (n Node) Address(byName bool) string {
	host := n.IP
	if byName {
		host = n.Host
	}
	return net.JoinHostPort(host, strconv.Itoa(int(n.DataPort)))
}

// Proto converts to the wire form (DatanodeInfoProto).
func (n Node) Proto() *pb.DatanodeInfoProto {
	p := &pb.DatanodeInfoProto{Id: n.id()}
	if n.Rack != "" {
		p.Location = &n.Rack
	}
	return p
}

func (n Node) id() *pb.DatanodeIDProto {
	return &pb.DatanodeIDProto{
		IpAddr: &n.IP, HostName: &n.Host, DatanodeUuid: &n.UUID, XferPort: &n.DataPort,
		InfoPort: &n.InfoPort, IpcPort: &n.IPCPort, InfoSecurePort: &n.InfoSecurePort,
	}
}

func nodeOf(p *pb.DatanodeInfoProto) Node {
	id := p.GetId()
	return Node{
		IP: id.GetIpAddr(), Host: id.GetHostName(), UUID: id.GetDatanodeUuid(), Rack: p.GetLocation(),
		DataPort: id.GetXferPort(), InfoPort: id.GetInfoPort(), IPCPort: id.GetIpcPort(), InfoSecurePort: id.GetInfoSecurePort(),
	}
}

// Replica is one place of a block: a storage of a DataNode.
type Replica struct {
	Node        Node
	StorageID   string
	StorageType int32 // StorageTypeProto: 1 disk, 2 SSD, 3 archive, 4 RAM disk
}

// storageDisk is what a server that names no storage type means.
const storageDisk = 1

// LocatedBlock is a block with the places of its replicas, in the order of its pipeline, and the token that opens it.
type LocatedBlock struct {
	Block    Block
	Token    token.Token // without security its bytes are empty
	Replicas []Replica
}

func locatedOf(p *pb.LocatedBlockProto) LocatedBlock {
	l := LocatedBlock{Block: blockOf(p.GetB()), Token: token.FromProto(p.BlockToken)}
	for i, loc := range p.Locs {
		r := Replica{Node: nodeOf(loc), StorageType: storageDisk}
		if i < len(p.StorageIDs) {
			r.StorageID = p.StorageIDs[i]
		}
		if i < len(p.StorageTypes) {
			r.StorageType = p.StorageTypes[i]
		}
		l.Replicas = append(l.Replicas, r)
	}
	return l
}

// Writing is a file open for writing, as its blocks' calls name it.
type Writing struct {
	Path   string
	Holder string // of its lease, as given to Create
	FileID uint64 // from Create's status
}

// AddBlock gives a file its next block and returns where its replicas are to be written. previous is the last block with
// its final length, nil for the first; nodes of exclude get no replica. Asked again with the same previous it returns the
// same block.
func (c *Client) AddBlock(ctx context.Context, w Writing, previous *Block, exclude []Node) (LocatedBlock, error) {
	req := &pb.AddBlockRequestProto{Src: &w.Path, ClientName: &w.Holder, FileId: &w.FileID}
	if previous != nil {
		req.Previous = previous.Proto()
	}
	for _, n := range exclude {
		req.ExcludeNodes = append(req.ExcludeNodes, n.Proto())
	}
	var resp pb.AddBlockResponseProto
	if err := c.on(ctx, "addBlock", w.Path, req, &resp); err != nil {
		return LocatedBlock{}, err
	}
	l := locatedOf(resp.GetBlock())
	if len(l.Replicas) == 0 {
		return l, fmt.Errorf("addBlock %s: name node named no data node for %s", w.Path, l.Block)
	}
	return l, nil
}

// AbandonBlock takes the last block, to which nothing was written, off its file again.
func (c *Client) AbandonBlock(ctx context.Context, w Writing, b Block) error {
	req := &pb.AbandonBlockRequestProto{B: b.Proto(), Src: &w.Path, Holder: &w.Holder, FileId: &w.FileID}
	return c.on(ctx, "abandonBlock", w.Path, req, &pb.AbandonBlockResponseProto{})
}

// NextStamp gives a block whose pipeline broke its next generation stamp, which the pipeline is rebuilt under, and a
// fresh token (updateBlockForPipeline). Only the holder of the lease gets one, so it is refused to whoever was fenced.
func (c *Client) NextStamp(ctx context.Context, w Writing, b Block) (stamp uint64, t token.Token, err error) {
	req := &pb.UpdateBlockForPipelineRequestProto{Block: b.Proto(), ClientName: &w.Holder}
	var resp pb.UpdateBlockForPipelineResponseProto
	if err := c.on(ctx, "updateBlockForPipeline", w.Path, req, &resp); err != nil {
		return 0, token.Token{}, err
	}
	l := locatedOf(resp.GetBlock())
	return l.Block.Stamp, l.Token, nil
}

// UpdatePipeline tells the name node that a block goes on under a new stamp on these replicas alone; replicas of the old
// stamp are stale from now on.
func (c *Client) UpdatePipeline(ctx context.Context, w Writing, old, now Block, replicas []Replica) error {
	req := &pb.UpdatePipelineRequestProto{ClientName: &w.Holder, OldBlock: old.Proto(), NewBlock: now.Proto()}
	for _, r := range replicas {
		req.NewNodes = append(req.NewNodes, r.Node.id())
		req.StorageIDs = append(req.StorageIDs, r.StorageID)
	}
	return c.on(ctx, "updatePipeline", w.Path, req, &pb.UpdatePipelineResponseProto{})
}

// Complete closes a file whose last block has its final length; last is nil for a file of no bytes. False: not
// enough replicas have been reported yet, ask again.
func (c *Client) Complete(ctx context.Context, w Writing, last *Block) (bool, error) {
	req := &pb.CompleteRequestProto{Src: &w.Path, ClientName: &w.Holder, FileId: &w.FileID}
	if last != nil {
		req.Last = last.Proto()
	}
	var resp pb.CompleteResponseProto
	err := c.on(ctx, "complete", w.Path, req, &resp)
	return resp.GetResult(), err
}

// EncryptionKey is what a client proves itself with to DataNodes that want data transfer encrypted. Secret.
type EncryptionKey struct {
	ID        uint32
	Pool      string
	Nonce     []byte
	Key       []byte
	Algorithm string // of the cipher (dfs.encrypt.data.transfer.algorithm); "" for any
	Expires   time.Time
}

// String masks the key.
func (k EncryptionKey) String() string {
	return fmt.Sprintf("data encryption key %d of %s (***)", k.ID, k.Pool)
}

// GoString is String, so that %#v shows no secret either.
func (k EncryptionKey) GoString() string { return k.String() }

// EncryptionKey fetches the current key; ok is false when the cluster does not encrypt data transfer.
func (c *Client) EncryptionKey(ctx context.Context) (k EncryptionKey, ok bool, err error) {
	var resp pb.GetDataEncryptionKeyResponseProto
	if err := c.call.Call(ctx, "getDataEncryptionKey", &pb.GetDataEncryptionKeyRequestProto{}, &resp); err != nil {
		return EncryptionKey{}, false, err
	}
	p := resp.DataEncryptionKey
	if p == nil || len(p.Nonce) == 0 {
		return EncryptionKey{}, false, nil
	}
	return EncryptionKey{
		ID: p.GetKeyId(), Pool: p.GetBlockPoolId(), Nonce: p.Nonce, Key: p.EncryptionKey,
		Algorithm: p.GetEncryptionAlgorithm(), Expires: time.UnixMilli(int64(p.GetExpiryDate())),
	}, true, nil
}
