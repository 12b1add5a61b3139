package mysql

import (
	"fmt"
	"strings"

	"weft/plugins"
)

// columnOf returns what the reader delivers a column of a result as.
func columnOf(d definition, zero zeroPolicy) plugins.Column {
	c := plugins.Column{Name: d.name, Nullable: d.flags&flagNotNull == 0, SourceType: typeName(d)}
	switch d.typ {
	case typeTiny, typeShort, typeInt24, typeLong, typeLongLong:
		c.Kind, c.Length = integerKind(d)
	case typeYear:
		c.Kind, c.Length = plugins.KindInt64, 2
	case typeBit:
		c.Kind = pick(d.length >= 64, plugins.KindUint64, plugins.KindInt64)
	case typeFloat:
		c.Kind = plugins.KindFloat32
	case typeDouble:
		c.Kind = plugins.KindFloat64
	case typeDecimal, typeNewDecimal:
		c.Kind, c.Precision, c.Scale = plugins.KindDecimal, precision(d), d.decimals
	case typeDate, typeDatetime, typeTimestamp:
		c.Kind, c.Scale = clockKind(d), min(d.decimals, 6)
		c.Nullable = c.Nullable || zero == zeroNull
		if zero == zeroKeep {
			c.Kind, c.Scale = plugins.KindString, 0
		}
	case typeTime:
		c.Kind, c.Scale = plugins.KindTime, min(d.decimals, 6)
	case typeJSON:
		c.Kind = plugins.KindJSON
	case typeGeometry, typeVector:
		c.Kind = plugins.KindBytes
	default:
		c.Kind, c.Length = textKind(d)
	}
	return c
}

func clockKind(d definition) plugins.Kind {
	switch d.typ {
	case typeDate:
		return plugins.KindDate
	case typeDatetime:
		return plugins.KindDatetime
	}
	return plugins.KindTimestamp
}

// integerKind returns the kind and width in bytes. An unsigned integer of up
// to 32 bits fits the next larger signed one.
func integerKind(d definition) (plugins.Kind, int) {
	width := map[byte]int{typeTiny: 1, typeShort: 2, typeInt24: 3, typeLong: 4, typeLongLong: 8}[d.typ]
	switch {
	case d.unsigned() && width == 8:
		return plugins.KindUint64, 8
	case d.unsigned():
		return plugins.KindInt64, map[int]int{1: 2, 2: 4, 3: 4, 4: 8}[width]
	}
	return plugins.KindInt64, width
}

// textKind tells text from bytes: what has the collation binary is bytes.
// Length is in characters of at most four bytes, or in bytes; of the types
// beyond VARCHAR's limit it is unbounded.
func textKind(d definition) (plugins.Kind, int) {
	bounded := int(d.length)
	if d.typ == typeBlob || d.typ == typeMediumBlob || d.typ == typeLongBlob || d.typ == typeNull || bounded < 0 || bounded > 4*65535 {
		bounded = 0
	}
	if d.charset == charsetBinary && d.flags&(flagEnum|flagSet) == 0 && d.typ != typeNull {
		return plugins.KindBytes, bounded
	}
	return plugins.KindString, bounded / 4
}

// precision undoes what the server adds to the digits of a decimal for the
// point and the sign.
func precision(d definition) int {
	digits := int(d.length)
	if d.decimals > 0 {
		digits--
	}
	if !d.unsigned() {
		digits--
	}
	return max(digits, 0)
}

var typeNames = map[byte]string{
	typeDecimal: "decimal", typeTiny: "tinyint", typeShort: "smallint", typeLong: "int", typeFloat: "float",
	typeDouble: "double", typeNull: "null", typeTimestamp: "timestamp", typeLongLong: "bigint",
	typeInt24: "mediumint", typeDate: "date", typeTime: "time", typeDatetime: "datetime", typeYear: "year",
	typeVarchar: "varchar", typeBit: "bit", typeVector: "vector", typeJSON: "json", typeNewDecimal: "decimal",
	typeEnum: "enum", typeSet: "set", typeGeometry: "geometry", typeString: "char", typeVarString: "varchar",
	typeTinyBlob: "tinytext", typeBlob: "text", typeMediumBlob: "mediumtext", typeLongBlob: "longtext",
}

// typeName says the type of a column of a result in words like those of the
// server; what a table declares replaces it.
func typeName(d definition) string {
	name := typeNames[d.typ]
	switch {
	case d.flags&flagEnum != 0:
		return "enum"
	case d.flags&flagSet != 0:
		return "set"
	case d.typ == typeDecimal || d.typ == typeNewDecimal:
		name = fmt.Sprintf("decimal(%d,%d)", precision(d), d.decimals)
	case d.charset == charsetBinary && (d.typ >= typeTinyBlob && d.typ <= typeBlob):
		name = strings.Replace(name, "text", "blob", 1)
	case d.typ == typeString || d.typ == typeVarString:
		kind, length := textKind(d)
		if kind == plugins.KindBytes {
			name = map[string]string{"char": "binary", "varchar": "varbinary"}[name]
		}
		name = fmt.Sprintf("%s(%d)", name, length)
	}
	if d.unsigned() && d.typ != typeYear && d.typ != typeBit && d.typ != typeTimestamp {
		name += " unsigned"
	}
	return name
}
