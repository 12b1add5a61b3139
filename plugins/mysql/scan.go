package mysql

import "encoding/binary"

// scan takes the fields of a packet off its front. The first field that is not
// there sets bad, and everything after it is zero: callers check once.
type scan struct {
	p   []byte
	bad bool
}

func (s *scan) bytes(n int) []byte {
	if n < 0 || n > len(s.p) {
		s.bad, s.p = true, nil
		return nil
	}
	field := s.p[:n]
	s.p = s.p[n:]
	return field
}

func (s *scan) uint8() int {
	if b := s.bytes(1); b != nil {
		return int(b[0])
	}
	return 0
}

func (s *scan) uint16() int {
	if b := s.bytes(2); b != nil {
		return int(binary.LittleEndian.Uint16(b))
	}
	return 0
}

func (s *scan) uint32() uint32 {
	if b := s.bytes(4); b != nil {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}

// length takes a length-encoded integer ("Protocol::LengthEncodedInteger").
func (s *scan) length() int {
	n, next := lengthAt(s.p, 0)
	if next < 0 {
		s.bad, s.p = true, nil
		return 0
	}
	s.p = s.p[next:]
	return n
}

// text takes a length-encoded string.
func (s *scan) text() string { return string(s.bytes(s.length())) }

// lengthAt reads the length-encoded integer at p[i] and returns it with the
// index behind it, or a negative index if there is none or it is beyond what
// a packet can hold:
//
//	0..250          the value
//	252, 253, 254   two, three, eight bytes follow, little endian
func lengthAt(p []byte, i int) (n, next int) {
	if i >= len(p) {
		return 0, -1
	}
	first := p[i]
	if first <= 250 {
		return int(first), i + 1
	}
	rest := p[i+1:]
	switch {
	case first == 252 && len(rest) >= 2:
		return int(binary.LittleEndian.Uint16(rest)), i + 3
	case first == 253 && len(rest) >= 3:
		return int(rest[0]) | int(rest[1])<<8 | int(rest[2])<<16, i + 4
	case first == 254 && len(rest) >= 8:
		if v := binary.LittleEndian.Uint64(rest); v < 1<<40 {
			return int(v), i + 9
		}
	}
	return 0, -1
}
