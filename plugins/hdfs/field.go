package hdfs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"weft/internal/textfile"
	"weft/plugins"
)

// field is where the value of one column comes from: a constant, a folder of
// the file's path, or a field of the line.
type field struct {
	plugins.Column
	index    int
	constant *string
	part     string
	// pattern reads dates that are not in the canonical form; nil without.
	pattern *textfile.DatePattern
}

// resolve makes fields of the job's columns. width is the number of fields of
// a line, for "*".
func resolve(specs []ColumnSpec, width int) ([]field, error) {
	if len(specs) == 1 && specs[0].Name == "*" {
		specs = make([]ColumnSpec, width)
		for i := range specs {
			specs[i] = ColumnSpec{Name: fmt.Sprintf("c%d", i), Index: i}
		}
	}
	// Without any index the list is the line's own order.
	byPosition := true
	for _, s := range specs {
		byPosition = byPosition && s.Index < 0
	}
	fields := make([]field, len(specs))
	for i, s := range specs {
		f, err := resolveOne(s, i, byPosition)
		if err != nil {
			return nil, fmt.Errorf("column %d: %w", i, err)
		}
		fields[i] = f
	}
	return fields, nil
}

func resolveOne(s ColumnSpec, position int, byPosition bool) (field, error) {
	text := s.Type
	if text == "" {
		text = "string"
	}
	c, err := parseType(text)
	if err != nil {
		return field{}, err
	}
	c.Name = s.Name
	if c.Name == "" {
		c.Name = fmt.Sprintf("c%d", position)
	}
	if c.Kind == plugins.KindString {
		c.Length = 0 // what is in the file is read, whatever a table declares
	}
	f := field{Column: c, index: s.Index, constant: s.Value}
	if s.Format != "" && dated(c.Kind) {
		if f.pattern, err = textfile.NewDatePattern(s.Format); err != nil {
			return f, err
		}
	}
	switch {
	case s.Value != nil:
	case s.IsPart:
		f.part = s.Name
	case s.Index < 0 && byPosition:
		f.index = position
	case s.Index < 0:
		return f, errors.New("it has neither index nor value, and other columns have an index")
	}
	return f, nil
}

// dated says that a format means something for the kind.
func dated(kind plugins.Kind) bool {
	return kind == plugins.KindDate || kind == plugins.KindDatetime || kind == plugins.KindString
}

// Describe implements plugins.Describer. For "*" the first line of the first
// file that has one tells the number of columns.
func (r *reader) Describe(ctx context.Context) ([]plugins.Column, error) {
	width := 1
	if r.config.everything() {
		var err error
		if width, err = r.width(ctx); err != nil {
			return nil, err
		}
	}
	fields, err := resolve(r.config.Column, width)
	if err != nil {
		return nil, fatal(plugins.ReasonConfig, "describe columns", "", err)
	}
	columns := make([]plugins.Column, len(fields))
	for i, f := range fields {
		columns[i] = f.Column
	}
	return columns, nil
}

func (r *reader) width(ctx context.Context) (int, error) {
	files, err := r.files(ctx)
	if err != nil {
		return 0, err
	}
	for _, f := range files {
		width, err := r.widthOf(ctx, f)
		if err == nil && width == 0 {
			continue
		}
		return width, classed("describe columns", err)
	}
	return 0, fatal(plugins.ReasonSchema, "describe columns", `name the columns instead of "*"`,
		errors.New("no file has a line"))
}

// widthOf returns the number of fields of the first line, 0 if there is none.
func (r *reader) widthOf(ctx context.Context, f sourceFile) (width int, err error) {
	file, err := f.fs.Open(ctx, f.location.Name)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if f.info.Size == 0 {
		return 0, nil
	}
	text, err := textfile.Decompress(file, f.codec)
	if err != nil {
		return 0, err
	}
	row, err := textfile.NewDecoder(text, r.config.format(), 0, r.maxRow()).Next()
	if err == io.EOF {
		return 0, nil
	}
	return len(row.Fields), err
}

// add appends the values of a row to the batch, as texts, or says why it is no
// row.
func (r *reader) add(b *plugins.Batch, row textfile.Row) *plugins.RowError {
	for i := range r.fields {
		f := &r.fields[i]
		v := &b.Columns[i]
		var text []byte
		switch {
		case f.fixed:
			text = f.value
		case f.index >= len(row.Fields):
			return &plugins.RowError{Column: f.Name, Code: plugins.RowFormat,
				Cause: fmt.Sprintf("the line has %d fields, the column is number %d", len(row.Fields), f.index+1)}
		default:
			text = row.Fields[f.index]
		}
		if text == nil {
			v.AppendNull()
			continue
		}
		if e := f.append(v, text); e != nil {
			return e
		}
	}
	return nil
}

// append appends one text. Spaces around numbers and times do not count, and
// an empty text is no number: NULL, as Hive reads it. With a pattern a text
// column too holds dates, in the form yyyy-MM-dd HH:mm:ss.
func (f *boundField) append(v *plugins.Vector, text []byte) *plugins.RowError {
	if f.pattern != nil && len(text) > 0 && !f.fixed {
		var ok bool
		if v.Data, ok = f.pattern.Append(v.Data, bytes.TrimSpace(text), f.Kind == plugins.KindString); !ok {
			return &plugins.RowError{Column: f.Name, Code: plugins.RowConversion, Cause: fmt.Sprintf("%.60q does not match the format", text)}
		}
		v.EndValue()
		return nil
	}
	switch f.Kind {
	case plugins.KindString:
		if !plugins.ValidUTF8(text) {
			return &plugins.RowError{Column: f.Name, Code: plugins.RowEncoding, Cause: fmt.Sprintf("%.60q is no UTF-8", text)}
		}
	case plugins.KindBytes:
		if err := plugins.ParseText(v, text); err != nil {
			return &plugins.RowError{Column: f.Name, Code: plugins.RowConversion, Cause: err.Error()}
		}
		return nil
	default:
		if text = bytes.TrimSpace(text); len(text) == 0 {
			v.AppendNull()
			return nil
		}
	}
	v.AppendBytes(text)
	return nil
}
