package postgresql

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
		return nil, r.failed(op, err)
	}
	if err := r.checkNames(first, list); err != nil {
		return nil, err
	}
	s := r.selection(first, nil)
	fields, err := r.ask(ctx, 0, s.sql(piece{}, nil, 0))
	if err != nil {
		return nil, r.explainMissing(ctx, first, fault(op, err))
	}
	if err := r.nameTypes(ctx, fields); err != nil {
		return nil, r.failed(op, err)
	}
	columns, err := r.layout(fields)
	if err != nil {
		return nil, fault(op, err)
	}
	for i := range columns {
		r.enrich(&columns[i], list)
	}
	return columns, nil
}

// nameTypes asks for the names of the fields' types.
func (r *Reader) nameTypes(ctx context.Context, fields []field) error {
	n, err := r.connect(ctx, 0)
	if err != nil {
		return err
	}
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = fmt.Sprintf("format_type(%d, %d)", f.oid, f.modifier)
	}
	row, err := n.row(ctx, "SELECT "+strings.Join(names, ", "))
	if err != nil {
		return err
	}
	for i := range fields {
		fields[i].source = text(row[i])
	}
	return nil
}

// enrich adds what only the catalogue knows of a column.
func (r *Reader) enrich(c *plugins.Column, list []declared) {
	i := slices.IndexFunc(list, func(d declared) bool { return d.name == c.Name })
	if i < 0 || c.Constant != nil {
		return
	}
	c.SourceType = list[i].typ
	c.Nullable = list[i].nullable || shapeOf(list[i].oid).special && r.special() == specialNull
}

// declarations returns the catalogue's columns of the piece's table; nil for a
// query.
func (r *Reader) declarations(ctx context.Context, p piece) ([]declared, error) {
	e := r.ends[p.Endpoint]
	if len(e.queries) > 0 {
		return nil, nil
	}
	n, err := r.connect(ctx, p.Endpoint)
	if err != nil {
		return nil, err
	}
	return n.declarations(ctx, e.tables[p.Table])
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
	if stateOf(err) != "42P01" || !errors.As(err, &classed) || len(r.ends[p.Endpoint].tables) == 0 {
		return err
	}
	n, connectErr := r.connect(ctx, p.Endpoint)
	if connectErr != nil {
		return err
	}
	table := r.ends[p.Endpoint].tables[p.Table]
	names, listErr := n.tables(ctx, table)
	if near := sqlread.Nearest(table.name, names); listErr == nil && near != "" {
		classed.Hint = "did you mean " + near + "?"
	}
	return err
}

// tables returns the names of the tables and views that the account may read in
// the table's schema.
func (n *session) tables(ctx context.Context, t tableName) ([]string, error) {
	rows, err := n.rows(ctx, "SELECT c.relname FROM pg_class c WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') "+
		"AND c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = "+pick(t.schema == "", "current_schema()", quoteText(t.schema))+") "+
		"AND has_table_privilege(c.oid, 'SELECT')")
	if err != nil {
		return nil, err
	}
	var list []string
	for _, r := range rows {
		list = append(list, text(r[0]))
	}
	return list, nil
}

// ask asks what columns a query gives, without running it.
func (r *Reader) ask(ctx context.Context, end int, query string) ([]field, error) {
	n, err := r.connect(ctx, end)
	if err != nil {
		return nil, err
	}
	found, err := n.describe(ctx, query)
	if err != nil {
		r.disconnect(end) // within a transaction nothing more would be answered
		return nil, err
	}
	fields := make([]field, len(found))
	for i, f := range found {
		fields[i] = field{name: f.Name, oid: f.DataTypeOID, modifier: f.TypeModifier, nullable: true}
	}
	return fields, nil
}

// layout turns the columns of the result into those of the reader: constants
// are put where the job wants them.
func (r *Reader) layout(fields []field) ([]plugins.Column, error) {
	var columns []plugins.Column
	next := 0
	take := func() (plugins.Column, error) {
		if next == len(fields) {
			return plugins.Column{}, fmt.Errorf("the result has %d columns, more are wanted", len(fields))
		}
		next++
		return columnOf(fields[next-1], r.special()), nil
	}
	if r.config.Column.All() || r.config.hasQueries() {
		for range fields {
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
