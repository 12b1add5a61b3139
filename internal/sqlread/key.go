package sqlread

import (
	"encoding/json"
	"fmt"
	"strings"

	"weft/plugins"
)

// KeyColumn is one column of a key.
type KeyColumn struct {
	// Name of the column, unquoted.
	Name string `json:"name"`
	// Kind says how a value becomes a literal and where the middle of two
	// values lies. Bytes are given in hexadecimal, all other kinds in their
	// canonical text.
	Kind plugins.Kind `json:"kind"`
	// Turned says that the values are UUIDs ordered by their groups from the
	// last to the first, as MariaDB's type uuid is.
	Turned bool `json:"turned,omitempty"`
}

// Tuple is a place in the order of a key: the text of a value for each column,
// or for the first few. The empty tuple is an open end.
type Tuple []string

// Range is the rows from Low (inclusive) to High (exclusive) in the order of a
// key. An empty end is open.
type Range struct {
	Low  Tuple `json:"low,omitempty"`
	High Tuple `json:"high,omitempty"`
}

// SQL is how one database spells names and values.
type SQL struct {
	// Quote quotes an identifier.
	Quote func(name string) string
	// Literal writes a value of a kind as a literal.
	Literal func(kind plugins.Kind, text string) string
}

// After returns the predicate "the key lies after t", rows equal to t (in all
// columns that t has) excluded.
func (s SQL) After(key []KeyColumn, t Tuple) string { return s.beyond(key, t, " > ", " > ") }

// From returns the predicate "the key is t or lies after it".
func (s SQL) From(key []KeyColumn, t Tuple) string { return s.beyond(key, t, " > ", " >= ") }

// Before returns the predicate "the key lies before t".
func (s SQL) Before(key []KeyColumn, t Tuple) string { return s.beyond(key, t, " < ", " < ") }

// UpTo returns the predicate "the key is t or lies before it".
func (s SQL) UpTo(key []KeyColumn, t Tuple) string { return s.beyond(key, t, " < ", " <= ") }

// beyond expands a comparison of rows into alternatives, each of which is a
// range of the index:
//
//	a > 1 OR (a = 1 AND b > 2) OR (a = 1 AND b = 2 AND c >= 3)
//
// last compares the last column of t, inner all others.
func (s SQL) beyond(key []KeyColumn, t Tuple, inner, last string) string {
	var equal, any []string
	for i, text := range t {
		name, value := s.Quote(key[i].Name), s.Literal(key[i].Kind, text)
		op := inner
		if i == len(t)-1 {
			op = last
		}
		all := append(append([]string(nil), equal...), name+op+value)
		one := strings.Join(all, " AND ")
		if len(all) > 1 {
			one = "(" + one + ")"
		}
		any = append(any, one)
		equal = append(equal, name+" = "+value)
	}
	if len(any) == 1 {
		return any[0]
	}
	return "(" + strings.Join(any, " OR ") + ")"
}

// Within returns the predicate of a range, or "" for one open at both ends.
func (s SQL) Within(key []KeyColumn, r Range) string {
	var parts []string
	if len(r.Low) > 0 {
		parts = append(parts, s.From(key, r.Low))
	}
	if len(r.High) > 0 {
		parts = append(parts, s.Before(key, r.High))
	}
	return strings.Join(parts, " AND ")
}

// Order returns the list for ORDER BY; suffix is "" or " DESC".
func (s SQL) Order(key []KeyColumn, suffix string) string {
	names := make([]string, len(key))
	for i, k := range key {
		names[i] = s.Quote(k.Name) + suffix
	}
	return strings.Join(names, ", ")
}

// Label says a range to people, without quoting and with long values cut:
// "id >= 10 and id < 20", "(tenant, code) >= (7, x)".
func Label(key []KeyColumn, r Range) string {
	var parts []string
	if len(r.Low) > 0 {
		parts = append(parts, side(key, r.Low, ">="))
	}
	if len(r.High) > 0 {
		parts = append(parts, side(key, r.High, "<"))
	}
	return strings.Join(parts, " and ")
}

func side(key []KeyColumn, t Tuple, op string) string {
	names, values := make([]string, len(t)), make([]string, len(t))
	for i := range t {
		names[i], values[i] = key[i].Name, shorten(t[i])
	}
	if len(t) == 1 {
		return names[0] + " " + op + " " + values[0]
	}
	return "(" + strings.Join(names, ", ") + ") " + op + " (" + strings.Join(values, ", ") + ")"
}

// shorten cuts a value at 40 characters.
func shorten(text string) string {
	runes := []rune(text)
	if len(runes) <= 40 {
		return text
	}
	return string(runes[:40]) + "..."
}

// FormatPosition returns t as a position: a JSON list of texts.
func FormatPosition(t Tuple) (plugins.Position, error) {
	text, err := json.Marshal(t)
	if err != nil {
		return "", fmt.Errorf("format position: %w", err)
	}
	return plugins.Position(text), nil
}

// ParsePosition is the reverse of FormatPosition for a key of the given number
// of columns.
func ParsePosition(p plugins.Position, columns int) (Tuple, error) {
	var t Tuple
	if err := json.Unmarshal([]byte(p), &t); err != nil {
		return nil, fmt.Errorf("parse position %q: %w", p, err)
	}
	if len(t) != columns {
		return nil, fmt.Errorf("parse position %q: %d values for a key of %d columns", p, len(t), columns)
	}
	return t, nil
}
