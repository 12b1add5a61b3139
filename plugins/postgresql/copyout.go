package postgresql

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"time"
)

// copyOut is the answer to one COPY ... TO STDOUT (FORMAT binary):
//
//	CopyOutResponse
//	CopyData   header | tuple        (the header may stand alone)
//	CopyData   tuple                 one message a row ("COPY Operations")
//	CopyData   -1, 2 bytes
//	CopyDone  CommandComplete  ReadyForQuery
//
//	header: "PGCOPY\n\377\r\n\0" | flags, 4 | length of more, 4 | more
type copyOut struct {
	in      *messages
	started bool // the header was read
}

var copySignature = []byte("PGCOPY\n\xff\r\n\x00")

// errEnd says that a copy has come to its end; the connection is idle.
var errEnd = errors.New("end of copy")

// startCopy sends the statement and waits, limit at most, until rows come.
func startCopy(ctx context.Context, in *messages, statement string, limit time.Duration) (*copyOut, error) {
	defer in.watch(ctx)()
	if err := in.send(statement, limit); err != nil {
		return nil, err
	}
	idle := in.idle
	in.idle = limit
	defer func() { in.idle = idle }()
	kind, payload, _, err := in.next(ctx, controlBytes)
	switch {
	case err != nil:
		return nil, err
	case kind == messageError:
		return nil, failCopy(ctx, in, payload)
	case kind != messageCopyOut:
		return nil, fmt.Errorf("start copy: message %q where rows were expected", kind)
	}
	return &copyOut{in: in}, nil
}

// failCopy returns the server's error; the answer is read to its end, so that
// the connection can be used again.
func failCopy(ctx context.Context, in *messages, payload []byte) error {
	failure := serverError(payload)
	for {
		kind, _, _, err := in.next(ctx, controlBytes)
		if err != nil {
			return failure // a FATAL error ends the connection, too
		}
		if kind == messageReady {
			return errors.Join(failure, in.rest())
		}
	}
}

// next returns the next tuple and its size, as messages.next does, or errEnd.
func (c *copyOut) next(ctx context.Context, limit int) (tuple []byte, size int, err error) {
	for {
		kind, payload, size, err := c.in.next(ctx, limit)
		switch {
		case err != nil:
			return nil, 0, err
		case kind == messageError:
			return nil, 0, failCopy(ctx, c.in, payload)
		case kind == messageReady:
			if err := c.in.rest(); err != nil {
				return nil, 0, err
			}
			return nil, 0, errEnd
		case kind == messageCopyDone || kind == messageComplete:
			continue
		case kind != messageCopyData:
			return nil, 0, fmt.Errorf("read copy: message %q among the rows", kind)
		}
		if !c.started {
			n, err := headerLength(payload)
			if err != nil {
				return nil, 0, err
			}
			c.started = true
			payload, size = payload[n:], size-n
		}
		if size == 0 || size == 2 && payload[0] == 0xff && payload[1] == 0xff {
			continue // the header alone, or the trailer
		}
		return payload, size, nil
	}
}

// headerLength checks the header at the front of p.
func headerLength(p []byte) (int, error) {
	fixed := len(copySignature) + 8
	if len(p) < fixed || !bytes.Equal(p[:len(copySignature)], copySignature) {
		return 0, errors.New("read copy: what comes is no binary copy")
	}
	flags := binary.BigEndian.Uint32(p[len(copySignature):])
	more := int(int32(binary.BigEndian.Uint32(p[len(copySignature)+4:])))
	if flags>>16 != 0 || more < 0 || more > len(p)-fixed {
		return 0, fmt.Errorf("read copy: a header with flags %08x and %d bytes more", flags, more)
	}
	return fixed + more, nil
}
