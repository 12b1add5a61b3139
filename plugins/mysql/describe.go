package mysql

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"weft/internal/sqlread"
	"weft/plugins"
)

// Describe implements plugins.Describer: the server's own description of the
// result of the query, with what the catalogue adds for a table.
func (r *Reader) Describe(ctx context.Context) ([]plugins.Column, error) {
	first := piece{}
	op := "describe " + r.subject(first)
	list, err := r.declarations(ctx, first)
	if err != nil {
		return nil, fault(op, err)
	}
	if err := r.checkNames(first, list); err != nil {
		return nil, err
	}
	defs, err := r.resultColumns(ctx, first)
	if err != nil {
		return nil, r.explainMissing(ctx, first, fault(op, err))
	}
	columns, err := r.layout(defs)
	if err != nil {
		return nil, fault(op, err)
	}
	for i := range columns {
		enrich(&columns[i], list)
	}
	return columns, nil
}

// enrich adds what only the catalogue knows of a column.
func enrich(c *plugins.Column, list []declared) {
	i := slices.IndexFunc(list, func(d declared) bool { return strings.EqualFold(d.name, c.Name) })
	if i < 0 || c.Constant != nil {
		return
	}
	c.Name, c.SourceType = list[i].name, list[i].typ
	c.Nullable = c.Nullable || list[i].nullable
	if isText := c.Kind == plugins.KindString || c.Kind == plugins.KindBytes; isText && list[i].length > 0 {
		c.Length = pick(list[i].length >= 1<<24-1, 0, list[i].length)
	}
}

// declarations returns the catalogue's columns of the piece's table; nil for a
// query.
func (r *Reader) declarations(ctx context.Context, p piece) ([]declared, error) {
	e := r.ends[p.Endpoint]
	if len(e.queries) > 0 {
		return nil, nil
	}
	m, err := r.meta(ctx, p.Endpoint)
	if err != nil {
		return nil, err
	}
	return m.declarations(ctx, e.tables[p.Table])
}

// checkNames looks for columns that the table does not have. An empty list
// decides nothing: the query itself will say what is wrong.
func (r *Reader) checkNames(p piece, list []declared) error {
	for _, f := range r.missing(facts{columns: list}) {
		return fatal("describe "+r.subject(p), f.Reason, f.Hint, "%s: %s", f.Key, f.Text)
	}
	return nil
}

// wantedName is a column that a setting names.
type wantedName struct{ key, name string }

func (r *Reader) wantedNames() []wantedName {
	var list []wantedName
	if !r.config.Column.All() {
		for i, spec := range r.config.Column {
			if spec.Value == nil && !r.isExpression(spec.Name) {
				name, _ := unquote(spec.Name)
				list = append(list, wantedName{fmt.Sprintf("column[%d]", i), name})
			}
		}
	}
	if r.config.SplitPk != "" {
		name, _ := unquote(r.config.SplitPk)
		list = append(list, wantedName{"splitPk", name})
	}
	if name := r.incrementName(); name != "" {
		list = append(list, wantedName{"increColumn", name})
	}
	return list
}

func shortList(names []string) string {
	if len(names) > 12 {
		return strings.Join(names[:12], ", ") + fmt.Sprintf(" and %d more", len(names)-12)
	}
	return strings.Join(names, ", ")
}

// explainMissing adds to "no such table" which one may have been meant.
func (r *Reader) explainMissing(ctx context.Context, p piece, err error) error {
	var classed *plugins.Error
	number := 0
	if e := serverErrorOf(err); e != nil {
		number = e.Number
	}
	if number != 1146 || !errors.As(err, &classed) || len(r.ends[p.Endpoint].tables) == 0 {
		return err
	}
	m, metaErr := r.meta(ctx, p.Endpoint)
	if metaErr != nil {
		return err
	}
	table := r.ends[p.Endpoint].tables[p.Table]
	names, listErr := m.tables(ctx, table)
	if near := sqlread.Nearest(table.name, names); listErr == nil && near != "" {
		classed.Hint = "did you mean " + near + "?"
	}
	return err
}

// resultColumns asks the server what columns the query for p gives.
func (r *Reader) resultColumns(ctx context.Context, p piece) ([]definition, error) {
	if err := r.connect(ctx, p.Endpoint); err != nil {
		return nil, err
	}
	return r.definitions(ctx, r.selection(p, nil).sql(piece{}, nil))
}

// definitions asks the server what columns a query gives, without running it
// if the server can do that.
func (r *Reader) definitions(ctx context.Context, query string) ([]definition, error) {
	if !r.text {
		st, err := r.wire.prepare(ctx, query)
		if err == nil && len(st.columns) == 0 {
			return nil, fatal("", plugins.ReasonConfig, "give a SELECT", "%w", errNoRows)
		}
		if err == nil {
			return st.columns, r.wire.forget(st)
		}
		if err := r.fallBack(err); err != nil {
			return nil, err
		}
	}
	defs, err := r.wire.query(ctx, "SELECT * FROM ("+query+") AS weft_columns LIMIT 0")
	if err != nil {
		return nil, err
	}
	return defs, r.drain(ctx)
}

// layout turns the columns of the result into those of the reader: constants
// are put where the job wants them.
func (r *Reader) layout(defs []definition) ([]plugins.Column, error) {
	var columns []plugins.Column
	next := 0
	take := func() (plugins.Column, error) {
		if next == len(defs) {
			return plugins.Column{}, fmt.Errorf("the result has %d columns, more are wanted", len(defs))
		}
		next++
		return columnOf(defs[next-1], r.zero()), nil
	}
	if r.config.Column.All() || r.config.hasQueries() {
		for range defs {
			c, err := take()
			if err != nil {
				return nil, err
			}
			columns = append(columns, c)
		}
		return columns, nil
	}
	for _, spec := range r.config.Column {
		c, err := constantOf(spec), error(nil)
		if spec.Value == nil {
			c, err = take()
		}
		if err != nil {
			return nil, err
		}
		c.Format = spec.Format
		columns = append(columns, c)
	}
	return columns, nil
}

// constantOf returns the column of a constant; its type is text unless the job
// names one.
func constantOf(spec sqlread.ColumnSpec) plugins.Column {
	c := plugins.Column{Name: spec.Name, Kind: plugins.KindString}
	if spec.Value == nil {
		return c
	}
	value := string(*spec.Value)
	c.Constant, c.SourceType = &value, "constant"
	if kind := sqlread.KindOfType(spec.Type); kind != plugins.KindInvalid {
		c.Kind = kind
	}
	if c.Kind == plugins.KindDecimal {
		_, fraction, _ := strings.Cut(value, ".")
		c.Precision, c.Scale = len(value), len(fraction)
	}
	return c
}
