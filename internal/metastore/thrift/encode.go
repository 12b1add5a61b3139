package thrift

import (
	"encoding/binary"
	"fmt"
	"math"
)

// typeOf returns the wire type of a value; 0 if it is none.
func typeOf(v Value) Type {
	switch v := v.(type) {
	case bool:
		return TypeBool
	case int8:
		return TypeByte
	case float64:
		return TypeDouble
	case int16:
		return TypeI16
	case int32:
		return TypeI32
	case int64:
		return TypeI64
	case string:
		return TypeString
	case Struct:
		return TypeStruct
	case *Map:
		return TypeMap
	case *List:
		if v.Set {
			return TypeSet
		}
		return TypeList
	}
	return 0
}

// Append appends a struct in its wire form:
//
//	struct  (type:1 id:2 value)* 0:1
//	string  length:4 bytes          bool 1 byte    i16, i32, i64, double big endian
//	list    elem:1 count:4 items    map  key:1 elem:1 count:4 (key value)*
//
// An error means that a value is none of those that Value names, or that an
// item is of another type than its list says.
func Append(dst []byte, s Struct) ([]byte, error) {
	var err error
	for _, f := range s {
		t := typeOf(f.Value)
		dst = append(dst, byte(t))
		dst = binary.BigEndian.AppendUint16(dst, uint16(f.ID))
		if dst, err = appendValue(dst, f.Value, t); err != nil {
			return nil, fmt.Errorf("field %d: %w", f.ID, err)
		}
	}
	return append(dst, 0), nil
}

// appendValue appends v, which must be of type want.
func appendValue(dst []byte, v Value, want Type) ([]byte, error) {
	if t := typeOf(v); t == 0 || t != want {
		return nil, fmt.Errorf("a value of Go type %T where type %d is due", v, want)
	}
	switch v := v.(type) {
	case bool:
		if v {
			return append(dst, 1), nil
		}
		return append(dst, 0), nil
	case int8:
		return append(dst, byte(v)), nil
	case float64:
		return binary.BigEndian.AppendUint64(dst, math.Float64bits(v)), nil
	case int16:
		return binary.BigEndian.AppendUint16(dst, uint16(v)), nil
	case int32:
		return binary.BigEndian.AppendUint32(dst, uint32(v)), nil
	case int64:
		return binary.BigEndian.AppendUint64(dst, uint64(v)), nil
	case string:
		return append(binary.BigEndian.AppendUint32(dst, uint32(len(v))), v...), nil
	case Struct:
		return Append(dst, v)
	case *List:
		return appendList(dst, v)
	case *Map:
		return appendMap(dst, v)
	}
	return dst, nil
}

func appendList(dst []byte, l *List) (_ []byte, err error) {
	dst = append(dst, byte(l.Elem))
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(l.Items)))
	for i, item := range l.Items {
		if dst, err = appendValue(dst, item, l.Elem); err != nil {
			return nil, fmt.Errorf("item %d: %w", i, err)
		}
	}
	return dst, nil
}

func appendMap(dst []byte, m *Map) (_ []byte, err error) {
	dst = append(dst, byte(m.Key), byte(m.Elem))
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(m.Pairs)))
	for i, pair := range m.Pairs {
		if dst, err = appendValue(dst, pair[0], m.Key); err != nil {
			return nil, fmt.Errorf("key %d: %w", i, err)
		}
		if dst, err = appendValue(dst, pair[1], m.Elem); err != nil {
			return nil, fmt.Errorf("value %d: %w", i, err)
		}
	}
	return dst, nil
}
