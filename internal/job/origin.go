package job

import (
	"bytes"
	"regexp"
	"sort"
	"strings"
	"unicode/utf8"

	"weft/plugins"
)

// origin is the text a user wrote, and how the text after the expansion of
// its variables maps back to it.
type origin struct {
	file     string
	text     []byte
	segments []segment
}

// segment says that the expanded text from offset out on was taken from
// offset in of the original. A replaced variable is a segment of its own that
// stands still: all of it maps to the variable's place.
type segment struct {
	out, in  int
	variable bool
	length   int // of the variable's expression in the original
}

// place is a stretch of the original text.
type place struct{ start, end int }

// noPlace is the place of what is about the file as a whole.
var noPlace = place{-1, -1}

// back maps a stretch of the expanded text to the original.
func (o *origin) back(start, end int) place {
	from, _ := o.offset(start)
	_, to := o.offset(max(start, end-1))
	return place{from, max(from, to)}
}

// offset returns where one byte of the expanded text begins and ends in the
// original.
func (o *origin) offset(at int) (start, end int) {
	i := sort.Search(len(o.segments), func(i int) bool { return o.segments[i].out > at }) - 1
	if i < 0 {
		return at, at + 1
	}
	s := o.segments[i]
	if s.variable {
		return s.in, s.in + s.length
	}
	return s.in + at - s.out, s.in + at - s.out + 1
}

// sourceWidth is how many characters of a long line are shown.
const sourceWidth = 100

// diagnostic fills in file, line, column and the line itself.
func (o *origin) diagnostic(d Diagnostic, at place) Diagnostic {
	d.File = o.file
	if at.start < 0 || len(o.text) == 0 {
		return d
	}
	start := min(at.start, len(o.text))
	begin := bytes.LastIndexByte(o.text[:start], '\n') + 1
	finish := len(o.text)
	if i := bytes.IndexByte(o.text[start:], '\n'); i >= 0 {
		finish = start + i
	}
	before, rest := string(o.text[begin:start]), string(o.text[start:finish])
	marked := rest[:min(len(rest), max(at.end-at.start, 0))]
	d.Line = 1 + bytes.Count(o.text[:begin], []byte("\n"))
	d.Column = 1 + utf8.RuneCountInString(strings.TrimPrefix(before, "\ufeff"))
	d.Source, d.Mark, d.MarkLength = excerpt(before, marked, rest[len(marked):])
	return d
}

// excerpt joins the three parts of a line, secrets masked, tabs and control
// characters as one blank each, cut to sourceWidth around the mark.
func excerpt(before, marked, after string) (line string, mark, length int) {
	whole := before + marked + after
	if masked := maskLine(whole); masked != whole {
		before, marked, after = splitMasked(before, marked, after)
	}
	b, m, a := printable(before), printable(marked), printable(after)
	m = m[:min(len(m), sourceWidth)]
	room := sourceWidth - len(m)
	if cut := len(b) - room*2/3; cut > 0 {
		b = append([]rune("..."), b[cut:]...)
	}
	if left := max(sourceWidth-len(b)-len(m), 20); len(a) > left {
		a = append(a[:left:left], []rune("...")...)
	}
	line = strings.TrimRight(string(b)+string(m)+string(a), " ")
	return line, len(b), max(1, len(m))
}

// splitMasked masks the line and keeps the mark where it was as far as the
// masks allow: parts are masked one by one, and a part that still shows
// something only the whole line gives away is not shown at all.
func splitMasked(before, marked, after string) (b, m, a string) {
	whole := maskLine(before + marked + after)
	b = maskLine(before)
	if rest, ok := strings.CutPrefix(whole, b); ok {
		if rest, ok = strings.CutPrefix(rest, marked); ok {
			return b, marked, rest
		}
	}
	return b, plugins.SecretMask, ""
}

func printable(s string) []rune {
	out := make([]rune, 0, len(s))
	for _, r := range s {
		if r < ' ' || r == 0x7f || r == utf8.RuneError || r == '\ufeff' {
			r = ' '
		}
		out = append(out, r)
	}
	return out
}

// secretWords are parts of key names whose values are never shown.
const secretWords = `password|passwd|pwd|secret|token|credential|access_?-?key|private_?-?key|sasl\.jaas`

var (
	secretKey = regexp.MustCompile(`(?i)(` + secretWords + `)`)
	secretKV  = regexp.MustCompile(`(?i)((?:` + secretWords + `)[\w.-]*["']?\s*[:=]\s*)("(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?|[^\s,}&;"']+)`)
	userInfo  = regexp.MustCompile(`(//[^\s/:@"']*):([^\s/@"']+)@`)
)

// maskLine hides what looks like a secret in a line of a job file: values of
// telling keys, parameters and user info of URLs. References are shown.
func maskLine(line string) string {
	line = secretKV.ReplaceAllStringFunc(line, func(found string) string {
		parts := secretKV.FindStringSubmatch(found)
		value := strings.Trim(parts[2], `"'`)
		if value == "" || isReference(value) {
			return found
		}
		quote := ""
		if c := parts[2][0]; c == '"' || c == '\'' {
			quote = string(c)
		}
		return parts[1] + quote + plugins.SecretMask + quote
	})
	return userInfo.ReplaceAllString(line, "$1:"+plugins.SecretMask+"@")
}
