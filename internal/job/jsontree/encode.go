package jsontree

import (
	"encoding/json"
	"strconv"
	"unicode/utf8"
)

// AppendJSON appends the node as standard JSON without white space. Of
// duplicate members the last one is written, at the place of the first.
func (n *Node) AppendJSON(dst []byte) []byte {
	switch n.Kind {
	case Bool:
		return append(dst, n.Text...)
	case Number:
		return append(dst, n.Text...)
	case String:
		return appendString(dst, n.Text)
	case Array:
		dst = append(dst, '[')
		for i, item := range n.Items {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = item.AppendJSON(dst)
		}
		return append(dst, ']')
	case Object:
		return n.appendObject(dst)
	}
	return append(dst, "null"...)
}

func (n *Node) appendObject(dst []byte) []byte {
	dst = append(dst, '{')
	seen := make(map[string]bool, len(n.Members))
	for _, m := range n.Members {
		if seen[m.Key] {
			continue
		}
		if len(seen) > 0 {
			dst = append(dst, ',')
		}
		seen[m.Key] = true
		dst = append(appendString(dst, m.Key), ':')
		dst = n.Get(m.Key).AppendJSON(dst)
	}
	return append(dst, '}')
}

// JSON returns the node as standard JSON.
func (n *Node) JSON() json.RawMessage { return n.AppendJSON(nil) }

// appendString quotes s for JSON. Unlike encoding/json it leaves <, > and &
// as they are, since people read spec.json.
func appendString(dst []byte, s string) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c == '\n':
			dst = append(dst, '\\', 'n')
		case c == '\t':
			dst = append(dst, '\\', 't')
		case c < 0x20 || c == 0x7f:
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		case c < utf8.RuneSelf:
			dst = append(dst, c)
		default:
			r, size := utf8.DecodeRuneInString(s[i:])
			dst = utf8.AppendRune(dst, r)
			i += size - 1
		}
		i++
	}
	return append(dst, '"')
}

// Quote returns s as a JSON string without its quotes, to be put inside one.
func Quote(s string) string {
	quoted := appendString(nil, s)
	return string(quoted[1 : len(quoted)-1])
}

// Value returns the node as plain Go values: nil, bool, json.Number, string,
// []any, map[string]any.
func (n *Node) Value() any {
	switch n.Kind {
	case Bool:
		truth, _ := strconv.ParseBool(n.Text)
		return truth
	case Number:
		return json.Number(n.Text)
	case String:
		return n.Text
	case Array:
		list := make([]any, 0, len(n.Items))
		for _, item := range n.Items {
			list = append(list, item.Value())
		}
		return list
	case Object:
		object := make(map[string]any, len(n.Members))
		for _, m := range n.Members {
			object[m.Key] = m.Value.Value()
		}
		return object
	}
	return nil
}
