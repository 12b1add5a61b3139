package sqlread

import (
	"encoding/json"
	"fmt"
	"strings"

	"weft/plugins"
)

// Columns is the column setting of a relational reader: "*", ["*"], a list of
// names, or a list of objects {name, type, value, format} as FlinkX has them.
// The zero value, too, means all columns.
type Columns []ColumnSpec

// ColumnSpec is one entry of Columns.
type ColumnSpec struct {
	// Name is the column's name; the only thing most entries have.
	Name string `json:"name"`
	// Type names the type of a constant in words of Hive or MySQL; a column
	// of the source has the type that the source says.
	Type string `json:"type"`
	// Value, if given, makes the column a constant of that text, read from
	// nowhere.
	Value *Text `json:"value"`
	// Format is the date pattern for this column.
	Format string `json:"format"`
}

// All says that every column of the table is wanted.
func (c Columns) All() bool {
	return len(c) == 0 || len(c) == 1 && c[0].Name == "*" && c[0].Value == nil
}

// UnmarshalJSON takes the forms that Columns names. Other keys of the objects
// (index, isPart, comment and the like) are accepted and have no effect.
func (c *Columns) UnmarshalJSON(data []byte) error {
	*c = nil
	switch first(data) {
	case '"':
		var one string
		if err := json.Unmarshal(data, &one); err != nil {
			return err
		}
		if one = strings.TrimSpace(one); one != "" {
			*c = Columns{{Name: one}}
		}
		return nil
	case 'n':
		return nil
	case '[':
	default:
		return fmt.Errorf(`want "*", a list of names or a list of objects`)
	}
	var list []json.RawMessage
	if err := json.Unmarshal(data, &list); err != nil {
		return err
	}
	for i, item := range list {
		spec, err := parseColumn(item)
		if err != nil {
			return fmt.Errorf("column %d: %w", i+1, err)
		}
		*c = append(*c, spec)
	}
	return nil
}

func parseColumn(item json.RawMessage) (ColumnSpec, error) {
	var spec ColumnSpec
	switch first(item) {
	case '"':
		return spec, json.Unmarshal(item, &spec.Name)
	case '{':
		err := json.Unmarshal(item, &spec)
		return spec, err
	}
	return spec, fmt.Errorf("want a name or an object")
}

// Validate reports what is wrong with the list, under key.
func (c Columns) Validate(key string) []plugins.Finding {
	if c.All() {
		return nil
	}
	var found []plugins.Finding
	fail := func(i int, text, hint string) {
		found = append(found, plugins.Finding{Severity: plugins.Fail, Reason: plugins.ReasonConfig,
			Key: fmt.Sprintf("%s[%d]", key, i), Text: text, Hint: hint})
	}
	seen := make(map[string]int)
	for i, spec := range c {
		switch name := strings.ToLower(strings.TrimSpace(spec.Name)); {
		case name == "*":
			fail(i, `"*" stands beside other columns`, `give "*" alone, or every name`)
		case name == "" && spec.Value == nil:
			fail(i, "a column without a name", "")
		case name != "" && seen[name] > 0:
			fail(i, fmt.Sprintf("column %s is given twice", spec.Name), "")
		default:
			seen[name]++
		}
		if spec.Value != nil && spec.Type != "" && KindOfType(spec.Type) == plugins.KindInvalid {
			fail(i, fmt.Sprintf("type %q of the constant is unknown", spec.Type), "use string, bigint, double, decimal, date or timestamp")
		}
	}
	return found
}

// KindOfType returns the kind that a type name of a job file means for a
// constant; upper and lower case, a length in parentheses and the word
// unsigned make no difference. Unknown names give KindInvalid.
func KindOfType(name string) plugins.Kind {
	name = strings.ToLower(strings.TrimSpace(name))
	name, _, _ = strings.Cut(name, "(")
	name = strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(name), "unsigned"))
	switch name {
	case "tinyint", "smallint", "mediumint", "int", "integer", "bigint", "long", "short", "byte", "year":
		return plugins.KindInt64
	case "string", "varchar", "char", "text", "longtext", "mediumtext", "tinytext", "enum", "set", "uuid":
		return plugins.KindString
	case "double", "real":
		return plugins.KindFloat64
	case "float":
		return plugins.KindFloat32
	case "number", "numeric":
		return plugins.KindDecimal
	case "boolean":
		return plugins.KindBool
	case "binary", "varbinary", "blob":
		return plugins.KindBytes
	}
	if kind, err := plugins.ParseKind(name); err == nil {
		return kind
	}
	return plugins.KindInvalid
}
