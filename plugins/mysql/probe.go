package mysql

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"weft/internal/sqlread"
)

// prober asks a table about the order of its key, through the index only.
type prober struct {
	meta  *meta
	from  string // the table with the index to be used
	using string // the same, as a wish
	key   tableKey
	exprs string // the select list that gives a key
	rows  int64
}

var _ sqlread.Prober = (*prober)(nil)

func newProber(m *meta, t tableName, k tableKey, rows int64) *prober {
	exprs := make([]string, len(k.columns))
	for i, c := range k.columns {
		exprs[i] = keyExpression(c, k.sources[i])
	}
	index := " INDEX (" + quote(k.index) + ")"
	return &prober{meta: m, from: t.quoted() + " FORCE" + index, using: t.quoted() + " USE" + index, key: k,
		exprs: strings.Join(exprs, ", "), rows: rows}
}

// Ends implements sqlread.Prober.
func (p *prober) Ends(ctx context.Context) (first, last sqlread.Tuple, err error) {
	where := ""
	if p.key.nullable {
		where = " WHERE " + quote(p.key.columns[0].Name) + " IS NOT NULL"
	}
	row, err := p.one(ctx, p.exprs, where, "")
	if err != nil || row == nil {
		return nil, nil, err
	}
	first = row
	last, err = p.one(ctx, p.exprs, where, " DESC")
	return first, last, err
}

// Cut implements sqlread.Prober. Only the guess is in the WHERE clause, so the
// answer costs one look-up; whether it lies within (after, upTo] is worked out
// by the server for the row found, in the collation of its columns.
func (p *prober) Cut(ctx context.Context, after, guess, upTo sqlread.Tuple) (key, before sqlread.Tuple, err error) {
	d, columns := dialect(), p.key.columns
	list := p.exprs + ", " + d.After(columns, after) + " AND " + d.UpTo(columns, upTo)
	row, err := p.one(ctx, list, " WHERE "+d.From(columns, guess), "")
	if e := serverErrorOf(err); e != nil && slices.Contains(errNotInCharset, e.Number) {
		return nil, nil, nil // the column's character set has no such letters
	}
	if err != nil || row == nil || row[len(row)-1] != "1" {
		return nil, nil, err
	}
	key = row[:len(row)-1]
	before, err = p.one(ctx, p.exprs, " WHERE "+d.Before(columns, key), " DESC")
	return key, before, err
}

// errNotInCharset are the errors of a comparison with text that the column's
// character set does not have.
var errNotInCharset = []int{1267, 3854, 3988}

func (p *prober) one(ctx context.Context, list, where, direction string) (sqlread.Tuple, error) {
	row, err := p.meta.row(ctx, "SELECT "+list+" FROM "+p.from+where+
		" ORDER BY "+dialect().Order(p.key.columns, direction)+" LIMIT 1")
	if err != nil || row == nil {
		return nil, err
	}
	t := make(sqlread.Tuple, len(row))
	for i, cell := range row {
		t[i] = text(cell)
	}
	return t, nil
}

// hasMore says that there are more than n rows with a key; it walks over n
// entries of the index.
func (p *prober) hasMore(ctx context.Context, n int64) (bool, error) {
	row, err := p.meta.row(ctx, "SELECT 1 FROM "+p.from+" ORDER BY "+dialect().Order(p.key.columns, "")+" LIMIT 1 OFFSET "+strconv.FormatInt(n, 10))
	return row != nil, err
}

// Estimate implements sqlread.Prober by the optimizer's own dives into the
// index, which MySQL leaves out if an index is forced upon it.
func (p *prober) Estimate(ctx context.Context, r sqlread.Range) (int64, error) {
	where := dialect().Within(p.key.columns, r)
	if where == "" || p.rows < 0 {
		return p.rows, nil
	}
	return p.meta.estimate(ctx, "SELECT 1 FROM "+p.using+" WHERE "+where)
}

// estimate returns the number of rows that EXPLAIN expects of a query on one
// table, -1 if it does not say. Relatives of MySQL with an EXPLAIN of their
// own are no error.
func (m *meta) estimate(ctx context.Context, query string) (int64, error) {
	ctx, cancel := context.WithTimeout(ctx, m.limit)
	defer cancel()
	rows, err := m.conn.QueryContext(ctx, "EXPLAIN "+query)
	if err != nil {
		if serverErrorOf(err) != nil {
			return -1, nil
		}
		return -1, m.late(ctx, err)
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		return -1, err
	}
	cells, to, at := make([]*string, len(names)), make([]any, len(names)), -1
	for i := range cells {
		to[i] = &cells[i]
		if strings.EqualFold(names[i], "rows") {
			at = i
		}
	}
	if !rows.Next() || at < 0 {
		return -1, rows.Err()
	}
	if err := rows.Scan(to...); err != nil {
		return -1, err
	}
	if cells[at] == nil {
		return 0, nil // "Impossible WHERE": no such rows
	}
	n, err := strconv.ParseInt(*cells[at], 10, 64)
	if err != nil {
		return -1, nil
	}
	return n, nil
}
