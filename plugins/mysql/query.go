package mysql

import (
	"encoding/hex"
	"strings"
	"unicode"

	"weft/internal/sqlread"
	"weft/plugins"
)

// dialect is how MySQL and MariaDB spell names and values.
func dialect() sqlread.SQL { return sqlread.SQL{Quote: quote, Literal: literal} }

// quote quotes an identifier.
func quote(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }

// literal writes a value so that it means the same under every sql_mode.
// Text that holds a backslash, a quote or a control character is written in
// hexadecimal with its character set; the server converts such a constant to
// the column's, and compares in the column's collation.
func literal(kind plugins.Kind, text string) string {
	switch kind {
	case plugins.KindInt64, plugins.KindUint64, plugins.KindDecimal:
		return text
	case plugins.KindBytes:
		return "x'" + text + "'"
	}
	if strings.ContainsFunc(text, func(r rune) bool { return r == '\'' || r == '\\' || r == '"' || unicode.IsControl(r) }) {
		return "_utf8mb4 x'" + hex.EncodeToString([]byte(text)) + "'"
	}
	return "'" + text + "'"
}

// piece is what a split of this reader is: the Data of plugins.Split. It says
// which rows; which columns the plan says.
type piece struct {
	// Endpoint counts the servers of the job, Table or Query what is named
	// there.
	Endpoint int `json:"endpoint,omitempty"`
	Table    int `json:"table,omitempty"`
	// Key is the key of Range; without it the piece is everything.
	Key []sqlread.KeyColumn `json:"key,omitempty"`
	sqlread.Range
	// Ordered: the key is unique and the table lies in its order, so rows
	// are read in it and have positions.
	Ordered bool `json:"ordered,omitempty"`
	// Null: the rows whose key is NULL, and no others.
	Null bool `json:"null,omitempty"`
	// Increment limits the piece to what is new.
	Increment *increment `json:"increment,omitempty"`
	// Shape is the fingerprint of the columns when the run was planned.
	Shape string `json:"shape,omitempty"`
}

// selection builds the query for a piece.
type selection struct {
	from  string   // what stands behind FROM
	list  []string // the select list, in SQL
	where string   // the job's own condition
	raw   string   // a query to be run as it is; then nothing else counts
}

// sql returns the query for the rows of p behind the position at.
func (s selection) sql(p piece, at sqlread.Tuple) string {
	if s.raw != "" {
		return s.raw
	}
	q := "SELECT " + strings.Join(s.list, ", ") + " FROM " + s.from
	if conditions := s.conditions(p, at); len(conditions) > 0 {
		q += " WHERE " + strings.Join(conditions, " AND ")
	}
	if p.Ordered {
		q += " ORDER BY " + dialect().Order(p.Key, "")
	}
	return q
}

func (s selection) conditions(p piece, at sqlread.Tuple) []string {
	d := dialect()
	var list []string
	if p.Null {
		list = append(list, quote(p.Key[0].Name)+" IS NULL")
	}
	within := p.Range
	if len(at) > 0 {
		within.Low = nil // the position lies behind it
		list = append(list, d.After(p.Key, at))
	}
	if text := d.Within(p.Key, within); text != "" {
		list = append(list, text)
	}
	if s.where != "" {
		list = append(list, "("+s.where+")")
	}
	if p.Increment != nil {
		list = append(list, p.Increment.condition()...)
	}
	return list
}

// isExpression says that an entry of column is SQL rather than a name; DataX
// allows that. Names are letters, digits, _ and $, or stand in backticks.
func isExpression(text string) bool {
	switch strings.ToLower(text) {
	case "null", "true", "false":
		return true
	}
	if _, quoted := unquote(text); quoted {
		return false
	}
	digits := true
	for _, r := range text {
		if r != '_' && r != '$' && !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return true
		}
		digits = digits && unicode.IsDigit(r)
	}
	return digits
}

// unquote takes the backticks off a name that is wholly quoted.
func unquote(text string) (name string, quoted bool) {
	if len(text) < 3 || text[0] != '`' || text[len(text)-1] != '`' {
		return text, false
	}
	inner := text[1 : len(text)-1]
	if strings.Contains(strings.ReplaceAll(inner, "``", ""), "`") {
		return text, false
	}
	return strings.ReplaceAll(inner, "``", "`"), true
}
