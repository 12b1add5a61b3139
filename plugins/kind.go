package plugins

import (
	"fmt"
	"strings"
)

// Kind is the type of a column's values as weft carries them. It says what a
// value means and how a Vector holds it; it is never a database's own type
// name (Column.SourceType keeps that).
type Kind uint8

// The kinds, with the slice of Vector that holds their values.
const (
	// KindInvalid is the zero Kind: a column whose kind nobody has set.
	KindInvalid Kind = iota
	// KindBool is true or false. Vector.Ints, 0 or 1.
	KindBool
	// KindInt64 is a signed integer of up to 64 bits. Vector.Ints.
	KindInt64
	// KindUint64 is an unsigned integer of up to 64 bits. Vector.Ints, the
	// bits of the uint64.
	KindUint64
	// KindFloat32 is an IEEE 754 binary32. Vector.Floats.
	KindFloat32
	// KindFloat64 is an IEEE 754 binary64. Vector.Floats.
	KindFloat64
	// KindDecimal is an exact decimal number with the column's Precision and
	// Scale. Vector.Data, as plain text: optional '-', digits, and if Scale
	// is above 0 a point and exactly Scale digits.
	KindDecimal
	// KindString is Unicode text. Vector.Data, valid UTF-8.
	KindString
	// KindBytes is raw bytes. Vector.Data.
	KindBytes
	// KindDate is a calendar day without a zone. Vector.Ints, days since
	// 1970-01-01 in the proleptic Gregorian calendar.
	KindDate
	// KindTime is a time of day or a signed span as MySQL's TIME
	// (-838:59:59 to 838:59:59). Vector.Ints, microseconds.
	KindTime
	// KindDatetime is a wall-clock date and time without a zone; it is never
	// shifted. Vector.Ints, microseconds since 1970-01-01 00:00:00 on that
	// same wall clock.
	KindDatetime
	// KindTimestamp is an instant. Vector.Ints, microseconds since
	// 1970-01-01T00:00:00Z.
	KindTimestamp
	// KindJSON is a JSON text exactly as the source gave it. Vector.Data.
	KindJSON

	kindEnd
)

var kindNames = [kindEnd]string{"invalid", "bool", "int64", "uint64", "float32", "float64",
	"decimal", "string", "bytes", "date", "time", "datetime", "timestamp", "json"}

// String returns the kind's name as job files and plans spell it.
func (k Kind) String() string {
	if k >= kindEnd {
		return fmt.Sprintf("kind(%d)", uint8(k))
	}
	return kindNames[k]
}

// ParseKind returns the kind that String spells as name, in any case.
func ParseKind(name string) (Kind, error) {
	for k := KindBool; k < kindEnd; k++ {
		if strings.EqualFold(name, kindNames[k]) {
			return k, nil
		}
	}
	return KindInvalid, fmt.Errorf("parse kind %q: unknown kind", name)
}

// MarshalText implements encoding.TextMarshaler with String's name.
func (k Kind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler with ParseKind.
func (k *Kind) UnmarshalText(text []byte) error {
	got, err := ParseKind(string(text))
	*k = got
	return err
}

// storage says which slice of a Vector holds a kind's values.
type storage uint8

const (
	inInts storage = iota
	inFloats
	inData
)

var kindStorage = [kindEnd]storage{
	KindFloat32: inFloats, KindFloat64: inFloats,
	KindDecimal: inData, KindString: inData, KindBytes: inData, KindJSON: inData,
}
