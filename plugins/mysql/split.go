package mysql

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"weft/internal/sqlread"
	"weft/plugins"
)

const (
	// minPieceRows is the number of rows below which a split of its own
	// costs more than it gains.
	minPieceRows = 5_000
	// fullPieceRows is the number of rows up to which a piece is not cut again
	// only to even out the slots: each piece makes at least one file.
	fullPieceRows = 500_000
	// oversplit is how many times the engine wants more splits than it has
	// slots, so that slots finish together although splits are not equal.
	oversplit = 4
)

var _ plugins.Splitter = (*Reader)(nil)

// Splits implements plugins.Splitter. Tables are cut by the primary key, or by
// splitPk; what cannot be cut by look-ups in an index is one split. Queries
// are cut only if splitPk says by what.
func (r *Reader) Splits(ctx context.Context, want int) ([]plugins.Split, error) {
	if r.config.IncreColumn != "" && r.until == nil && !r.config.hasQueries() {
		if _, _, err := r.Until(ctx); err != nil {
			return nil, err
		}
	}
	sources := 0
	for _, e := range r.ends {
		sources += max(len(e.tables), len(e.queries))
	}
	pieces := 1
	if want > 1 {
		pieces = (want + sources - 1) / sources
	}
	var list []plugins.Split
	for end, e := range r.ends {
		for table := range max(len(e.tables), len(e.queries)) {
			cut, err := r.cut(ctx, piece{Endpoint: end, Table: table, Increment: r.until}, pieces)
			if err != nil {
				return nil, fault("split "+r.subject(piece{Endpoint: end, Table: table}), err)
			}
			shape, err := r.shape(ctx, piece{Endpoint: end, Table: table})
			if err != nil {
				return nil, fault("describe "+r.subject(piece{Endpoint: end, Table: table}), err)
			}
			for _, c := range cut {
				c.Shape = shape
				data, err := json.Marshal(c.piece)
				if err != nil {
					return nil, fmt.Errorf("describe split: %w", err)
				}
				list = append(list, plugins.Split{ID: len(list), Label: r.label(c.piece, sources > 1), Rows: c.rows, Data: data})
			}
		}
	}
	return list, nil
}

// weighed is a piece with about how many rows it has; -1 if unknown.
type weighed struct {
	piece
	rows int64
}

// cut cuts one table or query into about the given number of pieces.
func (r *Reader) cut(ctx context.Context, whole piece, pieces int) ([]weighed, error) {
	e := r.ends[whole.Endpoint]
	if len(e.queries) > 0 {
		return r.cutQuery(ctx, whole, pieces)
	}
	m, err := r.meta(ctx, whole.Endpoint)
	if err != nil {
		return nil, err
	}
	table := e.tables[whole.Table]
	f, err := m.facts(ctx, table)
	if err != nil {
		return nil, err
	}
	key := f.key(r.config.SplitPk)
	if whole.Increment != nil && whole.Increment.From != "" {
		// Only few rows are new: finding them is the server's affair, which
		// an order or ranges of another key would only hinder.
		key.ordered = false
		if r.config.SplitPk == "" {
			key = tableKey{}
		}
	}
	if len(key.columns) == 0 {
		return []weighed{{whole, f.rows}}, nil
	}
	whole.Key, whole.Ordered = key.columns, key.ordered
	if key.index != "" {
		pieces = worth(pieces, f.rows, r.fullRows)
	}
	if pieces < 2 {
		whole.Key = pick(key.ordered, key.columns, nil)
		return []weighed{{whole, f.rows}}, nil
	}
	if key.index == "" {
		r.setup.Log.Warn("splitPk has no index: every split scans the whole table", "table", table.String(), "splitPk", key.columns[0].Name)
		return r.cutBlindly(ctx, whole, table.quoted(), key, pieces)
	}
	cut, err := r.cutByIndex(ctx, newProber(m, table, key, f.rows), pieces)
	return assemble(whole, cut, key.nullable), err
}

// cutByIndex cuts a table whose key has an index. The catalogue's number of
// rows is not believed when it says that there are few: after a load it lags.
func (r *Reader) cutByIndex(ctx context.Context, p *prober, pieces int) ([]sqlread.Piece, error) {
	if few := 2 * r.minRows; p.rows < few {
		more, err := p.hasMore(ctx, few)
		if err != nil {
			return nil, err
		}
		if more {
			p.rows = -1
		}
	}
	return sqlread.Cut(ctx, p, p.key.columns, sqlread.CutOptions{Pieces: pieces, MinRows: r.minRows, Rows: p.rows})
}

// worth lowers the number of pieces of a table of about so many rows to what
// makes full pieces, but not below one for each slot.
func worth(pieces int, rows, full int64) int {
	slots := (pieces + oversplit - 1) / oversplit
	return max(slots, min(pieces, int(rows/full)))
}

// cutQuery cuts a query by the values of its column splitPk.
func (r *Reader) cutQuery(ctx context.Context, whole piece, pieces int) ([]weighed, error) {
	if r.config.SplitPk == "" || pieces < 2 || r.config.hasQueries() {
		return []weighed{{whole, -1}}, nil
	}
	name, _ := unquote(r.config.SplitPk)
	s := r.selection(piece{Endpoint: whole.Endpoint, Table: whole.Table, Key: []sqlread.KeyColumn{{Name: name}}}, nil)
	defs, err := r.queryColumns(ctx, whole.Endpoint, "SELECT "+quote(name)+" FROM "+s.from)
	if err != nil {
		return nil, err
	}
	kind := columnOf(defs[0], zeroNull).Kind
	key := tableKey{columns: []sqlread.KeyColumn{{Name: name, Kind: kind}}, sources: []declared{{name: name}}, nullable: true}
	whole.Key = key.columns
	return r.cutBlindly(ctx, whole, s.from, key, pieces)
}

// cutBlindly cuts by equal width between the smallest and the largest value,
// which costs a scan, and so does every piece: there are no more of them than
// slots. Only numbers and times can be cut so.
func (r *Reader) cutBlindly(ctx context.Context, whole piece, from string, key tableKey, pieces int) ([]weighed, error) {
	whole.Ordered = false
	m, err := r.meta(ctx, whole.Endpoint)
	if err != nil {
		return nil, err
	}
	one := whole
	one.Key = nil
	column := key.columns[0]
	switch column.Kind {
	case plugins.KindInt64, plugins.KindUint64, plugins.KindDate, plugins.KindDatetime, plugins.KindTimestamp:
	default:
		return []weighed{{one, -1}}, nil
	}
	expr := keyExpression(column, key.sources[0])
	row, err := m.row(ctx, "SELECT MIN("+expr+"), MAX("+expr+") FROM "+from)
	if err != nil || row == nil || row[0] == nil || row[1] == nil {
		return []weighed{{one, -1}}, err
	}
	slots := (pieces + oversplit - 1) / oversplit
	return assemble(whole, sqlread.EqualRanges(column.Kind, *row[0], *row[1], slots, -1), key.nullable), nil
}

// assemble makes pieces of ranges, and one of the rows without a key.
func assemble(whole piece, cut []sqlread.Piece, nullable bool) []weighed {
	var list []weighed
	for _, c := range cut {
		p := whole
		p.Range = c.Range
		list = append(list, weighed{p, c.Rows})
	}
	if len(list) == 1 {
		if !whole.Ordered {
			list[0].Key = nil
		}
		return list
	}
	if nullable {
		p := whole
		p.Null = true
		list = append(list, weighed{p, -1})
	}
	return list
}

// label says to people which rows a piece has.
func (r *Reader) label(p piece, many bool) string {
	var parts []string
	if many {
		parts = append(parts, strings.TrimPrefix(r.subject(p), "table "))
	}
	switch within := sqlread.Label(p.Key, p.Range); {
	case p.Null:
		parts = append(parts, p.Key[0].Name+" is null")
	case within != "":
		parts = append(parts, within)
	case len(parts) == 0:
		parts = append(parts, "all of "+r.subject(p))
	}
	return strings.Join(parts, ": ")
}
