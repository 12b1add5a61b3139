package postgresql

import "weft/plugins"

// Object ids of built-in types (src/include/catalog/pg_type.dat of PostgreSQL).
const (
	oidBool        = 16
	oidBytea       = 17
	oidName        = 19
	oidInt8        = 20
	oidInt2        = 21
	oidInt4        = 23
	oidText        = 25
	oidOID         = 26
	oidJSON        = 114
	oidFloat4      = 700
	oidFloat8      = 701
	oidMoney       = 790 // an integer whose point depends on the locale, which only the server knows
	oidInet        = 869
	oidBPChar      = 1042
	oidVarchar     = 1043
	oidDate        = 1082
	oidTime        = 1083
	oidTimestamp   = 1114
	oidTimestamptz = 1184
	oidBit         = 1560
	oidVarbit      = 1562
	oidNumeric     = 1700
	oidUUID        = 2950
	oidJSONB       = 3802
)

// field is a column of a result: name, type and what the type's modifier says.
type field struct {
	name     string
	oid      uint32
	modifier int32
	// source is the declared type in the server's words, if it was asked.
	source   string
	nullable bool
}

// shape says how the values of a type are read.
type shape struct {
	kind plugins.Kind
	// before and after stand around the expression in the select list, so that
	// what comes is of a type with a decoder; empty for most types.
	before, after string
	decode        decodeFunc
	// special: the type has values that no other system has, infinity or NaN.
	special bool
}

// asText reads any type as the text that its own output function gives.
var asText = shape{kind: plugins.KindString, before: "(", after: ")::text", decode: decodeText}

// shapes of the built-in types. Whatever is not here is read as text: arrays,
// enums, ranges, intervals, types of extensions.
var shapes = map[uint32]shape{
	oidBool:        {kind: plugins.KindBool, decode: decodeBool},
	oidInt2:        {kind: plugins.KindInt64, decode: decodeInt2},
	oidInt4:        {kind: plugins.KindInt64, decode: decodeInt4},
	oidInt8:        {kind: plugins.KindInt64, decode: decodeInt8},
	oidOID:         {kind: plugins.KindInt64, decode: decodeOID},
	oidFloat4:      {kind: plugins.KindFloat32, decode: decodeFloat4},
	oidFloat8:      {kind: plugins.KindFloat64, decode: decodeFloat8},
	oidNumeric:     {kind: plugins.KindDecimal, decode: decodeNumeric, special: true},
	oidMoney:       {kind: plugins.KindDecimal, before: "(", after: ")::numeric", decode: decodeNumeric},
	oidText:        {kind: plugins.KindString, decode: decodeText},
	oidVarchar:     {kind: plugins.KindString, decode: decodeText},
	oidBPChar:      {kind: plugins.KindString, decode: decodeText},
	oidName:        {kind: plugins.KindString, decode: decodeText},
	oidBytea:       {kind: plugins.KindBytes, decode: decodeBytes},
	oidDate:        {kind: plugins.KindDate, decode: decodeDate, special: true},
	oidTime:        {kind: plugins.KindTime, decode: decodeTime},
	oidTimestamp:   {kind: plugins.KindDatetime, decode: decodeTimestamp, special: true},
	oidTimestamptz: {kind: plugins.KindTimestamp, decode: decodeTimestamp, special: true},
	oidUUID:        {kind: plugins.KindString, decode: decodeUUID},
	oidJSON:        {kind: plugins.KindJSON, decode: decodeText},
	oidJSONB:       {kind: plugins.KindJSON, decode: decodeJSONB},
	// A cast of inet to text adds the netmask that its own output leaves out.
	oidInet: {kind: plugins.KindString, before: "abbrev(", after: ")", decode: decodeText},
}

func shapeOf(oid uint32) shape {
	if s, ok := shapes[oid]; ok {
		return s
	}
	return asText
}

// columnOf returns what the reader delivers a column of a result as.
func columnOf(f field, special specialPolicy) plugins.Column {
	s := shapeOf(f.oid)
	c := plugins.Column{Name: f.name, Kind: s.kind, Nullable: f.nullable || s.special && special == specialNull, SourceType: f.source}
	switch f.oid {
	case oidInt2:
		c.Length = 2
	case oidInt4:
		c.Length = 4
	case oidNumeric:
		c.Precision, c.Scale = numericSize(f.modifier)
	case oidVarchar, oidBPChar:
		c.Length = max(int(f.modifier)-4, 0)
	case oidBit, oidVarbit:
		c.Length = max(int(f.modifier), 0)
	case oidUUID:
		c.Length = 36
	case oidTime, oidTimestamp, oidTimestamptz:
		c.Scale = 6
		if f.modifier >= 0 {
			c.Scale = int(min(f.modifier, 6))
		}
	}
	return c
}

// numericSize reads the modifier of a numeric: ((precision << 16) | scale) + 4,
// the scale being a signed number of 11 bits. Without one, any digits may come.
// Digits left of the point may be fewer than none (a scale above the
// precision), and digits right of it too (a negative scale).
func numericSize(modifier int32) (precision, scale int) {
	if modifier < 4 {
		return 0, 0
	}
	precision = int((modifier-4)>>16) & 0xffff
	scale = int((modifier-4)&0x7ff^1024) - 1024
	if scale < 0 {
		return precision - scale, 0
	}
	return max(precision, scale), scale
}
