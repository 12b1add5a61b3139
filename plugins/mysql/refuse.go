package mysql

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"weft/plugins"
)

// refuse records a row that was refused for its own content. A row that is not
// what the protocol says is no such row: then the connection is at fault.
func (r *Reader) refuse(b *plugins.Batch, p []byte, column int, v verdict) error {
	why, known := refusals[v]
	if !known {
		return fmt.Errorf("read row: column %s: not what the protocol says", r.decoder.columns[column].name)
	}
	c := r.decoder.columns[column]
	b.Refuse(plugins.Refusal{
		RowError: plugins.RowError{Column: c.name, Code: why.code, Cause: fmt.Sprintf("column %s (%s): %s", c.name, c.column.SourceType, why.text)},
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

// rawValueBytes is how much of one value a dirty row shows.
const rawValueBytes = 4096

// raw renders a row, or the prefix of one, as a JSON object of column texts, as
// far as it can be read. What is no text is written in hexadecimal behind 0x.
func (d *decoder) raw(p []byte) string {
	var out strings.Builder
	i := pick(d.text, 0, 1+d.nulls)
	sep := "{"
	for k := range d.columns {
		c := d.columns[k].asText()
		value, next := d.rawValue(c, k, p, i)
		if next < 0 {
			break
		}
		name, _ := json.Marshal(c.name)
		out.WriteString(sep)
		out.Write(name)
		out.WriteByte(':')
		out.WriteString(value)
		sep, i = ",", next
	}
	if sep == "{" {
		return "{}"
	}
	return out.String() + "}"
}

// rawValue renders column k at p[i] as JSON and returns the index behind it.
func (d *decoder) rawValue(c wireColumn, k int, p []byte, i int) (string, int) {
	if d.isNull(p, k, i) {
		return "null", pick(d.text, i+1, i)
	}
	if i >= len(p) {
		return "", malformed
	}
	var v plugins.Vector
	v.Reset(c.column.Kind)
	next := c.decode(&c, &v, p, i)
	if next >= 0 && v.Len() == 1 {
		if c.column.Kind == plugins.KindBytes {
			return rawText(v.Bytes(0)), next
		}
		return rawText(plugins.AppendText(nil, &v, 0, c.column.Scale)), next
	}
	from, end := field(p, i) // all refusals but dates are of such fields
	if end < 0 && from == 0 {
		if n, start := lengthAt(p, i); start > 0 && start+n > len(p) && start < len(p) {
			return rawText(p[start:]), len(p) // cut off by the limit
		}
		return "", malformed
	}
	return rawText(p[from:end]), end
}

func (d *decoder) isNull(p []byte, k, i int) bool {
	if d.text {
		return i < len(p) && p[i] == 0xfb
	}
	at := 1 + (k+2)>>3
	return at < len(p) && p[at]&(1<<((k+2)&7)) != 0
}

func rawText(value []byte) string {
	more := ""
	if len(value) > rawValueBytes {
		more = fmt.Sprintf("... (%d bytes)", len(value))
		value = value[:rawValueBytes]
		for n := 0; n < 3 && len(value) > 0 && !utf8.Valid(value); n++ {
			value = value[:len(value)-1] // a character cut in half
		}
	}
	text := string(value)
	if !utf8.ValidString(text) {
		text = "0x" + hex.EncodeToString(value)
	}
	quoted, _ := json.Marshal(text + more)
	return string(quoted)
}
