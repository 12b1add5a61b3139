package jsontree

import (
	"bytes"
	"fmt"
	"unicode/utf8"
)

// Mode says how much is forgiven.
type Mode uint8

// The modes; the package comment tells what each takes.
const (
	Standard Mode = iota
	Lenient
)

// ProblemKind tells problems apart for those who give them codes.
type ProblemKind uint8

// The kinds of problems.
const (
	// Syntax: the text is not JSON, or not in this mode.
	Syntax ProblemKind = iota
	// Encoding: the bytes are not UTF-8.
	Encoding
	// Duplicate: an object has a name twice.
	Duplicate
)

// Problem is one mistake in a text.
type Problem struct {
	// Kind is what sort of mistake it is.
	Kind ProblemKind
	// Start and End bound the culprit in bytes; both may be the text's length.
	Start, End int
	// Text says what is wrong, Hint what to do about it.
	Text, Hint string
	// Fatal says that the tree is not to be trusted. Only duplicates are not
	// fatal.
	Fatal bool
}

// Bounds of what Parse takes on.
const (
	maxDepth    = 200
	maxProblems = 20
)

// Parse reads one JSON value and whatever is wrong with it. The tree is never
// nil. Memory is proportional to the text; nesting beyond 200 is a problem.
func Parse(text []byte, mode Mode) (*Node, []Problem) {
	p := &parser{text: text, mode: mode}
	if bytes.HasPrefix(text, []byte("\xef\xbb\xbf")) {
		p.at = 3
	}
	p.space()
	if p.at == len(text) {
		p.problem(0, 0, "the text is empty", "")
		return &Node{Kind: Null, End: len(text)}, p.problems
	}
	root := p.value(0)
	p.space()
	if p.at < len(text) && !p.giveUp() {
		p.problem(p.at, p.at+1, fmt.Sprintf("%s behind the end of the JSON value", p.here()), "")
	}
	return root, p.problems
}

type parser struct {
	text     []byte
	at       int
	mode     Mode
	problems []Problem
	ended    bool // the end of the text was reported as a missing bracket
}

func (p *parser) problem(start, end int, text, hint string) {
	p.add(Problem{Kind: Syntax, Start: start, End: end, Text: text, Hint: hint, Fatal: true})
}

func (p *parser) add(found Problem) {
	if len(p.problems) < maxProblems {
		p.problems = append(p.problems, found)
	}
}

// giveUp says that enough was found wrong to stop reading.
func (p *parser) giveUp() bool { return len(p.problems) >= maxProblems }

// peek returns the current byte, or 0 at the end.
func (p *parser) peek() byte {
	if p.at < len(p.text) {
		return p.text[p.at]
	}
	return 0
}

// here names what stands at the cursor for a message.
func (p *parser) here() string {
	if p.at >= len(p.text) {
		return "the end of the text"
	}
	r, size := utf8.DecodeRune(p.text[p.at:])
	if r == utf8.RuneError && size == 1 {
		return fmt.Sprintf("byte 0x%02x", p.text[p.at])
	}
	return fmt.Sprintf("%q", r)
}

// value reads one value. It always moves on or stands before a closing
// bracket, a comma or the end.
func (p *parser) value(depth int) *Node {
	start := p.at
	switch c := p.peek(); {
	case depth > maxDepth:
		p.problem(start, start+1, fmt.Sprintf("nested deeper than %d", maxDepth), "")
		p.at = len(p.text)
	case c == '{':
		return p.object(depth)
	case c == '[':
		return p.array(depth)
	case c == '"' || c == '\'' && p.mode == Lenient:
		return &Node{Kind: String, Text: p.quoted(), Start: start, End: p.at}
	case p.wordByte():
		return p.word()
	case c == '\'':
		p.problem(start, start+1, "a string in single quotes", `use double quotes: "..."`)
		return &Node{Kind: String, Text: p.quoted(), Start: start, End: p.at}
	default:
		p.problem(start, start+1, fmt.Sprintf("%s where a value should be", p.here()), "")
		if p.at < len(p.text) && !bytes.ContainsRune([]byte(",]}"), rune(c)) {
			p.at++
		}
	}
	return &Node{Kind: Null, Start: start, End: p.at}
}

func (p *parser) array(depth int) *Node {
	n := &Node{Kind: Array, Start: p.at}
	p.at++
	for !p.giveUp() {
		p.space()
		switch c := p.peek(); {
		case c == ']':
			p.at++
			n.End = p.at
			return n
		case p.at == len(p.text) || c == '}':
			p.unclosed(n, "list", "]")
			n.End = p.at
			return n
		}
		before := p.at
		n.Items = append(n.Items, p.value(depth+1))
		p.comma(']', before)
	}
	n.End = p.at
	return n
}

func (p *parser) object(depth int) *Node {
	n := &Node{Kind: Object, Start: p.at}
	seen := make(map[string]bool)
	p.at++
	for !p.giveUp() {
		p.space()
		switch c := p.peek(); {
		case c == '}':
			p.at++
			n.End = p.at
			return n
		case p.at == len(p.text) || c == ']':
			p.unclosed(n, "object", "}")
			n.End = p.at
			return n
		}
		before := p.at
		if m, ok := p.member(depth); ok {
			p.noteDuplicate(seen, m)
			n.Members = append(n.Members, m)
		}
		p.comma('}', before)
	}
	n.End = p.at
	return n
}

// unclosed reports a missing bracket; at the end of the text only the
// innermost, since which of the outer ones lack theirs cannot be told.
func (p *parser) unclosed(n *Node, what, bracket string) {
	if p.at == len(p.text) && p.ended {
		return
	}
	p.ended = p.at == len(p.text)
	p.problem(n.Start, n.Start+1, "this "+what+" is not closed", "add a "+bracket)
}

func (p *parser) noteDuplicate(seen map[string]bool, m Member) {
	if seen[m.Key] {
		p.add(Problem{Kind: Duplicate, Start: m.KeyStart, End: m.KeyEnd,
			Text: fmt.Sprintf("key %q stands twice in one object", m.Key)})
	}
	seen[m.Key] = true
}

// member reads `name: value`.
func (p *parser) member(depth int) (Member, bool) {
	m := Member{KeyStart: p.at}
	switch c := p.peek(); {
	case c == '"' || c == '\'' && p.mode == Lenient:
		m.Key = p.quoted()
	case p.wordByte() || c == '\'':
		m.Key = p.bareKey()
	default:
		p.problem(p.at, p.at+1, fmt.Sprintf("%s where a key should be", p.here()), "")
		p.at++
		return m, false
	}
	m.KeyEnd = p.at
	p.space()
	switch p.peek() {
	case ':':
		p.at++
	default:
		p.problem(m.KeyStart, m.KeyEnd, fmt.Sprintf("no colon behind key %q", m.Key), "")
		if c := p.peek(); c == ',' || c == '}' || c == ']' || c == 0 {
			m.Value = &Node{Kind: Null, Start: p.at, End: p.at}
			return m, true
		}
	}
	p.space()
	m.Value = p.value(depth + 1)
	return m, true
}

func (p *parser) bareKey() string {
	start := p.at
	if p.peek() == '\'' {
		p.problem(start, start+1, "a key in single quotes", `use double quotes: "..."`)
		return p.quoted()
	}
	for p.at < len(p.text) && p.wordByte() {
		p.at++
	}
	key := p.checked(start, p.text[start:p.at])
	if p.mode == Standard {
		p.problem(start, p.at, fmt.Sprintf("key %s without quotes", key), fmt.Sprintf("write %q", key))
	}
	return key
}

// comma reads what stands between elements. A missing comma is reported and
// assumed; before is where the element began, to make sure of moving on.
func (p *parser) comma(closing byte, before int) {
	end := p.at
	p.space()
	c := p.peek()
	switch {
	case c == ',':
		p.at++
	case c == closing, p.at >= len(p.text), c == ']', c == '}':
	case p.at > before:
		p.problem(end, end+1, fmt.Sprintf("no comma before %s", p.here()), "add a comma")
	}
	if p.at == before {
		p.at++
	}
}
