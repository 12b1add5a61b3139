package dirty

import (
	"encoding/json"
	"strings"

	"weft/plugins"
)

// MaxValueBytes is the most that one value takes in a dirty file, in bytes
// before JSON's escapes.
const MaxValueBytes = 4096

// ValueOf renders row i of a batch as a JSON object of its columns' texts. Bad
// UTF-8 is replaced, as encoding/json does.
func ValueOf(columns []plugins.Column, b *plugins.Batch, i int) json.RawMessage {
	dst := append(make([]byte, 0, 256), '{')
	for c := range b.Columns {
		if c > 0 {
			dst = append(dst, ',')
		}
		dst = appendJSON(dst, columns[c].Name)
		dst = append(dst, ':')
		v := &b.Columns[c]
		if v.IsNull(i) {
			dst = append(dst, "null"...)
			continue
		}
		dst = appendJSON(dst, cut(string(plugins.AppendText(nil, v, i, columns[c].Scale))))
	}
	return append(dst, '}')
}

func appendJSON(dst []byte, s string) []byte {
	text, err := json.Marshal(s)
	if err != nil { // cannot be: a string always has a JSON form
		return append(dst, `""`...)
	}
	return append(dst, text...)
}

// cut shortens a value to MaxValueBytes and says so.
func cut(s string) string {
	if len(s) <= MaxValueBytes {
		return s
	}
	return strings.ToValidUTF8(s[:MaxValueBytes], "") + "… (cut)"
}

// Cut shortens the raw form of a row that was refused on reading.
func Cut(raw string) string { return cut(raw) }
