package textfile

import (
	"weft/plugins"
)

// appendCareful appends a text that may hold anything: quoted in CSV, escaped
// in plain formats with escapes, and as it is in others.
func (g *guard) appendCareful(dst, text []byte) []byte {
	switch {
	case g.format.Quote != 0:
		if g.trouble(text) == harmless {
			return append(dst, text...)
		}
		return g.appendQuoted(dst, text)
	case g.format.Escape != 0:
		return g.appendEscaped(dst, text)
	}
	return append(dst, text...)
}

// appendQuoted encloses text in quotes and doubles those inside (RFC 4180,
// section 2, rules 5 to 7).
func (g *guard) appendQuoted(dst, text []byte) []byte {
	dst = append(dst, g.format.Quote)
	for _, b := range text {
		if b == g.format.Quote {
			dst = append(dst, b)
		}
		dst = append(dst, b)
	}
	return append(dst, g.format.Quote)
}

// appendEscaped does what LazyUtils.writeEscaped does: the escape byte before
// every special byte, and n and r for the line ends.
func (g *guard) appendEscaped(dst, text []byte) []byte {
	special := -1
	if string(text) == g.format.Null {
		special = g.markerEscape(text)
	}
	done := 0
	for i, b := range text {
		if !g.special[b] && i != special {
			continue
		}
		dst = append(append(dst, text[done:i]...), g.format.Escape)
		done = i
		if b == '\n' || b == '\r' {
			dst = append(dst, lineEndLetter(b))
			done = i + 1
		}
	}
	return append(dst, text[done:]...)
}

func lineEndLetter(b byte) byte {
	if b == '\n' {
		return 'n'
	}
	return 'r'
}

// markerEscape returns the byte of text, which equals the NULL marker, before
// which an escape makes it differ from the marker: one that has no meaning of
// its own behind an escape, or that is escaped anyway. -1 if there is none.
func (g *guard) markerEscape(text []byte) int {
	for i, b := range text {
		if b != 'n' && b != 'r' {
			return i
		}
	}
	return -1
}

// rewrite replaces what is special in the values of a column, and makes NULLs
// of empty texts where NULL is written as an empty text.
func (g *guard) rewrite(c *cell, refused *plugins.Refusals) {
	v := c.v
	c.spare.Reset(v.Kind)
	c.spare.Text = v.Text
	for i := range v.Len() {
		if v.IsNull(i) {
			c.spare.AppendNull()
			continue
		}
		text := v.Bytes(i)
		found := g.trouble(text)
		switch {
		case found == harmless:
			c.spare.AppendBytes(text)
		case found == marker && len(text) == 0:
			c.spare.AppendNull()
		case g.policy == Replace && replaceable(v.Kind):
			c.spare.Data = g.appendReplaced(c.spare.Data, text)
			g.settle(c, i, refused)
		default: // refused by inspect, or bytes, which are written as base64
			c.spare.AppendBytes(text)
		}
	}
	*v, c.spare = c.spare, *v
}

// appendReplaced appends text with the replacement for every delimiter and line
// end (CR LF is one), or for the whole of it if it is the NULL marker.
func (g *guard) appendReplaced(dst, text []byte) []byte {
	if string(text) == g.format.Null {
		return append(dst, g.replacement...)
	}
	for i := 0; i < len(text); i++ {
		b := text[i]
		switch {
		case b == '\r' && i+1 < len(text) && text[i+1] == '\n':
			i++
		case b == '\r' || b == '\n':
		case g.special[b] && g.delimits(text[i:]):
			i += min(len(g.format.Delimiter), len(text)-i) - 1
		default:
			dst = append(dst, b)
			continue
		}
		dst = append(dst, g.replacement...)
	}
	return dst
}

// settle ends the value that appendReplaced made, unless the replacement itself
// has made something special of it: then the row is refused.
func (g *guard) settle(c *cell, row int, refused *plugins.Refusals) {
	start := c.spare.Offsets[len(c.spare.Offsets)-1]
	text := c.spare.Data[start:]
	found := g.trouble(text)
	if found == marker && len(text) == 0 {
		c.spare.AppendNull()
		return
	}
	if found != harmless {
		refused.Add(plugins.RowError{Index: row, Column: c.Name, Code: plugins.RowDelimiter, Cause: g.explain(text, found)})
	}
	c.spare.EndValue()
}
