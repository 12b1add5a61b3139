package mysql

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"weft/internal/sqlread"
	"weft/plugins"
)

// facts are what the catalogue says about a table.
type facts struct {
	engine  string
	rows    int64 // the server's estimate, -1 if it has none
	view    bool
	found   bool
	columns []declared
	indexes []index
}

// index is one index of a table, in the catalogue's words.
type index struct {
	name    string
	unique  bool // and none of its columns may be NULL
	columns []string
	whole   []bool // false: only a prefix of the column is indexed
	mixed   bool   // ascending and descending columns
}

// clustered are the engines that store a table in the order of its primary key,
// or of its first unique one without NULLs.
var clustered = []string{"innodb", "rocksdb", "tokudb", "xtradb"}

// facts asks the catalogue about a table.
func (m *meta) facts(ctx context.Context, t tableName) (facts, error) {
	f := facts{rows: -1}
	row, err := m.row(ctx, "SELECT engine, table_rows, table_type FROM information_schema.tables "+
		"WHERE table_schema = COALESCE(NULLIF(?, ''), DATABASE()) AND table_name = ?", t.schema, t.name)
	if err != nil || row == nil {
		return f, err
	}
	f.found, f.engine = true, strings.ToLower(text(row[0]))
	f.view = strings.Contains(strings.ToUpper(text(row[2])), "VIEW")
	if n, err := strconv.ParseInt(text(row[1]), 10, 64); err == nil {
		f.rows = n
	}
	if f.columns, err = m.declarations(ctx, t); err != nil {
		return f, err
	}
	f.indexes, err = m.indexes(ctx, t)
	return f, err
}

// indexes returns the table's indexes, the primary key first.
func (m *meta) indexes(ctx context.Context, t tableName) ([]index, error) {
	rows, err := m.rows(ctx, "SELECT index_name, non_unique, column_name, sub_part, nullable, collation FROM information_schema.statistics "+
		"WHERE table_schema = COALESCE(NULLIF(?, ''), DATABASE()) AND table_name = ? AND index_type = 'BTREE' ORDER BY index_name, seq_in_index",
		t.schema, t.name)
	if err != nil {
		return nil, err
	}
	var list []index
	var direction string
	for _, r := range rows {
		if n := len(list); n == 0 || list[n-1].name != text(r[0]) {
			list = append(list, index{name: text(r[0]), unique: text(r[1]) == "0"})
			direction = text(r[5])
		}
		x := &list[len(list)-1]
		x.columns = append(x.columns, text(r[2]))
		x.whole = append(x.whole, r[2] != nil && r[3] == nil) // an expression has no name
		x.unique = x.unique && text(r[4]) != "YES"
		x.mixed = x.mixed || text(r[5]) != direction
	}
	slices.SortStableFunc(list, func(a, b index) int {
		return pick(b.name == "PRIMARY", 1, 0) - pick(a.name == "PRIMARY", 1, 0)
	})
	return list, nil
}

// tableKey is the key by which a table is cut and read.
type tableKey struct {
	index   string // "" for none
	columns []sqlread.KeyColumn
	sources []declared // one for each column
	// ordered: the columns are unique and the table lies in their order.
	ordered  bool
	nullable bool
}

// key returns the key of the table for the wanted split column, "" for none.
// Without an index that helps, columns is what can still be compared.
func (f facts) key(splitPk string) tableKey {
	best := f.clusteredKey()
	if splitPk == "" {
		return best
	}
	name, _ := unquote(splitPk)
	if len(best.columns) > 0 && strings.EqualFold(best.columns[0].Name, name) {
		return best
	}
	source, ok := f.column(name)
	if !ok || keyKind(source) == plugins.KindInvalid {
		return tableKey{}
	}
	k := tableKey{columns: []sqlread.KeyColumn{keyColumn(source)}, sources: []declared{source}, nullable: source.nullable}
	for _, x := range f.indexes {
		if strings.EqualFold(x.columns[0], name) && x.whole[0] {
			k.index = x.name
			break
		}
	}
	return k
}

// clusteredKey returns the primary key or the first unique key without NULLs.
// Columns that cannot be compared by literals end it; the ones before them
// still serve for cutting.
func (f facts) clusteredKey() tableKey {
	i := slices.IndexFunc(f.indexes, func(x index) bool { return x.unique })
	if i < 0 {
		return tableKey{}
	}
	x := f.indexes[i]
	k := tableKey{index: x.name, ordered: slices.Contains(clustered, f.engine) && !x.mixed}
	for j, name := range x.columns {
		source, ok := f.column(name)
		if !ok || !x.whole[j] || keyKind(source) == plugins.KindInvalid {
			k.ordered = false
			break
		}
		k.columns = append(k.columns, keyColumn(source))
		k.sources = append(k.sources, source)
	}
	if len(k.columns) == 0 {
		return tableKey{}
	}
	return k
}

func (f facts) column(name string) (declared, bool) {
	i := slices.IndexFunc(f.columns, func(d declared) bool { return strings.EqualFold(d.name, name) })
	if i < 0 {
		return declared{}, false
	}
	return f.columns[i], true
}

func keyColumn(d declared) sqlread.KeyColumn {
	return sqlread.KeyColumn{Name: d.name, Kind: keyKind(d), Turned: d.base == "uuid"}
}

// keyKind returns how values of a column are written as literals, or
// KindInvalid if a comparison with a literal does not follow the order of the
// index: floats are inexact, ENUM and SET sort by number but compare as text.
func keyKind(d declared) plugins.Kind {
	switch d.base {
	case "tinyint", "smallint", "mediumint", "int", "year", "bit":
		return plugins.KindInt64
	case "bigint":
		return pick(strings.Contains(d.typ, "unsigned"), plugins.KindUint64, plugins.KindInt64)
	case "decimal":
		return plugins.KindDecimal
	case "char", "varchar", "uuid", "inet4", "inet6":
		return plugins.KindString
	case "binary", "varbinary":
		return plugins.KindBytes
	case "date":
		return plugins.KindDate
	case "datetime":
		return plugins.KindDatetime
	case "timestamp":
		return plugins.KindTimestamp
	case "time":
		return plugins.KindTime
	}
	return plugins.KindInvalid
}

// keyExpression returns the SQL that gives a key column as a tuple holds it.
func keyExpression(k sqlread.KeyColumn, d declared) string {
	name := quote(k.Name)
	switch {
	case k.Kind == plugins.KindBytes:
		return "LOWER(HEX(" + name + "))"
	case d.base == "bit" || strings.Contains(d.typ, "zerofill"):
		return name + "+0"
	}
	return name
}
