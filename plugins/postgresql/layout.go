package postgresql

import (
	"fmt"
	"slices"
	"strings"

	"weft/plugins"
)

// from returns what stands behind FROM for a piece's table or query.
func (r *Reader) from(p piece) string {
	e := r.ends[p.Endpoint]
	if len(e.queries) > 0 {
		return "(" + strings.TrimRight(strings.TrimSpace(e.queries[p.Table]), "; \t\n") + ") AS weft_query"
	}
	return e.tables[p.Table].quoted()
}

// selection returns what to select for a piece, without what some types need
// around them. columns are those of the plan; nil, before there is a plan,
// stands for what the job names.
func (r *Reader) selection(p piece, columns []plugins.Column) selection {
	s := selection{from: r.from(p), where: strings.TrimSpace(r.config.Where)}
	if e := r.ends[p.Endpoint]; len(e.queries) == 0 {
		s.table = quote(e.tables[p.Table].name)
	}
	switch {
	case r.config.hasQueries():
		s.where, s.list = "", []string{"*"}
	case columns == nil:
		s.list = r.namedColumns()
	default:
		for _, k := range r.wireOrder(p, columns) {
			s.list = append(s.list, k.sql)
		}
	}
	return s
}

// shaped returns the selection with every field in a form that has a decoder.
// The result of querySql is renamed: its names need not be distinct.
func (s selection) shaped(fields []field) selection {
	if len(s.list) == 1 && s.list[0] == "*" {
		s.list = make([]string, len(fields))
		for i := range s.list {
			s.list[i] = fmt.Sprintf("c%d", i+1)
		}
		s.from += "(" + strings.Join(s.list, ", ") + ")"
	}
	list := make([]string, len(s.list))
	for i, f := range fields {
		shape := shapeOf(f.oid)
		list[i] = shape.before + s.list[i] + shape.after
	}
	s.list = list
	return s
}

// namedColumns returns the select list for what the job names.
func (r *Reader) namedColumns() []string {
	if r.config.Column.All() {
		return []string{"*"}
	}
	var list []string
	for _, spec := range r.config.Column {
		if spec.Value == nil {
			list = append(list, r.columnSQL(spec.Name))
		}
	}
	if len(list) == 0 { // constants alone: one row each all the same
		return []string{"1"}
	}
	return list
}

func (r *Reader) columnSQL(name string) string {
	if r.isExpression(name) {
		return name
	}
	bare, _ := unquote(name)
	return quote(bare)
}

// wireItem is one entry of the select list and where its values go.
type wireItem struct {
	sql string
	out int // index in the plan's columns; -1: only read for the position
}

// wireOrder returns the select list in the order of the wire: the key first.
func (r *Reader) wireOrder(p piece, columns []plugins.Column) []wireItem {
	var list []wireItem
	taken := make(map[int]bool)
	if p.Ordered {
		for _, k := range p.Key {
			out := slices.IndexFunc(columns, func(c plugins.Column) bool {
				return c.Constant == nil && strings.EqualFold(c.Name, k.Name)
			})
			if out >= 0 {
				taken[out] = true
			}
			list = append(list, wireItem{quote(k.Name), out})
		}
	}
	for i, c := range columns {
		if c.Constant == nil && !taken[i] {
			list = append(list, wireItem{r.planSQL(i, c), i})
		}
	}
	if len(list) == 0 {
		list = append(list, wireItem{"1", -1})
	}
	return list
}

// planSQL returns the SQL of a column of the plan. The plan keeps the name of
// an expression's result; the expression itself stands in the job.
func (r *Reader) planSQL(i int, c plugins.Column) string {
	if !r.config.Column.All() && i < len(r.config.Column) {
		return r.columnSQL(r.config.Column[i].Name)
	}
	return quote(c.Name)
}

// outs returns, for each column of the result, its place in the batch, and
// makes the constants.
func (r *Reader) outs(p piece) ([]int, error) {
	r.constant = r.constant[:0]
	var all []int
	for i, c := range r.setup.Columns {
		if c.Constant == nil {
			all = append(all, i)
			continue
		}
		k := constantColumn{out: i}
		k.value.Reset(c.Kind)
		if err := plugins.ParseText(&k.value, []byte(*c.Constant)); err != nil {
			return nil, fatal("", plugins.ReasonConfig, "", "constant of column %s: %w", c.Name, err)
		}
		r.constant = append(r.constant, k)
	}
	if r.config.hasQueries() {
		return all, nil
	}
	all = all[:0]
	for _, item := range r.wireOrder(p, r.setup.Columns) {
		all = append(all, item.out)
	}
	return all, nil
}

// match compares the columns of the result with those of the plan: every table
// of the job must be like the first, and no table may have changed since.
func (r *Reader) match(fields []field, outs []int) ([]wireColumn, error) {
	if len(fields) != len(outs) {
		return nil, fatal("", plugins.ReasonChanged, "", "the result has %d columns, the plan %d", len(fields), len(outs))
	}
	columns := make([]wireColumn, len(fields))
	for i, f := range fields {
		c := wireColumn{name: f.name, column: columnOf(f, r.special()), out: outs[i], special: r.special(), decode: shapeOf(f.oid).decode}
		if c.out >= 0 {
			want := r.setup.Columns[c.out]
			if err := sameColumn(c.column, want); err != nil {
				return nil, fatal("", plugins.ReasonChanged, "all tables of a job need the same columns, and they must not change while it runs",
					"column %s: %w", want.Name, err)
			}
			c.column.SourceType = want.SourceType
		}
		columns[i] = c
	}
	return columns, nil
}

func sameColumn(got, want plugins.Column) error {
	if got.Kind != want.Kind {
		return fmt.Errorf("it is %s here and %s (%s) in the plan", got.Kind, want.SourceType, want.Kind)
	}
	loose := got.Kind == plugins.KindDecimal && got.Precision == 0 && got.Scale == 0
	exact := want.Kind == plugins.KindDecimal && want.Precision > 0
	if loose && exact || got.Kind == plugins.KindDecimal && exact && got.Scale != want.Scale || isFractional(got.Kind) && got.Scale > want.Scale {
		return fmt.Errorf("it has a scale of %d here and of %d in the plan", got.Scale, want.Scale)
	}
	return nil
}

func isFractional(k plugins.Kind) bool {
	return k == plugins.KindTime || k == plugins.KindDatetime || k == plugins.KindTimestamp
}
