package textfile

import (
	"fmt"
	"strings"
)

// DatePattern reads dates and times written by a pattern of Java's
// SimpleDateFormat, of which it knows the numbers: yyyy MM dd HH mm ss SSS.
// Unlike Java it is strict: the whole text has to match, and 13 is no month.
//
// Letters beside those, two-digit years (whose century depends on today) and
// names of months or days are refused when the pattern is made.
type DatePattern struct {
	parts []datePart
}

// datePart is a number or, with field 0, a literal.
type datePart struct {
	field byte // y M d H m s S
	width int
	// exact says that it stands next to another number, so that only the
	// widths tell them apart.
	exact   bool
	literal string
}

const dateFields = "yMdHmsS"

// NewDatePattern takes a pattern apart.
func NewDatePattern(pattern string) (*DatePattern, error) {
	p := &DatePattern{}
	for rest := pattern; rest != ""; {
		part, n, err := cutDatePart(rest)
		if err != nil {
			return nil, fmt.Errorf("date pattern %q: %w", pattern, err)
		}
		if last := len(p.parts) - 1; last >= 0 && part.field != 0 && p.parts[last].field != 0 {
			p.parts[last].exact, part.exact = true, true
		}
		p.parts = append(p.parts, part)
		rest = rest[n:]
	}
	seen := ""
	for _, part := range p.parts {
		if part.field != 0 && strings.IndexByte(seen, part.field) >= 0 {
			return nil, fmt.Errorf("date pattern %q: %c is there twice", pattern, part.field)
		}
		if part.field != 0 {
			seen += string(part.field)
		}
	}
	if !strings.Contains(seen, "y") {
		return nil, fmt.Errorf("date pattern %q has no year", pattern)
	}
	return p, nil
}

// cutDatePart reads the first part of a pattern and says how long it is.
func cutDatePart(s string) (part datePart, n int, err error) {
	c := s[0]
	switch {
	case c == '\'':
		end := strings.IndexByte(s[1:], '\'')
		if end < 0 {
			return part, 0, fmt.Errorf("a quote is not closed")
		}
		if end == 0 {
			return datePart{literal: "'"}, 2, nil
		}
		return datePart{literal: s[1 : end+1]}, end + 2, nil
	case c|0x20 < 'a' || c|0x20 > 'z':
		return datePart{literal: s[:1]}, 1, nil
	case strings.IndexByte(dateFields, c) < 0:
		return part, 0, fmt.Errorf("the letter %c is not supported", c)
	}
	for n < len(s) && s[n] == c {
		n++
	}
	switch {
	case c == 'y' && n != 4 && n != 1:
		err = fmt.Errorf("years need four digits")
	case c != 'y' && c != 'S' && n > 2, n > 9:
		err = fmt.Errorf("%s is no number", s[:n])
	case c == 'y':
		return datePart{field: c, width: 4}, n, nil
	}
	return datePart{field: c, width: n}, n, err
}

// Append appends the canonical form of text, 2006-01-02 15:04:05.123, without
// the time if that is midnight and whole is false, and without a fraction that
// is zero. ok is false if text does not match; ranges are not looked at.
func (p *DatePattern) Append(dst, text []byte, whole bool) (out []byte, ok bool) {
	values := [len(dateFields)]int{0, 1, 1}
	for _, part := range p.parts {
		if part.field == 0 {
			if len(text) < len(part.literal) || string(text[:len(part.literal)]) != part.literal {
				return dst, false
			}
			text = text[len(part.literal):]
			continue
		}
		value, n := part.number(text)
		if n == 0 {
			return dst, false
		}
		values[strings.IndexByte(dateFields, part.field)] = value
		text = text[n:]
	}
	if len(text) > 0 {
		return dst, false
	}
	dst = appendPadded(dst, values[0], 4)
	dst = appendPadded(append(dst, '-'), values[1], 2)
	dst = appendPadded(append(dst, '-'), values[2], 2)
	if !whole && values[3]|values[4]|values[5]|values[6] == 0 {
		return dst, true
	}
	dst = appendPadded(append(dst, ' '), values[3], 2)
	dst = appendPadded(append(dst, ':'), values[4], 2)
	dst = appendPadded(append(dst, ':'), values[5], 2)
	if values[6] != 0 {
		dst = appendPadded(append(dst, '.'), values[6], 3)
	}
	return dst, true
}

// number reads the digits at the front of text: as many as the part is wide if
// that alone tells the end, else all there are, as many as the widest value of
// the field has.
func (p datePart) number(text []byte) (value, n int) {
	most := max(p.width, 2)
	switch {
	case p.field == 'S':
		most = 3 // milliseconds
	case p.exact:
		most = p.width
	}
	for n < len(text) && n < most && text[n] >= '0' && text[n] <= '9' {
		value = value*10 + int(text[n]-'0')
		n++
	}
	if (p.exact || p.field == 'y') && n < p.width {
		return 0, 0
	}
	return value, n
}

func appendPadded(dst []byte, value, width int) []byte {
	start := len(dst)
	for range width {
		dst = append(dst, '0')
	}
	for i := len(dst) - 1; i >= start; i-- {
		dst[i] = byte('0' + value%10)
		value /= 10
	}
	return dst
}
