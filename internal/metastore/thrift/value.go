package thrift

import (
	"maps"
	"slices"
)

// Type is the code of a type on the wire (TType).
type Type byte

// The types that are read and written.
const (
	TypeBool   Type = 2
	TypeByte   Type = 3
	TypeDouble Type = 4
	TypeI16    Type = 6
	TypeI32    Type = 8
	TypeI64    Type = 10
	TypeString Type = 11
	TypeStruct Type = 12
	TypeMap    Type = 13
	TypeSet    Type = 14
	TypeList   Type = 15
)

// Value is one of
//
//	bool  int8  float64  int16  int32  int64  string  Struct  *Map  *List
//
// A string holds text or any bytes; an enum is an int32.
type Value any

// Field is one field of a struct, with the number that the IDL gives it.
type Field struct {
	ID    int16
	Value Value
}

// Struct is a struct's fields in the order of the wire. Fields that are not set
// are not there.
type Struct []Field

// List is a list or a set. Elem is the type of all items.
type List struct {
	Set   bool
	Elem  Type
	Items []Value
}

// Map is a map, in the order of the wire.
type Map struct {
	Key, Elem Type
	Pairs     [][2]Value
}

// Get returns the value of a field; nil if it is not set.
func (s Struct) Get(id int16) Value {
	for _, f := range s {
		if f.ID == id {
			return f.Value
		}
	}
	return nil
}

// Has says that a field is set.
func (s Struct) Has(id int16) bool { return s.Get(id) != nil }

// With returns the struct with one field set, in its old place or at the end.
// The receiver is not changed.
func (s Struct) With(id int16, v Value) Struct {
	out := make(Struct, 0, len(s)+1)
	found := false
	for _, f := range s {
		if f.ID == id {
			f.Value, found = v, true
		}
		out = append(out, f)
	}
	if !found {
		out = append(out, Field{ID: id, Value: v})
	}
	return out
}

// String returns a field of type string; "" if it is not set or of another type.
func (s Struct) String(id int16) string {
	text, _ := s.Get(id).(string)
	return text
}

// Int returns a field of type i32 or i64, enums too; 0 if it is not set.
func (s Struct) Int(id int16) int64 {
	switch n := s.Get(id).(type) {
	case int32:
		return int64(n)
	case int64:
		return n
	}
	return 0
}

// Struct returns a field of type struct; nil if it is not set.
func (s Struct) Struct(id int16) Struct {
	inner, _ := s.Get(id).(Struct)
	return inner
}

// Structs returns the structs of a list; nil if it is not set.
func (s Struct) Structs(id int16) []Struct {
	list, _ := s.Get(id).(*List)
	if list == nil {
		return nil
	}
	var out []Struct
	for _, item := range list.Items {
		if inner, ok := item.(Struct); ok {
			out = append(out, inner)
		}
	}
	return out
}

// Strings returns the texts of a list; nil if it is not set.
func (s Struct) Strings(id int16) []string {
	list, _ := s.Get(id).(*List)
	if list == nil {
		return nil
	}
	var out []string
	for _, item := range list.Items {
		if text, ok := item.(string); ok {
			out = append(out, text)
		}
	}
	return out
}

// StringMap returns a map of texts; nil if it is not set.
func (s Struct) StringMap(id int16) map[string]string {
	m, _ := s.Get(id).(*Map)
	if m == nil {
		return nil
	}
	out := make(map[string]string, len(m.Pairs))
	for _, pair := range m.Pairs {
		key, ok1 := pair[0].(string)
		value, ok2 := pair[1].(string)
		if ok1 && ok2 {
			out[key] = value
		}
	}
	return out
}

// Strings makes a list of texts.
func Strings(texts ...string) *List {
	l := &List{Elem: TypeString}
	for _, text := range texts {
		l.Items = append(l.Items, text)
	}
	return l
}

// Structs makes a list of structs.
func Structs(structs ...Struct) *List {
	l := &List{Elem: TypeStruct}
	for _, s := range structs {
		l.Items = append(l.Items, s)
	}
	return l
}

// StringMap makes a map of texts, in the order of its keys.
func StringMap(m map[string]string) *Map {
	out := &Map{Key: TypeString, Elem: TypeString}
	for _, key := range slices.Sorted(maps.Keys(m)) {
		out.Pairs = append(out.Pairs, [2]Value{key, m[key]})
	}
	return out
}
