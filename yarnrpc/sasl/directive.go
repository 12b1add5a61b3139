package sasl

import (
	"fmt"
	"strings"
)

// directives are the key=value pairs of a DIGEST-MD5 message (RFC 2831, 7.1): separated by commas, values plain or in
// double quotes with backslash escapes. Keys are case-insensitive and occur once.
type directives map[string]string

func parseDirectives(s string) (directives, error) {
	d := directives{}
	for {
		s = strings.TrimLeft(s, ", \t\r\n")
		if s == "" {
			return d, nil
		}
		key, rest, ok := strings.Cut(s, "=")
		key = strings.ToLower(strings.TrimSpace(key))
		if !ok || key == "" || strings.ContainsAny(key, "\",") {
			return nil, fmt.Errorf("%w: malformed DIGEST-MD5 message", ErrProtocol)
		}
		value, rest, err := cutValue(strings.TrimLeft(rest, " \t"))
		if err != nil {
			return nil, err
		}
		if _, twice := d[key]; twice {
			return nil, fmt.Errorf("%w: DIGEST-MD5 directive %s twice", ErrProtocol, key)
		}
		d[key], s = value, rest
	}
}

// cutValue takes one value, up to the comma that follows it.
func cutValue(s string) (value, rest string, err error) {
	if !strings.HasPrefix(s, `"`) {
		value, rest, _ = strings.Cut(s, ",")
		return strings.TrimSpace(value), rest, nil
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '"':
			return b.String(), s[i+1:], nil
		case '\\':
			i++
		}
		if i < len(s) {
			b.WriteByte(s[i])
		}
	}
	return "", "", fmt.Errorf("%w: unclosed quote in a DIGEST-MD5 message", ErrProtocol)
}

// splitList splits a comma list and drops blanks and empty entries.
func splitList(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' || r == '\t' || r == '\n' || r == '\r' })
}

// quote puts a value between double quotes.
func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}
