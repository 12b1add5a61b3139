package sqlwrite

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"weft/internal/sqlread"
	"weft/plugins"
)

// TargetColumn is one column of the table to write, as the catalogue has it.
type TargetColumn struct {
	plugins.Column
	// Optional: it may be left out: NULL, a default or a number of its own.
	Optional bool
	// Generated: the server computes it, it cannot be written.
	Generated bool
}

// Mapping matches the reader's columns with those of a table.
type Mapping struct {
	// Table names the table in messages.
	Table string
	// Columns are all columns of the table, in its order.
	Columns []TargetColumn
	// Find returns the index of the column of a name in Columns, -1 if there is
	// none: which letters count is the server's rule.
	Find func(name string) int
	// Listed are the names that the job lists, one for each of the reader's
	// columns; nil if it lists none.
	Listed []string
	// ByName matches by name where nothing is listed; otherwise the writable
	// columns are taken by position, as FlinkX and DataX do.
	ByName bool
	// Zone is the job's.
	Zone *time.Location
}

// Map returns the target's columns for the reader's, as plugins.Mapper does.
func (m Mapping) Map(source []plugins.Column) ([]plugins.Column, []plugins.Finding, error) {
	chosen, found := m.choose(source)
	if slices.ContainsFunc(found, func(f plugins.Finding) bool { return f.Severity == plugins.Fail }) {
		return nil, found, nil
	}
	target := make([]plugins.Column, len(chosen))
	for i, at := range chosen {
		c := m.Columns[at].Column
		target[i] = c
		converter, err := plugins.NewConverter(source[i], c, m.Zone)
		if err != nil {
			return nil, nil, err
		}
		if lossy := converter.Lossy(); lossy != "" {
			found = append(found, plugins.Finding{Severity: plugins.Warn, Reason: plugins.ReasonSchema,
				Key: fmt.Sprintf("column[%d]", i), Text: fmt.Sprintf("column %q: %s", c.Name, lossy)})
		}
	}
	return target, append(found, m.leftOut(chosen)...), nil
}

// choose finds the table's column for each of the source's.
func (m Mapping) choose(source []plugins.Column) ([]int, []plugins.Finding) {
	names := make([]string, len(source))
	switch {
	case m.Listed != nil && len(m.Listed) != len(source):
		return nil, []plugins.Finding{schemaFinding("column", fmt.Sprintf("the reader delivers %d columns, the writer's column lists %d", len(source), len(m.Listed)), "")}
	case m.Listed != nil:
		copy(names, m.Listed)
	case m.ByName:
		for i := range names {
			names[i] = source[i].Name
		}
	default:
		var writable []string
		for _, c := range m.Columns {
			if !c.Generated {
				writable = append(writable, c.Name)
			}
		}
		if len(writable) != len(source) {
			return nil, []plugins.Finding{schemaFinding("column", fmt.Sprintf("the reader delivers %d columns, the table has %d", len(source), len(writable)),
				"list the table's columns in column, in the order of the reader's")}
		}
		copy(names, writable)
	}
	return m.find(names)
}

func (m Mapping) find(names []string) ([]int, []plugins.Finding) {
	chosen := make([]int, len(names))
	var found []plugins.Finding
	seen := make(map[string]bool)
	for i, name := range names {
		key := fmt.Sprintf("column[%d]", i)
		at := m.Find(name)
		switch lower := strings.ToLower(name); {
		case at < 0:
			f := schemaFinding(key, fmt.Sprintf("table %s has no column %s", m.Table, name), m.hint(name))
			f.Reason = plugins.ReasonNotFound
			found = append(found, f)
		case m.Columns[at].Generated:
			found = append(found, schemaFinding(key, fmt.Sprintf("column %s is computed by the server and cannot be written", m.Columns[at].Name), "leave it out"))
		case seen[lower]:
			found = append(found, schemaFinding(key, fmt.Sprintf("column %s would be written twice", m.Columns[at].Name), ""))
		default:
			seen[lower] = true
		}
		chosen[i] = at
	}
	return chosen, found
}

// hint says which column may have been meant, or which there are.
func (m Mapping) hint(name string) string {
	const most = 12 // names that are shown
	names := make([]string, len(m.Columns))
	for i, c := range m.Columns {
		names[i] = c.Name
	}
	if near := sqlread.Nearest(name, names); near != "" {
		return "did you mean " + near + "?"
	}
	if len(names) > most {
		return "the table has " + strings.Join(names[:most], ", ") + fmt.Sprintf(" and %d more", len(names)-most)
	}
	return "the table has " + strings.Join(names, ", ")
}

// leftOut refuses a job that leaves out a column without which no row can be
// inserted.
func (m Mapping) leftOut(chosen []int) []plugins.Finding {
	var missing []string
	for _, c := range m.Columns {
		there := slices.ContainsFunc(chosen, func(at int) bool { return strings.EqualFold(m.Columns[at].Name, c.Name) })
		if !c.Optional && !c.Generated && !there {
			missing = append(missing, c.Name)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return []plugins.Finding{schemaFinding("column", fmt.Sprintf("table %s takes no row without %s: NOT NULL and without a default", m.Table, strings.Join(missing, ", ")),
		"write these columns too, or give them a default")}
}

func schemaFinding(key, text, hint string) plugins.Finding {
	return plugins.Finding{Severity: plugins.Fail, Reason: plugins.ReasonSchema, Key: key, Text: text, Hint: hint}
}
