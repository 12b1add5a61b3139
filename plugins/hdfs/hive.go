package hdfs

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"weft/plugins"
)

// parseType returns the column that a Hive type, or one of the other names for
// it in FlinkX and DataX jobs, stands for; without a name. Source: Hive's
// PrimitiveObjectInspectorUtils, FlinkX's ColumnType, DataX's SupportHiveDataType.
func parseType(text string) (plugins.Column, error) {
	name, args, err := cutArguments(strings.ToLower(strings.TrimSpace(text)))
	if err != nil {
		return plugins.Column{}, fmt.Errorf("type %q: %w", text, err)
	}
	c := plugins.Column{Nullable: true, SourceType: strings.ToUpper(strings.TrimSpace(text))}
	switch name {
	case "tinyint", "byte":
		c.Kind, c.Length = plugins.KindInt64, 1
	case "smallint", "short":
		c.Kind, c.Length = plugins.KindInt64, 2
	case "int", "integer", "mediumint":
		c.Kind, c.Length = plugins.KindInt64, 4
	case "bigint", "long":
		c.Kind, c.Length = plugins.KindInt64, 8
	case "float":
		c.Kind = plugins.KindFloat32
	case "double", "double precision":
		c.Kind = plugins.KindFloat64
	case "decimal", "numeric", "number", "bigdecimal":
		c.Kind = plugins.KindDecimal
		return decimalType(c, args)
	case "boolean", "bool", "bit":
		c.Kind = plugins.KindBool
	case "string", "text", "json":
		c.Kind = plugins.KindString
	case "varchar", "char", "character", "varchar2":
		c.Kind = plugins.KindString
		if len(args) > 0 {
			c.Length = args[0]
		}
	case "binary", "bytes":
		c.Kind = plugins.KindBytes
	case "date":
		c.Kind = plugins.KindDate
	case "timestamp", "datetime":
		c.Kind, c.Scale = plugins.KindDatetime, 6
		if len(args) > 0 {
			c.Scale = min(args[0], 6)
		}
	default:
		return otherType(text)
	}
	return c, nil
}

// otherType takes the names that are no Hive types but understood everywhere:
// weft's own kinds, and those of other tools.
func otherType(text string) (plugins.Column, error) {
	c, err := plugins.ParseType(text)
	if errors.Is(err, plugins.ErrUnknownType) {
		err = fmt.Errorf("type %q is unknown", text)
	}
	c.Nullable = true
	return c, err
}

// decimalType fills in decimal(p,s). Without arguments it takes any digits:
// text holds them all, whatever a table over it declares.
func decimalType(c plugins.Column, args []int) (plugins.Column, error) {
	const maxPrecision = 38 // HiveDecimal.MAX_PRECISION
	if len(args) > 0 {
		c.Precision = args[0]
	}
	if len(args) > 1 {
		c.Scale = args[1]
	}
	if c.Precision > maxPrecision || c.Scale > maxPrecision || len(args) > 0 && (c.Precision < 1 || c.Scale > c.Precision) {
		return c, fmt.Errorf("type %s: the precision is 1 to %d, the scale not above it", c.SourceType, maxPrecision)
	}
	return c, nil
}

// cutArguments splits "decimal(10, 2)" into its name and numbers.
func cutArguments(text string) (name string, args []int, err error) {
	name, list, ok := strings.Cut(text, "(")
	if !ok {
		return text, nil, nil
	}
	list, rest, ok := strings.Cut(list, ")")
	if !ok || strings.TrimSpace(rest) != "" && strings.TrimSpace(rest) != "unsigned" {
		return "", nil, fmt.Errorf("parentheses do not match")
	}
	for part := range strings.SplitSeq(list, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(part))
		if err != nil || n < 0 {
			return "", nil, fmt.Errorf("%q is no number", strings.TrimSpace(part))
		}
		args = append(args, n)
	}
	return strings.TrimSpace(name), args, nil
}

// hiveType returns the Hive type that holds every value of a source column,
// and a remark where the meaning shifts.
func hiveType(c plugins.Column) (text, remark string) {
	switch c.Kind {
	case plugins.KindBool:
		return "BOOLEAN", ""
	case plugins.KindInt64:
		return integerType(c.Length), ""
	case plugins.KindUint64:
		if c.Length == 0 || c.Length > 4 {
			return "DECIMAL(20,0)", ""
		}
		return integerType(c.Length + 1), ""
	case plugins.KindFloat32:
		return "FLOAT", ""
	case plugins.KindFloat64:
		return "DOUBLE", ""
	case plugins.KindDecimal:
		if c.Precision == 0 || c.Precision > 38 {
			return "STRING", "Hive's DECIMAL ends at 38 digits"
		}
		return fmt.Sprintf("DECIMAL(%d,%d)", c.Precision, c.Scale), ""
	case plugins.KindBytes:
		return "BINARY", "written as base64, which Hive undoes"
	case plugins.KindDate:
		return "DATE", ""
	case plugins.KindDatetime:
		return "TIMESTAMP", ""
	case plugins.KindTimestamp:
		return "TIMESTAMP", "an instant becomes the wall clock of the job's zone"
	case plugins.KindTime:
		return "STRING", "Hive has no type for a time of day"
	}
	return "STRING", ""
}

func integerType(bytes int) string {
	switch {
	case bytes == 1:
		return "TINYINT"
	case bytes == 2:
		return "SMALLINT"
	case bytes == 3 || bytes == 4:
		return "INT"
	}
	return "BIGINT"
}
