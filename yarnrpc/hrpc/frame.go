package hrpc

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// MaxFrameBytes is the largest frame that servers take by default (ipc.maximum.data.length) and that Java clients
// accept (ipc.maximum.response.length).
const MaxFrameBytes = 128 << 20

// Auth is the byte of the preamble that says whether SASL follows (Server.AuthProtocol).
type Auth byte

// The two ways to begin.
const (
	AuthNone Auth = 0x00 // no SASL: the context follows at once
	AuthSASL Auth = 0xDF // the client's SASL NEGOTIATE follows
)

// PreambleBytes is the length of what a client sends first.
const PreambleBytes = 7

const ipcVersion = 9

// AppendPreamble appends what a client sends first on a connection.
func AppendPreamble(dst []byte, auth Auth) []byte {
	return append(dst, 'h', 'r', 'p', 'c', ipcVersion, 0, byte(auth))
}

// ParsePreamble reads what AppendPreamble writes.
func ParsePreamble(b []byte) (Auth, error) {
	if len(b) != PreambleBytes || string(b[:4]) != "hrpc" {
		return 0, fmt.Errorf("read preamble: % x is not Hadoop RPC", b)
	}
	if b[4] != ipcVersion {
		return 0, fmt.Errorf("read preamble: IPC version %d, want %d", b[4], ipcVersion)
	}
	if a := Auth(b[6]); a == AuthNone || a == AuthSASL {
		return a, nil
	}
	return 0, fmt.Errorf("read preamble: unknown auth byte %#x", b[6])
}

// Errors of ReadFrame that mean that the peer does not speak Hadoop RPC of this version; no retry helps.
var (
	// ErrHTTP: the port answers in HTTP. A web port was configured where an RPC port is wanted.
	ErrHTTP = errors.New("the peer speaks HTTP, not Hadoop RPC: a web port was given instead of the RPC port")
	// ErrVersion: the peer is older than IPC version 9 (Hadoop 2.0).
	ErrVersion = errors.New("the peer speaks a Hadoop RPC older than version 9")
	// ErrFrameSize: a frame is larger than allowed, or its length is not positive.
	ErrFrameSize = errors.New("frame length out of bounds")
)

// growBytes is how much of an announced frame is allocated before its bytes have arrived.
const growBytes = 64 << 10

// ReadFrame reads one frame and returns its body. limitBytes bounds the body. io.EOF means that the stream ended
// between frames, io.ErrUnexpectedEOF that it ended within one.
func ReadFrame(r io.Reader, limitBytes int) ([]byte, error) {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, err
	}
	if string(head[:]) == "HTTP" {
		return nil, ErrHTTP
	}
	length := int32(binary.BigEndian.Uint32(head[:]))
	if length == -1 {
		return nil, ErrVersion
	}
	if length <= 0 || int64(length) > int64(limitBytes) {
		return nil, fmt.Errorf("read frame: %w: %d bytes, limit %d", ErrFrameSize, length, limitBytes)
	}
	body := make([]byte, 0, min(int(length), growBytes))
	for len(body) < int(length) {
		if len(body) == cap(body) {
			body = append(make([]byte, 0, min(int(length), 2*cap(body))), body...)
		}
		n, err := io.ReadFull(r, body[len(body):cap(body)])
		body = body[:len(body)+n]
		if err != nil {
			return nil, unexpected(err)
		}
	}
	return body, nil
}

func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// appendFrame appends a frame whose body fill appends.
func appendFrame(dst []byte, fill func([]byte) ([]byte, error)) ([]byte, error) {
	start := len(dst)
	dst, err := fill(append(dst, 0, 0, 0, 0))
	if err != nil {
		return nil, err
	}
	length := len(dst) - start - 4
	if length > MaxFrameBytes {
		return nil, fmt.Errorf("write frame: %w: %d bytes, limit %d", ErrFrameSize, length, MaxFrameBytes)
	}
	binary.BigEndian.PutUint32(dst[start:], uint32(length))
	return dst, nil
}
