package textfile

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// ParseDelimiter returns what a delimiter or NULL marker written in a job
// means. Besides plain characters it takes the spellings found in FlinkX and
// DataX jobs: \001 (octal, 1 to 3 digits), \u0001, \x01, \t, \n, \r, \b, \f,
// \\, and a backslash before any other punctuation for that character itself
// (what needed it where delimiters were patterns: \|). A backslash before a
// letter or digit without such a meaning stays: \N is two characters.
func ParseDelimiter(s string) string {
	var out strings.Builder
	for s != "" {
		if s[0] != '\\' || len(s) == 1 {
			out.WriteByte(s[0])
			s = s[1:]
			continue
		}
		text, rest := parseEscape(s)
		out.WriteString(text)
		s = rest
	}
	return out.String()
}

// The letters behind a backslash, and what they stand for, in the same order.
const (
	escapeLetters  = "tnrbf"
	escapeMeanings = "\t\n\r\b\f"
)

// parseEscape reads the escape at the front of s, which has a backslash and
// something behind it.
func parseEscape(s string) (text, rest string) {
	switch c := s[1]; {
	case c >= '0' && c <= '7':
		n := 2
		for n < len(s) && n < 4 && s[n] >= '0' && s[n] <= '7' {
			n++
		}
		if code, err := strconv.ParseUint(s[1:n], 8, 8); err == nil {
			return string(rune(code)), s[n:]
		}
	case c == 'u' && len(s) >= 6:
		if code, err := strconv.ParseUint(s[2:6], 16, 16); err == nil {
			return string(rune(code)), s[6:]
		}
	case c == 'x' && len(s) >= 4:
		if code, err := strconv.ParseUint(s[2:4], 16, 8); err == nil {
			return string(rune(code)), s[4:]
		}
	case strings.IndexByte(escapeLetters, c) >= 0:
		at := strings.IndexByte(escapeLetters, c)
		return escapeMeanings[at : at+1], s[2:]
	case c < utf8.RuneSelf && !isWord(c):
		return s[1:2], s[2:]
	}
	return s[:1], s[1:]
}

func isWord(c byte) bool {
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_'
}
