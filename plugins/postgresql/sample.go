package postgresql

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"weft/internal/sqlread"
	"weft/plugins"
)

// sampleRows is about how many rows a sample has. They lie in some hundreds of
// blocks, which cost a fraction of a second wherever they are.
const sampleRows = 20_000

// cutBySample cuts a table into about so many pieces with about the same number
// of rows each. Boundaries are keys that exist, in the server's own order,
// taken from a sample of blocks; a dense integer key is cut by arithmetic.
func (n *session) cutBySample(ctx context.Context, t tableName, k tableKey, rows int64, pieces int) ([]sqlread.Piece, error) {
	if equal, err := n.cutDense(ctx, t, k, rows, pieces); equal != nil || err != nil {
		return equal, err
	}
	sample, err := n.sample(ctx, t, k, rows)
	if err != nil {
		return nil, err
	}
	list := []sqlread.Piece{{}}
	for i := 1; i < pieces && len(sample) > 0; i++ {
		at := sample[len(sample)*i/pieces]
		last := &list[len(list)-1]
		if slices.Equal(at, last.Low) || slices.Equal(at, sample[0]) {
			continue
		}
		last.High = at
		list = append(list, sqlread.Piece{Range: sqlread.Range{Low: at}})
	}
	for i := range list {
		list[i].Rows = pick(rows < 0, -1, rows/int64(len(list)))
	}
	return list, nil
}

// cutDense cuts a single integer key without large gaps; nil says that it is
// none.
func (n *session) cutDense(ctx context.Context, t tableName, k tableKey, rows int64, pieces int) ([]sqlread.Piece, error) {
	if len(k.columns) != 1 || k.columns[0].Kind != plugins.KindInt64 || rows < 0 {
		return nil, nil
	}
	name := quote(k.columns[0].Name)
	row, err := n.row(ctx, "SELECT min("+name+"), max("+name+"), max("+name+")::numeric - min("+name+") <= "+fmt.Sprint(2*rows)+" FROM "+t.quoted())
	if err != nil || row == nil || text(row[2]) != "t" {
		return nil, err
	}
	return sqlread.EqualRanges(plugins.KindInt64, *row[0], *row[1], pieces, rows), nil
}

// sample returns keys of the table in the server's order, from blocks drawn at
// random; the same ones as long as the table does not change.
func (n *session) sample(ctx context.Context, t tableName, k tableKey, rows int64) ([]sqlread.Tuple, error) {
	list := make([]string, len(k.columns))
	for i, c := range k.columns {
		list[i] = keyText(c)
	}
	percent := 100.0
	if rows > sampleRows {
		percent = 100 * float64(sampleRows) / float64(rows)
	}
	query := fmt.Sprintf("SELECT %s FROM %s TABLESAMPLE SYSTEM (%g) REPEATABLE (1)", strings.Join(list, ", "), t.quoted(), percent)
	if k.nullable {
		query += " WHERE " + quote(k.columns[0].Name) + " IS NOT NULL"
	}
	found, err := n.rows(ctx, query+" ORDER BY "+selection{table: quote(t.name)}.order(k.columns))
	if err != nil {
		return nil, err
	}
	tuples := make([]sqlread.Tuple, len(found))
	for i, row := range found {
		tuples[i] = make(sqlread.Tuple, len(row))
		for j, cell := range row {
			tuples[i][j] = text(cell)
		}
	}
	return tuples, nil
}
