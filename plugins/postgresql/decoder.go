package postgresql

import (
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"weft/internal/sqlread"
	"weft/plugins"
)

// wireColumn is one column of a result in the order of the wire: the columns
// of the key come first, so that the place of a row is known even if the row
// is too large to be read to its end.
type wireColumn struct {
	name   string
	column plugins.Column
	// out is its place in the batch; -1 for a key column that is only read
	// for the position.
	out     int
	special specialPolicy
	decode  decodeFunc
}

// decoder turns the tuples of one result into vectors.
type decoder struct {
	columns []wireColumn
	keys    int // the first keys columns are the key
	// hidden takes the values of columns that the job did not ask for.
	hidden []plugins.Vector
	// last is the beginning of the last tuple, up to the end of its key.
	last []byte
}

func newDecoder(columns []wireColumn, keys int) *decoder {
	return &decoder{columns: columns, keys: keys, hidden: make([]plugins.Vector, len(columns))}
}

// row decodes one tuple into the vectors:
//
//	| fields, 2 | length, 4 | value | length, 4 | value ...    a length of -1 is NULL
//
// Of a refused row it returns the guilty column; vectors are then longer for
// some columns than for others, and the caller takes the row back.
func (d *decoder) row(p []byte, out []plugins.Vector) (guilty int, why verdict) {
	if len(p) < 2 || int(binary.BigEndian.Uint16(p)) != len(d.columns) {
		return 0, malformed
	}
	i := 2
	for k := range d.columns {
		c := &d.columns[k]
		if len(p)-i < 4 {
			return k, malformed
		}
		n := int(int32(binary.BigEndian.Uint32(p[i:])))
		i += 4
		vector := d.vector(k, out)
		switch {
		case n == -1:
			vector.AppendNull()
		case n < 0 || n > len(p)-i:
			return k, malformed
		default:
			if why := c.decode(c, vector, p[i:i+n]); why != decoded {
				return k, why
			}
			i += n
		}
		if k+1 == d.keys {
			d.last = append(d.last[:0], p[:i]...)
		}
	}
	if i != len(p) {
		return 0, malformed
	}
	return 0, decoded
}

// vector returns where column k goes.
func (d *decoder) vector(k int, out []plugins.Vector) *plugins.Vector {
	if at := d.columns[k].out; at >= 0 {
		return &out[at]
	}
	v := &d.hidden[k]
	v.Reset(d.columns[k].column.Kind)
	return v
}

// fieldAt takes the field at p[i]; next is negative if it is not whole.
func fieldAt(p []byte, i int) (value []byte, null bool, next int) {
	if i < 0 || len(p)-i < 4 {
		return nil, false, -1
	}
	n := int(int32(binary.BigEndian.Uint32(p[i:])))
	i += 4
	switch {
	case n == -1:
		return nil, true, i
	case n < 0 || n > len(p)-i:
		return p[i:], false, -1
	}
	return p[i : i+n], false, i + n
}

// place returns the key at the beginning of a tuple as a tuple of texts.
func (d *decoder) place(p []byte) (sqlread.Tuple, error) {
	t := make(sqlread.Tuple, d.keys)
	i := 2
	for k := range t {
		value, null, next := fieldAt(p, i)
		if null || next < 0 {
			return nil, fmt.Errorf("column %s of the key is not there", d.columns[k].name)
		}
		c := &d.columns[k]
		plain := *c
		plain.special = specialError
		var v plugins.Vector
		v.Reset(c.column.Kind)
		switch why := c.decode(&plain, &v, value); {
		case c.column.Kind == plugins.KindBytes:
			t[k] = hex.EncodeToString(value)
		case why == decoded:
			t[k] = string(plugins.AppendText(nil, &v, 0, 6))
		case why == specialValue:
			t[k] = specialName(c.column.Kind, value)
		default:
			return nil, fmt.Errorf("column %s of the key holds a value that is no position", c.name)
		}
		i = next
	}
	return t, nil
}

// refuse records a row that was refused for its own content. A row that is not
// what the protocol says is no such row: then the connection is at fault.
func (r *Reader) refuse(b *plugins.Batch, p []byte, column int, why verdict) error {
	refusal, known := refusals[why]
	if !known {
		return fmt.Errorf("read row: column %s: not what the protocol says", r.decoder.columns[column].name)
	}
	c := r.decoder.columns[column]
	b.Refuse(plugins.Refusal{
		RowError: plugins.RowError{Column: c.name, Code: refusal.code, Cause: fmt.Sprintf("column %s (%s): %s", c.name, c.column.SourceType, refusal.text)},
		Raw:      r.decoder.raw(p),
	}, len(p))
	return r.remember(p)
}

// refuseLarge records a row of which only a prefix was kept.
func (r *Reader) refuseLarge(b *plugins.Batch, prefix []byte, size int) error {
	b.Refuse(plugins.Refusal{
		RowError: plugins.RowError{Code: plugins.RowTooLarge,
			Cause: fmt.Sprintf("the row has %d bytes, the limit is %d (maxRowBytes)", size, r.setup.MaxRowBytes)},
		Raw: r.decoder.raw(prefix),
	}, size)
	return r.remember(prefix)
}

// remember keeps the place of a refused row: it was read, too.
func (r *Reader) remember(p []byte) error {
	if !r.current.Ordered {
		return nil
	}
	if _, err := r.decoder.place(p); err != nil {
		return errors.Join(errors.New("find the place of a refused row"), err)
	}
	r.decoder.last = append(r.decoder.last[:0], p[:min(len(p), prefixBytes)]...)
	return nil
}

// raw renders a tuple, or the prefix of one, as a JSON object of column texts,
// as far as it can be read. What is no text is in hexadecimal behind 0x.
func (d *decoder) raw(p []byte) string {
	var out strings.Builder
	sep, i := "{", 2
	for k := range d.columns {
		value, null, next := fieldAt(p, i)
		if next < 0 && len(value) == 0 {
			break
		}
		name, _ := json.Marshal(d.columns[k].name)
		out.WriteString(sep)
		out.Write(name)
		out.WriteByte(':')
		out.WriteString(d.rawValue(&d.columns[k], value, null))
		sep, i = ",", next
	}
	if sep == "{" {
		return "{}"
	}
	return out.String() + "}"
}

func (d *decoder) rawValue(c *wireColumn, value []byte, null bool) string {
	if null {
		return "null"
	}
	plain := *c
	plain.special = specialError
	var v plugins.Vector
	v.Reset(c.column.Kind)
	shown := "0x" + hex.EncodeToString(value[:min(len(value), plugins.MaxRawValueBytes)])
	switch {
	case c.decode(&plain, &v, value) == decoded:
		shown = plugins.CutRaw(string(plugins.AppendText(nil, &v, 0, c.column.Scale)))
	case len(value) > 0 && c.decode(&plain, &v, value) == specialValue:
		shown = specialName(c.column.Kind, value)
	case len(value) > plugins.MaxRawValueBytes && c.column.Kind == plugins.KindString:
		shown = plugins.CutRaw(strings.ToValidUTF8(string(value), "\ufffd"))
	}
	text, _ := json.Marshal(shown)
	return string(text)
}

// specialName is the server's word for a value that specialTo decides on.
func specialName(kind plugins.Kind, value []byte) string {
	switch {
	case kind == plugins.KindDecimal && binary.BigEndian.Uint16(value[4:]) == numericSpecial:
		return "NaN"
	case kind == plugins.KindDecimal && binary.BigEndian.Uint16(value[4:]) == 0xf000, kind != plugins.KindDecimal && value[0] == 0x80:
		return "-infinity"
	}
	return "infinity"
}
