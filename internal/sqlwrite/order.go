package sqlwrite

import (
	"bytes"
	"cmp"
	"slices"

	"weft/plugins"
)

// Order returns the indices of b's rows in the order of the key columns given,
// into dst. Transactions that touch rows in one order do not deadlock with each
// other on them. The order is total and the same in every process, but not the
// server's; rows of one key stay in the order of the source, so that the last
// one wins. Vectors in text form are compared as texts.
func Order(dst []int32, b *plugins.Batch, key []int) []int32 {
	dst = slices.Grow(dst[:0], b.Rows)[:b.Rows]
	for i := range dst {
		dst[i] = int32(i)
	}
	if len(key) == 1 && ordered(&b.Columns[key[0]]) {
		return dst
	}
	slices.SortStableFunc(dst, func(i, j int32) int {
		for _, c := range key {
			if d := compare(&b.Columns[c], int(i), int(j)); d != 0 {
				return d
			}
		}
		return 0
	})
	return dst
}

// ordered says that integers already ascend, as they mostly do.
func ordered(v *plugins.Vector) bool {
	return !v.InData() && v.Nulls == 0 && v.Kind != plugins.KindUint64 && len(v.Ints) == v.Len() && slices.IsSorted(v.Ints)
}

func compare(v *plugins.Vector, i, j int) int {
	switch ni, nj := v.IsNull(i), v.IsNull(j); {
	case ni && nj:
		return 0
	case ni:
		return -1
	case nj:
		return 1
	case v.InData():
		return bytes.Compare(v.Bytes(i), v.Bytes(j))
	case v.Kind == plugins.KindFloat32 || v.Kind == plugins.KindFloat64:
		return cmp.Compare(v.Floats[i], v.Floats[j])
	case v.Kind == plugins.KindUint64:
		return cmp.Compare(uint64(v.Ints[i]), uint64(v.Ints[j]))
	}
	return cmp.Compare(v.Ints[i], v.Ints[j])
}
