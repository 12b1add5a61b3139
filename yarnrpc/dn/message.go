package dn

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"weft/yarnrpc/internal/pb"
	"weft/yarnrpc/nn"
)

// Version and opcode that a request starts with (DataTransferProtocol, Op).
const (
	version      = 28
	opWriteBlock = 80
)

// maxMessageBytes bounds the answers of a DataNode; stock ones are below 1 KiB.
const maxMessageBytes = 64 << 10

// Stage says what a connection is opened for (BlockConstructionStage).
type Stage int32

// The stages that a writer asks for.
const (
	SetupCreate   Stage = 6 // a new block
	RecoverStream Stage = 3 // rebuild the pipeline of a block in the middle; packets follow
	RecoverClose  Stage = 5 // close a block whose packets had all been acknowledged; nothing follows
)

// Status is a DataNode's answer (DataTransferProtos.Status).
type Status int32

// The statuses that matter to a writer.
const (
	StatusSuccess     Status = 0
	StatusAccessToken Status = 5 // the block token is refused: expired
	StatusRestarting  Status = 8 // the node is being restarted for an upgrade (OOB_RESTART)
)

var statusNames = map[Status]string{
	0: "success", 1: "error", 2: "checksum error", 3: "invalid", 4: "exists", 5: "access token refused",
	6: "checksum ok", 7: "unsupported", 8: "restarting", 12: "in progress", 13: "block pinned",
}

// String names the status.
func (s Status) String() string {
	if name, ok := statusNames[s]; ok {
		return name
	}
	return fmt.Sprintf("status %d", int32(s))
}

// Refusal is an answer other than success to a request.
type Refusal struct {
	Status  Status
	BadLink string // address ("ip:port") of the node of the pipeline that could not be reached; "" if it is not told
	Message string // may be ""
}

// Error implements error.
func (r *Refusal) Error() string {
	text := "refused: " + r.Status.String()
	if r.BadLink != "" {
		text += ", bad link to " + r.BadLink
	}
	if r.Message != "" {
		text += " (" + r.Message + ")"
	}
	return text
}

// WriteRequest opens a pipeline (Sender.writeBlock).
type WriteRequest struct {
	// Block, its token and the nodes of the pipeline, of which the first is the one connected to. For a recovery the
	// block still has its old stamp.
	Block  nn.LocatedBlock
	Client string // holder of the file's lease
	Stage  Stage
	// Of a recovery: bytes acknowledged, bytes sent, and the new stamp. All zero for a new block.
	MinBytes, MaxBytes int64
	NewStamp           uint64
}

// AppendWriteRequest appends the request to dst.
func AppendWriteRequest(dst []byte, r WriteRequest) ([]byte, error) {
	block, first := r.Block.Block.Proto(), r.Block.Replicas[0]
	op := &pb.OpWriteBlockProto{
		Header: &pb.ClientOperationHeaderProto{
			BaseHeader: &pb.BaseHeaderProto{Block: block, Token: r.Block.Token.Proto()}, ClientName: &r.Client,
		},
		Stage: proto.Int32(int32(r.Stage)), PipelineSize: proto.Uint32(uint32(len(r.Block.Replicas))),
		MinBytesRcvd: proto.Uint64(uint64(r.MinBytes)), MaxBytesRcvd: proto.Uint64(uint64(r.MaxBytes)),
		LatestGenerationStamp: &r.NewStamp,
		RequestedChecksum:     &pb.ChecksumProto{Type: proto.Int32(checksumCRC32C), BytesPerChecksum: proto.Uint32(ChunkBytes)},
		StorageType:           &first.StorageType, StorageId: &first.StorageID,
	}
	for _, t := range r.Block.Replicas[1:] {
		op.Targets = append(op.Targets, t.Node.Proto())
		op.TargetStorageTypes = append(op.TargetStorageTypes, t.StorageType)
		op.TargetStorageIds = append(op.TargetStorageIds, t.StorageID)
	}
	dst = binary.BigEndian.AppendUint16(dst, version)
	return appendMessage(append(dst, opWriteBlock), op)
}

// ReadResponse reads the answer to a request: nil for success, a *Refusal, or what reading failed with.
func ReadResponse(in *bufio.Reader) error {
	var resp pb.BlockOpResponseProto
	if err := readMessage(in, &resp); err != nil {
		return err
	}
	if s := Status(resp.GetStatus()); s != StatusSuccess {
		return &Refusal{Status: s, BadLink: resp.GetFirstBadLink(), Message: resp.GetMessage()}
	}
	return nil
}

// appendMessage appends a message behind its length as a varint.
func appendMessage(dst []byte, m proto.Message) ([]byte, error) {
	dst = protowire.AppendVarint(dst, uint64(proto.Size(m)))
	return proto.MarshalOptions{UseCachedSize: true}.MarshalAppend(dst, m)
}

func readMessage(in *bufio.Reader, m proto.Message) error {
	size, err := readSize(in, maxMessageBytes)
	if err != nil {
		return err
	}
	body := make([]byte, size)
	if _, err := io.ReadFull(in, body); err != nil {
		return noEOF(err)
	}
	if err := proto.Unmarshal(body, m); err != nil {
		return fmt.Errorf("answer of the data node: %w", err)
	}
	return nil
}

// readSize reads the length in front of a message.
func readSize(in *bufio.Reader, limit uint64) (int, error) {
	size, err := binary.ReadUvarint(in)
	if err == nil && size > limit {
		err = fmt.Errorf("message of %d bytes from the data node, at most %d expected", size, limit)
	}
	return int(size), err
}

// noEOF: an end in the middle of a message is no end.
func noEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// readWrapped reads a SASL packet behind its length as int32.
func readWrapped(in *bufio.Reader) ([]byte, error) {
	var head [4]byte
	if _, err := io.ReadFull(in, head[:]); err != nil {
		return nil, err
	}
	size := binary.BigEndian.Uint32(head[:])
	if size > maxWrappedBytes {
		return nil, fmt.Errorf("wrapped packet of %d bytes from the data node, at most %d expected", size, maxWrappedBytes)
	}
	packet := make([]byte, size)
	_, err := io.ReadFull(in, packet)
	return packet, noEOF(err)
}

func putLength(n int) []byte { return binary.BigEndian.AppendUint32(make([]byte, 0, 4+n), uint32(n)) }
