package hdfs

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
)

// ColumnSpec is one element of column: a name, or an object. Numbers may be
// text and the other way round, as in real FlinkX and DataX jobs.
type ColumnSpec struct {
	// Name of the column; "*" alone stands for all.
	Name string
	// Type is a Hive type, or one of FlinkX's or DataX's names for one.
	Type string
	// Index is the field's place in the line, from 0; -1 if not given.
	Index int
	// Value, if not nil, is a constant that takes the place of the field.
	Value *string
	// Format is a date pattern of Java's SimpleDateFormat.
	Format string
	// IsPart takes the value from a folder name=value of the file's path.
	IsPart bool
}

// UnmarshalJSON takes "name", 3 or {"name","type","index","value","format","isPart"}.
func (c *ColumnSpec) UnmarshalJSON(data []byte) error {
	*c = ColumnSpec{Index: -1}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var value any
	if err := d.Decode(&value); err != nil {
		return err
	}
	switch v := value.(type) {
	case string:
		c.Name = v
		return nil
	case json.Number:
		return c.setIndex(v)
	case map[string]any:
		return c.fromObject(v)
	}
	return fmt.Errorf("a column is a name or an object, not %s", data)
}

func (c *ColumnSpec) fromObject(object map[string]any) error {
	c.Name, c.Type, c.Format = scalar(object["name"]), scalar(object["type"]), scalar(object["format"])
	if value, ok := object["value"]; ok && value != nil {
		text := scalar(value)
		c.Value = &text
	}
	c.IsPart = scalar(object["isPart"]) == "true"
	if index, ok := object["index"]; ok && scalar(index) != "" {
		return c.setIndex(json.Number(scalar(index)))
	}
	return nil
}

func (c *ColumnSpec) setIndex(n json.Number) error {
	f, err := strconv.ParseFloat(n.String(), 64)
	if err != nil || f != float64(int(f)) || f < -1 || f > maxFields {
		return fmt.Errorf("column index %q is no place in a line", n)
	}
	c.Index = int(f)
	return nil
}

// maxFields bounds the index of a column.
const maxFields = 100_000

// scalar returns the text of a string, number or boolean, else "".
func scalar(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	case bool:
		return strconv.FormatBool(v)
	}
	return ""
}
