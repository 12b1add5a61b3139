package yarnrpc

import (
	"bufio"
	"fmt"
	"net"

	"weft/yarnrpc/hrpc"
	"weft/yarnrpc/internal/pb"
	"weft/yarnrpc/sasl"
)

// stream carries frames over a socket. Once a layer is agreed, frames travel inside SASL WRAP messages, and a frame that
// is not wrapped is refused. One goroutine may read while another writes.
type stream struct {
	net      net.Conn
	in       *bufio.Reader
	layer    sasl.Layer // nil: plain frames
	unwrap   unwrapper
	maxFrame int
}

func newStream(c net.Conn, maxFrame int) *stream {
	s := &stream{net: c, in: bufio.NewReaderSize(c, 16<<10), maxFrame: maxFrame}
	s.unwrap.stream = s
	return s
}

// readFrame returns the body of the next frame.
func (s *stream) readFrame() ([]byte, error) {
	if s.layer == nil {
		return hrpc.ReadFrame(s.in, s.maxFrame)
	}
	return hrpc.ReadFrame(&s.unwrap, s.maxFrame)
}

// writeFrame writes a whole frame, length included. On an error the peer has not got all of it: a server acts on
// complete frames only.
func (s *stream) writeFrame(frame []byte) error {
	if s.layer != nil {
		var err error
		if frame, err = s.wrap(frame); err != nil {
			return err
		}
	}
	_, err := s.net.Write(frame)
	return err
}

// wrap cuts a frame into pieces that the peer takes and puts each into a SASL message. The peer joins them again.
func (s *stream) wrap(frame []byte) ([]byte, error) {
	var out []byte
	for len(frame) > 0 {
		n := min(len(frame), s.layer.Limit())
		packet, err := s.layer.Wrap(frame[:n])
		if err != nil {
			return nil, err
		}
		m := &pb.RpcSaslProto{State: pb.RpcSaslProto_WRAP.Enum(), Token: packet}
		if out, err = hrpc.AppendSASL(out, m); err != nil {
			return nil, err
		}
		frame = frame[n:]
	}
	return out, nil
}

// unwrapper is the plain byte stream inside the server's WRAP messages.
type unwrapper struct {
	stream *stream
	plain  []byte
}

// Read implements io.Reader.
func (u *unwrapper) Read(p []byte) (int, error) {
	for len(u.plain) == 0 {
		if err := u.next(); err != nil {
			return 0, err
		}
	}
	n := copy(p, u.plain)
	u.plain = u.plain[n:]
	return n, nil
}

func (u *unwrapper) next() error {
	frame, err := hrpc.ReadFrame(u.stream.in, u.stream.maxFrame)
	if err != nil {
		return err
	}
	r, err := hrpc.ParseResponse(frame)
	if err != nil {
		return err
	}
	var m pb.RpcSaslProto
	if r.CallID == hrpc.CallSASL && r.Status == hrpc.StatusSuccess {
		err = r.Decode(&m)
	}
	if err != nil || m.GetState() != pb.RpcSaslProto_WRAP {
		return fmt.Errorf("%w: frame of call %d is not wrapped", sasl.ErrProtocol, r.CallID)
	}
	u.plain, err = u.stream.layer.Unwrap(m.Token)
	return err
}
