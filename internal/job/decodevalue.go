package job

import (
	"encoding"
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"reflect"
	"strconv"
	"strings"

	"weft/internal/job/jsontree"
	"weft/plugins"
)

var secretType = reflect.TypeFor[plugins.Secret]()

// value fills any Go value. null leaves it as it is, "not set".
func (d *decoder) value(n *jsontree.Node, v reflect.Value, path string) {
	if n.Kind == jsontree.Null {
		return
	}
	if d.lenient() && n.Kind == jsontree.String && n.Text == "" && v.Kind() != reflect.String {
		return
	}
	if d.special(n, v, path) {
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		d.object(n, v, path)
	case reflect.Pointer:
		fresh := reflect.New(v.Type().Elem())
		if !v.IsNil() {
			fresh.Elem().Set(v.Elem())
		}
		before := len(d.flaws)
		d.value(n, fresh.Elem(), path)
		if !failed(d.flaws[before:]) {
			v.Set(fresh)
		}
	case reflect.Slice:
		d.list(n, v, path)
	case reflect.Map:
		d.mapping(n, v, path)
	case reflect.Interface:
		v.Set(reflect.ValueOf(n.Value()))
	default:
		d.scalar(n, v, path)
	}
}

// special fills the types that decode themselves.
func (d *decoder) special(n *jsontree.Node, v reflect.Value, path string) bool {
	if v.Type() == secretType {
		text, ok := d.text(n)
		if !ok {
			d.mismatch(n, path, "a string")
		}
		v.Set(reflect.ValueOf(plugins.NewSecret(text)))
		return true
	}
	if !v.CanAddr() {
		return false
	}
	var err error
	switch own := v.Addr().Interface().(type) {
	case json.Unmarshaler:
		err = own.UnmarshalJSON(n.JSON())
	case encoding.TextUnmarshaler:
		text, ok := d.text(n)
		if !ok {
			d.mismatch(n, path, "a string")
			return true
		}
		err = own.UnmarshalText([]byte(text))
	default:
		return false
	}
	if err != nil {
		d.report(n, CodeType, plugins.Fail, path, fmt.Sprintf("%s: %v", name(path), err), "")
	}
	return true
}

// text returns a string; of a FlinkX or DataX job a number or boolean too.
func (d *decoder) text(n *jsontree.Node) (string, bool) {
	switch n.Kind {
	case jsontree.String:
		return n.Text, true
	case jsontree.Number, jsontree.Bool:
		return n.Text, d.lenient()
	}
	return "", false
}

// list fills a slice. FlinkX and DataX jobs write a single element without
// its brackets.
func (d *decoder) list(n *jsontree.Node, v reflect.Value, path string) {
	items := n.Items
	if n.Kind != jsontree.Array {
		if !d.lenient() {
			d.mismatch(n, path, "a list")
			return
		}
		items = []*jsontree.Node{n}
	}
	filled := reflect.MakeSlice(v.Type(), len(items), len(items))
	for i, item := range items {
		at := fmt.Sprintf("%s[%d]", path, i)
		if n.Kind != jsontree.Array {
			at = path
		}
		d.value(item, filled.Index(i), at)
	}
	v.Set(filled)
}

// mapping fills a map with string keys. Values of a map[string]string, such
// as Hadoop settings, may be numbers and booleans in every dialect.
func (d *decoder) mapping(n *jsontree.Node, v reflect.Value, path string) {
	if n.Kind != jsontree.Object {
		d.mismatch(n, path, "an object")
		return
	}
	if v.IsNil() {
		v.Set(reflect.MakeMap(v.Type()))
	}
	for _, m := range n.Members {
		slot := reflect.New(v.Type().Elem()).Elem()
		switch scalar := m.Value.Kind == jsontree.Number || m.Value.Kind == jsontree.Bool; {
		case scalar && slot.Kind() == reflect.String:
			slot.SetString(m.Value.Text)
		default:
			d.value(m.Value, slot, join(path, m.Key))
		}
		v.SetMapIndex(reflect.ValueOf(m.Key).Convert(v.Type().Key()), slot)
	}
}

func (d *decoder) scalar(n *jsontree.Node, v reflect.Value, path string) {
	if n.Kind == jsontree.Array && d.lenient() && len(n.Items) > 0 {
		d.first(n, v, path)
		return
	}
	switch v.Kind() {
	case reflect.String:
		if text, ok := d.text(n); ok {
			v.SetString(text)
		} else {
			d.mismatch(n, path, "a string")
		}
	case reflect.Bool:
		d.boolean(n, v, path)
	case reflect.Float64, reflect.Float32:
		d.float(n, v, path)
	default:
		d.integer(n, v, path)
	}
}

// first takes the first element of a list where one value is wanted, as
// FlinkX does, and says so if there are more.
func (d *decoder) first(n *jsontree.Node, v reflect.Value, path string) {
	if len(n.Items) > 1 {
		d.report(n, CodeApproximated, plugins.Warn, path,
			fmt.Sprintf("only the first of the %d values of %s is used", len(n.Items), name(path)), "")
	}
	d.value(n.Items[0], v, path)
}

func (d *decoder) boolean(n *jsontree.Node, v reflect.Value, path string) {
	text := n.Text
	if n.Kind == jsontree.String && d.lenient() {
		text = strings.ToLower(strings.TrimSpace(text))
	} else if n.Kind != jsontree.Bool {
		text = ""
	}
	switch text {
	case "true", "false":
		v.SetBool(text == "true")
	default:
		d.mismatch(n, path, "true or false")
	}
}

// numeric returns the text of a number; of a FlinkX or DataX job also of a
// string.
func (d *decoder) numeric(n *jsontree.Node) (string, bool) {
	switch {
	case n.Kind == jsontree.Number:
		return n.Text, true
	case n.Kind == jsontree.String && d.lenient():
		return strings.TrimSpace(n.Text), true
	}
	return "", false
}

func (d *decoder) float(n *jsontree.Node, v reflect.Value, path string) {
	text, ok := d.numeric(n)
	f, err := strconv.ParseFloat(text, 64)
	if !ok || err != nil || math.IsInf(f, 0) || math.IsNaN(f) {
		d.mismatch(n, path, "a number")
		return
	}
	v.SetFloat(f)
}

// integer fills any integer type, and takes 100.0 and 1e3 for what they are.
func (d *decoder) integer(n *jsontree.Node, v reflect.Value, path string) {
	text, ok := d.numeric(n)
	whole, fits := wholeNumber(text)
	switch {
	case !ok || !fits:
		d.mismatch(n, path, "a whole number")
	case v.CanInt() && whole.IsInt64() && !v.OverflowInt(whole.Int64()):
		v.SetInt(whole.Int64())
	case v.CanUint() && whole.IsUint64() && !v.OverflowUint(whole.Uint64()):
		v.SetUint(whole.Uint64())
	case v.CanInt() || v.CanUint():
		d.report(n, CodeValue, plugins.Fail, path, fmt.Sprintf("%s: %s is out of range", name(path), text), "")
	default:
		d.mismatch(n, path, "something that "+v.Type().String()+" cannot be")
	}
}

// wholeNumber reads a whole number exactly. Exponents that would make a huge
// number are refused before it is made.
func wholeNumber(text string) (*big.Int, bool) {
	if whole, ok := new(big.Int).SetString(text, 10); ok {
		return whole, len(text) <= 40
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || math.Abs(f) > 1e18 || f != math.Trunc(f) {
		return nil, false
	}
	return big.NewInt(int64(f)), true
}
