package jsontree

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// space skips white space and comments.
func (p *parser) space() {
	for p.at < len(p.text) {
		rest := p.text[p.at:]
		switch c := rest[0]; {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			p.at++
		case bytes.HasPrefix(rest, []byte("//")), c == '#' && p.mode == Lenient:
			p.at += lineLength(rest)
		case bytes.HasPrefix(rest, []byte("/*")):
			p.blockComment()
		case bytes.HasPrefix(rest, []byte("\u00a0")), bytes.HasPrefix(rest, []byte("\u3000")):
			p.problem(p.at, p.at+1, "a wide or non-breaking space outside of a string", "use an ordinary space")
			p.at += len("\u00a0") + int(c>>5&1)
		default:
			return
		}
	}
}

func lineLength(rest []byte) int {
	if i := bytes.IndexByte(rest, '\n'); i >= 0 {
		return i
	}
	return len(rest)
}

func (p *parser) blockComment() {
	end := bytes.Index(p.text[p.at+2:], []byte("*/"))
	if end < 0 {
		p.problem(p.at, p.at+2, "this comment is not closed", "add */")
		p.at = len(p.text)
		return
	}
	p.at += 2 + end + 2
}

// wordByte says that the cursor stands on a byte of a bare word: a number, a
// literal, or in lenient jobs a name without quotes.
func (p *parser) wordByte() bool {
	if p.at >= len(p.text) {
		return false
	}
	c := p.text[p.at]
	if c <= ' ' || strings.IndexByte(`{}[]:,"'#`, c) >= 0 {
		return false
	}
	return c != '/' || p.at+1 >= len(p.text) || p.text[p.at+1] != '/' && p.text[p.at+1] != '*'
}

var number = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$`)

// word reads a literal, a number or a bare string. A variable such as ${x} is
// taken whole, so that a text whose variables are not replaced can be parsed.
func (p *parser) word() *Node {
	start := p.at
	for p.at < len(p.text) {
		if bytes.HasPrefix(p.text[p.at:], []byte("${")) {
			if end := bytes.IndexAny(p.text[p.at:], "}\n"); end > 0 {
				p.at += end + 1
				continue
			}
		}
		if !p.wordByte() {
			break
		}
		p.at++
	}
	text := string(p.text[start:p.at])
	n := &Node{Text: text, Start: start, End: p.at}
	switch {
	case text == "null":
		n.Kind, n.Text = Null, ""
	case text == "true", text == "false":
		n.Kind = Bool
	case number.MatchString(text):
		n.Kind = Number
	default:
		n.Kind, n.Bare = String, true
		p.judgeBare(n)
	}
	return n
}

func (p *parser) judgeBare(n *Node) {
	if !utf8.ValidString(n.Text) {
		n.Text = strings.ToValidUTF8(n.Text, "\ufffd")
		p.badEncoding(n.Start, n.End)
		return
	}
	if p.mode == Lenient {
		return
	}
	hint := fmt.Sprintf("write %q if it is text", n.Text)
	switch strings.ToLower(n.Text) {
	case "true", "false", "null":
		hint = "write " + strings.ToLower(n.Text)
	case "none", "nil":
		hint = "write null"
	}
	p.problem(n.Start, n.End, n.Text+" is no JSON value", hint)
}

func (p *parser) badEncoding(start, end int) {
	p.add(Problem{Kind: Encoding, Start: start, End: end, Fatal: true,
		Text: "bytes that are not UTF-8", Hint: "save the file as UTF-8 (iconv -f GB18030 -t UTF-8)"})
}

// quoted reads a string in the quotes the cursor stands on.
func (p *parser) quoted() string {
	open := p.at
	quote := p.text[open]
	p.at++
	var out []byte
	for p.at < len(p.text) {
		c := p.text[p.at]
		switch {
		case c == quote:
			p.at++
			return p.checked(open, out)
		case c == '\\':
			out = p.escape(out)
		case c == '\n' && p.mode == Standard:
			p.problem(open, p.at, "this string is not closed on its line", `add a quote; a line break inside is written \n`)
			return p.checked(open, out)
		case c < 0x20 && p.mode == Standard:
			p.problem(p.at, p.at+1, fmt.Sprintf("control character 0x%02x inside a string", c), fmt.Sprintf(`write \u%04x`, c))
			out = append(out, c)
			p.at++
		default:
			out = append(out, c)
			p.at++
		}
	}
	p.problem(open, open+1, "this string is not closed", "add a quote")
	return p.checked(open, out)
}

func (p *parser) checked(open int, out []byte) string {
	if !utf8.Valid(out) {
		p.badEncoding(open, p.at)
		return strings.ToValidUTF8(string(out), "\ufffd")
	}
	return string(out)
}

// plainEscapes are the escapes of one letter, RFC 8259 section 7.
var plainEscapes = map[byte]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// escape reads a backslash and what belongs to it.
func (p *parser) escape(out []byte) []byte {
	start := p.at
	p.at++
	c := p.peek()
	switch plain, ok := plainEscapes[c]; {
	case p.at >= len(p.text):
		return out
	case ok:
		p.at++
		return append(out, plain)
	case c == 'u':
		p.at++
		return p.unicode(out, start)
	case p.mode == Lenient && c >= '0' && c <= '7':
		return append(out, p.octal())
	case p.mode == Lenient && (c == '\'' || c == '\n'):
		p.at++
		return append(out, c)
	}
	p.problem(start, start+2, fmt.Sprintf(`\%c is no escape of JSON`, c), fmt.Sprintf(`write \\%c for a backslash`, c))
	p.at++
	return append(out, '\\', c)
}

// octal reads up to three octal digits: \001, as delimiters are often written.
func (p *parser) octal() byte {
	value := 0
	for i := 0; i < 3 && p.peek() >= '0' && p.peek() <= '7' && p.at < len(p.text); i++ {
		value = value*8 + int(p.peek()-'0')
		p.at++
	}
	return byte(min(value, 0x7f))
}

// unicode reads the four digits behind \u, and a second escape if the first
// is the upper half of a surrogate pair.
func (p *parser) unicode(out []byte, start int) []byte {
	r, ok := p.hex4()
	if !ok {
		p.problem(start, p.at, `\u needs four hexadecimal digits`, "")
		return append(out, "\ufffd"...)
	}
	if utf16.IsSurrogate(r) && bytes.HasPrefix(p.text[p.at:], []byte(`\u`)) {
		mark := p.at
		p.at += 2
		low, ok := p.hex4()
		if joined := utf16.DecodeRune(r, low); ok && joined != utf8.RuneError {
			return utf8.AppendRune(out, joined)
		}
		p.at = mark
	}
	return utf8.AppendRune(out, r)
}

func (p *parser) hex4() (rune, bool) {
	if p.at+4 > len(p.text) {
		return 0, false
	}
	var r rune
	for _, c := range p.text[p.at : p.at+4] {
		digit := strings.IndexByte("0123456789abcdef", c|0x20)
		if c < '0' || digit < 0 {
			return 0, false
		}
		r = r<<4 | rune(digit)
	}
	p.at += 4
	return r, true
}
