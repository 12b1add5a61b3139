package tfile

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// errCorrupt is behind every error about the content of a file.
var errCorrupt = errors.New("damaged TFile")

// byteReader is what the decoders read from.
type byteReader interface {
	io.Reader
	io.ByteReader
}

// readInt reads a variable-length integer as
// org.apache.hadoop.io.file.tfile.Utils.readVLong does. It is not the integer
// of WritableUtils. With b the first byte, signed:
//
//	b >= -32            b
//	(b+128)/8 = 7..11   (b+52)<<8  | 1 byte
//	(b+128)/8 = 3..6    (b+88)<<16 | 2 bytes
//	(b+128)/8 = 1..2    (b+112)<<24 | 3 bytes
//	(b+128)/8 = 0       b+129 bytes, big endian, signed
func readInt(r byteReader) (int64, error) {
	first, err := r.ReadByte()
	if err != nil {
		return 0, err
	}
	b := int64(int8(first))
	switch class := (b + 128) / 8; {
	case b >= -32:
		return b, nil
	case class >= 7:
		return readRest(r, b+52, 1)
	case class >= 3:
		return readRest(r, b+88, 2)
	case class >= 1:
		return readRest(r, b+112, 3)
	}
	return readSigned(r, int(b+129))
}

func readRest(r byteReader, high int64, n int) (int64, error) {
	for range n {
		c, err := r.ReadByte()
		if err != nil {
			return 0, unexpected(err)
		}
		high = high<<8 | int64(c)
	}
	return high, nil
}

// readSigned reads an n-byte integer; the format knows 4 to 8 bytes.
func readSigned(r byteReader, n int) (int64, error) {
	if n < 4 || n > 8 {
		return 0, fmt.Errorf("%w: integer of %d bytes", errCorrupt, n)
	}
	first, err := r.ReadByte()
	if err != nil {
		return 0, unexpected(err)
	}
	return readRest(r, int64(int8(first)), n-1)
}

// readSize reads an integer that must lie in 0..limit.
func readSize(r byteReader, what string, limit int64) (int64, error) {
	n, err := readInt(r)
	if err != nil {
		return 0, fmt.Errorf("read %s: %w", what, err)
	}
	if n < 0 || n > limit {
		return 0, fmt.Errorf("%w: %s is %d, at most %d", errCorrupt, what, n, limit)
	}
	return n, nil
}

// readString reads a string of Utils.readString: its length and its UTF-8.
func readString(r byteReader) (string, error) {
	n, err := readSize(r, "length of a string", 1<<16)
	if err != nil {
		return "", err
	}
	text := make([]byte, n)
	if _, err := io.ReadFull(r, text); err != nil {
		return "", fmt.Errorf("read string of %d bytes: %w", n, unexpected(err))
	}
	return string(text), nil
}

// readUTF reads a string of java.io.DataOutput.writeUTF: two bytes of length
// and modified UTF-8, of which the ASCII that stands here is the same.
func readUTF(r byteReader) (string, error) {
	var length [2]byte
	if _, err := io.ReadFull(r, length[:]); err != nil {
		return "", err
	}
	text := make([]byte, binary.BigEndian.Uint16(length[:]))
	if _, err := io.ReadFull(r, text); err != nil {
		return "", fmt.Errorf("read string of %d bytes: %w", len(text), unexpected(err))
	}
	return string(text), nil
}

// unexpected turns the end of input in the middle of something into an error
// that nobody takes for the proper end.
func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
