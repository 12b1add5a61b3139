package plugins

import (
	"encoding/binary"
	"math"
	"math/bits"
)

// Constants of the row hash: odd 64-bit numbers with an even mix of bits.
const (
	hashSeed  = 0x9e3779b97f4a7c15
	hashNull  = 0xd6e8feb86659fd93
	hashMul   = 0xa0761d6478bd642f
	hashBytes = 0xe7037ed1a0b428db
)

// mix folds a 128-bit product, the step of the wyhash family.
func mix(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi ^ lo
}

// HashRows sets dst[i] to the hash of row i of b, for all b.Rows rows, and
// returns dst, grown if need be. The hash covers the values of all columns in
// their order, NULLs told apart from empty values. It depends on the meaning
// of a value, not on how the vector holds it: the canonical text of an int64
// hashes as the int64.
//
// Summed modulo 2^64 over rows, it compares two sets of rows whatever their
// order; that is how runs are verified. It is no defence against forgery.
func HashRows(dst []uint64, b *Batch) []uint64 {
	if cap(dst) < b.Rows {
		dst = make([]uint64, b.Rows)
	}
	dst = dst[:b.Rows]
	for i := range dst {
		dst[i] = hashSeed
	}
	for c := range b.Columns {
		hashColumn(dst, &b.Columns[c])
	}
	return dst
}

func hashColumn(dst []uint64, v *Vector) {
	switch {
	case v.Text && (kindStorage[v.Kind] != inData || v.Kind == KindBytes):
		hashTexts(dst, v)
	case v.InData():
		hashBytesOf(dst, v)
	case kindStorage[v.Kind] == inFloats:
		for i := range dst {
			hashFixed(dst, v, i, floatBits(v.Floats[i]))
		}
	case v.Nulls == 0: // nearly always
		for i, x := range v.Ints[:len(dst)] {
			dst[i] = mix(dst[i]^uint64(x), hashMul)
		}
	default:
		for i := range dst {
			hashFixed(dst, v, i, uint64(v.Ints[i]))
		}
	}
}

// hashBytesOf hashes values held in Data.
func hashBytesOf(dst []uint64, v *Vector) {
	ends := v.Offsets[1 : len(dst)+1]
	from := v.Offsets[0]
	for i, end := range ends {
		value := uint64(hashNull)
		if !v.IsNull(i) {
			value = hashValue(v.Data[from:end])
		}
		dst[i] = mix(dst[i]^value, hashMul)
		from = end
	}
}

func hashFixed(dst []uint64, v *Vector, i int, value uint64) {
	if v.IsNull(i) {
		value = hashNull
	}
	dst[i] = mix(dst[i]^value, hashMul)
}

// hashTexts hashes values held in text form as if they were parsed.
func hashTexts(dst []uint64, v *Vector) {
	var one Vector
	for i := range dst {
		if v.IsNull(i) {
			hashFixed(dst, v, i, 0)
			continue
		}
		one.Reset(v.Kind)
		if err := ParseText(&one, v.Bytes(i)); err != nil {
			// Not canonical after all: hashed as what it is, so that it
			// differs from any well-formed value.
			dst[i] = mix(dst[i]^hashValue(v.Bytes(i)), hashBytes)
			continue
		}
		switch kindStorage[v.Kind] {
		case inData:
			dst[i] = mix(dst[i]^hashValue(one.Data), hashMul)
		case inFloats:
			hashFixed(dst, v, i, floatBits(one.Floats[0]))
		default:
			hashFixed(dst, v, i, uint64(one.Ints[0]))
		}
	}
}

// floatBits returns the bits of x, the same for every NaN: they all have one
// text.
func floatBits(x float64) uint64 {
	if math.IsNaN(x) {
		return math.Float64bits(math.NaN())
	}
	return math.Float64bits(x)
}

// hashValue hashes bytes, 16 at a step; the length is part of it.
func hashValue(p []byte) uint64 {
	h := uint64(len(p)) ^ hashBytes
	for ; len(p) >= 16; p = p[16:] {
		h = mix(binary.LittleEndian.Uint64(p)^hashMul, binary.LittleEndian.Uint64(p[8:])^h)
	}
	if len(p) >= 8 {
		h = mix(binary.LittleEndian.Uint64(p)^hashMul, binary.LittleEndian.Uint64(p[len(p)-8:])^h)
		return mix(h, hashSeed)
	}
	return mix(h^tailOf(p), hashSeed)
}

// tailOf returns up to seven bytes as a number, the first lowest.
func tailOf(p []byte) uint64 {
	if n := len(p); n >= 4 {
		return uint64(binary.LittleEndian.Uint32(p)) | uint64(binary.LittleEndian.Uint32(p[n-4:]))<<(8*(n-4))
	}
	var tail uint64
	for i, c := range p {
		tail |= uint64(c) << (8 * i)
	}
	return tail
}
