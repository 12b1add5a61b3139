package csv

import (
	"fmt"
	"slices"
	"strings"

	"weft/plugins"
)

// describe returns the column that the settings mean; position is its place in
// the list.
func (c ColumnConfig) describe(position int) (plugins.Column, error) {
	text := c.Type
	if text == "" {
		text = "string"
	}
	column, err := plugins.ParseType(text)
	if err != nil {
		return column, err
	}
	column.Name, column.Nullable, column.Constant = c.Name, true, c.Value
	if column.Name == "" {
		column.Name = fmt.Sprintf("c%d", position)
	}
	return column, nil
}

// field is where the value of one column comes from in the file that is open.
type field struct {
	plugins.Column
	// index is the place in the row; -1 for a constant.
	index int
	// trim says that spaces around the text mean nothing.
	trim bool
}

// bind finds the columns in a file. header are the names in its first line; nil
// if it has none.
func (c *Config) bind(columns []plugins.Column, header []string) ([]field, error) {
	fields := make([]field, len(columns))
	for i, column := range columns {
		index, err := c.place(i, column, header)
		if err != nil {
			return nil, err
		}
		trim := column.Kind != plugins.KindString && column.Kind != plugins.KindBytes && column.Kind != plugins.KindJSON
		fields[i] = field{Column: column, index: index, trim: trim}
	}
	return fields, nil
}

// place returns the index of column i: what the job says, or where the header
// has its name, or i.
func (c *Config) place(i int, column plugins.Column, header []string) (int, error) {
	if !c.everything() {
		switch {
		case column.Constant != nil:
			return -1, nil
		case c.Column[i].Index != nil:
			return *c.Column[i].Index, nil
		case c.Column[i].Name == "":
			return i, nil
		}
	}
	if header == nil {
		return i, nil
	}
	index := slices.Index(header, column.Name)
	if index < 0 {
		index = slices.IndexFunc(header, func(name string) bool { return strings.EqualFold(name, column.Name) })
	}
	if index < 0 {
		return 0, fmt.Errorf("no column %q in the header (%s)", column.Name, strings.Join(header, ", "))
	}
	return index, nil
}

// append appends the row's value, as text, to the column's vector.
func (f *field) append(v *plugins.Vector, row [][]byte) *plugins.RowError {
	if f.index < 0 {
		v.AppendString(*f.Constant)
		return nil
	}
	if f.index >= len(row) {
		return &plugins.RowError{Column: f.Name, Code: plugins.RowFormat,
			Cause: fmt.Sprintf("the row has %d fields, the column is number %d", len(row), f.index+1)}
	}
	text := row[f.index]
	if text == nil {
		v.AppendNull()
		return nil
	}
	if f.trim {
		text = trim(text)
	} else if f.Kind != plugins.KindBytes && !plugins.ValidUTF8(text) {
		return &plugins.RowError{Column: f.Name, Code: plugins.RowEncoding, Cause: fmt.Sprintf("%.60q is no UTF-8", text)}
	}
	v.AppendBytes(text)
	return nil
}

func trim(text []byte) []byte {
	for len(text) > 0 && (text[0] == ' ' || text[0] == '\t') {
		text = text[1:]
	}
	for len(text) > 0 && (text[len(text)-1] == ' ' || text[len(text)-1] == '\t') {
		text = text[:len(text)-1]
	}
	return text
}
