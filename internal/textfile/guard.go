package textfile

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"weft/plugins"
)

// guard finds the values that a reader would take for something else, and
// deals with them as the policy says. A whole column of a batch is first
// searched for special bytes at memory speed (clean); only where one turns up
// are the values looked at one by one (inspect).
type guard struct {
	format      Format
	policy      Policy
	replacement string
	// specials are the bytes that start something special.
	specials []byte
	special  [256]bool

	scratch []byte
}

// trouble is what is special about a value.
type trouble uint8

const (
	harmless trouble = iota
	lineEnd
	delimiter
	marker
	quoted // the escape byte or quote: no trouble once escaped or quoted
)

func newGuard(o EncoderOptions) guard {
	g := guard{format: o.Format, policy: o.OnDelimiter, replacement: o.Replacement}
	g.specials = []byte{'\n', '\r', o.Format.Delimiter[0]}
	for _, b := range []byte{o.Format.Escape, o.Format.Quote} {
		if b != 0 {
			g.specials = append(g.specials, b)
		}
	}
	for _, b := range g.specials {
		g.special[b] = true
	}
	return g
}

// The characters that texts of the kinds which are no free text consist of.
const (
	digitsAndSigns = "-+0123456789"
	letters        = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
)

// collides says that a canonical text of the kind may hold something special.
func (g *guard) collides(kind plugins.Kind) bool {
	alphabet := digitsAndSigns + " :."
	switch kind {
	case plugins.KindBool, plugins.KindFloat32, plugins.KindFloat64:
		alphabet = digitsAndSigns + "." + letters
	case plugins.KindBytes:
		alphabet = digitsAndSigns + "/=" + letters
		if g.format.Null == "" {
			return true
		}
	}
	for _, b := range g.specials {
		if strings.IndexByte(alphabet, b) >= 0 {
			return true
		}
	}
	return g.format.Null != "" && strings.Trim(g.format.Null, alphabet) == ""
}

// clean says that no value of v, which is InData, holds anything special. It
// errs on the safe side: a marker across two values counts.
func (g *guard) clean(v *plugins.Vector) bool {
	for _, b := range g.specials {
		if bytes.IndexByte(v.Data, b) >= 0 {
			return false
		}
	}
	if g.format.Null == "" {
		return !hasEmpty(v)
	}
	return !bytes.Contains(v.Data, []byte(g.format.Null))
}

// suspect sets in marks, one a row, which values of v may hold something
// special; it searches at memory speed, so that the rest costs nothing more.
func (g *guard) suspect(v *plugins.Vector, marks []bool) {
	for _, b := range g.specials {
		mark(v, marks, func(p []byte) int { return bytes.IndexByte(p, b) })
	}
	if g.format.Null != "" {
		mark(v, marks, func(p []byte) int { return bytes.Index(p, []byte(g.format.Null)) })
		return
	}
	for i := range marks {
		marks[i] = marks[i] || v.Offsets[i] == v.Offsets[i+1]
	}
}

// mark sets the rows in which find finds something.
func mark(v *plugins.Vector, marks []bool, find func([]byte) int) {
	for row, at := 0, 0; ; {
		next := find(v.Data[at:])
		if next < 0 {
			return
		}
		at += next
		for int(v.Offsets[row+1]) <= at {
			row++
		}
		marks[row] = true
		at = int(v.Offsets[row+1])
	}
}

func hasEmpty(v *plugins.Vector) bool {
	for i := range v.Len() {
		if v.Offsets[i] == v.Offsets[i+1] && !v.IsNull(i) {
			return true
		}
	}
	return false
}

// trouble says what is special about a text; the worst, if several things are.
func (g *guard) trouble(text []byte) trouble {
	found := harmless
	for i, b := range text {
		if !g.special[b] {
			continue
		}
		switch {
		case b == '\n' || b == '\r':
			return lineEnd
		case b == g.format.Delimiter[0]:
			if g.delimits(text[i:]) {
				found = delimiter
			}
		case found == harmless:
			found = quoted
		}
	}
	if string(text) == g.format.Null {
		return marker
	}
	return found
}

// delimits says that a reader finds a delimiter at the start of text, whose end
// is followed by one. A long delimiter may begin in the text and end in the
// one behind it: "a|" before "||".
func (g *guard) delimits(text []byte) bool {
	d := g.format.Delimiter
	if len(text) >= len(d) {
		return string(text[:len(d)]) == d
	}
	return strings.HasPrefix(string(text)+d, d)
}

// text returns the text of a value that is not NULL, valid until the next call.
func (g *guard) text(c *cell, row int) []byte {
	if plain(c.v) {
		return c.v.Bytes(row)
	}
	g.scratch = plugins.AppendText(g.scratch[:0], c.v, row, c.Scale)
	return g.scratch
}

// inspect looks at the values of a column that may be special, refuses rows or
// replaces values, and says how the rest is written.
func (g *guard) inspect(c *cell, refused *plugins.Refusals) how {
	changed := false
	c.marks = slices.Grow(c.marks[:0], c.v.Len())[:c.v.Len()]
	clear(c.marks)
	if plain(c.v) {
		g.suspect(c.v, c.marks)
	} else {
		for i := range c.marks {
			c.marks[i] = true
		}
	}
	for i, marked := range c.marks {
		if !marked || c.v.IsNull(i) {
			continue
		}
		text := g.text(c, i)
		found := g.trouble(text)
		switch {
		case found == harmless || g.format.Quote != 0:
		case found == marker && len(text) == 0:
			changed = true
		case g.policy == Replace && replaceable(c.v.Kind):
			changed = true
		case g.policy == Escape && g.escapable(text, found):
		default:
			refused.Add(plugins.RowError{Index: i, Column: c.Name, Code: plugins.RowDelimiter, Cause: g.explain(text, found)})
		}
	}
	if changed {
		g.rewrite(c, refused)
	}
	if g.format.Quote != 0 || g.policy == Escape {
		return careful
	}
	if plain(c.v) {
		return copied
	}
	return rendered
}

// plain says that the vector's bytes are the texts that are written.
func plain(v *plugins.Vector) bool { return v.InData() && (v.Text || v.Kind != plugins.KindBytes) }

// replaceable says that a value of the kind is free text; in a number or time
// nothing is replaced.
func replaceable(kind plugins.Kind) bool {
	return kind == plugins.KindString || kind == plugins.KindJSON
}

func (g *guard) escapable(text []byte, found trouble) bool {
	switch found {
	case lineEnd:
		return g.format.EscapeCRLF
	case marker:
		return g.markerEscape(text) >= 0
	}
	return true
}

// explain puts the trouble with a value into words.
func (g *guard) explain(text []byte, found trouble) string {
	const quoteBytes = 60
	value := strings.ToValidUTF8(string(text[:min(len(text), quoteBytes)]), "")
	what := ""
	switch found {
	case lineEnd:
		what = "holds a line end"
	case delimiter:
		what = fmt.Sprintf("holds the field delimiter %q", g.format.Delimiter)
	case marker:
		what = "is the NULL marker itself"
	default:
		what = "holds a special character"
	}
	return fmt.Sprintf("%q %s, which a reader of the text would misunderstand", value, what)
}
