package plugins

import (
	"encoding/json"
	"strings"
)

// MaxRawValueBytes is the most that one value takes in RawOf, in bytes before
// JSON's escapes: dirty rows are there to be looked at.
const MaxRawValueBytes = 4096

// RawOf renders row i of the vectors, which are of the columns given, as a JSON
// object of texts in their order: canonical text (AppendText), NULL as null.
// Bad UTF-8 is replaced, as encoding/json does; a value beyond
// MaxRawValueBytes is cut and says so.
func RawOf(columns []Column, vectors []Vector, i int) string {
	dst := append(make([]byte, 0, 256), '{')
	for c := range vectors {
		if c > 0 {
			dst = append(dst, ',')
		}
		dst = append(appendJSONText(dst, columns[c].Name), ':')
		if v := &vectors[c]; v.IsNull(i) {
			dst = append(dst, "null"...)
		} else {
			dst = appendJSONText(dst, CutRaw(rawText(v, i, columns[c].Scale)))
		}
	}
	return string(append(dst, '}'))
}

// rawText is the text of a value, with the digits that it has beyond scale.
func rawText(v *Vector, i, scale int) string {
	if !v.Text && isFractional(v.Kind) {
		scale = textScale(v.Ints[i], scale)
	}
	return string(AppendText(nil, v, i, scale))
}

func appendJSONText(dst []byte, s string) []byte {
	text, err := json.Marshal(s)
	if err != nil { // cannot be: a string always has a JSON form
		return append(dst, `""`...)
	}
	return append(dst, text...)
}

// CutRaw shortens a text to MaxRawValueBytes and says so.
func CutRaw(s string) string {
	if len(s) <= MaxRawValueBytes {
		return s
	}
	return strings.ToValidUTF8(s[:MaxRawValueBytes], "") + "… (cut)"
}
