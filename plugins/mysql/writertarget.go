package mysql

import (
	"context"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"weft/internal/sqlread"
	"weft/plugins"
)

// goal is the table that rows go to, as the catalogue has it.
type goal struct {
	table   tableName
	engine  string
	safe    bool // the engine has transactions
	view    bool
	columns []goalColumn
	keys    [][]string // unique keys, the primary one first
}

// goalColumn is one column of the table, with what matters for writing.
type goalColumn struct {
	plugins.Column
	base      string // bigint
	charset   string // of texts
	octets    int    // most bytes of a text or blob; 0 if unknown
	unsigned  bool
	optional  bool // may be left out: NULL, a default or a number of its own
	generated bool // computed: cannot be written
}

// column finds a column by name, in any case.
func (g *goal) column(name string) (goalColumn, bool) {
	i := slices.IndexFunc(g.columns, func(c goalColumn) bool { return strings.EqualFold(c.Name, name) })
	if i < 0 {
		return goalColumn{}, false
	}
	return g.columns[i], true
}

const thisTable = "table_schema = COALESCE(NULLIF(?, ''), DATABASE()) AND table_name = ?"

// lookUp asks the catalogue about the table. A table that is not there, or that
// the account may not see, is an error that says what is.
func (s *session) lookUp(ctx context.Context, t tableName) (*goal, error) {
	op := "look up table " + t.String()
	rows, err := s.Query(ctx, "SELECT COALESCE(engine, ''), table_type, COALESCE((SELECT transactions FROM information_schema.engines e "+
		"WHERE e.engine = t.engine), ''), table_schema FROM information_schema.tables t WHERE "+thisTable, t.schema, t.name)
	if err != nil {
		return nil, writeFault(op, err)
	}
	if len(rows) == 0 {
		return nil, s.noTable(ctx, op, t)
	}
	g := &goal{table: tableName{schema: text(rows[0][3]), name: t.name}, engine: text(rows[0][0]),
		view: strings.Contains(strings.ToUpper(text(rows[0][1])), "VIEW"), safe: strings.EqualFold(text(rows[0][2]), "YES")}
	if g.columns, err = s.goalColumns(ctx, t); err != nil {
		return nil, writeFault(op, err)
	}
	if g.keys, err = s.uniqueKeys(ctx, t); err != nil {
		return nil, writeFault(op, err)
	}
	return g, nil
}

func (s *session) noTable(ctx context.Context, op string, t tableName) error {
	rows, err := s.Query(ctx, "SELECT table_name FROM information_schema.tables WHERE table_schema = COALESCE(NULLIF(?, ''), DATABASE())", t.schema)
	if err != nil {
		return writeFault(op, err)
	}
	list := make([]string, len(rows))
	for i := range rows {
		list[i] = text(rows[i][0])
	}
	hint := "create it, or grant the account INSERT on it"
	if near := sqlread.Nearest(t.name, list); near != "" {
		hint = "did you mean " + near + "?"
	}
	return fatal(op, plugins.ReasonNotFound, hint, "there is no such table")
}

func (s *session) goalColumns(ctx context.Context, t tableName) ([]goalColumn, error) {
	rows, err := s.Query(ctx, "SELECT column_name, column_type, data_type, is_nullable, COALESCE(character_maximum_length, 0), "+
		"COALESCE(character_octet_length, 0), COALESCE(character_set_name, ''), COALESCE(numeric_precision, 0), COALESCE(numeric_scale, 0), "+
		"COALESCE(datetime_precision, 0), column_default IS NOT NULL, extra FROM information_schema.columns WHERE "+thisTable+
		" ORDER BY ordinal_position", t.schema, t.name)
	if err != nil {
		return nil, err
	}
	list := make([]goalColumn, 0, len(rows))
	for _, r := range rows {
		list = append(list, goalColumnOf(r))
	}
	return list, nil
}

func (s *session) uniqueKeys(ctx context.Context, t tableName) ([][]string, error) {
	rows, err := s.Query(ctx, "SELECT index_name, column_name FROM information_schema.statistics WHERE non_unique = 0 AND "+thisTable+
		" ORDER BY index_name <> 'PRIMARY', index_name, seq_in_index", t.schema, t.name)
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

// goalColumnOf reads a row of goalColumns' query.
func goalColumnOf(r []*string) goalColumn {
	number := func(i int) int {
		n, err := strconv.ParseInt(text(r[i]), 10, 64)
		if err != nil || n > 1<<32 {
			return 0
		}
		return int(n)
	}
	extra := strings.ToLower(text(r[11]))
	c := goalColumn{base: strings.ToLower(text(r[2])), charset: strings.ToLower(text(r[6])), octets: number(5)}
	c.Name, c.SourceType, c.Nullable = text(r[0]), text(r[1]), text(r[3]) == "YES"
	c.unsigned = strings.Contains(strings.ToLower(c.SourceType), "unsigned")
	c.generated = strings.Contains(extra, "generated") && !strings.Contains(extra, "default_generated")
	c.optional = c.Nullable || text(r[10]) == "1" || strings.Contains(extra, "auto_increment") || strings.Contains(extra, "default_generated")
	c.setKind(number(4), number(7), number(8), number(9))
	return c
}

// integerBytes are the widths of the integer types.
var integerBytes = map[string]int{"tinyint": 1, "smallint": 2, "mediumint": 3, "int": 4, "bigint": 8}

// roundedFloat is FLOAT(M,D) and DOUBLE(M,D), which round what they get.
var roundedFloat = regexp.MustCompile(`^(?i)(?:float|double)\((\d+),(\d+)\)`)

// setKind says as what the column's values are sent: the kind with the limits
// that the type declares.
func (c *goalColumn) setKind(characters, precision, scale, fraction int) {
	if width := integerBytes[c.base]; width > 0 {
		c.Kind, c.Length = pick(c.unsigned, plugins.KindUint64, plugins.KindInt64), width
		return
	}
	if m := roundedFloat.FindStringSubmatch(c.SourceType); m != nil {
		c.Kind = plugins.KindDecimal // two numbers that the expression above has made sure of
		c.Precision, _ = strconv.Atoi(m[1])
		c.Scale, _ = strconv.Atoi(m[2])
		return
	}
	switch c.base {
	case "year":
		c.Kind, c.Length = plugins.KindInt64, 2
	case "bit":
		c.Kind, c.Length, c.Precision = plugins.KindUint64, 8, precision
	case "float":
		c.Kind = plugins.KindFloat32
	case "double", "real":
		c.Kind = plugins.KindFloat64
	case "decimal", "numeric":
		c.Kind, c.Precision, c.Scale = plugins.KindDecimal, precision, scale
	case "date":
		c.Kind = plugins.KindDate
	case "datetime":
		c.Kind, c.Scale = plugins.KindDatetime, fraction
	case "timestamp":
		c.Kind, c.Scale = plugins.KindTimestamp, fraction
	case "time":
		c.Kind, c.Scale = plugins.KindTime, fraction
	case "json":
		c.Kind = plugins.KindJSON
	case "binary", "varbinary":
		c.Kind, c.Length = plugins.KindBytes, c.octets
	case "tinyblob", "blob", "mediumblob", "longblob":
		c.Kind, c.Length = plugins.KindBytes, pick(c.octets >= 1<<30, 0, c.octets)
	case "char", "varchar":
		c.Kind, c.Length = plugins.KindString, characters
	case "tinytext", "text", "mediumtext", "longtext", "enum", "set", "uuid", "inet4", "inet6":
		c.Kind = plugins.KindString
	default: // geometry and its kin, vector: as the server keeps them
		c.Kind = plugins.KindBytes
	}
}
