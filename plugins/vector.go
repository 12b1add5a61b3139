package plugins

import "math/bits"

// Vector holds one column's values of a batch, in the layout of Apache Arrow:
// a validity bitmap, and either a fixed-width slice or offsets into a byte
// arena.
//
//	Ints    [v0 v1 v2 ...]                 bool, int64, uint64, date, time, datetime, timestamp
//	Floats  [v0 v1 v2 ...]                 float32, float64
//	Offsets [0 e0 e1 e2 ...]  Data [bytes] decimal, string, bytes, json, and every kind in text form
//
// Value i of the last layout is Data[Offsets[i]:Offsets[i+1]]. A NULL takes a
// place in its slice (zero, or an empty range), so that indices are rows.
//
// The exported slices are for loops that must be fast; everybody else uses
// the methods. A Vector is not safe for concurrent use.
type Vector struct {
	// Kind of the values.
	Kind Kind
	// Text says that the values are held in text form: Data has the
	// canonical text of the kind (see AppendText), whatever the kind. Only a
	// reader that vouches for the text being canonical may set it.
	Text bool
	// Nulls is the number of NULLs. While it is 0, Valid is not looked at.
	Nulls int
	// Valid has bit i%64 of word i/64 set if value i is not NULL.
	Valid []uint64
	// Ints, Floats, Offsets and Data hold the values, as drawn above.
	Ints    []int64
	Floats  []float64
	Offsets []int32
	Data    []byte

	rows int
}

// keepBytes is the arena capacity in bytes that Reset keeps; one huge row must
// not hold its memory for the rest of the split.
const keepBytes = 4 << 20

// Reset empties the vector and sets its kind; capacity is kept for reuse.
func (v *Vector) Reset(kind Kind) {
	v.Kind, v.Text, v.Nulls, v.rows = kind, false, 0, 0
	v.Valid, v.Ints, v.Floats = v.Valid[:0], v.Ints[:0], v.Floats[:0]
	if cap(v.Data) > keepBytes {
		v.Data = nil
	}
	v.Data = v.Data[:0]
	v.Offsets = append(v.Offsets[:0], 0)
}

// ResetText empties the vector, sets its kind and puts it into text form.
func (v *Vector) ResetText(kind Kind) {
	v.Reset(kind)
	v.Text = true
}

// Len is the number of values, NULLs included.
func (v *Vector) Len() int { return v.rows }

// InData says that the values lie in Data, not in Ints or Floats.
func (v *Vector) InData() bool { return v.Text || kindStorage[v.Kind] == inData }

// AppendInt appends a value of a kind held in Ints.
func (v *Vector) AppendInt(x int64) {
	v.Ints = append(v.Ints, x)
	v.appended()
}

// AppendFloat appends a value of a kind held in Floats.
func (v *Vector) AppendFloat(x float64) {
	v.Floats = append(v.Floats, x)
	v.appended()
}

// AppendBytes appends a copy of a value held in Data.
func (v *Vector) AppendBytes(x []byte) {
	v.Data = append(v.Data, x...)
	v.EndValue()
}

// AppendString is AppendBytes for a string.
func (v *Vector) AppendString(x string) {
	v.Data = append(v.Data, x...)
	v.EndValue()
}

// EndValue ends a value whose bytes the caller has appended to Data itself.
func (v *Vector) EndValue() {
	v.Offsets = append(v.Offsets, int32(len(v.Data)))
	v.appended()
}

// AppendNull appends a NULL.
func (v *Vector) AppendNull() {
	switch {
	case v.InData():
		v.Offsets = append(v.Offsets, int32(len(v.Data)))
	case kindStorage[v.Kind] == inFloats:
		v.Floats = append(v.Floats, 0)
	default:
		v.Ints = append(v.Ints, 0)
	}
	if v.Nulls == 0 {
		v.fillValid()
	}
	if v.rows&63 == 0 {
		v.Valid = append(v.Valid, 0)
	}
	v.Nulls++
	v.rows++
}

// appended counts a value just appended. The bitmap is made only when the
// first NULL comes: most columns never have one.
func (v *Vector) appended() {
	if v.Nulls > 0 {
		v.setValid()
	}
	v.rows++
}

func (v *Vector) setValid() {
	if v.rows&63 == 0 {
		v.Valid = append(v.Valid, 0)
	}
	v.Valid[v.rows>>6] |= 1 << (v.rows & 63)
}

func (v *Vector) fillValid() {
	v.Valid = v.Valid[:0]
	for n := v.rows; n > 0; n -= 64 {
		word := ^uint64(0)
		if n < 64 {
			word = 1<<n - 1
		}
		v.Valid = append(v.Valid, word)
	}
}

// IsNull says that value i is NULL.
func (v *Vector) IsNull(i int) bool {
	return v.Nulls > 0 && v.Valid[i>>6]&(1<<(i&63)) == 0
}

// Bytes returns value i of a vector for which InData is true. The slice is
// valid until the vector changes; a NULL gives an empty one.
func (v *Vector) Bytes(i int) []byte { return v.Data[v.Offsets[i]:v.Offsets[i+1]] }

// Truncate cuts the vector back to its first n values; a reader uses it to
// take back a row that it refuses half-way. Bytes in Data that no EndValue has
// made a value of go too, even if n is Len.
func (v *Vector) Truncate(n int) {
	if v.InData() && len(v.Offsets) > 0 {
		v.Data = v.Data[:v.Offsets[min(n, v.rows)]]
	}
	if n >= v.rows {
		return
	}
	v.rows = n
	switch {
	case v.InData():
		v.Offsets = v.Offsets[:n+1]
	case kindStorage[v.Kind] == inFloats:
		v.Floats = v.Floats[:n]
	default:
		v.Ints = v.Ints[:n]
	}
	if v.Nulls > 0 {
		v.truncateValid(n)
	}
}

func (v *Vector) truncateValid(n int) {
	v.Valid = v.Valid[:(n+63)/64]
	if n&63 != 0 {
		v.Valid[n>>6] &= 1<<(n&63) - 1
	}
	valid := 0
	for _, word := range v.Valid {
		valid += bits.OnesCount64(word)
	}
	v.Nulls = n - valid
}

// Append appends value i of src, which has the same Kind and Text.
func (v *Vector) Append(src *Vector, i int) {
	switch {
	case src.IsNull(i):
		v.AppendNull()
	case src.InData():
		v.AppendBytes(src.Bytes(i))
	case kindStorage[src.Kind] == inFloats:
		v.AppendFloat(src.Floats[i])
	default:
		v.AppendInt(src.Ints[i])
	}
}
