package postgresql

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"weft/internal/sqlread"
	"weft/plugins"
)

// dialect is how PostgreSQL spells names and values.
func dialect() sqlread.SQL { return sqlread.SQL{Quote: quote, Literal: literal} }

// quote quotes an identifier.
func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// quoteText writes a text as a literal; standard_conforming_strings is on in
// every session of weft, so a backslash is one.
func quoteText(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }

// literal writes a value of a key. But for numbers it is a text without a type:
// the server gives it that of the column it is compared with, and compares in
// the column's collation.
func literal(kind plugins.Kind, text string) string {
	switch kind {
	case plugins.KindInt64, plugins.KindUint64:
		return text
	case plugins.KindDecimal:
		if strings.Trim(text, "-.0123456789") == "" { // else NaN or infinity
			return text
		}
	case plugins.KindBytes:
		return `'\x` + text + "'"
	case plugins.KindDate, plugins.KindDatetime, plugins.KindTimestamp:
		return quoteText(farYear(text))
	}
	return quoteText(text)
}

// farYear turns years beyond 0 to 9999 from ISO 8601, where 0 is the year
// before 1, into the server's form: +12345-01-01 and -0043-03-15 become
// 12345-01-01 and 0044-03-15 BC.
func farYear(text string) string {
	if strings.HasPrefix(text, "+") {
		return text[1:]
	}
	negative := strings.HasPrefix(text, "-")
	year, rest, _ := strings.Cut(strings.TrimPrefix(text, "-"), "-")
	n, err := strconv.Atoi(year)
	if err != nil || !negative && n > 0 {
		return text
	}
	return fmt.Sprintf("%04d-%s BC", n+1, rest)
}

// piece is what a split of this reader is: the Data of plugins.Split. It says
// which rows; which columns the plan says.
type piece struct {
	// Endpoint counts the servers of the job, Table or Query what is named
	// there.
	Endpoint int `json:"endpoint,omitempty"`
	Table    int `json:"table,omitempty"`
	// Key is the key of Range; without it and Blocks the piece is everything.
	Key []sqlread.KeyColumn `json:"key,omitempty"`
	sqlread.Range
	// Ordered: the key is unique, so rows are read in its order and have
	// positions.
	Ordered bool `json:"ordered,omitempty"`
	// Null: the rows whose key is NULL, and no others.
	Null bool `json:"null,omitempty"`
	// Blocks limits the piece to a part of the table's file; only sound within
	// one snapshot, since a row that is changed moves.
	Blocks *blocks `json:"blocks,omitempty"`
	// Increment limits the piece to what is new.
	Increment *increment `json:"increment,omitempty"`
}

// blocks are the blocks From (inclusive) to To (exclusive) of a table's file; a
// To of 0 is open.
type blocks struct {
	From int64 `json:"from"`
	To   int64 `json:"to,omitempty"`
}

func (b blocks) conditions() []string {
	list := []string{fmt.Sprintf("ctid >= '(%d,0)'::tid", b.From)}
	if b.To > 0 {
		list = append(list, fmt.Sprintf("ctid < '(%d,0)'::tid", b.To))
	}
	return list
}

// selection builds the query for a piece.
type selection struct {
	from  string   // what stands behind FROM
	table string   // the bare name of a table there, quoted
	list  []string // the select list, in SQL
	where string   // the job's own condition
}

// sql returns the query for the rows of p behind the position at; limit 0 means
// all of them.
func (s selection) sql(p piece, at sqlread.Tuple, limit int) string {
	q := "SELECT " + strings.Join(s.list, ", ") + " FROM " + s.from
	if conditions := s.conditions(p, at); len(conditions) > 0 {
		q += " WHERE " + strings.Join(conditions, " AND ")
	}
	if p.Ordered {
		q += " ORDER BY " + s.order(p.Key)
	}
	if limit > 0 {
		q += " LIMIT " + strconv.Itoa(limit)
	}
	return q
}

// order returns the list for ORDER BY. A bare name there would mean a column of
// the select list, such as a cast to text, which sorts otherwise.
func (s selection) order(key []sqlread.KeyColumn) string {
	names := make([]string, len(key))
	for i, k := range key {
		names[i] = s.table + "." + quote(k.Name)
	}
	return strings.Join(names, ", ")
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
		list = append(list, after(p.Key, at))
	}
	if len(within.Low) > 0 {
		list = append(list, rowCompare(p.Key, within.Low, ">="))
	}
	if len(within.High) > 0 {
		list = append(list, rowCompare(p.Key, within.High, "<"))
	}
	if p.Blocks != nil {
		list = append(list, p.Blocks.conditions()...)
	}
	if s.where != "" {
		list = append(list, "("+s.where+")")
	}
	if p.Increment != nil {
		list = append(list, p.Increment.condition(d)...)
	}
	return list
}

// after is the predicate "the key lies behind at".
func after(key []sqlread.KeyColumn, at sqlread.Tuple) string { return rowCompare(key, at, ">") }

// rowCompare compares rows as the server itself does, (a, b) > (1, 'x'), which
// it turns into a range of the index; the expanded form with OR it does not.
func rowCompare(key []sqlread.KeyColumn, t sqlread.Tuple, op string) string {
	names, values := make([]string, len(t)), make([]string, len(t))
	for i := range t {
		names[i], values[i] = quote(key[i].Name), literal(key[i].Kind, t[i])
	}
	if len(t) == 1 {
		return names[0] + " " + op + " " + values[0]
	}
	return "(" + strings.Join(names, ", ") + ") " + op + " (" + strings.Join(values, ", ") + ")"
}

// copyOf wraps a query.
func copyOf(query string) string { return "COPY (" + query + ") TO STDOUT (FORMAT binary)" }

// isExpression says that an entry of column is SQL rather than a name; DataX
// allows that. Names are letters, digits, _ and $, or stand in double quotes.
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

// unquote takes the double quotes off a name that is wholly quoted.
func unquote(text string) (name string, quoted bool) {
	if len(text) < 3 || text[0] != '"' || text[len(text)-1] != '"' {
		return text, false
	}
	inner := text[1 : len(text)-1]
	if strings.Contains(strings.ReplaceAll(inner, `""`, ""), `"`) {
		return text, false
	}
	return strings.ReplaceAll(inner, `""`, `"`), true
}

func pick[T any](first bool, a, b T) T {
	if first {
		return a
	}
	return b
}
