package compare

import (
	"crypto/sha256"
	"encoding/binary"
	"math/bits"
)

// field is one value: nil is NULL.
type field = []byte

// sum identifies a multiset of rows: their number and the sum modulo 2^128 of the first 16 bytes of their SHA-256.
type sum struct {
	rows   int64
	hi, lo uint64
}

func (s *sum) add(h [32]byte) {
	var carry uint64
	s.lo, carry = bits.Add64(s.lo, binary.BigEndian.Uint64(h[8:]), 0)
	s.hi, _ = bits.Add64(s.hi, binary.BigEndian.Uint64(h[:]), carry)
	s.rows++
}

// buckets is how many classes the rows are cut into, by the hash of their first column: after a difference only the
// rows of one class have to be looked at again.
const buckets = 4096

// digest sums up all rows of one side.
type digest struct {
	all sum
	by  [buckets]sum
	buf []byte
}

// add takes one row.
func (d *digest) add(row []field) {
	h := d.hash(row)
	d.all.add(h)
	d.by[bucketOf(row)].add(h)
}

// hash distinguishes rows: each field is preceded by its length plus one, NULL is the length zero.
func (d *digest) hash(row []field) [32]byte {
	d.buf = d.buf[:0]
	for _, f := range row {
		if f == nil {
			d.buf = binary.AppendUvarint(d.buf, 0)
			continue
		}
		d.buf = binary.AppendUvarint(d.buf, uint64(len(f))+1)
		d.buf = append(d.buf, f...)
	}
	return sha256.Sum256(d.buf)
}

func bucketOf(row []field) int {
	h := sha256.Sum256(row[0])
	return int(binary.BigEndian.Uint16(h[:])) % buckets
}

// firstDifference returns the class with the fewest rows among those in which the two sides differ, -1 if none does.
func (d *digest) firstDifference(other *digest) int {
	found := -1
	for i := range d.by {
		if d.by[i] != other.by[i] && (found < 0 || d.by[i].rows < d.by[found].rows) {
			found = i
		}
	}
	return found
}
