package mysql

import (
	"context"
	"slices"

	"weft/internal/sqlwrite"
	"weft/plugins"
)

var _ plugins.Mapper = (*Writer)(nil)

// Map implements plugins.Mapper: the job's columns, matched with the reader's by
// position, with the types of the table. Without any, native jobs match by
// name, and the others take the table's columns by position, as FlinkX and DataX do.
func (w *Writer) Map(ctx context.Context, source []plugins.Column) ([]plugins.Column, []plugins.Finding, error) {
	g, err := w.lookUp(ctx)
	if err != nil {
		return nil, nil, err
	}
	m := sqlwrite.Mapping{Table: g.table.String(), ByName: w.setup.Dialect == plugins.DialectNative || w.setup.Dialect == "", Zone: w.setup.Zone,
		Find: func(name string) int {
			found, ok := g.column(name)
			if !ok {
				return -1
			}
			return slices.IndexFunc(g.columns, func(c goalColumn) bool { return c.Name == found.Name })
		}}
	for _, c := range g.columns {
		m.Columns = append(m.Columns, sqlwrite.TargetColumn{Column: c.Column, Optional: c.optional, Generated: c.generated})
	}
	if specs := w.config.Column; !specs.All() {
		m.Listed = make([]string, len(specs))
		for i, s := range specs {
			m.Listed[i], _ = unquote(s.Name)
		}
	}
	return m.Map(source)
}
