package mysql

import (
	"encoding/hex"
	"strconv"

	"weft/plugins"
)

// The two text forms of a value: a field of LOAD DATA's input, and a literal of
// SQL. Both are utf8mb4.

// loadEscapes says which bytes of a text have a meaning in LOAD DATA's input,
// and what stands for them behind a backslash.
var loadEscapes = [256]byte{'\t': 't', '\n': 'n', '\\': '\\', 0: '0', '\r': 'r'}

// quoteEscapes is the same for texts in single quotes.
var quoteEscapes = [256]byte{'\'': '\'', '\\': '\\', 0: '0', '\n': 'n', '\r': 'r', 0x1a: 'Z'}

// appendEscaped appends text with the bytes escaped that the table names.
func appendEscaped(dst, text []byte, escapes *[256]byte) []byte {
	from := 0
	for i, b := range text {
		if e := escapes[b]; e != 0 {
			dst = append(dst, text[from:i]...)
			dst = append(dst, '\\', e)
			from = i + 1
		}
	}
	return append(dst, text[from:]...)
}

func appendQuoted(dst, text []byte) []byte {
	return append(appendEscaped(append(dst, '\''), text, &quoteEscapes), '\'')
}

// appendField appends value i as a field of LOAD DATA's input. Bytes are in
// hexadecimal, and the statement turns them back (loadSQL).
func (c *sink) appendField(dst []byte, v *plugins.Vector, i int) []byte {
	if v.IsNull(i) {
		return append(dst, `\N`...)
	}
	switch v.Kind {
	case plugins.KindString, plugins.KindJSON:
		return appendEscaped(dst, v.Bytes(i), &loadEscapes)
	case plugins.KindBytes:
		return hex.AppendEncode(dst, v.Bytes(i))
	case plugins.KindDecimal:
		return append(dst, v.Bytes(i)...)
	case plugins.KindFloat32:
		return appendFloat(dst, v.Floats[i])
	}
	return plugins.AppendText(dst, v, i, c.Scale)
}

// appendFloat gives a float all digits of the double that it is: its own
// shortest text may round to more than the server's largest float.
func appendFloat(dst []byte, x float64) []byte { return strconv.AppendFloat(dst, x, 'g', -1, 64) }

// appendLiteral appends value i as a literal of SQL.
func (c *sink) appendLiteral(dst []byte, v *plugins.Vector, i int) []byte {
	if v.IsNull(i) {
		return append(dst, "NULL"...)
	}
	switch v.Kind {
	case plugins.KindString, plugins.KindJSON:
		return appendQuoted(dst, v.Bytes(i))
	case plugins.KindBytes:
		if len(v.Bytes(i)) == 0 {
			return append(dst, "''"...)
		}
		return append(hex.AppendEncode(append(dst, "x'"...), v.Bytes(i)), '\'')
	case plugins.KindFloat32:
		return appendFloat(dst, v.Floats[i])
	case plugins.KindDate, plugins.KindTime, plugins.KindDatetime, plugins.KindTimestamp:
		return append(plugins.AppendText(append(dst, '\''), v, i, c.Scale), '\'')
	}
	return plugins.AppendText(dst, v, i, c.Scale)
}
