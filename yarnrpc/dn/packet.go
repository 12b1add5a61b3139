package dn

import (
	"encoding/binary"
	"hash/crc32"
)

const (
	// PacketBytes is the most data of a packet, as Hadoop's own client has it (dfs.client-write-packet-size).
	PacketBytes = 64 << 10
	// ChunkBytes is how much data a checksum covers (dfs.bytes-per-checksum). Packets start at a multiple of it.
	ChunkBytes = 512
	// HeartbeatSeq is the sequence number of packets that carry nothing (DFSPacket.HEART_BEAT_SEQNO).
	HeartbeatSeq = -1

	checksumCRC32C = 2 // ChecksumTypeProto
	checksumBytes  = 4
	maxHeader      = 4 + 2 + 27
	dataAt         = maxHeader + PacketBytes/ChunkBytes*checksumBytes
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Packet is a piece of a block, built where it will be sent from:
//
//	[room]  [length int32][header length int16][PacketHeaderProto][checksum int32 x chunks][data]
//	         ^ what Seal returns                                                           ^ dataAt
//
// It belongs to one goroutine at a time. The zero value is not usable: see NewPacket.
type Packet struct {
	buf    []byte
	frame  []byte // what Seal returned
	size   int    // bytes of data
	reused int    // of them, the first that an earlier packet had too
	offset int64
	seq    int64
}

// NewPacket returns an empty packet at the start of a block.
func NewPacket() *Packet { return &Packet{buf: make([]byte, dataAt+PacketBytes)} }

// NewMarker returns a packet that never has data: a heartbeat, a sync of what was sent before, or the end of a block,
// at the place that is given.
func NewMarker(offset int64) *Packet { return &Packet{buf: make([]byte, dataAt), offset: offset} }

// Empty tells whether the packet has no data.
func (p *Packet) Empty() bool { return p.size == 0 }

// Reset empties the packet for data from offset on, a multiple of ChunkBytes.
func (p *Packet) Reset(offset int64) { p.offset, p.size, p.reused, p.frame = offset, 0, 0, nil }

// Continue empties the packet for the data after last, a packet sent before. The part of a chunk that last ended with is
// repeated, since a checksum covers a whole chunk (DFSOutputStream.adjustChunkBoundary).
func (p *Packet) Continue(last *Packet) {
	part := last.size % ChunkBytes
	p.Reset(last.End() - int64(part))
	p.reused = copy(p.buf[dataAt:], last.buf[dataAt+last.size-part:dataAt+last.size])
	p.size = p.reused
}

// Fill takes as much of data as there is room for and returns how much that was.
func (p *Packet) Fill(data []byte) int {
	n := copy(p.buf[dataAt+p.size:], data)
	p.size += n
	return n
}

// Full tells whether there is no more room.
func (p *Packet) Full() bool { return p.size == PacketBytes }

// New is how many bytes no earlier packet had.
func (p *Packet) New() int { return p.size - p.reused }

// End is the place in the block where the packet's data ends.
func (p *Packet) End() int64 { return p.offset + int64(p.size) }

// Seq is the sequence number given by Seal.
func (p *Packet) Seq() int64 { return p.seq }

// Sealed returns what Seal returned.
func (p *Packet) Sealed() []byte { return p.frame }

// Mark says what a packet asks of the DataNodes beside taking its data.
type Mark int

// The marks of packets.
const (
	Plain Mark = iota
	Sync       // bring the block to the disk before acknowledging
	Last       // close the block; such a packet has no data
)

// Seal computes checksums and header and returns the bytes to send; they are the packet's own and may be sent again.
func (p *Packet) Seal(seq int64, mark Mark) []byte {
	p.seq = seq
	at := dataAt
	data := p.buf[dataAt : dataAt+p.size]
	chunks := (p.size + ChunkBytes - 1) / ChunkBytes
	at -= chunks * checksumBytes
	for i := range chunks {
		chunk := data[i*ChunkBytes : min((i+1)*ChunkBytes, len(data))]
		binary.BigEndian.PutUint32(p.buf[at+i*checksumBytes:], crc32.Checksum(chunk, castagnoli))
	}
	header := 25
	if mark == Sync {
		header = 27
	}
	length := checksumBytes + len(p.buf[at:dataAt+p.size]) // the length counts itself, not the header
	at -= header
	putHeader(p.buf[at:], p.offset, seq, mark == Last, p.size)
	if mark == Sync {
		p.buf[at+25], p.buf[at+26] = 5<<3, 1
	}
	at -= 6
	binary.BigEndian.PutUint32(p.buf[at:], uint32(length))
	binary.BigEndian.PutUint16(p.buf[at+4:], uint16(header))
	p.frame = p.buf[at : dataAt+p.size]
	return p.frame
}

// putHeader writes a PacketHeaderProto, whose fields are of fixed width:
//
//	1 offsetInBlock sfixed64 | 2 seqno sfixed64 | 3 lastPacketInBlock bool | 4 dataLen sfixed32 [| 5 syncBlock bool]
func putHeader(b []byte, offset, seq int64, last bool, size int) {
	b[0] = 1<<3 | 1
	binary.LittleEndian.PutUint64(b[1:], uint64(offset))
	b[9] = 2<<3 | 1
	binary.LittleEndian.PutUint64(b[10:], uint64(seq))
	b[18], b[19] = 3<<3, 0
	if last {
		b[19] = 1
	}
	b[20] = 4<<3 | 5
	binary.LittleEndian.PutUint32(b[21:], uint32(size))
}
