package hrpc

import (
	"encoding/binary"
	"errors"
	"fmt"

	"google.golang.org/protobuf/proto"
)

// errDelimiter: a message's length is missing or larger than what follows.
var errDelimiter = errors.New("message length is larger than the frame")

// appendMessage appends varint length | message.
func appendMessage(dst []byte, m proto.Message) ([]byte, error) {
	dst = binary.AppendUvarint(dst, uint64(proto.Size(m)))
	return proto.MarshalOptions{UseCachedSize: true}.MarshalAppend(dst, m)
}

func appendMessages(dst []byte, list ...proto.Message) (_ []byte, err error) {
	for _, m := range list {
		if dst, err = appendMessage(dst, m); err != nil {
			return nil, fmt.Errorf("encode %s: %w", m.ProtoReflect().Descriptor().Name(), err)
		}
	}
	return dst, nil
}

// cutMessage splits varint length | message off b.
func cutMessage(b []byte) (message, rest []byte, err error) {
	n, used := binary.Uvarint(b)
	if used <= 0 || n > uint64(len(b)-used) {
		return nil, nil, errDelimiter
	}
	return b[used : used+int(n)], b[used+int(n):], nil
}

// readMessage decodes varint length | message at the start of b and returns what follows.
func readMessage(b []byte, into proto.Message) (rest []byte, err error) {
	message, rest, err := cutMessage(b)
	if err == nil {
		err = proto.Unmarshal(message, into)
	}
	if err != nil {
		return nil, fmt.Errorf("decode %s: %w", into.ProtoReflect().Descriptor().Name(), err)
	}
	return rest, nil
}
