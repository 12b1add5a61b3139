package mysql

import (
	"fmt"

	"weft/plugins"
)

// verdict is where decoding of a value ended: the index behind it, or a
// negative number that says why the value was refused.
type verdict = int

// The refusals.
const (
	// malformed: the packet is not what the protocol says. No row is dirty
	// for it: the connection cannot be trusted any further.
	malformed verdict = -1 - iota
	// notUTF8: the bytes of a text are no UTF-8.
	notUTF8
	// zeroDate: a zero date where the policy says error.
	zeroDate
	// noDate: a day that the calendar does not have, such as 30 February.
	noDate
	// noNumber: a number that is none, or has other digits than declared.
	noNumber
)

var refusals = map[verdict]struct {
	code plugins.RowCode
	text string
}{
	notUTF8:  {plugins.RowEncoding, "the bytes are no UTF-8 text"},
	zeroDate: {plugins.RowConversion, "a zero date, which zeroDate: error refuses"},
	noDate:   {plugins.RowConversion, "no day of the calendar"},
	noNumber: {plugins.RowConversion, "not a number of the declared form"},
}

// wireColumn is one column of a result in the order of the wire: the columns
// of the key come first, so that the place of a row is known even if the row
// is too large to be read to its end.
type wireColumn struct {
	definition
	// column is what the reader delivers it as.
	column plugins.Column
	// out is its place in the batch; -1 for a key column that is only read
	// for the position.
	out int
	// zero is the policy for zero dates.
	zero zeroPolicy
	// decode appends the value at p[i] to v.
	decode func(c *wireColumn, v *plugins.Vector, p []byte, i int) verdict
}

// decoder turns the rows of one result into vectors.
type decoder struct {
	columns []wireColumn
	keys    int  // the first keys columns are the key
	text    bool // text protocol instead of binary
	nulls   int  // bytes of the binary row's NULL bitmap
	// hidden takes the values of key columns that the job did not ask for.
	hidden []plugins.Vector
	// last is the beginning of the last row, up to the end of its key.
	last []byte
}

func newDecoder(columns []wireColumn, keys int, text bool) *decoder {
	d := &decoder{columns: columns, keys: keys, text: text, nulls: (len(columns) + 9) / 8}
	d.hidden = make([]plugins.Vector, len(columns))
	for i := range columns {
		c := &columns[i]
		c.decode = binaryDecode(c.definition, c.column)
		if text {
			c.decode = textDecode(c.definition, c.column)
		}
	}
	return d
}

// row decodes one row into the vectors. On a refusal it returns the guilty
// column and the verdict; vectors are then longer for some columns than for
// others and the caller takes the row back.
func (d *decoder) row(p []byte, out []plugins.Vector) (guilty int, v verdict) {
	if d.text {
		return d.textRow(p, out)
	}
	return d.binaryRow(p, out)
}

// binaryRow decodes a row of the binary protocol ("ProtocolBinary::ResultsetRow"):
//
//	| 0x00 | NULL bitmap, bit 2 is the first column | values that are not NULL |
func (d *decoder) binaryRow(p []byte, out []plugins.Vector) (guilty int, v verdict) {
	i := 1 + d.nulls
	if len(p) < i || p[0] != 0 {
		return 0, malformed
	}
	bitmap := p[1:i]
	var any byte
	for _, b := range bitmap {
		any |= b
	}
	for k := range d.columns {
		c := &d.columns[k]
		var vector *plugins.Vector
		if c.out >= 0 {
			vector = &out[c.out]
		} else {
			vector = d.hide(k)
		}
		if any != 0 && bitmap[(k+2)>>3]&(1<<((k+2)&7)) != 0 {
			vector.AppendNull()
		} else if i = c.decode(c, vector, p, i); i < 0 {
			return k, i
		}
		if k+1 == d.keys {
			d.last = append(d.last[:0], p[:i]...)
		}
	}
	if i != len(p) {
		return 0, malformed
	}
	return 0, i
}

// textRow decodes a row of the text protocol: a length-encoded string for each
// value, 0xfb for NULL.
func (d *decoder) textRow(p []byte, out []plugins.Vector) (guilty int, v verdict) {
	i := 0
	for k := range d.columns {
		c := &d.columns[k]
		var vector *plugins.Vector
		if c.out >= 0 {
			vector = &out[c.out]
		} else {
			vector = d.hide(k)
		}
		if i < len(p) && p[i] == 0xfb {
			vector.AppendNull()
			i++
		} else if i = c.decode(c, vector, p, i); i < 0 {
			return k, i
		}
		if k+1 == d.keys {
			d.last = append(d.last[:0], p[:i]...)
		}
	}
	if i != len(p) {
		return 0, malformed
	}
	return 0, i
}

// hide returns where the value of a key column goes that is only read for the
// position.
func (d *decoder) hide(k int) *plugins.Vector {
	hidden := &d.hidden[k]
	hidden.Reset(d.columns[k].column.Kind)
	return hidden
}

// place returns the key of the row that begins with p, as texts. It works on
// the prefix of a row, too, and is called once per batch.
func (d *decoder) place(p []byte) ([]string, error) {
	key := make([]string, 0, d.keys)
	i := 0
	if !d.text {
		i = 1 + d.nulls
	}
	for k := range d.keys {
		c := d.columns[k].asText()
		var v plugins.Vector
		v.Reset(c.column.Kind)
		if i > len(p) {
			return nil, fmt.Errorf("read key column %s: the row ends before it", c.name)
		}
		if i = c.decode(&c, &v, p, i); i < 0 || v.Len() != 1 || v.IsNull(0) {
			return nil, fmt.Errorf("read key column %s: no value that could be a position", c.name)
		}
		key = append(key, keyText(&v, c.column.Scale))
	}
	return key, nil
}

// asText returns c so changed that dates, zero dates among them, are decoded as
// the server's text.
func (c wireColumn) asText() wireColumn {
	if c.typ == typeDate || c.typ == typeDatetime || c.typ == typeTimestamp {
		c.column.Kind = plugins.KindString
	}
	return c
}

// keyText writes a value as sqlread.Tuple holds it.
func keyText(v *plugins.Vector, scale int) string {
	if v.Kind == plugins.KindBytes {
		return fmt.Sprintf("%x", v.Bytes(0))
	}
	return string(plugins.AppendText(nil, v, 0, scale))
}
