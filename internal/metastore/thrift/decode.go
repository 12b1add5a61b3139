package thrift

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
)

// Bounds of what is taken from a peer. A table of 10,000 columns is 1 MB; the
// bound of the whole message is that of TConfiguration.DEFAULT_MAX_MESSAGE_SIZE.
const (
	maxMessageBytes = 100 << 20
	maxDepth        = 64
	// chunkBytes is what is allocated ahead of the bytes that arrive.
	chunkBytes = 64 << 10
)

// ErrMalformed: the peer sent what is no Thrift, or more than is taken. The
// connection is of no use any more.
var ErrMalformed = errors.New("malformed thrift message")

// decoder reads values. After the first error all others are zero.
type decoder struct {
	r    io.Reader
	left int // bytes that may still come
	err  error
}

// Decode reads one struct. ErrMalformed, wrapped, for what is none; an error of
// r as it is, io.ErrUnexpectedEOF where it ends in the middle.
func Decode(r io.Reader) (Struct, error) {
	d := &decoder{r: r, left: maxMessageBytes}
	s := d.fields(0)
	return s, d.err
}

func (d *decoder) fail(format string, args ...any) {
	if d.err == nil {
		d.err = fmt.Errorf("%w: "+format, append([]any{ErrMalformed}, args...)...)
	}
}

// take reads n bytes, without trusting n.
func (d *decoder) take(n int) []byte {
	if d.err == nil && (n < 0 || n > d.left) {
		d.fail("a length of %d bytes", n)
	}
	if d.err != nil {
		return nil
	}
	d.left -= n
	var out []byte
	for len(out) < n {
		have := len(out)
		out = append(out, make([]byte, min(n-have, max(chunkBytes, have)))...)
		if _, err := io.ReadFull(d.r, out[have:]); err != nil {
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			d.err = err
			return nil
		}
	}
	return out
}

// number reads a big-endian number of n bytes.
func (d *decoder) number(n int) uint64 {
	var wide [8]byte
	copy(wide[8-n:], d.take(n))
	return binary.BigEndian.Uint64(wide[:])
}

func (d *decoder) fields(depth int) Struct {
	s := Struct{}
	for d.err == nil {
		t := Type(d.number(1))
		if t == 0 {
			return s
		}
		id := int16(d.number(2))
		s = append(s, Field{ID: id, Value: d.value(t, depth+1)})
	}
	return nil
}

func (d *decoder) value(t Type, depth int) Value {
	if depth > maxDepth {
		d.fail("more than %d levels", maxDepth)
	}
	if d.err != nil {
		return nil
	}
	switch t {
	case TypeBool:
		return d.number(1) != 0
	case TypeByte:
		return int8(d.number(1))
	case TypeDouble:
		return math.Float64frombits(d.number(8))
	case TypeI16:
		return int16(d.number(2))
	case TypeI32:
		return int32(d.number(4))
	case TypeI64:
		return int64(d.number(8))
	case TypeString:
		return string(d.take(int(int32(d.number(4)))))
	case TypeStruct:
		return d.fields(depth)
	case TypeMap:
		return d.pairs(depth)
	case TypeSet, TypeList:
		return d.items(t == TypeSet, depth)
	}
	d.fail("type %d", t)
	return nil
}

// count reads a number of items, each of which takes a byte at least.
func (d *decoder) count() int {
	n := int(int32(d.number(4)))
	if d.err == nil && (n < 0 || n > d.left) {
		d.fail("%d items", n)
	}
	return n
}

func (d *decoder) items(set bool, depth int) *List {
	l := &List{Set: set, Elem: Type(d.number(1))}
	n := d.count()
	for i := 0; i < n && d.err == nil; i++ {
		l.Items = append(l.Items, d.value(l.Elem, depth+1))
	}
	return l
}

func (d *decoder) pairs(depth int) *Map {
	m := &Map{Key: Type(d.number(1)), Elem: Type(d.number(1))}
	n := d.count()
	for i := 0; i < n && d.err == nil; i++ {
		m.Pairs = append(m.Pairs, [2]Value{d.value(m.Key, depth+1), d.value(m.Elem, depth+1)})
	}
	return m
}
