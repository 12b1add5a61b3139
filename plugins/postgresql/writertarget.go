package postgresql

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"weft/internal/sqlread"
	"weft/plugins"
)

// goal is the table that rows go to, as the catalogue has it.
type goal struct {
	table   tableName // with its schema
	kind    string    // pg_class.relkind
	columns []goalColumn
	keys    [][]string // unique keys without NULLs, the primary one first
}

// goalColumn is one column of the table, with what matters for writing.
type goalColumn struct {
	plugins.Column
	oid       uint32 // of the base type, where the type is a domain
	modifier  int32
	optional  bool // may be left out: NULL, a default or a number of its own
	generated bool // computed: cannot be written
	always    bool // a number of its own, unless overridden
}

// column finds a column by its name as written, or else in any case.
func (g *goal) column(name string) (goalColumn, bool) {
	i := slices.IndexFunc(g.columns, func(c goalColumn) bool { return c.Name == name })
	if i < 0 {
		i = slices.IndexFunc(g.columns, func(c goalColumn) bool { return strings.EqualFold(c.Name, name) })
	}
	if i < 0 {
		return goalColumn{}, false
	}
	return g.columns[i], true
}

// lookUp asks the catalogue about the table. A table that is not there is an
// error that says what is.
func (s *writeSession) lookUp(ctx context.Context, t tableName) (*goal, error) {
	op := "look up table " + t.String()
	rows, err := s.Query(ctx, "SELECT c.relkind, n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = "+t.regclass())
	if err != nil {
		return nil, writeFault(op, err)
	}
	if len(rows) == 0 {
		return nil, s.noTable(ctx, op, t)
	}
	g := &goal{table: tableName{schema: text(rows[0][1]), name: t.name}, kind: text(rows[0][0])}
	if g.columns, err = s.goalColumns(ctx, t); err != nil {
		return nil, writeFault(op, err)
	}
	if g.keys, err = s.uniqueKeys(ctx, t); err != nil {
		return nil, writeFault(op, err)
	}
	return g, nil
}

func (s *writeSession) noTable(ctx context.Context, op string, t tableName) error {
	rows, err := s.Query(ctx, "SELECT c.relname FROM pg_class c WHERE c.relkind IN ('r', 'p') AND c.relnamespace = "+
		"(SELECT oid FROM pg_namespace WHERE nspname = "+pick(t.schema == "", "current_schema()", quoteText(t.schema))+")")
	if err != nil {
		return writeFault(op, err)
	}
	list := make([]string, len(rows))
	for i := range rows {
		list[i] = text(rows[i][0])
	}
	hint := "create it, or name its schema"
	if near := sqlread.Nearest(t.name, list); near != "" {
		hint = "did you mean " + near + "?"
	}
	return fatal(op, plugins.ReasonNotFound, hint, "there is no such table")
}

// goalColumns returns the columns. (Servers before 12 have no attgenerated,
// those before 10 no attidentity, hence the detour over JSON.)
func (s *writeSession) goalColumns(ctx context.Context, t tableName) ([]goalColumn, error) {
	rows, err := s.Query(ctx, "SELECT a.attname, format_type(a.atttypid, a.atttypmod), CASE WHEN y.typtype = 'd' THEN y.typbasetype ELSE y.oid END, "+
		"CASE WHEN y.typtype = 'd' THEN y.typtypmod ELSE a.atttypmod END, a.attnotnull OR y.typnotnull, a.atthasdef OR y.typdefault IS NOT NULL, "+
		"coalesce(to_jsonb(a) ->> 'attgenerated', ''), coalesce(to_jsonb(a) ->> 'attidentity', '') "+
		"FROM pg_attribute a JOIN pg_type y ON y.oid = a.atttypid "+
		"WHERE a.attrelid = "+t.regclass()+" AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum")
	if err != nil {
		return nil, err
	}
	list := make([]goalColumn, len(rows))
	for i, r := range rows {
		oid, err1 := strconv.ParseUint(text(r[2]), 10, 32)
		modifier, err2 := strconv.ParseInt(text(r[3]), 10, 32)
		if err1 != nil || err2 != nil {
			return nil, fmt.Errorf("read the catalogue: type %q, modifier %q", text(r[2]), text(r[3]))
		}
		nullable := text(r[4]) != "t"
		f := field{name: text(r[0]), oid: uint32(oid), modifier: int32(modifier), source: text(r[1]), nullable: nullable}
		c := goalColumn{Column: columnOf(f, specialError), oid: f.oid, modifier: f.modifier}
		c.generated, c.always = text(r[6]) != "", text(r[7]) == "a"
		c.optional = nullable || text(r[5]) == "t" || text(r[7]) != ""
		if encoders[c.oid] == nil { // written as text, whatever the reader makes of it
			c.Kind, c.Precision, c.Scale = plugins.KindString, 0, 0
		}
		if c.Kind == plugins.KindString && c.oid != oidVarchar && c.oid != oidBPChar {
			c.Length = 0
		}
		list[i] = c
	}
	return list, nil
}

// uniqueKeys returns the keys that ON CONFLICT can name: of whole columns, none
// of them NULL, over all rows, and checked at once.
func (s *writeSession) uniqueKeys(ctx context.Context, t tableName) ([][]string, error) {
	rows, err := s.Query(ctx, `SELECT i.indexrelid, a.attname FROM pg_index i
	CROSS JOIN LATERAL generate_series(1, coalesce((to_jsonb(i) ->> 'indnkeyatts')::int, i.indnatts)) AS k
	JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[k-1]
	WHERE i.indrelid = `+t.regclass()+` AND i.indisunique AND i.indimmediate AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL
	AND NOT EXISTS (SELECT 1 FROM pg_attribute n WHERE n.attrelid = i.indrelid AND n.attnum = ANY (i.indkey) AND NOT n.attnotnull)
	ORDER BY i.indisprimary DESC, i.indexrelid, k`)
	if err != nil {
		return nil, err
	}
	var list [][]string
	last := ""
	for i, r := range rows {
		if name := text(r[0]); i == 0 || name != last {
			list, last = append(list, nil), name
		}
		list[len(list)-1] = append(list[len(list)-1], text(r[1]))
	}
	return list, nil
}

// valueCheck looks at one value that the conversion let pass, for what the
// server would refuse or, worse, change without a word. It returns "" if value i
// is fine.
type valueCheck func(v *plugins.Vector, i int) (plugins.RowCode, string)

// Ends of the server's calendar, which begins on 4714-11-24 BC.
var (
	firstDay       = plugins.DaysOf(-4713, 11, 24)
	lastDay        = plugins.DaysOf(5874897, 12, 31)
	lastMoment     = plugins.DaysOf(294246, 12, 31) * 86_400_000_000
	midnightMicros = int64(86_400_000_000)
)

// checksOf returns what of the column's limits no conversion knows.
func checksOf(c goalColumn) []valueCheck {
	low, high := int64(0), int64(0)
	switch c.Kind {
	case plugins.KindString:
		if c.oid == oidUUID {
			return []valueCheck{func(v *plugins.Vector, i int) (plugins.RowCode, string) {
				if isUUID(v.Bytes(i)) {
					return "", ""
				}
				return plugins.RowConversion, shown(v, i) + " is no uuid"
			}}
		}
		return []valueCheck{noNUL}
	case plugins.KindJSON:
		return []valueCheck{noNUL}
	case plugins.KindDecimal:
		if scale := int((c.modifier-4)&0x7ff^1024) - 1024; c.modifier >= 4 && scale < 0 {
			return []valueCheck{wholeHundreds(c, -scale)}
		}
		return nil
	case plugins.KindDate:
		low, high = firstDay, lastDay
	case plugins.KindTime:
		high = midnightMicros
	case plugins.KindDatetime, plugins.KindTimestamp:
		low, high = firstDay*midnightMicros, lastMoment
	default:
		if c.oid != oidOID {
			return nil
		}
		high = 1<<32 - 1
	}
	return []valueCheck{func(v *plugins.Vector, i int) (plugins.RowCode, string) {
		if v.Ints[i] < low || v.Ints[i] > high {
			return plugins.RowOverflow, fmt.Sprintf("%s is outside the range of %s", shown(v, i), c.SourceType)
		}
		return "", ""
	}}
}

// noNUL: the server keeps no character 0 in texts.
func noNUL(v *plugins.Vector, i int) (plugins.RowCode, string) {
	if bytes.IndexByte(v.Bytes(i), 0) < 0 {
		return "", ""
	}
	return plugins.RowEncoding, shown(v, i) + " holds the character 0, which the server keeps in no text"
}

// wholeHundreds is for numeric with a negative scale, which rounds.
func wholeHundreds(c goalColumn, zeros int) valueCheck {
	return func(v *plugins.Vector, i int) (plugins.RowCode, string) {
		digits := bytes.TrimLeft(v.Bytes(i), "-0")
		tail := digits[max(len(digits)-zeros, 0):]
		if len(bytes.Trim(tail, "0")) == 0 {
			return "", ""
		}
		return plugins.RowPrecision, fmt.Sprintf("%s has more digits than %s keeps", shown(v, i), c.SourceType)
	}
}

// shown quotes a value for a message.
func shown(v *plugins.Vector, i int) string {
	value := plugins.AppendText(nil, v, i, 6)
	if len(value) > 60 {
		cut := 60
		for cut > 0 && !utf8.RuneStart(value[cut]) {
			cut--
		}
		return strconv.Quote(string(value[:cut])) + "..."
	}
	return strconv.Quote(string(value))
}
