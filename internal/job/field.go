package job

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"weft/plugins"
)

// field is one setting of a config struct.
type field struct {
	name    string
	aliases []string
	index   []int
	typ     reflect.Type
	ignored bool
	filled  bool
	doc     string
}

// fieldSet is all settings of a struct, in their order.
type fieldSet struct {
	list []field
	by   map[string]int
}

// fieldsOf reads the tags of a struct type. Embedded structs without a name
// of their own are flattened.
func fieldsOf(t reflect.Type) *fieldSet {
	set := &fieldSet{by: make(map[string]int)}
	for _, f := range reflect.VisibleFields(t) {
		key, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if !f.IsExported() || key == "-" || f.Anonymous && key == "" || hiddenByName(t, f) {
			continue
		}
		if key == "" {
			key = f.Name
		}
		entry := field{name: key, index: f.Index, typ: f.Type, doc: f.Tag.Get("doc")}
		entry.options(f.Tag.Get("weft"))
		set.by[key] = len(set.list)
		for _, alias := range entry.aliases {
			set.by[alias] = len(set.list)
		}
		set.list = append(set.list, entry)
	}
	return set
}

// hiddenByName says that f lies inside an embedded struct that has a key of
// its own, and so is no key of t.
func hiddenByName(t reflect.Type, f reflect.StructField) bool {
	for i := 1; i < len(f.Index); i++ {
		if key, _, _ := strings.Cut(t.FieldByIndex(f.Index[:i]).Tag.Get("json"), ","); key != "" {
			return true
		}
	}
	return false
}

// options reads the weft tag: ignored; filled; alias=a,b.
func (f *field) options(tag string) {
	inAlias := false
	for part := range strings.SplitSeq(tag, ",") {
		part = strings.TrimSpace(part)
		alias, starts := strings.CutPrefix(part, "alias=")
		switch {
		case part == "ignored":
			f.ignored = true
		case part == "filled":
			f.filled = true
		case starts, inAlias:
			inAlias = true
			f.aliases = append(f.aliases, alias)
		}
	}
}

func (s *fieldSet) find(key string) (field, bool) {
	i, ok := s.by[key]
	if !ok {
		return field{}, false
	}
	return s.list[i], true
}

func (s *fieldSet) names() []string {
	var names []string
	for _, f := range s.list {
		if !f.ignored {
			names = append(names, f.name)
		}
	}
	return names
}

// Option describes one setting for the reference of options.
type Option struct {
	// Key is the path of the setting: "connection[].table".
	Key string `json:"key"`
	// Type is string, number, boolean, list of ..., object or secret.
	Type string `json:"type"`
	// Default is the JSON of the value when nothing is set; empty if that is
	// the zero value.
	Default string `json:"default,omitempty"`
	// Aliases are other spellings.
	Aliases []string `json:"aliases,omitempty"`
	// Ignored says that the key is taken and has no effect.
	Ignored bool `json:"ignored,omitempty"`
	// Doc is one line about it; may be empty.
	Doc string `json:"doc,omitempty"`
}

// Options lists every setting of a config with its default, in the order of
// the struct.
func Options(config any) []Option {
	return options(reflect.Indirect(reflect.ValueOf(config)), "", nil)
}

func options(v reflect.Value, prefix string, list []Option) []Option {
	for _, f := range fieldsOf(v.Type()).list {
		value := v.FieldByIndex(f.index)
		list = append(list, Option{Key: prefix + f.name, Type: typeName(f.typ), Default: defaultText(value),
			Aliases: slices.Clone(f.aliases), Ignored: f.ignored, Doc: f.doc})
		if inner, path := structInside(value, prefix+f.name); inner.IsValid() {
			list = options(inner, path+".", list)
		}
	}
	return list
}

// structInside returns the struct that a setting is or is a list of.
func structInside(v reflect.Value, path string) (reflect.Value, string) {
	t := v.Type()
	if t.Kind() == reflect.Slice {
		t, path = t.Elem(), path+"[]"
		v = reflect.Zero(t)
	}
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
		v = reflect.Zero(t)
	}
	if t.Kind() != reflect.Struct || t == secretType || decodesItself(t) {
		return reflect.Value{}, ""
	}
	return v, path
}

func decodesItself(t reflect.Type) bool {
	own := reflect.New(t).Interface()
	_, isJSON := own.(json.Unmarshaler)
	_, isText := own.(interface{ UnmarshalText([]byte) error })
	return isJSON || isText
}

func typeName(t reflect.Type) string {
	switch {
	case t == secretType:
		return "secret"
	case t == reflect.TypeFor[Duration]():
		return "duration"
	case t.Kind() != reflect.Pointer && decodesItself(t):
		return "string, list or object"
	}
	switch t.Kind() {
	case reflect.String:
		return "string"
	case reflect.Bool:
		return "boolean"
	case reflect.Struct, reflect.Map:
		return "object"
	case reflect.Slice:
		return "list of " + typeName(t.Elem())
	case reflect.Pointer:
		return typeName(t.Elem())
	case reflect.Interface:
		return "any"
	}
	return "number"
}

func defaultText(v reflect.Value) string {
	if v.IsZero() || v.Kind() == reflect.Slice && v.Len() == 0 || v.Kind() == reflect.Struct && !decodesItself(v.Type()) {
		return ""
	}
	if secret, ok := v.Interface().(plugins.Secret); ok {
		return fmt.Sprint(secret)
	}
	data, err := json.Marshal(v.Interface())
	if err != nil {
		return ""
	}
	return string(data)
}
