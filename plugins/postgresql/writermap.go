package postgresql

import (
	"context"
	"fmt"
	"strings"

	"weft/internal/sqlread"
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
	chosen, found := w.choose(g, source)
	if hasFail(found) {
		return nil, found, nil
	}
	target := make([]plugins.Column, len(chosen))
	for i, c := range chosen {
		target[i] = c.Column
		converter, err := plugins.NewConverter(source[i], c.Column, w.setup.Zone)
		if err != nil {
			return nil, nil, err
		}
		if lossy := converter.Lossy(); lossy != "" {
			found = append(found, plugins.Finding{Severity: plugins.Warn, Reason: plugins.ReasonSchema,
				Key: fmt.Sprintf("column[%d]", i), Text: fmt.Sprintf("column %q: %s", c.Name, lossy)})
		}
	}
	return target, append(found, w.leftOut(g, chosen)...), nil
}

// choose finds the table's column for each of the source's.
func (w *Writer) choose(g *goal, source []plugins.Column) ([]goalColumn, []plugins.Finding) {
	names := make([]string, len(source))
	switch specs := w.config.Column; {
	case !specs.All() && len(specs) != len(source):
		return nil, []plugins.Finding{schemaFinding("column", fmt.Sprintf("the reader delivers %d columns, the writer's column lists %d", len(source), len(specs)), "")}
	case !specs.All():
		for i := range names {
			names[i], _ = unquote(specs[i].Name)
		}
	case w.setup.Dialect == plugins.DialectNative || w.setup.Dialect == "":
		for i := range names {
			names[i] = source[i].Name
		}
	default:
		var writable []string
		for _, c := range g.columns {
			if !c.generated {
				writable = append(writable, c.Name)
			}
		}
		if len(writable) != len(source) {
			return nil, []plugins.Finding{schemaFinding("column", fmt.Sprintf("the reader delivers %d columns, the table has %d", len(source), len(writable)),
				"list the table's columns in column, in the order of the reader's")}
		}
		copy(names, writable)
	}
	return w.find(g, names)
}

func (w *Writer) find(g *goal, names []string) ([]goalColumn, []plugins.Finding) {
	chosen := make([]goalColumn, len(names))
	var found []plugins.Finding
	seen := make(map[string]bool)
	for i, name := range names {
		key := fmt.Sprintf("column[%d]", i)
		c, ok := g.column(name)
		switch lower := strings.ToLower(name); {
		case !ok:
			hint := "the table has " + shortList(g.names())
			if near := sqlread.Nearest(name, g.names()); near != "" {
				hint = "did you mean " + near + "?"
			}
			f := schemaFinding(key, fmt.Sprintf("table %s has no column %s", g.table, name), hint)
			f.Reason = plugins.ReasonNotFound
			found = append(found, f)
		case c.generated:
			found = append(found, schemaFinding(key, fmt.Sprintf("column %s is computed by the server and cannot be written", c.Name), "leave it out"))
		case seen[lower]:
			found = append(found, schemaFinding(key, fmt.Sprintf("column %s would be written twice", c.Name), ""))
		default:
			seen[lower] = true
		}
		chosen[i] = c
	}
	return chosen, found
}

// leftOut refuses a job that leaves out a column without which no row can be
// inserted.
func (w *Writer) leftOut(g *goal, chosen []goalColumn) []plugins.Finding {
	var missing []string
	for _, c := range g.columns {
		if c.optional || c.generated {
			continue
		}
		if !containsColumn(chosen, c.Name) {
			missing = append(missing, c.Name)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return []plugins.Finding{schemaFinding("column", fmt.Sprintf("table %s takes no row without %s: NOT NULL and without a default", g.table, strings.Join(missing, ", ")),
		"write these columns too, or give them a default")}
}

func containsColumn(list []goalColumn, name string) bool {
	for _, c := range list {
		if strings.EqualFold(c.Name, name) {
			return true
		}
	}
	return false
}

func schemaFinding(key, text, hint string) plugins.Finding {
	return plugins.Finding{Severity: plugins.Fail, Reason: plugins.ReasonSchema, Key: key, Text: text, Hint: hint}
}
