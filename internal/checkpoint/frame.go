package checkpoint

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
)

// A journal file and an image are laid out alike; numbers are little-endian:
//
//	+----------------+----------------+----------------+------------+
//	| "weft-j1\n" 8B | generation  8B | first       8B | crc32c  4B |   header: crc of the 24 bytes before it
//	+----------------+----------------+----------------+------------+
//	| length      4B | crc32c      4B | payload (JSON of Record)    |   one record; crc of the payload
//	+----------------+----------------+-----------------------------+
//	| ...
//
// first is the number of the first record in this file, counted from 0 over the
// generation's files. A file that could not be finished is written again under
// the next number with the same first; what is before it then wins nothing. In
// an image it is the number of the first record that the image does not hold.
const (
	magic       = "weft-j1\n"
	headerBytes = 28
	frameBytes  = 8
)

// maxRecordBytes bounds a record: a unit of very many files.
const maxRecordBytes = 64 << 20

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// header is what a journal file or image begins with.
type header struct {
	generation int64
	first      int64
}

func appendHeader(dst []byte, h header) []byte {
	start := len(dst)
	dst = append(dst, magic...)
	dst = binary.LittleEndian.AppendUint64(dst, uint64(h.generation))
	dst = binary.LittleEndian.AppendUint64(dst, uint64(h.first))
	return binary.LittleEndian.AppendUint32(dst, crc32.Checksum(dst[start:], castagnoli))
}

func appendRecord(dst []byte, r Record) ([]byte, error) {
	payload, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("encode journal record: %w", err)
	}
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(payload)))
	dst = binary.LittleEndian.AppendUint32(dst, crc32.Checksum(payload, castagnoli))
	return append(dst, payload...), nil
}

// parseFile returns the records of a file up to the first bad one. whole says
// that there was none. A file shorter than a header has none, and is not whole;
// a header that was written in full and is wrong is ErrCorrupt.
func parseFile(data []byte) (h header, records []Record, whole bool, err error) {
	if len(data) < headerBytes {
		return header{}, nil, false, nil
	}
	if string(data[:len(magic)]) != magic ||
		binary.LittleEndian.Uint32(data[24:]) != crc32.Checksum(data[:24], castagnoli) {
		return header{}, nil, false, fmt.Errorf("%w: not the header of a journal", ErrCorrupt)
	}
	h.generation = int64(binary.LittleEndian.Uint64(data[8:]))
	h.first = int64(binary.LittleEndian.Uint64(data[16:]))
	if h.generation < 1 || h.first < 0 {
		return header{}, nil, false, fmt.Errorf("%w: generation %d, first record %d", ErrCorrupt, h.generation, h.first)
	}
	for data = data[headerBytes:]; len(data) > 0; {
		r, size, ok := parseRecord(data)
		if !ok {
			return h, records, false, nil
		}
		records = append(records, r)
		data = data[size:]
	}
	return h, records, true, nil
}

func parseRecord(data []byte) (r Record, size int, ok bool) {
	if len(data) < frameBytes {
		return Record{}, 0, false
	}
	length := binary.LittleEndian.Uint32(data)
	if length > maxRecordBytes || int(length) > len(data)-frameBytes {
		return Record{}, 0, false
	}
	payload := data[frameBytes : frameBytes+int(length)]
	if crc32.Checksum(payload, castagnoli) != binary.LittleEndian.Uint32(data[4:]) {
		return Record{}, 0, false
	}
	if json.Unmarshal(payload, &r) != nil {
		return Record{}, 0, false
	}
	return r, frameBytes + int(length), true
}
