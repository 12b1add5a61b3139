package token

import (
	"errors"
	"io"
)

// A vint (WritableUtils.writeVLong): -112..127 stand for themselves in one byte. Otherwise the first byte tells sign
// and length, and the magnitude (for negative numbers its one's complement) follows, big-endian, without leading zeros:
//
//	first byte -113..-120: positive, 1..8 bytes follow      first byte -121..-128: negative, 1..8 bytes follow

func appendVint(dst []byte, n int64) []byte {
	if n >= -112 && n <= 127 {
		return append(dst, byte(n))
	}
	first := int64(-112)
	if n < 0 {
		n, first = ^n, -120
	}
	size := 0
	for m := uint64(n); m != 0; m >>= 8 {
		size++
	}
	dst = append(dst, byte(first-int64(size)))
	for i := size - 1; i >= 0; i-- {
		dst = append(dst, byte(n>>(8*i)))
	}
	return dst
}

func appendText(dst []byte, s string) []byte { return append(appendVint(dst, int64(len(s))), s...) }

func appendBytes(dst, b []byte) []byte { return append(appendVint(dst, int64(len(b))), b...) }

func appendToken(dst []byte, t Token) []byte {
	dst = appendBytes(dst, t.Identifier)
	dst = appendBytes(dst, t.Password)
	dst = appendText(dst, t.Kind)
	return appendText(dst, t.Service)
}

// errLength is returned for a length that the remaining bytes cannot fill.
var errLength = errors.New("length is negative or larger than the rest of the input")

// reader takes Writable values off a buffer. After the first error every method returns zero values.
type reader struct {
	buf []byte
	err error
}

func (r *reader) take(n int64) []byte {
	if r.err != nil {
		return nil
	}
	if n < 0 || n > int64(len(r.buf)) {
		r.err = errLength
		return nil
	}
	out := r.buf[:n:n]
	r.buf = r.buf[n:]
	return out
}

func (r *reader) byte() byte {
	if r.err == nil && len(r.buf) == 0 {
		r.err = io.ErrUnexpectedEOF
	}
	if b := r.take(1); len(b) == 1 {
		return b[0]
	}
	return 0
}

func (r *reader) vint() int64 {
	first := int8(r.byte())
	if first >= -112 {
		return int64(first)
	}
	size, negative := int64(-112-int(first)), false
	if first < -120 {
		size, negative = int64(-120-int(first)), true
	}
	var n uint64
	for _, b := range r.take(size) {
		n = n<<8 | uint64(b)
	}
	if negative {
		n = ^n
	}
	return int64(n)
}

// bytes returns a copy: what is decoded must not keep a whole file alive, nor change with it.
func (r *reader) bytes() []byte { return append([]byte(nil), r.take(r.vint())...) }

func (r *reader) text() string { return string(r.take(r.vint())) }

func (r *reader) token() Token {
	return Token{Identifier: r.bytes(), Password: r.bytes(), Kind: r.text(), Service: r.text()}
}
