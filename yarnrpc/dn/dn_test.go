package dn

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"math"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"weft/yarnrpc/internal/pb"
	"weft/yarnrpc/nn"
	"weft/yarnrpc/token"
)

// parsed is a packet as BlockReceiver and PacketReceiver read it.
type parsed struct {
	offset, seq int64
	last, sync  bool
	data        []byte
}

func parse(t *testing.T, frame []byte) parsed {
	t.Helper()
	length, header := int(binary.BigEndian.Uint32(frame)), int(binary.BigEndian.Uint16(frame[4:]))
	head, body := frame[6:6+header], frame[6+header:]
	if length != 4+len(body) {
		t.Fatalf("length %d, want 4 and the %d bytes after the header", length, len(body))
	}
	var p parsed
	size := 0
	for len(head) > 0 {
		num, typ, n := protowire.ConsumeTag(head)
		if n < 0 {
			t.Fatal(protowire.ParseError(n))
		}
		head = head[n:]
		var v uint64
		switch typ {
		case protowire.Fixed64Type:
			v, n = protowire.ConsumeFixed64(head)
		case protowire.Fixed32Type:
			var v32 uint32
			v32, n = protowire.ConsumeFixed32(head)
			v = uint64(v32)
		default:
			v, n = protowire.ConsumeVarint(head)
		}
		switch num {
		case 1:
			p.offset = int64(v)
		case 2:
			p.seq = int64(v)
		case 3:
			p.last = v == 1
		case 4:
			size = int(v)
		case 5:
			p.sync = v == 1
		}
		head = head[n:]
	}
	sums := (size + ChunkBytes - 1) / ChunkBytes * checksumBytes
	if len(body) != sums+size {
		t.Fatalf("%d bytes of body, want %d of checksums and %d of data", len(body), sums, size)
	}
	p.data = body[sums:]
	for i := 0; i*ChunkBytes < size; i++ {
		chunk := p.data[i*ChunkBytes : min((i+1)*ChunkBytes, size)]
		if got, want := binary.BigEndian.Uint32(body[i*4:]), crc32.Checksum(chunk, crc32.MakeTable(crc32.Castagnoli)); got != want {
			t.Fatalf("checksum %d is %08x, want %08x", i, got, want)
		}
	}
	return p
}

func bytesOf(n int) []byte {
	data := make([]byte, n)
	for i := range data {
		data[i] = byte(i * 31 >> 3)
	}
	return data
}

func TestPacketSizes(t *testing.T) {
	p := NewPacket()
	for _, size := range []int{1, ChunkBytes - 1, ChunkBytes, ChunkBytes + 1, PacketBytes - 1, PacketBytes} {
		want := bytesOf(size)
		p.Reset(3 * PacketBytes)
		if n := p.Fill(want); n != size {
			t.Fatalf("filled %d of %d bytes", n, size)
		}
		if p.Full() != (size == PacketBytes) || p.New() != size || p.End() != int64(3*PacketBytes+size) {
			t.Errorf("%d bytes: full %t, new %d, end %d", size, p.Full(), p.New(), p.End())
		}
		got := parse(t, p.Seal(42, Plain))
		if got.offset != 3*PacketBytes || got.seq != 42 || got.last || got.sync || !bytes.Equal(got.data, want) {
			t.Errorf("%d bytes: offset %d, seq %d, last %t, sync %t, %d bytes", size, got.offset, got.seq, got.last, got.sync, len(got.data))
		}
		if !bytes.Equal(p.Sealed(), p.Seal(42, Plain)) {
			t.Error("a packet that is sent again is another one")
		}
	}
	p.Reset(0)
	if n := p.Fill(bytesOf(PacketBytes + 1)); n != PacketBytes {
		t.Errorf("%d bytes went into a packet", n)
	}
}

func TestMarks(t *testing.T) {
	end := parse(t, NewMarker(1000).Seal(7, Last))
	if !end.last || end.offset != 1000 || len(end.data) != 0 {
		t.Errorf("end of a block = %+v", end)
	}
	if beat := parse(t, NewMarker(0).Seal(HeartbeatSeq, Plain)); beat.seq != HeartbeatSeq || beat.last {
		t.Errorf("heartbeat = %+v", beat)
	}
	p := NewPacket()
	p.Fill([]byte("data"))
	if s := parse(t, p.Seal(0, Sync)); !s.sync || string(s.data) != "data" {
		t.Errorf("sync = %+v", s)
	}
}

// After a sync in the middle of a chunk the chunk is sent again from its start.
func TestContinueRepeatsTheChunk(t *testing.T) {
	for _, size := range []int{1, ChunkBytes - 1, ChunkBytes, ChunkBytes + 5, 3*ChunkBytes + 100} {
		first, next := NewPacket(), NewPacket()
		data := bytesOf(size + 1000)
		first.Reset(5 * ChunkBytes)
		first.Fill(data[:size])
		next.Continue(first)
		part := size % ChunkBytes
		if next.New() != 0 || next.End() != first.End() {
			t.Errorf("%d bytes: the next has %d new ones, up to %d of %d", size, next.New(), next.End(), first.End())
		}
		next.Fill(data[size:])
		got := parse(t, next.Seal(1, Plain))
		if got.offset != int64(5*ChunkBytes+size-part) || got.offset%ChunkBytes != 0 || !bytes.Equal(got.data, data[size-part:]) {
			t.Errorf("%d bytes: the next starts at %d with %d bytes", size, got.offset, len(got.data))
		}
		if next.New() != 1000 {
			t.Errorf("%d bytes are new, want 1000", next.New())
		}
	}
}

// appendAck encodes an acknowledgement as PipelineAck does.
func appendAck(dst []byte, seq int64, packed bool, replies ...Status) []byte {
	body := protowire.AppendVarint(protowire.AppendTag(nil, 1, protowire.VarintType), protowire.EncodeZigZag(seq))
	var list []byte
	for _, r := range replies {
		if packed {
			list = protowire.AppendVarint(list, uint64(r))
			continue
		}
		body = protowire.AppendVarint(protowire.AppendTag(body, 2, protowire.VarintType), uint64(r))
	}
	if packed {
		body = protowire.AppendBytes(protowire.AppendTag(body, 2, protowire.BytesType), list)
	}
	body = protowire.AppendVarint(protowire.AppendTag(body, 3, protowire.VarintType), 12345)
	body = protowire.AppendBytes(protowire.AppendTag(body, 4, protowire.BytesType), []byte{0, 0})
	return append(protowire.AppendVarint(dst, uint64(len(body))), body...)
}

func TestAcks(t *testing.T) {
	wire := appendAck(nil, 0, false, 0, 0)
	wire = appendAck(wire, HeartbeatSeq, true, 0, 0)
	wire = appendAck(wire, math.MaxInt64, false, 0, 1, 0)
	wire = appendAck(wire, 3, true, StatusRestarting)
	in := bufio.NewReader(bytes.NewReader(wire))
	var a Ack
	for _, want := range []struct {
		seq     int64
		replies int
		bad     int
	}{{0, 2, -1}, {HeartbeatSeq, 2, -1}, {math.MaxInt64, 3, 1}, {3, 1, 0}} {
		if err := a.Read(in); err != nil {
			t.Fatal(err)
		}
		if bad, _ := a.Bad(); a.Seq != want.seq || len(a.Replies) != want.replies || bad != want.bad {
			t.Errorf("ack %+v, bad %d; want %+v", a, bad, want)
		}
	}
	if err := a.Read(in); err != io.EOF {
		t.Errorf("at the end: %v", err)
	}
	for name, wire := range map[string][]byte{
		"cut":             appendAck(nil, 1, false, 0)[:5],
		"too long":        protowire.AppendVarint(nil, maxAckBytes+1),
		"no number":       {2, 2 << 3, 0},
		"no protobuf":     {1, 0xff},
		"packed cut":      {5, 1 << 3, 2, 2<<3 | 2, 1, 0xff},
		"length overruns": {3, 2<<3 | 2, 100, 0},
	} {
		if err := a.Read(bufio.NewReader(bytes.NewReader(wire))); err == nil || err == io.EOF {
			t.Errorf("%s: %v, want an error", name, err)
		}
	}
}

func TestAcksAllocateNothing(t *testing.T) {
	wire := appendAck(nil, 1, false, 0, 0, 0)
	source := bytes.NewReader(wire)
	in := bufio.NewReader(source)
	a := Ack{Replies: make([]Status, 0, 3)}
	p := NewPacket()
	data := bytesOf(PacketBytes)
	if n := testing.AllocsPerRun(100, func() {
		source.Reset(wire)
		in.Reset(source)
		if err := a.Read(in); err != nil {
			t.Fatal(err)
		}
		p.Reset(0)
		p.Fill(data)
		p.Seal(1, Plain)
	}); n > 0 {
		t.Errorf("%v allocations for a packet and its acknowledgement", n)
	}
}

func located(nodes ...string) nn.LocatedBlock {
	l := nn.LocatedBlock{
		Block: nn.Block{Pool: "BP-1", ID: 1073741825, Stamp: 1001, Bytes: 1 << 20},
		Token: token.Token{Identifier: []byte("id"), Password: []byte("pw"), Kind: "HDFS_BLOCK_TOKEN"},
	}
	for _, name := range nodes {
		l.Replicas = append(l.Replicas, nn.Replica{Node: nn.Node{IP: "127.0.0.1", Host: name, UUID: "u-" + name, DataPort: 9866}, StorageID: "DS-" + name, StorageType: 2})
	}
	return l
}

func TestWriteRequest(t *testing.T) {
	r := WriteRequest{Block: located("a", "b", "c"), Client: "holder", Stage: RecoverStream, MinBytes: 5, MaxBytes: 9, NewStamp: 1002}
	wire, err := AppendWriteRequest(nil, r)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(wire, []byte{0, 28, 80}) {
		t.Errorf("starts with % x, want version 28 and opcode 80", wire[:3])
	}
	in := bufio.NewReader(bytes.NewReader(wire[3:]))
	var op pb.OpWriteBlockProto
	if err := readMessage(in, &op); err != nil {
		t.Fatal(err)
	}
	if len(op.Targets) != 2 || op.Targets[0].GetId().GetHostName() != "b" || op.TargetStorageIds[1] != "DS-c" || op.GetStorageId() != "DS-a" {
		t.Errorf("targets %v, storages %s and %v: want those behind the first", op.Targets, op.GetStorageId(), op.TargetStorageIds)
	}
	h := op.GetHeader().GetBaseHeader()
	if op.GetStage() != 3 || op.GetPipelineSize() != 3 || op.GetMinBytesRcvd() != 5 || op.GetMaxBytesRcvd() != 9 || op.GetLatestGenerationStamp() != 1002 ||
		h.GetBlock().GetGenerationStamp() != 1001 || string(h.GetToken().GetPassword()) != "pw" || op.GetRequestedChecksum().GetType() != 2 {
		t.Errorf("request %v", &op)
	}
}

func TestResponses(t *testing.T) {
	good, err := appendMessage(nil, &pb.BlockOpResponseProto{Status: proto.Int32(0), FirstBadLink: proto.String("")})
	if err != nil {
		t.Fatal(err)
	}
	if err := ReadResponse(bufio.NewReader(bytes.NewReader(good))); err != nil {
		t.Errorf("success = %v", err)
	}
	bad, err := appendMessage(nil, &pb.BlockOpResponseProto{Status: proto.Int32(1), FirstBadLink: proto.String("127.0.0.1:9866"), Message: proto.String("no room")})
	if err != nil {
		t.Fatal(err)
	}
	var refusal *Refusal
	if err := ReadResponse(bufio.NewReader(bytes.NewReader(bad))); !errors.As(err, &refusal) || refusal.BadLink != "127.0.0.1:9866" || !strings.Contains(err.Error(), "no room") {
		t.Errorf("refusal = %v", err)
	}
	if err := ReadResponse(bufio.NewReader(bytes.NewReader(bad[:5]))); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("cut response = %v", err)
	}
}

func FuzzAck(f *testing.F) {
	f.Add(appendAck(nil, 5, false, 0, 1))
	f.Add(appendAck(nil, -1, true, 0, 0, 8))
	f.Add([]byte{2, 2 << 3, 0})
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1})
	f.Fuzz(func(t *testing.T, wire []byte) {
		in := bufio.NewReader(bytes.NewReader(wire))
		var a Ack
		for a.Read(in) == nil {
			if bad, _ := a.Bad(); bad >= len(a.Replies) {
				t.Fatalf("node %d of %d is bad", bad, len(a.Replies))
			}
		}
	})
}

func FuzzResponse(f *testing.F) {
	ok, err := appendMessage(nil, &pb.BlockOpResponseProto{Status: proto.Int32(0)})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(ok)
	f.Add([]byte{4, 8, 1, 18, 0})
	f.Fuzz(func(_ *testing.T, wire []byte) {
		ReadResponse(bufio.NewReader(bytes.NewReader(wire)))
		readWrapped(bufio.NewReader(bytes.NewReader(wire)))
	})
}
