package dn

import (
	"bufio"
	"errors"
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"
)

// maxAckBytes bounds an acknowledgement: a few bytes for each node of the pipeline.
const maxAckBytes = 4 << 10

var errBadAck = errors.New("acknowledgement is malformed")

// Ack is one acknowledgement (PipelineAckProto): a status of each node, in the order of the pipeline.
//
//	varint length | 1 seqno sint64 | 2 reply enum x nodes | 3, 4: times and flags, which a writer needs not
type Ack struct {
	Seq     int64
	Replies []Status
}

// Read reads the next acknowledgement. io.EOF: the connection ended between two of them.
func (a *Ack) Read(in *bufio.Reader) error {
	size, err := readSize(in, maxAckBytes)
	if err != nil {
		return err
	}
	body, err := in.Peek(size)
	if err != nil {
		return noEOF(err)
	}
	if err := a.decode(body); err != nil {
		return err
	}
	_, err = in.Discard(size)
	return err
}

func (a *Ack) decode(b []byte) error {
	a.Seq, a.Replies = 0, a.Replies[:0]
	seen := false
	for len(b) > 0 {
		num, typ, n := protowire.ConsumeTag(b)
		if n < 0 {
			return errBadAck
		}
		b = b[n:]
		size := protowire.ConsumeFieldValue(num, typ, b)
		if size < 0 {
			return errBadAck
		}
		switch {
		case num == 1 && typ == protowire.VarintType:
			v, _ := protowire.ConsumeVarint(b)
			a.Seq, seen = protowire.DecodeZigZag(v), true
		case num == 2 && typ == protowire.VarintType:
			v, _ := protowire.ConsumeVarint(b)
			a.Replies = append(a.Replies, Status(int32(v)))
		case num == 2 && typ == protowire.BytesType:
			packed, _ := protowire.ConsumeBytes(b)
			if err := a.unpack(packed); err != nil {
				return err
			}
		}
		b = b[size:]
	}
	if !seen {
		return fmt.Errorf("%w: no sequence number", errBadAck)
	}
	return nil
}

func (a *Ack) unpack(packed []byte) error {
	for len(packed) > 0 {
		v, n := protowire.ConsumeVarint(packed)
		if n < 0 {
			return errBadAck
		}
		a.Replies = append(a.Replies, Status(int32(v)))
		packed = packed[n:]
	}
	return nil
}

// Bad returns the last node of the pipeline that did not answer success, and what it answered; -1 if all did. A node
// before it may only have passed the failure on.
func (a *Ack) Bad() (index int, s Status) {
	for i := len(a.Replies) - 1; i >= 0; i-- {
		if a.Replies[i] != StatusSuccess {
			return i, a.Replies[i]
		}
	}
	return -1, StatusSuccess
}
