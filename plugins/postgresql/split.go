package postgresql

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
	// tidRangeVersion is the first server that reads a range of blocks without
	// passing over all the others.
	tidRangeVersion = 140_000
)

var _ plugins.Splitter = (*Reader)(nil)

// Splits implements plugins.Splitter. Tables are cut by a unique key, or by
// splitPk; in a snapshot, those without a key by the blocks of their file.
// Queries are cut only if splitPk says by what.
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
				return nil, r.failed("split "+r.subject(piece{Endpoint: end, Table: table}), err)
			}
			for _, c := range cut {
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
	n, err := r.connect(ctx, whole.Endpoint)
	if err != nil {
		return nil, err
	}
	table := e.tables[whole.Table]
	f, err := n.facts(ctx, table)
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
		return r.cutBlocks(whole, f, pieces), nil
	}
	whole.Key, whole.Ordered = key.columns, key.ordered
	if key.indexed {
		pieces = worth(pieces, f.rows, r.fullRows)
	}
	if pieces < 2 || key.indexed && f.rows >= 0 && f.rows < 2*r.minRows {
		whole.Key = pick(key.ordered, key.columns, nil)
		return []weighed{{whole, f.rows}}, nil
	}
	if !key.indexed {
		r.setup.Log.Warn("splitPk has no index: every split scans the whole table", "table", table.String(), "splitPk", key.columns[0].Name)
		return r.cutBlindly(ctx, whole, table.quoted(), key, pieces)
	}
	if f.rows >= 0 {
		pieces = int(min(int64(pieces), max(f.rows/r.minRows, 1)))
	}
	cut, err := n.cutBySample(ctx, table, key, f.rows, pieces)
	return assemble(whole, cut, key.nullable), err
}

// cutBlocks cuts a table without a key by the blocks of its file. That is right
// only if all splits see one moment: a row that is changed moves to another
// block, and would be read twice or never.
func (r *Reader) cutBlocks(whole piece, f facts, pieces int) []weighed {
	pieces = int(min(int64(worth(pieces, f.rows, r.fullRows)), max(f.rows/r.minRows, 1), max(f.blocks, 1)))
	if r.setup.Consistency != plugins.ConsistencySnapshot || f.version < tidRangeVersion || pieces < 2 || f.kind != "r" && f.kind != "m" {
		return []weighed{{whole, f.rows}}
	}
	list := make([]weighed, pieces)
	for i := range list {
		p := whole
		p.Blocks = &blocks{From: f.blocks * int64(i) / int64(pieces)}
		if i+1 < pieces {
			p.Blocks.To = f.blocks * int64(i+1) / int64(pieces)
		}
		list[i] = weighed{p, f.rows / int64(pieces)}
	}
	return list
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
	from := r.from(whole)
	fields, err := r.ask(ctx, whole.Endpoint, "SELECT "+quote(name)+" FROM "+from)
	if err != nil {
		return nil, err
	}
	key := tableKey{columns: []sqlread.KeyColumn{{Name: name, Kind: shapeOf(fields[0].oid).kind}}, nullable: true}
	whole.Key = key.columns
	return r.cutBlindly(ctx, whole, from, key, pieces)
}

// cutBlindly cuts by equal width between the smallest and the largest value,
// which costs a scan, and so does every piece: there are no more of them than
// slots. Only numbers and times can be cut so.
func (r *Reader) cutBlindly(ctx context.Context, whole piece, from string, key tableKey, pieces int) ([]weighed, error) {
	whole.Ordered = false
	one := whole
	one.Key = nil
	column := key.columns[0]
	switch column.Kind {
	case plugins.KindInt64, plugins.KindDate, plugins.KindDatetime, plugins.KindTimestamp:
	default:
		return []weighed{{one, -1}}, nil
	}
	n, err := r.connect(ctx, whole.Endpoint)
	if err != nil {
		return nil, err
	}
	low, high := column, column
	row, err := n.row(ctx, "SELECT "+strings.ReplaceAll(keyText(low), quote(low.Name), "min("+quote(low.Name)+")")+", "+
		strings.ReplaceAll(keyText(high), quote(high.Name), "max("+quote(high.Name)+")")+" FROM "+from)
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
	case p.Blocks != nil && p.Blocks.To == 0:
		parts = append(parts, fmt.Sprintf("blocks from %d", p.Blocks.From))
	case p.Blocks != nil:
		parts = append(parts, fmt.Sprintf("blocks %d to %d", p.Blocks.From, p.Blocks.To-1))
	case p.Null:
		parts = append(parts, p.Key[0].Name+" is null")
	case within != "":
		parts = append(parts, within)
	case len(parts) == 0:
		parts = append(parts, "all of "+r.subject(p))
	}
	return strings.Join(parts, ": ")
}
