package plugintest

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"weft/plugins"
)

// Null stands for NULL in the texts of rows.
const Null = `\N`

// separator stands between the values of a row's text.
const separator = "\x1f"

// Row puts the texts of a row's values together to one text, for comparison. A
// value's text is the canonical one (plugins.AppendText), with six digits of
// fractional seconds; NULL is Null.
func Row(values ...string) string { return strings.Join(values, separator) }

// Rows returns the rows of a batch as texts, whatever form its vectors have.
func Rows(b *plugins.Batch) ([]string, error) {
	texts := make([][]string, b.Rows)
	for c := range b.Columns {
		v, err := typed(&b.Columns[c])
		if err != nil {
			return nil, fmt.Errorf("column %d: %w", c, err)
		}
		for i := range texts {
			text := Null
			if !v.IsNull(i) {
				text = string(plugins.AppendText(nil, v, i, 6))
			}
			texts[i] = append(texts[i], text)
		}
	}
	rows := make([]string, b.Rows)
	for i, values := range texts {
		rows[i] = Row(values...)
	}
	return rows, nil
}

// typed returns the vector itself, or a copy brought out of text form.
func typed(v *plugins.Vector) (*plugins.Vector, error) {
	if !v.Text {
		return v, nil
	}
	out := new(plugins.Vector)
	out.Reset(v.Kind)
	for i := range v.Len() {
		if v.IsNull(i) {
			out.AppendNull()
			continue
		}
		if err := plugins.ParseText(out, v.Bytes(i)); err != nil {
			return nil, fmt.Errorf("value %d is not the canonical text it is vouched for: %w", i, err)
		}
	}
	return out, nil
}

// checkBatch says what is wrong with a batch as such, whatever its rows are.
func checkBatch(b *plugins.Batch, columns []plugins.Column) error {
	if len(b.Columns) != len(columns) {
		return fmt.Errorf("batch of %d columns, want %d", len(b.Columns), len(columns))
	}
	if got := b.Rows + len(b.Refused); got > b.MaxRows {
		return fmt.Errorf("batch of %d rows, at most %d are allowed", got, b.MaxRows)
	}
	for c := range columns {
		if err := checkColumn(&b.Columns[c], columns[c], b.Rows); err != nil {
			return fmt.Errorf("column %q: %w", columns[c].Name, err)
		}
	}
	for _, r := range b.Refused {
		if r.Code == "" || r.Cause == "" {
			return fmt.Errorf("a refused row without code or cause: %+v", r)
		}
	}
	return nil
}

func checkColumn(v *plugins.Vector, c plugins.Column, rows int) error {
	switch {
	case v.Len() != rows:
		return fmt.Errorf("%d values in a batch of %d rows", v.Len(), rows)
	case v.Kind != c.Kind:
		return fmt.Errorf("values are %s, the column is %s", v.Kind, c.Kind)
	case v.Nulls > 0 && !c.Nullable:
		return fmt.Errorf("%d NULLs in a column that is not nullable", v.Nulls)
	}
	plain, err := typed(v)
	if err != nil {
		return err
	}
	for i := range rows {
		if v.IsNull(i) {
			continue
		}
		text := plugins.AppendText(nil, plain, i, 6)
		if err := checkValue(text, plain, i, c); err != nil {
			return fmt.Errorf("value %d, %.60q: %w", i, text, err)
		}
	}
	return nil
}

// checkValue holds a value against what its column declares.
func checkValue(text []byte, v *plugins.Vector, i int, c plugins.Column) error {
	var back plugins.Vector
	back.Reset(c.Kind)
	if err := plugins.ParseText(&back, text); err != nil {
		return err
	}
	if c.Kind == plugins.KindDecimal && string(back.Bytes(0)) != string(text) {
		return fmt.Errorf("not canonical, that would be %q", back.Bytes(0))
	}
	switch {
	case c.Kind == plugins.KindString && c.Length > 0 && utf8.RuneCount(text) > c.Length:
		return fmt.Errorf("longer than %d characters", c.Length)
	case c.Kind == plugins.KindBytes && c.Length > 0 && len(v.Bytes(i)) > c.Length:
		return fmt.Errorf("longer than %d bytes", c.Length)
	case c.Kind == plugins.KindDecimal && (c.Precision > 0 || c.Scale > 0):
		_, fraction, _ := strings.Cut(string(text), ".")
		if len(fraction) != c.Scale {
			return fmt.Errorf("%d digits behind the point, declared are %d", len(fraction), c.Scale)
		}
	}
	return nil
}

// scribble spoils everything in a batch that somebody might have kept.
func scribble(b *plugins.Batch) {
	for c := range b.Columns {
		v := &b.Columns[c]
		for i := range v.Ints {
			v.Ints[i] = -0x5555555555555556
		}
		for i := range v.Floats {
			v.Floats[i] = -5.5e55
		}
		for i := range v.Data {
			v.Data[i] = '#'
		}
		for i := range v.Valid {
			v.Valid[i] = 0
		}
	}
}

// compareSets says how two multisets of rows differ; nil if they do not.
func compareSets(got, want []string) error {
	return compareLists(slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(want)))
}

// compareLists says where two lists of rows differ first; nil if nowhere.
func compareLists(got, want []string) error {
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			return fmt.Errorf("row %d of %d is %s, want %s (row of %d)", i, len(got), show(got[i]), show(want[i]), len(want))
		}
	}
	switch {
	case len(got) > len(want):
		return fmt.Errorf("%d rows, want %d; the first that is too many is %s", len(got), len(want), show(got[len(want)]))
	case len(got) < len(want):
		return fmt.Errorf("%d rows, want %d; the first that is missing is %s", len(got), len(want), show(want[len(got)]))
	}
	return nil
}

func show(row string) string {
	return fmt.Sprintf("%.300q", strings.Split(row, separator))
}
