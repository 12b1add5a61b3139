package postgresql

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"weft/internal/sqlread"
	"weft/plugins"
)

// declared is a column as the catalogue has it.
type declared struct {
	name     string
	typ      string // character varying(20)
	oid      uint32 // of the base type, where typ is a domain
	nullable bool
}

// index is one btree index of a table.
type index struct {
	name    string
	unique  bool // and none of its columns may be NULL
	columns []string
	usable  []bool // false: an expression, or in another order than the column's own
}

// facts are what the catalogue says about a table.
type facts struct {
	found   bool
	kind    string // pg_class.relkind: r, p, m, v, f
	blocks  int64
	version int // server_version_num
	rows    int64
	columns []declared
	indexes []index
}

// regclass is the SQL of a table's object id; NULL if there is none.
func (t tableName) regclass() string { return "to_regclass(" + quoteText(t.quoted()) + ")" }

// facts asks the catalogue about a table.
func (n *session) facts(ctx context.Context, t tableName) (facts, error) {
	f := facts{rows: -1}
	row, err := n.row(ctx, "SELECT relkind, pg_relation_size(oid) / current_setting('block_size')::int, current_setting('server_version_num') "+
		"FROM pg_class WHERE oid = "+t.regclass())
	if err != nil || row == nil {
		return f, err
	}
	f.found, f.kind = true, text(row[0])
	if _, err := fmt.Sscan(text(row[1])+" "+text(row[2]), &f.blocks, &f.version); err != nil {
		return f, fmt.Errorf("read the catalogue: %w", err)
	}
	if f.columns, err = n.declarations(ctx, t); err != nil {
		return f, err
	}
	if f.indexes, err = n.indexes(ctx, t, f); err != nil {
		return f, err
	}
	f.rows, err = n.estimate(ctx, "SELECT 1 FROM "+t.quoted())
	return f, err
}

// declarations returns the columns of a table in their order; none if there is
// no such table.
func (n *session) declarations(ctx context.Context, t tableName) ([]declared, error) {
	rows, err := n.rows(ctx, "SELECT a.attname, format_type(a.atttypid, a.atttypmod), "+
		"CASE WHEN y.typtype = 'd' THEN y.typbasetype ELSE y.oid END, a.attnotnull "+
		"FROM pg_attribute a JOIN pg_type y ON y.oid = a.atttypid "+
		"WHERE a.attrelid = "+t.regclass()+" AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum")
	if err != nil {
		return nil, err
	}
	list := make([]declared, len(rows))
	for i, r := range rows {
		oid, err := strconv.ParseUint(text(r[2]), 10, 32)
		if err != nil {
			return nil, fmt.Errorf("read the catalogue: %w", err)
		}
		list[i] = declared{name: text(r[0]), typ: text(r[1]), oid: uint32(oid), nullable: text(r[3]) != "t"}
	}
	return list, nil
}

// indexes returns the table's btree indexes that cover all rows, the primary
// key first. A column counts as usable if the index has it in its own collation
// and order. (Servers before 11 have no column indnkeyatts, hence the detour.)
func (n *session) indexes(ctx context.Context, t tableName, f facts) ([]index, error) {
	rows, err := n.rows(ctx, `SELECT i.indexrelid::regclass, i.indisunique, a.attname,
		i.indcollation[k-1] = a.attcollation AND o.opcdefault AND i.indoption[k-1] & 1 = 0
	FROM pg_index i
	JOIN pg_class c ON c.oid = i.indexrelid
	JOIN pg_am m ON m.oid = c.relam AND m.amname = 'btree'
	CROSS JOIN LATERAL generate_series(1, coalesce((to_jsonb(i) ->> 'indnkeyatts')::int, i.indnatts)) AS k
	LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[k-1]
	LEFT JOIN pg_opclass o ON o.oid = i.indclass[k-1]
	WHERE i.indrelid = `+t.regclass()+` AND i.indisvalid AND i.indpred IS NULL
	ORDER BY i.indisprimary DESC, i.indexrelid, k`)
	if err != nil {
		return nil, err
	}
	var list []index
	for _, r := range rows {
		if n := len(list); n == 0 || list[n-1].name != text(r[0]) {
			list = append(list, index{name: text(r[0]), unique: text(r[1]) == "t"})
		}
		x := &list[len(list)-1]
		x.columns = append(x.columns, text(r[2]))
		x.usable = append(x.usable, text(r[3]) == "t")
		d, ok := f.column(text(r[2]))
		x.unique = x.unique && ok && !d.nullable
	}
	return list, nil
}

var planRows = regexp.MustCompile(`"Plan Rows": (\d+)`)

// estimate returns the number of rows that the planner expects of a query, -1
// if it does not say. It works from the size of the file, so it does not lag
// behind a load as the statistics do.
func (n *session) estimate(ctx context.Context, query string) (int64, error) {
	row, err := n.row(ctx, "EXPLAIN (FORMAT JSON) "+query)
	if err != nil || row == nil {
		return -1, err
	}
	found := planRows.FindStringSubmatch(text(row[0]))
	if found == nil {
		return -1, nil
	}
	rows, err := strconv.ParseInt(found[1], 10, 64)
	if err != nil {
		return -1, nil
	}
	return rows, nil
}

// tableKey is the key by which a table is cut and read.
type tableKey struct {
	columns []sqlread.KeyColumn
	indexed bool // an index begins with the columns
	// ordered: the columns are unique and without NULLs, and an index has them
	// in their order.
	ordered  bool
	nullable bool
}

// key returns the key of the table for the wanted split column, "" for none:
// the primary key or a unique one without NULLs, if that begins with the
// column.
func (f facts) key(splitPk string) tableKey {
	name, _ := unquote(splitPk)
	for _, x := range f.indexes {
		if !x.unique || splitPk != "" && !strings.EqualFold(x.columns[0], name) {
			continue
		}
		if k := f.uniqueKey(x); len(k.columns) > 0 {
			return k
		}
	}
	source, ok := f.column(name)
	if splitPk == "" || !ok || keyKind(source.oid) == plugins.KindInvalid {
		return tableKey{}
	}
	return tableKey{
		columns:  []sqlread.KeyColumn{{Name: source.name, Kind: keyKind(source.oid)}},
		nullable: source.nullable,
		indexed: slices.ContainsFunc(f.indexes, func(x index) bool {
			return x.columns[0] == source.name && x.usable[0]
		}),
	}
}

// uniqueKey makes a key of the columns of an index. One that cannot be compared
// by literals ends it; the ones before it still serve for cutting.
func (f facts) uniqueKey(x index) tableKey {
	k := tableKey{indexed: true, ordered: true}
	for i, name := range x.columns {
		source, ok := f.column(name)
		if !ok || !x.usable[i] || keyKind(source.oid) == plugins.KindInvalid {
			k.ordered = false
			break
		}
		k.columns = append(k.columns, sqlread.KeyColumn{Name: source.name, Kind: keyKind(source.oid)})
	}
	return k
}

// column finds a column by its name as written, or else in any case.
func (f facts) column(name string) (declared, bool) {
	i := slices.IndexFunc(f.columns, func(d declared) bool { return d.name == name })
	if i < 0 {
		i = slices.IndexFunc(f.columns, func(d declared) bool { return strings.EqualFold(d.name, name) })
	}
	if i < 0 {
		return declared{}, false
	}
	return f.columns[i], true
}

// keyKind returns how values of a type are written as literals, or KindInvalid
// for types that are no key here: floats, whose text is not their order's, and
// whatever is read as text.
func keyKind(oid uint32) plugins.Kind {
	switch oid {
	case oidInt2, oidInt4, oidInt8, oidOID, oidNumeric, oidText, oidVarchar, oidBPChar, oidUUID, oidBytea, oidDate, oidTimestamp, oidTimestamptz:
		return shapeOf(oid).kind
	}
	return plugins.KindInvalid
}

// keyText is the SQL that gives a key column as a tuple holds it.
func keyText(k sqlread.KeyColumn) string {
	name := quote(k.Name)
	switch k.Kind {
	case plugins.KindBytes:
		return "encode(" + name + ", 'hex')"
	case plugins.KindTimestamp:
		return "(" + name + " AT TIME ZONE 'UTC')::text"
	}
	return name + "::text"
}
